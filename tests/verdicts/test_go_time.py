"""Moments in a config as Go takes them, in its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import VerdictOutcome
from checker.testing.cases import Case
from checker_engines.golang.time import old_time_error, time_error
from tests.sessions import new_session

LAYOUT = '"2006-01-02T15:04:05Z07:00"'
TAKEN = (
    "2024-01-01T01:00:00Z",
    "2024-01-01T01:00:00.5Z",
    "2024-01-01T1:00:00Z",
    "2024-01-01T01:00:00,5Z",
    "2024-01-01T01:00:00+24:00",
    "2024-01-01T01:00:00-23:60",
    "2024-02-29T23:59:59Z",
    "0000-02-29T00:00:00Z",
)
# What Go 1.26 printed.
REFUSED = {
    "2024-01-01T01:00:00+25:00": ": time zone offset hour out of range",
    "2024-01-01T01:00:00-23:61": ": time zone offset minute out of range",
    "2024-01-01T01:00:00+99:99": ": time zone offset minute out of range",
    "2024-01-01T01:00:00+25:00x": ": time zone offset hour out of range",
    "2024-02-30T01:00:00+25:00": ": time zone offset hour out of range",
    "2024-02-30T25:00:00Z": ": hour out of range",
    "2024-01-01T24:00:00Z": ": hour out of range",
    "2024-01-01T01:60:00Z": ": minute out of range",
    "2024-01-01T01:00:60Z": ": second out of range",
    "2024-13-01T01:00:00Z": ": month out of range",
    "2024-00-01T00:00:00Z": ": month out of range",
    "2024-01-00T00:00:00Z": ": day out of range",
    "2023-02-29T00:00:00Z": ": day out of range",
    "2100-02-29T00:00:00Z": ": day out of range",
    "2024-01-01T01:00:00Zx": ': extra text: "x"',
    "2024-01-01T01:00:00": f' as {LAYOUT}: cannot parse "" as "Z07:00"',
    "2024-01-01T01:00:00z": f' as {LAYOUT}: cannot parse "z" as "Z07:00"',
    "2024-01-01T01:00:00.Z": f' as {LAYOUT}: cannot parse ".Z" as "Z07:00"',
    "2024-1-01T01:00:00Z": f' as {LAYOUT}: cannot parse "1-01T01:00:00Z" as "01"',
    "": f' as {LAYOUT}: cannot parse "" as "2006"',
}
ANY_OFFSET = (
    "2024-01-01T01:00:00+25:00",
    "2024-01-01T01:00:00-23:61",
    "2024-01-01T01:00:00+99:99",
)


@pytest.mark.parametrize("text", TAKEN)
def test_a_moment_is_taken(text: str) -> None:
    assert (time_error(text), old_time_error(text)) == (None, None)


@pytest.mark.parametrize("text", REFUSED)
def test_a_moment_is_refused(text: str) -> None:
    assert time_error(text) == f'parsing time "{text}"{REFUSED[text]}'


@pytest.mark.parametrize("text", sorted(REFUSED.keys() - ANY_OFFSET))
def test_go_1_19_refuses_what_later_ones_refuse(text: str) -> None:
    assert old_time_error(text) is not None


@pytest.mark.parametrize("text", ANY_OFFSET)
def test_go_1_19_takes_any_offset(text: str) -> None:
    assert old_time_error(text) is None


@pytest.mark.parametrize("value", [5, 1.5, True, [], {"a": 1.0}])
def test_what_is_not_text(value: object) -> None:
    assert time_error(value) == "Time.UnmarshalJSON: input is not a JSON string"
    assert old_time_error(value) is not None


def test_null_is_taken() -> None:
    assert (time_error(None), old_time_error(None)) == (None, None)


@pytest.mark.parametrize(
    ("text", "taken"), [(TAKEN[2], {"20.10", "28"}), (ANY_OFFSET[0], {"20.10"})]
)
def test_docker_load(text: str, taken: set[str], tmp_path: Path) -> None:
    table = {"base": "docker-archive", "config": {"created": text}}
    archive = Case("", "", "created", "pass", {}, (), Path(__file__), table).build()
    found = new_session().classify(archive.write(tmp_path)).verdicts
    accepting = {each.engine for each in found if each.outcome is VerdictOutcome.ACCEPTS}
    assert {version for version in ("20.10", "28") if f"docker-{version}" in accepting} == taken
