"""Rules: former names, the version they came in, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker import Archive, Check, Finding, Session, SettingsError, Severity
from checker.checks.registry import Registry, RuleConflictError
from checker.cli.catalogue import rules_markdown, run_explain
from checker.plugins import LoadedPlugins, load_plugins
from checker.testing import sample


class Renamed(Check):
    """It was called otherwise."""

    id = "MIN002"
    name = "new-name"
    severity = Severity.ERROR
    since = "1.1"
    aliases = ("old-name", "OLD001")

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Find something in any archive."""
        yield self.finding(archive, "it is there")


class Other(Check):
    """Another one."""

    id = "MIN003"
    name = "other"
    severity = Severity.NOTE


@pytest.fixture
def plugins() -> LoadedPlugins:
    registry = Registry()
    registry.add(Renamed, "mine")
    registry.add(Other, "mine")
    return load_plugins(found=())._replace(registry=registry)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.tar"
    path.write_bytes(sample())
    return path


@pytest.mark.parametrize("key", ["MIN002", "min002", "new-name", "old-name", "OLD001", "old001"])
def test_a_rule_is_found_by_every_name_it_had(plugins: LoadedPlugins, key: str) -> None:
    rule = plugins.registry.find(key)
    assert rule is not None
    assert rule.id == "MIN002"


@pytest.mark.parametrize("old", ["old-name", "OLD001"])
def test_settings_may_use_a_former_name(plugins: LoadedPlugins, old: str, image: Path) -> None:
    def found(settings: dict[str, object]) -> list[tuple[str, Severity, str | None]]:
        checked = Session(settings, plugins=plugins).check(image)
        return [(one.rule, one.severity, one.waived) for one in checked.findings]

    assert found({"select": [old]}) == [("MIN002", Severity.ERROR, None)]
    assert found({"ignore": [old]}) == []
    assert found({"severity": {old: "note"}}) == [("MIN002", Severity.NOTE, None)]
    waiver = {"rule": old, "reason": "known"}
    assert found({"waive": [waiver]}) == [("MIN002", Severity.ERROR, "known")]
    with pytest.raises(SettingsError, match="MIN002 new-name has no option 'x'"):
        Session({"rules": {old: {"x": 1}}}, plugins=plugins)


def test_former_names_are_not_suggested(plugins: LoadedPlugins) -> None:
    assert plugins.registry.keys() == ("MIN002", "MIN003", "new-name", "other")


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_name_selects_nothing(plugins: LoadedPlugins, empty: str) -> None:
    with pytest.raises(SettingsError, match="unknown rule"):
        Session({"ignore": [empty]}, plugins=plugins)


@pytest.mark.parametrize("taken", ["old-name", "OLD001", "MIN002", "new-name"])
def test_a_former_name_stays_taken(plugins: LoadedPlugins, taken: str) -> None:
    class Claims(Check):
        """It claims what is taken."""

        id = taken if taken.isupper() else "MIN004"
        name = "claims" if taken.isupper() else taken
        severity = Severity.NOTE

    with pytest.raises(RuleConflictError, match=f"rule {taken} of mine is already registered"):
        plugins.registry.add(Claims, "mine")


@pytest.mark.parametrize("wrong", ["old-name", ("Old Name",), (3,)])
def test_what_is_not_a_former_name(wrong: object) -> None:
    class Wrong(Check):
        """Its aliases are wrong."""

        id = "MIN005"
        name = "wrong"
        severity = Severity.NOTE
        aliases = wrong  # type: ignore[assignment]

    with pytest.raises(RuleConflictError, match="aliases is"):
        Registry().add(Wrong, "mine")


def test_a_misspelt_method_is_refused() -> None:
    class Misspelt(Check):
        """It would never be called."""

        id = "MIN006"
        name = "misspelt"
        severity = Severity.NOTE

        def check_archiv(self, archive: Archive) -> Iterator[Finding]:
            """Not called."""
            yield self.finding(archive, "never")

    with pytest.raises(
        RuleConflictError, match="check_archiv is never called; did you mean check_"
    ):
        Registry().add(Misspelt, "mine")


def test_it_is_told_since_when_a_rule_is_there(plugins: LoadedPlugins) -> None:
    page = rules_markdown(tuple(plugins.registry))
    assert "*error, from mine. Since version 1.1. Formerly old-name, OLD001.*" in page
    assert "*note, from mine.*" in page


def test_explain_takes_a_former_name(capsys: pytest.CaptureFixture[str]) -> None:
    from checker.cli.arguments.command_line import parse_arguments

    assert run_explain(parse_arguments(["explain", "ARC003"])) == 0
    assert "Since version 0.1.0." in capsys.readouterr().out


def test_the_list_of_rules_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    from checker.cli import main

    assert main(["rules", "--format", "json"]) == 0
    rules = json.loads(capsys.readouterr().out)
    assert {rule["since"] for rule in rules} == {"0.1.0"}
    assert all(isinstance(rule["aliases"], list) for rule in rules)
