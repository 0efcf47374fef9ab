"""What the methods of a rule are given, and which rules can be registered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker import Check, Entry, Finding, Layer, Severity
from checker.checks.registry import Registry, RuleConflictError
from checker.testing.cases import Case
from checker.testing.running import run_case

# Entries are given in batches of 1024.
MANY = [{"path": f"many/{number:04}", "text": ""} for number in range(2050)]
ONE = [{"path": "only/this", "text": "x"}]


class Mine(Check):
    """A rule of somebody."""

    id = "MIN001"
    name = "mine"
    severity = Severity.NOTE


class EachEntry(Mine):
    """It names every entry."""

    def check_entry(self, layer: Layer, entry: Entry) -> Iterator[Finding]:
        yield self.finding(layer, entry.path)


class EntriesOfTwo(EachEntry):
    """It names every entry, and the layers that it is asked about."""

    def check_layer(self, layer: Layer) -> Iterator[Finding]:
        yield self.finding(layer, f"layer {layer.position}")


def messages(check: type[Check], folder: Path, table: dict[str, Any], **options: Any) -> list[str]:
    case = Case("mine", "", "mine", "fail", options, (), Path(__file__), table)
    return [finding.message for finding in run_case(case, check, folder)[0]]


def paths(*layers: list[dict[str, str]]) -> list[str]:
    return [entry["path"] for layer in layers for entry in layer]


def test_every_entry_of_every_layer_in_order(tmp_path: Path) -> None:
    table = {"base": "oci-archive", "layers": [MANY, ONE]}
    found = messages(EachEntry, tmp_path, table, limits={"findings": 5000})
    assert found == paths(MANY, ONE)


def test_entries_of_a_root_filesystem_are_of_no_layer(tmp_path: Path) -> None:
    assert messages(EachEntry, tmp_path, {"base": "rootfs"}) == []


def test_a_layer_of_two_images_is_given_once(tmp_path: Path) -> None:
    images = [{"tags": ["a:1"], "layers": [ONE]}, {"tags": ["b:1"], "layers": [ONE, MANY[:2]]}]
    table = {"base": "oci-archive", "images": images}
    expected = ["layer 0", "layer 1", *paths(ONE, MANY[:2])]
    assert messages(EntriesOfTwo, tmp_path, table) == expected


@pytest.mark.parametrize("limit", [1, 1023, 1024, 1025, 2051])
def test_no_more_findings_than_the_limit(limit: int, tmp_path: Path) -> None:
    table = {"base": "oci-archive", "layers": [MANY, ONE]}
    found = messages(EachEntry, tmp_path, table, limits={"findings": limit})
    assert found == paths(MANY, ONE)[:limit]


class NotARule:
    """It is not a rule."""


class WithoutId(Check):
    """It has not even an id."""

    name = "mine"
    severity = Severity.NOTE


class WithOddName(Mine):
    """Its name has a space."""

    name = "my rule"


class WithNumberAsId(Mine):
    """Its id is a number."""

    id = 1  # type: ignore[assignment]


class WithTextAsSeverity(Mine):
    """Its severity is a word."""

    severity = "note"  # type: ignore[assignment]


class WithOddOptions(Mine):
    """Its options are words."""

    options = ("deep",)  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("check", "word"),
    [
        (NotARule, "Check"),
        (Mine(None), "Check"),  # type: ignore[arg-type]
        (WithoutId, "id is"),
        (WithOddName, "'my rule'"),
        (WithNumberAsId, "id is 1"),
        (WithTextAsSeverity, "severity"),
        (WithOddOptions, "option"),
    ],
)
def test_what_is_not_registered(check: object, word: str) -> None:
    registry = Registry()
    with pytest.raises(RuleConflictError, match=word):
        registry.add(check, "mine")
    assert list(registry) == []


@pytest.mark.parametrize(("key", "other"), [("id", "name"), ("name", "id")])
def test_ids_and_names_are_given_once(key: str, other: str) -> None:
    free = {"id": "MIN002", "name": "theirs"}
    second = type("Theirs", (Mine,), {other: free[other]})
    registry = Registry()
    registry.add(Mine, "mine")
    with pytest.raises(RuleConflictError, match=f"{getattr(Mine, key)}.*mine"):
        registry.add(second, "theirs")
    assert [rule.check for rule in registry] == [Mine]
