"""The fail cases of all rules, and the faults of their archives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from checker.testing.cases import Case, load_cases

CASES = Path(__file__).parents[2] / "tests" / "cases"
_ABOUT = frozenset({"name", "options", "findings", "note", "file"})
"""Keys of a case that say nothing of its archive."""
_OF_ARCHIVE = ("edits", "index_edits")
_OF_DOCUMENTS = ("config_edits", "manifest_edits")
_OF_LAYERS = ("layer_edits", "blob_edits")

Place: TypeAlias = tuple[str | int, ...]
Edit: TypeAlias = Mapping[str, Any]


class Fault(NamedTuple):
    """One fault.

    Attributes:
        place: Path of the list of edits in the case's table.
        edit: The edit.
    """

    place: Place
    edit: Edit

    def __str__(self) -> str:
        where = ".".join(map(str, self.place))
        return f"{where}: {json.dumps(self.edit)}"

    @property
    def is_of_image(self) -> bool:
        """Whether it is of one image, of which an archive can have several."""
        return self.place[0] not in _OF_ARCHIVE


class RuleCases(NamedTuple):
    """The fail cases of the rules.

    Attributes:
        archives: Those that are files, in the order of their names.
        directories: The number of those that are directories, which not every engine reads.
    """

    archives: tuple[Case, ...]
    directories: int


@cache
def rule_cases(folder: Path = CASES) -> RuleCases:
    """The fail cases of all rules whose cases are below a directory."""
    bundles = sorted(folder.glob("checker_*"))
    fails = [case for bundle in bundles for case in load_cases(bundle) if case.kind == "fail"]
    archives = tuple(case for case in fails if not _is_directory(case))
    return RuleCases(archives, len(fails) - len(archives))


@cache
def rule_tables() -> tuple[Mapping[str, Any], ...]:
    """What the archives of fail cases are built from."""
    return tuple(
        {key: value for key, value in case.table.items() if key not in _ABOUT}
        for case in rule_cases().archives
    )


@cache
def rule_faults() -> tuple[Fault, ...]:
    """The edits of fail cases, each as a fault that can be added to another archive."""
    return tuple(
        fault for table in rule_tables() for fault in _faults(table) if not _is_sized(fault.edit)
    )


def _faults(table: Mapping[str, Any]) -> Iterator[Fault]:
    for key in (*_OF_ARCHIVE, *_OF_DOCUMENTS):
        yield from (Fault((key,), edit) for edit in table.get(key, ()))
    for key in _OF_LAYERS:
        for number, edits in table.get(key, {}).items():
            yield from (Fault((key, str(number)), edit) for edit in edits)
    for image in table.get("images", ()):
        yield from _faults(image)


def _is_sized(edit: Edit) -> bool:
    """Whether it is of a place in one archive, so that it would hit anything in another."""
    return "drop" in edit or isinstance(edit.get("truncate"), int)


def _is_directory(case: Case) -> bool:
    return bool(case.table.get("directory")) or case.table["base"] == "oci-layout"
