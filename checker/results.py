"""The results of a run: archives, classifications, verdicts and findings."""

from __future__ import annotations

from typing import NamedTuple

from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.model.archive import Archive
from checker.verdicts import Classification, Verdict


class Plugin(NamedTuple):
    """A loaded plugin.

    Attributes:
        name: Name of its entry point.
        version: Version of its distribution.
        distribution: Name of its distribution.
        rules: Number of its rules.
    """

    name: str
    version: str
    distribution: str
    rules: int = 0


class PluginProblem(NamedTuple):
    """Why a plugin, or a part of it, was not loaded.

    Attributes:
        name: Name of its entry point.
        version: Version of its distribution.
        distribution: Name of its distribution.
        message: The problem.
    """

    name: str
    version: str
    distribution: str
    message: str

    def __str__(self) -> str:
        return f"plugin {self.name} ({self.distribution} {self.version}): {self.message}"


class CheckedArchive(NamedTuple):
    """One archive and all its results.

    Attributes:
        path: The path as the user specified it.
        archive: The facts; None if it could not be read.
        error: Why it could not be read.
        classification: What it is; None if no plugin classified it or it could not be read.
        verdicts: The verdicts of all known engines.
        of_chosen: The verdicts of the engines that the user selected.
        findings: The findings after applying the settings, highest severity first.
        results: The result of each rule.
        crashes: Other crashes while the archive was checked, one line each.
    """

    path: str
    archive: Archive | None = None
    error: str | None = None
    classification: Classification | None = None
    verdicts: tuple[Verdict, ...] = ()
    of_chosen: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    results: tuple[Result, ...] = ()
    crashes: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it was read and no check crashed."""
        crashed = any(result.outcome is Outcome.ERROR for result in self.results)
        return self.error is None and not crashed and not self.crashes


class Run(NamedTuple):
    """One run over all archives.

    Attributes:
        command: ``check`` or ``classify``.
        version: Version of this program.
        plugins: The loaded plugins.
        problems: The problems with other plugins.
        archives: The archives, in the order of the command line.
        fail_on: Findings of this severity or higher fail the run; None if none does.
    """

    command: str
    version: str
    plugins: tuple[Plugin, ...] = ()
    problems: tuple[PluginProblem, ...] = ()
    archives: tuple[CheckedArchive, ...] = ()
    fail_on: Severity | None = Severity.ERROR

    def number_of(self, severity: Severity) -> int:
        """Findings of a severity that are not waived."""
        return sum(
            finding.severity is severity and finding.waived is None for finding in self.findings
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all archives."""
        return tuple(finding for archive in self.archives for finding in archive.findings)

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return (
            self.fail_on is not None
            and finding.waived is None
            and finding.severity.rank <= self.fail_on.rank
        )

    @property
    def crashes(self) -> int:
        """Rules and other parts that crashed."""
        results = (result for archive in self.archives for result in archive.results)
        others = sum(len(archive.crashes) for archive in self.archives)
        return others + sum(result.outcome is Outcome.ERROR for result in results)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 a finding that fails the run, 3 the check is incomplete."""
        if self.problems or not all(archive.is_whole for archive in self.archives):
            return 3
        return 1 if any(map(self.fails, self.findings)) else 0
