"""Coverage by package, against the floors that ``pyproject.toml`` sets: ``make coverage``.

Counts branches: both outcomes of each condition. A package includes its subpackages. Exits with 1
if a floor is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from coverage import Coverage

PROJECT: Final = Path(__file__).parents[1]
ALL: Final = "all"


class Covered(NamedTuple):
    """How much of some modules the tests run.

    Attributes:
        lines: The statements, and those that are run.
        branches: The ways out of conditions, and those that are taken.
    """

    lines: tuple[int, int]
    branches: tuple[int, int]


def main() -> int:
    """Print a table; 1 if a floor is missed."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    missed = show(_measured(), settings["tool"]["archive-checker"]["branch-coverage"])
    if missed:
        print(f"branch coverage is below the floor: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def show(modules: Mapping[str, Covered], floors: Mapping[str, float]) -> list[str]:
    """Print a table of packages; those whose branch coverage is below their floor.

    Args:
        modules: The modules by their dotted names.
        floors: Percent by package or module; ``all`` is everything.
    """
    packages = sorted({_package(module) for module in modules} | (floors.keys() - {ALL}))
    print(f"{'package':36}{'lines':>9}{'branches':>10}{'floor':>9}")
    return [
        title
        for title in (*packages, ALL)
        if not _show(title, _within(modules, title), floors.get(title))
    ]


def _measured() -> dict[str, Covered]:
    """The modules by their dotted names."""
    measured = Coverage()
    measured.load()
    with tempfile.NamedTemporaryFile() as file:
        measured.json_report(outfile=file.name)
        report: Mapping[str, Any] = json.load(file)
    return {_dotted(Path(path)): _covered(each) for path, each in report["files"].items()}


def _dotted(path: Path) -> str:
    names = [] if path.stem == "__init__" else [path.stem]
    directory = path.parent
    while (directory / "__init__.py").exists():
        names.insert(0, directory.name)
        directory = directory.parent
    return ".".join(names)


def _covered(file: Mapping[str, Any]) -> Covered:
    counts = file["summary"]
    return Covered(
        (counts["num_statements"], counts["covered_lines"]),
        (counts["num_branches"], counts["covered_branches"]),
    )


def _package(module: str) -> str:
    """The package that a module is shown with: not deeper than the first level below the top."""
    return ".".join(module.split(".")[:-1][:2]) or module


def _within(modules: Mapping[str, Covered], title: str) -> Covered:
    """What the modules of a package cover together."""
    counts: Counter[str] = Counter()
    for name, each in modules.items():
        if title == ALL or f"{name}.".startswith(f"{title}."):
            counts.update(
                lines=each.lines[0],
                run=each.lines[1],
                ways=each.branches[0],
                taken=each.branches[1],
            )
    return Covered((counts["lines"], counts["run"]), (counts["ways"], counts["taken"]))


def _show(title: str, covered: Covered, floor: float | None) -> bool:
    """Print a row; whether its floor is met."""
    lines, branches = _percent(*covered.lines), _percent(*covered.branches)
    demanded = "" if floor is None else f"{floor:g} %"
    print(f"{title:36}{lines:7.1f} %{branches:8.1f} %{demanded:>9}")
    # A package that is not there any more must not pass.
    return floor is None or (covered.lines[0] > 0 and branches >= floor)


def _percent(number: int, part: int) -> float:
    return 100 * part / number if number else 100.0


if __name__ == "__main__":
    sys.exit(main())
