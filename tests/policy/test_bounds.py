"""What policies ask for is bounded in time, and what libraries break stays in their process."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.errors import SettingsError
from checker.policy import Policy
from checker.settings_file import Origin
from checker.testing.cases import load_cases
from checker.testing.tar import Member, directory, file, write_tar
from checker_policy import databases, expressions
from checker_policy.children import ChildError, in_child
from checker_policy.databases import DatabaseError, Package, _apk, _dpkg, _rpm
from checker_policy.expressions import facts_of
from checker_policy.patterns import Glob, pattern
from checker_policy.rules import rules_of
from tests.effort import examples
from tests.policy.rpm_database import database
from tests.sessions import new_session

SLOW = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].all({}, {})"


def slow_expression(depth: int) -> str:
    inner = "true"
    for level in range(depth):
        inner = SLOW.format(f"v{level}", inner)
    return inner


def test_an_expression_has_a_deadline() -> None:
    began = time.monotonic()
    request = {"expression": slow_expression(9), "facts": [{}]}
    with pytest.raises(ChildError, match="it took more than 2 seconds"):
        in_child("checker_policy.cel_work", request, 2)
    assert time.monotonic() - began < 30


def test_an_expression_that_takes_too_long_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(module: str, request: object) -> object:
        if isinstance(request, dict) and "facts" in request:
            raise ChildError("it took more than 10 seconds")
        return in_child(module, request)

    monkeypatch.setattr(expressions, "in_child", late)
    (case, *_) = load_cases(Path(__file__).parent / "cases" / "expression.toml")
    require = {"name": "slow", "expression": "true"}
    session = new_session({"select": ["slow"], "require": [require]})
    (finding,) = session.check(case.build().write(tmp_path)).findings
    assert finding.message == (
        "the expression could not be evaluated: it took more than 10 seconds"
    )


@pytest.mark.parametrize(
    "text", ["!" * 1999, "a." * 999, "1+" * 999, '"' + "\\" * 900, "\0", "{" * 40]
)
def test_any_expression_is_taken_or_refused(text: str) -> None:
    table = {"name": "a", "expression": text}
    try:
        rules_of(Policy(tables=(Origin("settings", table),)))
    except SettingsError as error:
        message = str(error)
    else:
        message = "settings: require.expression: "
    assert message.startswith("settings: require.expression: ")
    assert "\n" not in message


def test_a_library_that_crashes_ends_nothing_else() -> None:
    with pytest.raises(ChildError, match="No module named"):
        in_child("checker_policy.no_such_module", {})


def test_expressions_need_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "find_spec", lambda _: None)
    table = {"name": "a", "expression": "true"}
    with pytest.raises(SettingsError, match=r"common-expression-language: pip install 'archive-"):
        rules_of(Policy(tables=(Origin("settings", table),)))


@pytest.mark.parametrize("module", ["re2", "yaml"])
def test_what_is_missing_is_named(tmp_path: Path, module: str) -> None:
    """Without the extra, what needs no library works, and the rest says what to install."""
    texts = {"re2": 'user = { matches = "^a" }', "yaml": 'structure-test = "test.yaml"'}
    tmp_path.joinpath("test.yaml").write_text("schemaVersion: 2.0.0\n")
    settings_file = tmp_path / "checker.toml"
    settings_file.write_text(f'[[require]]\nname = "a"\n{texts[module]}\n')
    program = f"import sys; sys.modules[{module!r}] = None; from checker.cli import main; main()"
    words = [sys.executable, "-c", program, "check", "--config", str(settings_file), "none.tar"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "pip install 'archive-checker[policy]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("text", ["(a+)+b", "(a|aa)+b", "(.*)*b", "(a*)*(a*)*(a*)*b"])
def test_expressions_take_linear_time(text: str) -> None:
    began = time.process_time()
    assert not pattern(text).is_in("a" * 100_000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", ["**/" * 50 + "x", "*a" * 50 + "b", "**/*a" * 20 + "/b"])
def test_patterns_of_paths_take_bounded_time(text: str) -> None:
    began = time.process_time()
    assert not Glob(text).matches("/".join(["a" * 50] * 60))
    assert time.process_time() - began < 2


PARTS = st.lists(st.sampled_from(["a", "b", "ab", "*", "?", "**", "a*", "*b"]), max_size=5)


def naive(parts: list[str], path: list[str]) -> bool:
    """Whether a path matches, by trying all ways."""
    if not parts:
        return not path
    if parts[0] == "**":
        return naive(parts[1:], path) or (bool(path) and naive(parts, path[1:]))
    from fnmatch import fnmatchcase

    return bool(path) and fnmatchcase(path[0], parts[0]) and naive(parts[1:], path[1:])


@settings(max_examples=examples(500), deadline=None)
@given(PARTS.filter(bool), st.lists(st.sampled_from(["a", "b", "ab", "c"]), min_size=1, max_size=5))
def test_patterns_of_paths(parts: list[str], path: list[str]) -> None:
    assert Glob("/".join(parts)).matches("/".join(path)) is naive(parts, path)


def test_a_database_of_rpm() -> None:
    found = _rpm(database([("bash", "5.1", "2.el9"), ("zlib", "1.2", "1.el9")]))
    assert found == (("bash", "5.1-2.el9"), ("zlib", "1.2-1.el9"))


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0" + b"x" * 4096, b"\0" * 8192])
def test_a_damaged_database_of_rpm(data: bytes) -> None:
    with pytest.raises(DatabaseError) as caught:
        _rpm(data)
    assert "\n" not in str(caught.value)
    assert "checker-rpm-" not in str(caught.value)


FIELDS = st.sampled_from(
    [
        *(
            "Package: a",
            "Version: 1",
            "Status: install ok installed",
            "P:b",
            "V:2",
            " more",
            "",
            "x",
        ),
        *(":", "Package:", "-----BEGIN PGP SIGNED MESSAGE-----", "\x00", "Package: \xff", "#"),
    ]
)


@settings(max_examples=examples(500), deadline=None)
@given(
    st.binary(max_size=200) | st.lists(FIELDS).map(lambda found: "\n".join(found).encode("latin-1"))
)
def test_any_database(data: bytes) -> None:
    for read in (_dpkg, _apk):
        try:
            found = read(data)
        except DatabaseError as error:
            assert str(error)  # noqa: PT017 - one of two valid results
        else:
            assert all(isinstance(package, Package) for package in found)


def test_the_page_names_all_facts(tmp_path: Path) -> None:
    (case, *_) = load_cases(Path(__file__).parent / "cases" / "expression.toml")
    archive = new_session().read(case.build().write(tmp_path))
    facts = facts_of(archive, archive.images[0])
    page = Path(__file__).parents[2].joinpath("docs", "policy.md").read_text("utf-8")
    rows = dict(
        re.findall(r"^\| `([a-z.]+)` \| (.*) \|$", page.partition("| fact |")[2], re.MULTILINE)
    )
    assert {row for row in rows if "." not in row} == facts.keys()
    found = {
        **{name: facts[name] for name in ("archive", "image", "config")},
        "image.layers": facts["image"]["layers"][0],
        "config.healthcheck": facts["config"]["healthcheck"],
        "config.history": facts["config"]["history"][0],
    }
    for name, table in found.items():
        assert set(re.findall(r"`([a-z_]+)`", rows[name])) == table.keys()


def checked_with(folder: Path, members: list[Member], require: dict[str, object]) -> list[str]:
    """The findings of a requirement about a root filesystem."""
    path = folder / "root.tar"
    directories = [directory(name) for name in ("bin", "etc", "usr", "var")]
    path.write_bytes(write_tar([*directories, *members]))
    session = new_session({"select": ["zz"], "require": [{"name": "zz", **require}]})
    return [finding.message for finding in session.check(path).findings]


def test_packages_of_rpm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = database([("bash", "5.1", "2.el9")])
    members = [file("usr/lib/sysimage/rpm/rpmdb.sqlite", data)]
    require: dict[str, object] = {"packages": {"include": ["bash=5.*"], "exclude": ["ba*"]}}
    assert checked_with(tmp_path, members, require) == [
        "bash 5.1-2.el9 is installed in the root, but ba* must not be"
    ]
    _rpm.cache_clear()
    monkeypatch.setattr(databases, "find_spec", lambda _: None)
    (message,) = checked_with(tmp_path, members, require)
    assert message.endswith("it needs the library pyrpmdb: pip install 'archive-checker[rpm]'")


def test_a_database_beyond_the_limit(tmp_path: Path) -> None:
    status = "Package: curl\nStatus: install ok installed\n" + "X: y\n" * 1000
    path = tmp_path / "root.tar"
    path.write_bytes(write_tar([file("etc/passwd", "x"), file("var/lib/dpkg/status", status)]))
    require = {"name": "zz", "packages": {"exclude": ["curl"]}}
    limits = {"content": 1000}
    session = new_session(
        {"select": ["zz"], "require": [require], "limits": limits, "as": "import"}
    )
    (finding,) = session.check(path).findings
    assert finding.message == (
        "packages of the root are not known: /var/lib/dpkg/status could not be read: it is larger "
        "than the limit content allows"
    )
