"""Runs one target under atheris: ``python -m benchmarks.fuzz.driver NAME CORPUS [OPTION…]``."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import atheris


def main() -> None:
    """Fuzz until the fuzzer ends the process."""
    with atheris.instrument_imports(include=["checker", "plugins", "schemas"]):
        from benchmarks.fuzz.targets import TARGETS
    name, corpus = sys.argv[1:3]
    target = TARGETS[name]
    for seed in target.seeds():
        Path(corpus, hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
