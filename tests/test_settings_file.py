"""Whatever a settings file contains, it is taken, or refused in one line that names the file."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from checker import Option
from checker.errors import SettingsError
from checker.plugins import LoadedPlugins, load_plugins
from checker.session import Session
from checker.settings import load_settings
from checker.settings_file import Origin, read_file
from checker.settings_schema import schema_problems
from tests.effort import examples

KEYS = st.sampled_from(
    [
        *("select", "ignore", "severity", "fail-on", "as", "no-plugin", "limits", "waive"),
        *(
            "rules",
            "engine",
            "host",
            "jobs",
            "format",
            "format-option",
            "profile",
            "baseline",
            "strict-waivers",
        ),
        *("progress", "cache", "archive", "policy", "structure-test", "plugins"),
    ]
)
NAMES = st.sampled_from(
    [
        *("ARC001", "HYG017", "HYG013", "lowest-efficiency", "labels", "entries", "window"),
        *("rule", "reason", "until", "archive", "path", "docker-28", "docker-28:load", "load"),
        *("name", "json", "json=a.json", "security", "select", "severity", "*.tar"),
        *("note", "never", "linux/arm64", "error", "", "acme", "most"),
    ]
)
TEXTS = NAMES | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SCALARS = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.just(10**400),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=4)


def toml(value: object) -> str:
    """A value as TOML writes it within a line."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else f"{'-' if value < 0 else ''}inf"
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    # JSON does not escape DEL, which TOML refuses.
    return json.dumps(value).replace("\x7f", "\\u007f")


@pytest.fixture(scope="module")
def plugins() -> LoadedPlugins:
    """Those of the checker, and one with settings."""
    loaded = load_plugins()
    most, labels = Option("most", float, 1, "how many"), Option("labels", tuple, (), "which")
    return loaded._replace(options={**loaded.options, "acme": (most, labels)})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings") / "checker.toml"


def refused(call: Callable[[], object]) -> str | None:
    try:
        call()
    except SettingsError as error:
        return str(error)
    return None


def refusal(path: Path, plugins: LoadedPlugins) -> str | None:
    return refused(lambda: Session(str(path), plugins=plugins))


def assert_placed(message: str | None, path: Path) -> None:
    if message is not None:
        assert message.startswith(f"{path}:")


@settings(deadline=None, max_examples=examples(300))
@given(table=TABLES)
@example(table={"ignore": [""]})
@example(table={"plugins": {"acme": {"most": 10**400}}})
@example(table={"archive": [{"path": "*", "plugins": {"acme": {"labels": [5]}}}]})
@example(table={"archive": [{"path": "*", "rules": {"HYG017": {"lowest-efficiency": 10**400}}}]})
@example(table={"archive": [{"path": ["*", 5]}]})
@example(table={"archive": [{"path": "*", "profile": "strict"}]})
@example(table={"rules": {"HYG017": {"lowest-efficiency": 10**400}}})
def test_any_table(plugins: LoadedPlugins, path: Path, table: Mapping[str, object]) -> None:
    path.write_text("".join(f"{key} = {toml(value)}\n" for key, value in table.items()), "utf-8")
    message = refusal(path, plugins)
    assert_placed(message, path)
    given_directly = refused(lambda: load_settings(table))
    assert given_directly is None or (message and given_directly.startswith("settings: "))
    # The published schema takes all that is taken; it does not know rules and engines.
    assert given_directly or schema_problems(Origin("settings", table)) == ()


@settings(deadline=None)
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(plugins: LoadedPlugins, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert_placed(refusal(path, plugins), path)


@pytest.mark.parametrize(
    "text",
    [
        "a." * 10_000 + "b = 1",
        "select = " + "{a=" * 10_000,
        "[" + "a." * 5_000 + "b]",
        "[" + " " * 200_000,
        "x" * 200_000,
        "jobs = 1\r\n" * 2,
        "#" * 5_000_000,
    ],
)
def test_hostile_files(plugins: LoadedPlugins, path: Path, text: str) -> None:
    path.write_text(text)
    message = refusal(path, plugins)
    assert message is not None
    assert_placed(message, path)


def test_lines(path: Path) -> None:
    path.write_text(
        "select = [\n  'ARC',\n]\n"
        "[limits] # a comment\n'entries' = 5\n"
        "[[waive]]\nrule = 'A'\n[[waive]]\n\nrule = 'B'\n"
        '[rules."HYG017"]\nlowest-efficiency = 1\n[severity]\nARC001.x = 1\n'
        "[[waive.more]]\nx = 1\n[waive.more.most]\ny = 1\n"
    )
    origin = read_file(path)
    found = {
        ("select",): 1,
        ("limits",): 4,
        ("limits", "entries"): 5,
        ("limits", "names"): 4,
        ("waive",): 6,
        ("waive", 0, "rule"): 7,
        ("waive", 1): 8,
        ("waive", 1, "reason"): 8,
        ("waive", 1, "rule"): 10,
        ("rules", "HYG017", "lowest-efficiency"): 12,
        ("severity", "ARC001", "x"): 14,
        ("waive", 1, "more", 0, "x"): 16,
        ("waive", 1, "more", 0, "most", "y"): 18,
    }
    for key, line in found.items():
        assert origin.place(*key) == f"{path}:{line}"
    assert origin.place("jobs") == str(path)
