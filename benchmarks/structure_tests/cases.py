"""Structure tests with the images that they are run on, as data."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from checker.testing.cases import Case, load_cases

FOLDER = Path(__file__).parents[2] / "tests" / "policy" / "structure"
RECORDED = FOLDER / "recorded.json"


class Outcome(NamedTuple):
    """How one test of a file ended.

    Attributes:
        name: What the program calls the test.
        outcome: ``passed``, ``failed`` or ``skipped``.
    """

    name: str
    outcome: str


class StructureCase(NamedTuple):
    """A file of tests and an image.

    Attributes:
        name: Its name.
        image: What the archive is made from.
        file: Name of the file.
        text: Content of the file.
        differs: Why the checker says something else than the program; empty if it does not.
        checker: What the checker says then.
    """

    name: str
    image: Case
    file: str
    text: str
    differs: str
    checker: tuple[Outcome, ...]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write the archive and the file of tests."""
        archive = self.image.build().write(folder)
        file = folder / self.file
        file.write_text(self.text, "utf-8")
        return archive, file


def structure_cases() -> tuple[StructureCase, ...]:
    """All cases."""
    images = {case.name: case for case in load_cases(FOLDER / "images.toml")}
    tables = tomllib.loads(FOLDER.joinpath("cases.toml").read_text("utf-8"))["case"]
    return tuple(_case(table, images) for table in tables)


def _case(table: Mapping[str, Any], images: Mapping[str, Case]) -> StructureCase:
    return StructureCase(
        name=table["name"],
        image=images[table["image"]],
        file=table.get("file", "test.yaml"),
        text=table["test"],
        differs=table.get("differs", ""),
        checker=tuple(Outcome(**each) for each in table.get("checker", ())),
    )


def recorded() -> Mapping[str, tuple[Outcome, ...]]:
    """What the program said, by the names of the cases."""
    document = json.loads(RECORDED.read_text("utf-8"))
    return {
        name: tuple(Outcome(*each) for each in outcomes)
        for name, outcomes in document["cases"].items()
    }
