"""Runs one rule on one case, as the tests of a rule do."""

from __future__ import annotations

from pathlib import Path

from checker.checks.check import Check, CheckContext
from checker.checks.finding import Finding
from checker.checks.registry import Rule
from checker.checks.runner import run_checks
from checker.engines import Panel, choose_engines, known_engines
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.plugins import load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.settings import read_options
from checker.testing.cases import Built, Case
from checker.verdicts import Host


def run_case(case: Case, check: type[Check], folder: Path) -> tuple[tuple[Finding, ...], Built]:
    """Build the archive of a case, read it, and run a check on it.

    The case's ``options`` are those of the rule; in addition, ``as`` is the intended command,
    ``engines`` a list of selected engines, and the table ``limits`` sets limits for reading.

    Args:
        case: The case.
        check: The rule.
        folder: Directory that the archive is written to.

    Returns:
        The findings and the built archive.

    Raises:
        AssertionError: The check crashed.
        UsageError: An option of the case is invalid for the rule.
    """
    rule = Rule(check, case.bundle)
    built = case.build()
    options = dict(case.options)
    limits = Limits()._replace(**options.pop("limits", {}))
    intended = options.pop("as", None)
    engines = options.pop("engines", ())
    chosen = choose_engines(known_engines(load_plugins()), engines) if engines else ()
    panel = Panel(chosen, chosen, Host())
    plan = ContentPlan.of(check.reads)
    archive = read_archive(str(built.write(folder)), ReadOptions(plan=plan, limits=limits))
    context = CheckContext(
        intended=intended,
        limits=limits,
        verdicts=panel.judge(archive, archive.path, []).of_chosen,
        options={check.id: read_options(rule, options)},
    )
    run = run_checks(archive, [rule], context)
    crashes = [result.traceback for result in run.results if result.traceback]
    if crashes:
        raise AssertionError(crashes[0])
    return run.findings, built
