"""Tables ``[plugins.NAME]``: what a plugin declares, what it is given, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checker import Option
from checker.errors import SettingsError
from checker.plugin_settings import read_plugin_settings
from checker.settings import load_settings
from checker.settings_file import Origin, read_file
from checker.settings_schema import schema_problems

from .conftest import Checker, Done
from .distributions import write_distribution

SOURCE = """
from checker import (
    Check, Engine, Option, PluginCommand, Severity, Verdict, VerdictOutcome, hookimpl,
)

REGISTRY = Option("registry", str, "registry.example.org", "where images are from")
MOST = Option("most", int, 3, "how many", least=1)
PARTS = Option("parts", tuple, ("a", "b"), "which parts")
STRICT = Option("strict", bool, False, "whether")
UNSET = Option("unset", str, None, "nothing")

class Told(Check):
    '''What it is told.'''
    id = "ACM001"
    name = "told"
    severity = Severity.NOTE

    def check_archive(self, archive):
        told = [self.setting(each) for each in (REGISTRY, MOST, PARTS, STRICT, UNSET)]
        yield self.finding(archive, f"told {told!r}")

def judge(name):
    def judged(question):
        return Verdict(name, "load", VerdictOutcome.ACCEPTS, f"told {MOST.of(question.settings)}")
    return judged

def run(arguments):
    print(REGISTRY.of(arguments.plugin_settings), PARTS.of(arguments.plugin_settings))
    return 0

@hookimpl
def checker_settings():
    yield from (REGISTRY, MOST, PARTS, STRICT, UNSET)

@hookimpl
def checker_checks():
    yield Told

@hookimpl
def checker_engines():
    yield Engine("acme-1", "load", judge("acme-1"))

@hookimpl
def checker_readers():
    yield Engine("acme-reader", "load", judge("acme-reader"))

@hookimpl
def checker_commands():
    yield PluginCommand("acme", "what it is told", lambda parser: None, run)
"""
TABLE = """
[plugins.acme]
registry = "r.example.com"
most = 5
parts = ["c"]
strict = true
"""
DEFAULTS = "['registry.example.org', 3, ('a', 'b'), False, None]"
SET = "['r.example.com', 5, ('c',), True, None]"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("distributions") / "acme"
    write_distribution(folder, "acme", "acme", "acme", SOURCE)
    return folder


def told(done: Done) -> list[str]:
    assert done.code == 0, done.err
    return [
        finding["message"].removeprefix("told ")
        for archive in done.report["archives"]
        for finding in archive["findings"]
        if finding["rule"] == "ACM001"
    ]


def checked(checker: Checker, acme: Path, *words: str | Path) -> Done:
    return checker.process("check", *words, "--select", "ACM", "--format", "json", paths=[acme])


def test_a_rule_is_told_the_values_or_the_defaults(
    checker: Checker, acme: Path, image: Path
) -> None:
    assert told(checked(checker, acme, image)) == [DEFAULTS]
    checker.folder.joinpath("checker.toml").write_text(TABLE)
    assert told(checked(checker, acme, image)) == [SET]


def test_sections_add_to_the_table_of_the_file(checker: Checker, acme: Path, image: Path) -> None:
    """Also where several archives are checked at once, each in a process."""
    other = checker.folder / "other.tar"
    other.write_bytes(image.read_bytes())
    section = '[[archive]]\npath = "other.tar"\n[archive.plugins.acme]\nmost = 7\n'
    checker.folder.joinpath("checker.toml").write_text(TABLE + section)
    done = checked(checker, acme, "image.tar", "other.tar", "--jobs", "2")
    assert told(done) == [SET, SET.replace("5", "7")]


def test_engines_are_told(checker: Checker, acme: Path, image: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text(TABLE)
    done = checked(checker, acme, image, "--engine", "acme-1", "--engine", "acme-reader")
    archive = done.report["archives"][0]
    reasons = {
        one["engine"]: one["reason"]
        for key in ("verdicts", "reader_verdicts")
        for one in archive.get(key, ())
        if one["engine"].startswith("acme")
    }
    assert reasons["acme-1"] == "told 5"
    shown = checker.process("classify", image, "--format", "json", paths=[acme]).out
    assert shown.count('"told 5"') == 2


def test_commands_are_told(checker: Checker, acme: Path) -> None:
    done = checker.process("acme", paths=[acme])
    assert (done.code, done.out) == (0, "registry.example.org ('a', 'b')\n")
    checker.folder.joinpath("checker.toml").write_text(TABLE)
    done = checker.process("acme", paths=[acme])
    assert (done.code, done.out) == (0, "r.example.com ('c',)\n")
    checker.folder.joinpath("checker.toml").write_text("[plugins.acme]\nmots = 1\n")
    done = checker.process("acme", paths=[acme])
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "checker: checker.toml:2: plugins: acme: unknown key 'mots'; did you mean 'most'?\n"
    )


def test_they_are_shown_where_settings_are(checker: Checker, acme: Path, image: Path) -> None:
    toml = "[plugins.acme]\nmost = 5\n"
    checker.folder.joinpath("checker.toml").write_text(toml)
    shown = checker.process("config", paths=[acme]).out
    rows = {line.split()[0]: line.split()[-1] for line in shown.splitlines() if "plugins." in line}
    assert rows == {
        "plugins.acme.registry": "default",
        "plugins.acme.most": "checker.toml:2",
        "plugins.acme.parts": "default",
        "plugins.acme.strict": "default",
        "plugins.acme.unset": "default",
    }
    listed = checker.process("plugins", paths=[acme]).out
    assert "Settings of acme, in the table [plugins.acme] of the settings file:\n" in listed
    assert (
        '    registry: where images are from (a string; default "registry.example.org")' in listed
    )
    report = checked(checker, acme, image).report
    assert report["settings"]["changes"] == ["settings of acme: most"]


REFUSED = {
    "[plugins.acme]\n\nregisty = 'r'\n": (
        "3: plugins: acme: unknown key 'registy'; did you mean 'registry'?"
    ),
    "[plugins.acme]\nxyz = 1\n": (
        "2: plugins: acme: unknown key 'xyz' (choose from: registry, most, parts, strict, unset)"
    ),
    "[plugins.acme]\nmost = 0\n": (
        "2: plugins: acme: most: must be a whole number, at least 1, found 0"
    ),
    "[plugins]\nacme = { strict = 'yes' }\n": (
        "2: plugins: acme: strict: must be true or false, found 'yes'"
    ),
    "[plugins.acmee]\nmost = 1\n": "1: plugins: unknown plugin 'acmee'; did you mean 'acme'?",
    "[plugins.zzz]\n": "1: plugins: unknown plugin 'zzz'; `checker plugins` lists the plugins",
    "[plugins.checker_oci]\nmost = 1\n": "1: plugins: the plugin checker_oci has no settings",
    "plugins = 1\n": "1: plugins: must be a table, found an integer",
    "[plugins]\nacme = 1\n": "2: plugins: must be a table, found an integer",
    "[[archive]]\npath = '*'\n[archive.plugins.acme]\nmots = 1\n": (
        "4: plugins: acme: unknown key 'mots'; did you mean 'most'?"
    ),
}


@pytest.mark.parametrize("toml", REFUSED)
def test_what_is_wrong_is_one_line_with_its_place(
    checker: Checker, acme: Path, image: Path, toml: str
) -> None:
    checker.folder.joinpath("checker.toml").write_text(toml)
    done = checker.process("check", image, paths=[acme])
    assert (done.code, done.out) == (2, "")
    assert done.err == f"checker: checker.toml:{REFUSED[toml]}\n"


def test_the_table_of_a_disabled_plugin_is_ignored(
    checker: Checker, acme: Path, image: Path
) -> None:
    checker.folder.joinpath("checker.toml").write_text(TABLE)
    done = checker.process("check", image, "--no-plugin", "acme", paths=[acme])
    assert done.code == 0, done.err
    assert checker.process("check", image).code == 2  # it is not even installed


def test_a_plugin_that_fails_is_named_and_not_its_table(
    checker: Checker, image: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "installed"
    write_distribution(folder, "acme", "acme", "acme", "raise ValueError('lost')\n")
    checker.folder.joinpath("checker.toml").write_text(TABLE)
    done = checker.process("check", image, paths=[folder])
    assert done.code == 3
    words = " ".join(done.out.split())
    assert "plugin acme (acme 2.5): cannot be loaded: ValueError: lost" in words


DECLARED = {
    "Option('A b', str, 'a', 'x')": (
        "returned an Option whose name is 'A b', which is not in kebab case"
    ),
    "Option('a', dict, {}, 'x')": (
        "returned an Option whose kind is <class 'dict'>, not one of bool, int, float, str, tuple"
    ),
    "Option('a', int, 0, 'x', least=1)": (
        "returned an Option whose default is not valid, a: must be a whole number, at least 1, "
        "found 0"
    ),
    "Option(1, str, 'a', 'x')": "returned an Option whose name is 1, which is not in kebab case",
    "Option('a', [], 'a', 'x')": (
        "returned an Option that cannot be read: TypeError: unhashable type: 'list'"
    ),
    "Option('a', int, 1, 'x', least='1')": (
        "returned an Option that cannot be read: TypeError: '>=' not supported between instances "
        "of 'int' and 'str'"
    ),
    "'registry'": "returned 'registry', not a checker.Option",
    "1 / 0": "raised ZeroDivisionError: division by zero",
}
HOOK = """
from checker import Option, hookimpl

@hookimpl
def checker_settings():
    yield Option("good", str, "a", "x")
    yield {declared}
"""


@pytest.mark.parametrize("declared", DECLARED)
def test_a_bad_declaration_is_a_problem_of_the_plugin(
    checker: Checker, tmp_path: Path, declared: str
) -> None:
    folder = tmp_path / "installed"
    write_distribution(folder, "acme", "acme", "acme", HOOK.format(declared=declared))
    done = checker.process("plugins", paths=[folder])
    assert done.code == 3
    assert done.err == (f"checker: plugin acme (acme 2.5): checker_settings {DECLARED[declared]}\n")
    assert "    good: x (a string;" in done.out


def test_a_name_is_declared_once(checker: Checker, tmp_path: Path) -> None:
    folder = tmp_path / "installed"
    source = HOOK.format(declared='Option("good", int, 1, "y")')
    write_distribution(folder, "acme", "acme", "acme", source)
    done = checker.process("plugins", paths=[folder])
    assert "setting good is already registered by acme" in done.err


def declared(*options: Option[Any]) -> dict[str, tuple[Option[Any], ...]]:
    return {"acme": options, "plain": ()}


MOST = Option("most", int, 3, "how many", least=1)


def test_programs_set_them_too() -> None:
    settings = load_settings(plugins={"acme": {"most": 4}})
    assert read_plugin_settings(settings, declared(MOST)) == {"acme": {"most": 4}}
    with pytest.raises(SettingsError) as caught:
        read_plugin_settings(load_settings(plugins={"acme": {"mots": 4}}), declared(MOST))
    assert str(caught.value) == "plugins: acme: unknown key 'mots'; did you mean 'most'?"


def test_values_come_in_their_types() -> None:
    share = Option("share", float, 0.5, "a part", most=1)
    settings = load_settings({"plugins": {"acme": {"share": 1}}})
    (value,) = read_plugin_settings(settings, declared(share))["acme"].values()
    assert (value, type(value)) == (1.0, float)
    assert share.of({}) == 0.5


@pytest.mark.parametrize("toml", [TABLE, "[plugins]\n", "[plugins.acme]\n"])
def test_the_schema_takes_the_tables(toml: str, tmp_path: Path) -> None:
    path = tmp_path / "checker.toml"
    path.write_text(toml)
    assert schema_problems(read_file(path)) == ()
    assert len(schema_problems(Origin("a", {"plugins": {"acme": 1}}))) == 1
