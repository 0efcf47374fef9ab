"""The results of a run: archives, classifications, verdicts and findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.checks.registry import Rule
from checker.model.archive import Archive
from checker.records import NamedTuple
from checker.starting.obstacle import Start
from checker.typing_names import TYPE_CHECKING
from checker.verdicts import Classification, Loadable, Verdict

if TYPE_CHECKING:
    from checker.model.signatures import Signature


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

    def problem(self, message: str) -> PluginProblem:
        """The record of a problem with this plugin."""
        return PluginProblem(self.name, self.version, self.distribution, message)


class AppliedSettings(NamedTuple):
    """What a settings file changes.

    Attributes:
        file: The file.
        changes: What it changes, a few words each.
    """

    file: str
    changes: tuple[str, ...]


class BaselineEntry(NamedTuple):
    """What a finding in a baseline is recognized by.

    Attributes:
        rule: ID of the rule.
        archive: Name of the archive, such as ``dist/app`` for ``dist/app-1.2.3.tar``.
        image: Name of the image, without tag and digest; empty without one.
        place: Path in the root filesystem, or member and JSON pointer, without digests.
    """

    rule: str
    archive: str
    image: str
    place: str


class AppliedBaseline(NamedTuple):
    """What a baseline changes.

    Attributes:
        file: The file; several with commas between them.
        known: Number of findings that are in it.
        gone: The findings in it that were not found again.
    """

    file: str
    known: int
    gone: tuple[BaselineEntry, ...] = ()

    @classmethod
    def joined(cls, all_of_them: Sequence[AppliedBaseline]) -> AppliedBaseline:
        """What the baselines of several archives change."""
        return cls(
            ", ".join(one.file for one in all_of_them),
            sum(one.known for one in all_of_them),
            tuple(sorted(entry for one in all_of_them for entry in one.gone)),
        )


class PluginProblem(NamedTuple):
    """Why a plugin, or a part of it, is not used.

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
        path: The path as the user specified it, or the name of a file object.
        archive: The facts; None if it could not be read.
        error: Why it could not be read.
        classification: What it is; None if no plugin classified it or it could not be read.
        verdicts: The verdicts of all known engines.
        required_verdicts: The verdicts of the engines that must accept it.
        findings: The findings after applying the settings, highest severity first.
        results: The result of each rule.
        crashes: Steps of reading and engines that crashed, one line each.
        problems: The problems with plugins that were loaded for this archive.
        starts: Whether a container starts: of each image, in their order, else of the root
            filesystem.
        used_waivers: The waivers that cover findings, by their position in the settings.
        reader_verdicts: The verdicts of other tools that read archives, where they were asked.
        signatures: Signatures, attestations and SBOMs, verified if keys were given.
    """

    path: str
    archive: Archive | None = None
    error: str | None = None
    classification: Classification | None = None
    verdicts: tuple[Verdict, ...] = ()
    required_verdicts: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    results: tuple[Result, ...] = ()
    crashes: tuple[str, ...] = ()
    problems: tuple[PluginProblem, ...] = ()
    starts: tuple[Start, ...] = ()
    used_waivers: tuple[int, ...] = ()
    reader_verdicts: tuple[Verdict, ...] = ()
    signatures: tuple[Signature, ...] = ()

    def without_content(self) -> CheckedArchive:
        """The same without what takes memory; the reports of the checker need no more."""
        archive = None if self.archive is None else self.archive.without_content()
        return self._replace(archive=archive)

    @property
    def is_whole(self) -> bool:
        """Whether it was read, and no rule, engine or other part of a plugin failed."""
        crashed = any(result.outcome is Outcome.ERROR for result in self.results)
        return self.error is None and not (crashed or self.crashes or self.problems)

    @property
    def loadable(self) -> Loadable:
        """Whether ``docker load`` takes it: yes, depends on the engine, or no."""
        return Loadable.NO if self.classification is None else self.classification.loadable

    @property
    def is_loadable(self) -> bool:
        """Whether every engine profile of ``docker load`` takes it."""
        return self.loadable is Loadable.YES

    @property
    def is_importable(self) -> bool:
        """Whether ``docker import`` makes a usable image of it."""
        return self.classification is not None and self.classification.importable

    @property
    def restore_command(self) -> str | None:
        """The command that restores it; None if there is none."""
        return None if self.classification is None else self.classification.restore

    def verdict(self, engine: str, action: str) -> Verdict | None:
        """What one engine does with it, such as ``verdict("docker-28", "load")``."""
        wanted = (engine, action)
        given = (*self.verdicts, *self.reader_verdicts)
        return next((one for one in given if (one.engine, one.action) == wanted), None)

    def failures(self, fail_on: Severity | None = Severity.ERROR) -> tuple[Finding, ...]:
        """The findings of a severity or higher that are not accepted; none if it is None."""
        return tuple(finding for finding in self.findings if _fails(finding, fail_on))

    def passes(self, fail_on: Severity | None = Severity.ERROR) -> bool:
        """Whether it was checked whole, without findings of a severity or higher."""
        return self.is_whole and not self.failures(fail_on)


def _fails(finding: Finding, fail_on: Severity | None) -> bool:
    return fail_on is not None and not finding.is_accepted and finding.severity.rank <= fail_on.rank


class Run(NamedTuple):
    """One run over all archives.

    Attributes:
        command: ``check`` or ``classify``.
        version: Version of this program.
        plugins: The loaded plugins.
        problems: The problems with plugins, for all archives.
        archives: The archives, in the given order.
        fail_on: Findings of this severity or higher fail the run; None if none does.
        settings: What the settings file changes; None if none was read.
        baseline: What the baseline changes; None without one.
        waiver_findings: Findings about waivers of the settings.
        rules: The rules that were asked, with their documentation.
        started: When the run began; None if it is not known.
        own_fail_on: What fails the run in archives for which settings say it, by their paths.
    """

    command: str
    version: str
    plugins: tuple[Plugin, ...] = ()
    problems: tuple[PluginProblem, ...] = ()
    archives: tuple[CheckedArchive, ...] = ()
    fail_on: Severity | None = Severity.ERROR
    settings: AppliedSettings | None = None
    baseline: AppliedBaseline | None = None
    waiver_findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()
    started: dt.datetime | None = None
    own_fail_on: Mapping[str, Severity | None] = MappingProxyType({})

    def number_of(self, severity: Severity) -> int:
        """Findings of a severity that are neither waived nor in the baseline."""
        return sum(
            finding.severity is severity and not finding.is_accepted for finding in self.findings
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all archives, then those about waivers."""
        found = (finding for archive in self.archives for finding in archive.findings)
        return (*found, *self.waiver_findings)

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return _fails(finding, self.fail_on_of(finding.location.archive))

    def fail_on_of(self, path: str) -> Severity | None:
        """What fails the run among the findings of an archive.

        Args:
            path: The path of the archive.
        """
        return self.own_fail_on.get(path, self.fail_on)

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
