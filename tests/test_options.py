"""Options of rules: what they take, and what the settings make of them."""

from __future__ import annotations

from typing import Any

import pytest

from checker import Check, CheckContext, Option, Severity
from checker.checks.option import OptionError
from checker.checks.registry import Registry, RuleConflictError
from checker.errors import SettingsError
from checker.plugins import load_plugins
from checker.settings import Settings

SHARE = Option("share", float, 0.5, "a share", least=0, most=1)
COUNT = Option("count", int, 3, "a count", least=1)
CEILING = Option[int | None]("ceiling", int, None, "a ceiling", most=9)
NAMES = Option[tuple[str, ...]]("names", tuple, (), "some names")
SWITCH = Option("switch", bool, False, "a switch")
TEXT = Option("text", str, "", "a text")


class Sample(Check):
    """A rule with options."""

    id = "SMP001"
    name = "sample-rule"
    severity = Severity.NOTE
    options = (SHARE, COUNT, CEILING, NAMES, SWITCH, TEXT)


class Bare(Check):
    """A rule without options."""

    id = "SMP002"
    name = "bare-rule"
    severity = Severity.NOTE


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add(Sample, "tests")
    registry.add(Bare, "tests")
    return registry


@pytest.mark.parametrize(
    ("option", "value", "read"),
    [
        (SHARE, 0.25, 0.25),
        (SHARE, 1, 1.0),
        (COUNT, 7, 7),
        (CEILING, 9, 9),
        (NAMES, ["a", "b"], ("a", "b")),
        (NAMES, [], ()),
        (SWITCH, True, True),
        (TEXT, "x", "x"),
    ],
)
def test_a_value_is_read(option: Option[Any], value: object, read: object) -> None:
    found = option.read(value)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (SHARE, 1.5, "share: must be a number from 0 to 1, found 1.5"),
        (SHARE, float("nan"), "share: must be a number from 0 to 1, found nan"),
        (SHARE, "0.5", "share: must be a number from 0 to 1, found '0.5'"),
        (SHARE, True, "share: must be a number from 0 to 1, found True"),
        (COUNT, 0, "count: must be a whole number, at least 1, found 0"),
        (COUNT, 1.0, "count: must be a whole number, at least 1, found 1.0"),
        (CEILING, 10, "ceiling: must be a whole number, at most 9, found 10"),
        (NAMES, "a", "names: must be a list of strings, found 'a'"),
        (NAMES, ["a", 5], "names: must be a list of strings, found ['a', 5]"),
        (SWITCH, 1, "switch: must be true or false, found 1"),
        (TEXT, 5, "text: must be a string, found 5"),
    ],
)
def test_a_wrong_value_says_what_is_taken(option: Option[Any], value: object, message: str) -> None:
    with pytest.raises(OptionError) as raised:
        option.read(value)
    assert message in str(raised.value)


def test_a_rule_is_given_by_id_or_name(registry: Registry) -> None:
    settings = Settings(options={"smp001": {"share": 1}, "sample-rule": {"count": 5}})
    assert settings.rule_options(registry) == {"SMP001": {"share": 1.0, "count": 5}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampel-rule": {}}, "unknown rule 'sampel-rule'; did you mean 'sample-rule'?"),
        ({"SMP": {"share": 1}}, "unknown rule 'SMP'"),
        (
            {"SMP001": {"shares": 1}},
            "SMP001 sample-rule has no option 'shares'; did you mean 'share'?",
        ),
        ({"SMP001": {"xyz": 1}}, "has no option 'xyz' (choose from: share, count"),
        ({"SMP002": {"xyz": 1}}, "SMP002 bare-rule has no option 'xyz'; it has no options"),
        (
            {"SMP001": {"share": 2}},
            "SMP001 sample-rule: share: must be a number from 0 to 1, found 2",
        ),
    ],
)
def test_wrong_options_are_a_usage_error(
    registry: Registry, options: dict[str, dict[str, object]], message: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings(options=options).rule_options(registry)
    assert message in str(raised.value)


def test_a_rule_sees_what_is_set_and_else_the_default() -> None:
    check = Sample(CheckContext(options={"SMP001": {"count": 5, "names": ["a"]}}))
    assert check.option(COUNT) == 5
    assert check.option(NAMES) == ("a",)
    assert check.option(SHARE) == 0.5
    assert check.option(CEILING) is None


def test_what_is_no_option_is_refused_with_the_rule() -> None:
    wrong = type("Wrong", (Bare,), {"options": ("share",)})
    with pytest.raises(RuleConflictError, match="every option must be a"):
        Registry().add(wrong, "tests")


def test_every_default_is_a_value_that_the_option_takes() -> None:
    for rule in load_plugins().registry:
        for option in rule.check.options:
            assert option.default is None or option.read(option.default) == option.default
            assert option.help
