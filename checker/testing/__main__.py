"""Write a sample archive: ``python -m checker.testing KIND OUT.tar``."""

from __future__ import annotations

import argparse
from pathlib import Path

from checker.testing.archive import KINDS, build
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a sample archive.

    Args:
        arguments: Command line arguments; those of the process if None.
    """
    parser = argparse.ArgumentParser(prog="python -m checker.testing", description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("out", type=Path, metavar="OUT", help="file, or directory for oci-layout")
    options = parser.parse_args(arguments)
    archive = build(options.kind)
    if options.kind == "oci-layout":
        archive.write_directory(options.out)
        return 0
    options.out.write_bytes(archive.tar())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
