"""Write every archive that the engines make into a folder, to try things on.

Run as root from the project's folder: `python -m tests.engines FOLDER`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.engines.host import running_host
from benchmarks.engines.programs import reason_to_skip

from .archives import RECIPES, file_name, prepare


def _make_all(target: Path) -> None:
    listing = ["# Archives made by real engines", ""]
    with (
        tempfile.TemporaryDirectory(prefix="engines-") as scratch,
        running_host(Path(scratch) / "maker") as host,
    ):
        shop = prepare(host)
        work = host.folder / "made"
        work.mkdir()
        for name, recipe in RECIPES.items():
            made = work / file_name(name)
            recipe.make(shop, made)
            host.must("cp", "--archive", "--no-preserve=mode", made, target)
            takers = ", ".join(recipe.takers)
            listing.append(f"- `{made.name}`: {recipe.how} ({recipe.kind}; taken by {takers})")
    (target / "README.md").write_text("\n".join(listing) + "\n")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    target: Path = parser.parse_args().folder
    reason = reason_to_skip()
    if reason is not None:
        sys.stderr.write(f"{reason}\n")
        return 1
    target.mkdir(parents=True, exist_ok=True)
    _make_all(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
