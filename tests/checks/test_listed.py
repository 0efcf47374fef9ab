"""Rules that bundles list are loaded only for archives that they look at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker import Archive, Check, Finding, Severity
from checker.checks.check import CheckContext
from checker.checks.finding import Outcome, Result
from checker.checks.listed import ListedRule, Scope, listed
from checker.checks.registry import Registry, Rule, RuleConflictError
from checker.checks.runner import run_checks
from checker.plugins import load_plugins
from checker.session import check
from checker.testing import sample

EVERY = (Scope(includes=lambda _: True, reason=None),)
NONE = (Scope(includes=lambda _: False, reason="it is another archive"),)
NOTHING_TO_FIND = (Scope(includes=lambda _: False, reason=None),)
BROKEN = (Scope(includes=lambda _: 1 / 0 > 0, reason=None),)
LISTED = tuple(rule for rule in load_plugins().registry if isinstance(rule.given, ListedRule))
HERE = __name__
BUNDLES_OF_RULES = {rule.bundle for rule in load_plugins().registry} - {"checker_engines"}


class FoundThere(Check):
    """It finds something in every archive."""

    id = "LST001"
    name = "found-there"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Find something."""
        yield self.finding(archive, "it is there")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    path = tmp_path_factory.mktemp("listed") / "image.tar"
    path.write_bytes(sample())
    found = check(str(path)).archive
    assert found is not None
    return found


def result_of(archive: Archive, given: ListedRule) -> Result:
    registry = Registry()
    registry.add(given, "mine")
    (result,) = run_checks(archive, registry, CheckContext()).results
    return result


@pytest.mark.parametrize("rule", LISTED, ids=lambda rule: rule.id)
def test_what_is_listed_is_what_the_rule_says(rule: Rule) -> None:
    loaded = rule.check
    assert (loaded.id, loaded.name, loaded.aliases) == (rule.id, rule.name, rule.aliases)
    assert loaded.reads == ()
    assert not loaded.follows_findings
    assert not loaded.follows_limits
    assert not loaded.is_required


def test_a_rule_that_looks_at_the_archive_is_run(archive: Archive) -> None:
    given = ListedRule("LST001", "found-there", f"{HERE}:FoundThere", EVERY)
    assert result_of(archive, given).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("scopes", "outcome", "reason"),
    [
        (NONE, Outcome.SKIPPED, "it is another archive"),
        (NOTHING_TO_FIND, Outcome.PASSED, None),
        ((*EVERY, *NONE, *NOTHING_TO_FIND), Outcome.SKIPPED, "it is another archive"),
        ((*EVERY, *NOTHING_TO_FIND, *NONE), Outcome.PASSED, None),
        (BROKEN, Outcome.ERROR, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_rule_for_other_archives_is_not_loaded(
    archive: Archive, scopes: tuple[Scope, ...], outcome: Outcome, reason: str | None
) -> None:
    result = result_of(archive, ListedRule("LST002", "not-there", "no_such_module:None", scopes))
    assert (result.outcome, result.reason, result.bundle) == (outcome, reason, "mine")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            ListedRule("LST002", "not-there", "no_such_module:NotThere", EVERY),
            "ModuleNotFoundError: No module named 'no_such_module'",
        ),
        (
            ListedRule("LST002", "found-there", f"{HERE}:FoundThere", EVERY),
            f"RuleConflictError: {HERE}:FoundThere is not found-there (LST002)",
        ),
        (
            ListedRule("LST001", "found-there", f"{HERE}:HERE", EVERY),
            "is not a subclass of checker.Check",
        ),
    ],
    ids=["missing", "another rule", "no rule"],
)
def test_a_rule_that_cannot_be_loaded_crashes_alone(
    archive: Archive, given: ListedRule, reason: str
) -> None:
    result = result_of(archive, given)
    assert result.outcome is Outcome.ERROR
    assert reason in (result.reason or "")


def test_names_that_are_listed_are_taken() -> None:
    registry = Registry()
    registry.add(ListedRule("LST001", "other-name", "no_such_module:None", EVERY), "mine")
    with pytest.raises(RuleConflictError, match="rule LST001 of other is already registered"):
        registry.add(FoundThere, "other")


def test_a_table_has_a_line_for_each_rule() -> None:
    table = """
LST001 found-there
LST002 one former-name
"""
    assert listed("package", (EVERY, table)) == (
        ListedRule("LST001", "found-there", "package.found_there:FoundThere", EVERY),
        ListedRule("LST002", "one", "package.one:One", EVERY, ("former-name",)),
    )


@pytest.mark.parametrize(("kind", "most"), [("docker-archive", 91), ("oci-archive", 109)])
def test_a_sound_archive_needs_few_rules(tmp_path: Path, kind: str, most: int) -> None:
    """More modules of the bundles of rules than now make each start slower."""
    path = tmp_path / "image.tar"
    path.write_bytes(sample(kind))
    program = "import sys, checker; checker.check(sys.argv[1]); print(*sys.modules)"
    command = [sys.executable, "-c", program, str(path)]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    of_rules = {name for name in loaded if name.partition(".")[0] in BUNDLES_OF_RULES}
    assert "checker_layers.rules" in of_rules
    assert "checker_transport.web_page" not in of_rules
    assert len(of_rules) <= most
