"""The run: read an archive, compute the engines' verdicts, classify it, check it.

The command line, the tests and other programs use this module. It prints nothing, and every error
is a ``CheckerError``.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from types import TracebackType

from checker._version import __version__
from checker.applied import applied_settings
from checker.checks.check import CheckContext
from checker.checks.finding import Finding, Severity
from checker.checks.registry import Registry, Rule
from checker.checks.runner import CheckRun, begin_checks, finish_checks, run_checks
from checker.cores import available_cores
from checker.engines import EngineSet, Verdicts, choose_engines
from checker.errors import CheckerError, PluginError, SettingsError, UnreadableError
from checker.importing.reads import DISTRIBUTION_READS
from checker.isolation import failure_of, is_lack_of_threads
from checker.masking import mask_of, masked
from checker.model.archive import Archive
from checker.model.content import ContentPlan
from checker.model.limits import LimitReached
from checker.model.rootfs import Rootfs
from checker.model.shell import quote_archive
from checker.plugin_settings import read_plugin_settings
from checker.plugins import LoadedPlugins, load_plugins
from checker.reading.archive import Reading, ReadOptions, begin_archive, begin_file
from checker.reading.blob import KnownBlobs
from checker.reading.early import EarlyError, EarlyHashes
from checker.reading.layer_cache import LayerCache
from checker.reading.meter import Activity, Meter, Reached
from checker.reading.source import BinaryFile
from checker.records import NamedTuple
from checker.results import AppliedBaseline, CheckedArchive, PluginProblem, Run
from checker.settings import Section, Settings, SettingsSource, load_settings
from checker.starting.archive import START_READS, archive_starts
from checker.starting.obstacle import Start
from checker.typing_names import TYPE_CHECKING, Self, TypeAlias, TypeVar
from checker.verdicts import Classification, Engine
from checker.waivers import waiver_findings

if TYPE_CHECKING:
    from typing import Unpack

    from checker.baseline import Baseline
    from checker.conversion.records import Conversion
    from checker.conversion.records import Request as ConversionRequest
    from checker.importing.masked import MaskedPlan
    from checker.importing.plan import ImportRequest
    from checker.model.signatures import Signature
    from checker.reading.opened import OpenArchive
    from checker.settings import SettingsKeywords
    from checker.signing.keys import VerifyKey

T = TypeVar("T")

ArchiveSource: TypeAlias = "str | os.PathLike[str] | BinaryFile"
"""An archive: a path, ``-`` for standard input, or a binary file object."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Receives progress: name of the archive, bytes read, bytes in total (0 if not known).

It is called from time to time, also from other threads, but never by two of them at once.
"""

Watch: TypeAlias = Callable[[Reached], None]
"""Receives progress with the part of the archive that is being read, called as ``Progress`` is."""

_MOST_JOBS = 8
_UNNAMED = "-"
_NO_CONTENT = ContentPlan()
_START_CONTENT = ContentPlan.of((*START_READS, *DISTRIBUTION_READS))


def check(
    source: ArchiveSource,
    settings: SettingsSource | None = None,
    *,
    name: str | None = None,
    progress: Progress | None = None,
    **keywords: Unpack[SettingsKeywords],
) -> CheckedArchive:
    """Read, classify and check one archive.

    Args:
        source: The archive: a path, ``-`` for standard input, or a binary file object.
        settings: A ``Settings`` record, a mapping with the keys of ``checker.toml``, or the path
            of such a file. No default file is read.
        name: Name of the archive in results; its path if None.
        progress: Receives progress: name, bytes read, bytes in total.
        keywords: Single settings, over the others: ``check(path, select=["OCI"], as_="load")``.

    Raises:
        SettingsError: A setting is not valid.
        UnreadableError: The archive cannot be read at all.
        PluginError: No rules are loaded.
    """
    with _one_archive(source, load_settings(settings, **keywords)) as session:
        return session.check(source, name=name, progress=progress)


def classify(
    source: ArchiveSource,
    settings: SettingsSource | None = None,
    *,
    name: str | None = None,
    progress: Progress | None = None,
    **keywords: Unpack[SettingsKeywords],
) -> CheckedArchive:
    """Read and classify one archive, with the verdicts of the engines; no rules run.

    Parameters and exceptions are those of ``check``, except ``PluginError``.
    """
    with _one_archive(source, load_settings(settings, **keywords)) as session:
        return session.classify(source, name=name, progress=progress)


def _keep_all(checked: CheckedArchive) -> CheckedArchive:
    return checked


class Session:
    """Checks any number of archives with the same settings and plugins, which are loaded once.

    May be used from several threads at the same time, and as a context manager.

    Args:
        settings: A ``Settings`` record, a mapping with the keys of ``checker.toml``, or the path
            of such a file. No default file is read.
        plugins: The plugins; those that are installed if None.
        early: Hashes of an archive's members that are being computed already.
        baseline: The baseline; that of the settings if None.
        whole_digest: Whether ``Archive.sha256`` is wanted, which takes another pass over the file.
        watch: Receives the progress of everything that the session reads.
        known: Facts of blobs that were read before, which are not read again.
        cache: Facts of layers that were read before; none are kept if None.

    Attributes:
        settings: The settings.
        plugins: The plugins, with what is wrong with any.
        rules: The rules that ``check`` runs.
        engines: The engines that are asked.

    Raises:
        SettingsError: A setting is not valid, or names a rule, option or engine that is not known.
    """

    def __init__(  # noqa: PLR0913 - all by name, and each of use alone
        self,
        settings: SettingsSource | None = None,
        *,
        plugins: LoadedPlugins | None = None,
        early: EarlyHashes | None = None,
        baseline: Baseline | None = None,
        whole_digest: bool = False,
        watch: Watch | None = None,
        known: KnownBlobs | None = None,
        cache: LayerCache | None = None,
    ) -> None:
        given = load_settings(settings)
        loaded = load_plugins(given.blocked) if plugins is None else plugins
        self.plugins = loaded.with_policy(given.policy)
        registry = self.plugins.registry
        given = given.resolved(registry)
        self.rules: tuple[Rule, ...] = given.rules(registry)
        self.settings: Settings = given._replace(
            options=given.rule_options(registry),
            plugins=read_plugin_settings(given, self.plugins.options, self.plugins.failed),
        )
        engines = self.plugins.engines
        choose = partial(choose_engines, engines, readers=self.plugins.readers)
        required = given.require_engines(choose)
        self.engines = EngineSet(
            *(engines, required, given.host, given.action, given.limits, self.settings.plugins)
        )
        self._given = given
        self._baseline = baseline or _baseline_of(given, registry)
        self._is_given_baseline = baseline is not None
        self._own_baselines: dict[str, Baseline] = {}
        self._watch = watch
        self._most_jobs: int | None = None
        # What the sections of the settings say is wrong at once, not with the first archive.
        self._keys = _keys_of(given)
        self._sections = tuple(map(self._settings_of_section, given.sections))
        self._reading = ReadOptions(
            limits=given.limits,
            jobs=given.jobs or min(available_cores(), _MOST_JOBS),
            # Engines that import name the digest of the file in what they print.
            whole_digest=whole_digest or bool(given.engines),
            early=early,
            kinds=self.plugins.kinds,
            known=known,
            cache=cache,
        )

    def _settings_of_section(self, section: Section) -> Settings:
        settings = self._given.with_sections((section,))
        baseline = self._baseline_for(settings)
        session = Session(settings, plugins=self.plugins, baseline=baseline)
        if self.rules and not session.rules:
            raise SettingsError(f"{section.origin.place()}: archive: no rules are left to run")
        return session.settings

    def _baseline_for(self, settings: Settings) -> Baseline | None:
        """The baseline for the archives of a section, each of which is read once.

        Args:
            settings: The settings, with those of the section.
        """
        file = settings.baseline
        if self._is_given_baseline or file is None or file == self._given.baseline:
            return self._baseline
        if file not in self._own_baselines:
            self._own_baselines[file] = _read_baseline(file, settings, self.plugins.registry)
        return self._own_baselines[file]

    def for_archive(self, path: str) -> Session:
        """The session for one archive, with what sections of the settings say of it.

        Args:
            path: The path of the archive, or its name in results.
        """
        settings = self._given.for_archive(path)
        if settings is self._given:
            return self
        session = Session(
            settings,
            plugins=self.plugins,
            early=self._reading.early,
            baseline=self._baseline_for(settings),
            whole_digest=self._reading.whole_digest,
            watch=self._watch,
            known=self._reading.known,
            cache=self._reading.cache,
        )
        return session if self._most_jobs is None else session.sharing(self._most_jobs, self._watch)

    def sharing(self, jobs: int, watch: Watch | None) -> Session:
        """The same session, for an archive that is read while others are.

        Args:
            jobs: Blobs that are read in parallel, at most.
            watch: Receives the progress.
        """
        from copy import copy  # here, as a single archive does not need it

        session = copy(self)
        session._watch = watch  # noqa: SLF001 - a session as well
        session._most_jobs = jobs  # noqa: SLF001
        session._reading = self._reading._replace(  # noqa: SLF001
            jobs=min(self._reading.jobs, jobs), early=None
        )
        return session

    @property
    def problems(self) -> tuple[PluginProblem, ...]:
        """What is wrong with plugins that are installed."""
        return self.plugins.problems

    def check(
        self,
        source: ArchiveSource,
        *,
        name: str | None = None,
        progress: Progress | None = None,
    ) -> CheckedArchive:
        """Read, classify and check one archive.

        Args:
            source: The archive: a path, ``-`` for standard input, or a binary file object, which
                is read from its position on and stays open.
            name: Name of the archive in results; its path if None.
            progress: Receives progress: name, bytes read, bytes in total.

        Raises:
            UnreadableError: The archive cannot be read at all.
            PluginError: No rules are loaded.
        """
        named = _named(source, name)
        session = self.for_archive(named.name)
        return session._read_and(session._judge, named, session.plan(), progress)  # noqa: SLF001

    def plan(self) -> ContentPlan:
        """What the rules read of files.

        Raises:
            PluginError: No rules are loaded.
        """
        if not self.rules:
            raise PluginError(self.problems)
        reads = (read for rule in self.rules for read in rule.reads)
        return ContentPlan.of((*START_READS, *DISTRIBUTION_READS, *reads))

    def classify(
        self,
        source: ArchiveSource,
        *,
        name: str | None = None,
        progress: Progress | None = None,
    ) -> CheckedArchive:
        """Read and classify one archive, with the verdicts of the engines; no rules run.

        Parameters and exceptions are those of ``check``, except ``PluginError``.
        """
        named = _named(source, name)
        session = self.for_archive(named.name)
        return session._read_and(session._classified, named, _START_CONTENT, progress)  # noqa: SLF001

    def read(
        self,
        source: ArchiveSource,
        *,
        name: str | None = None,
        plan: ContentPlan = _NO_CONTENT,
        progress: Progress | None = None,
    ) -> Archive:
        """Read the facts of one archive; no engine is asked, and no rules run.

        Args:
            source: The archive, as for ``check``.
            name: Name of the archive in results; its path if None.
            plan: The files of which the first bytes are kept.
            progress: Receives progress: name, bytes read, bytes in total.

        Raises:
            UnreadableError: The archive cannot be read at all.
        """
        named = _named(source, name)
        session = self.for_archive(named.name)
        if session is not self:
            return session.read(source, name=name, plan=plan, progress=progress)
        return self._guarded(named, partial(_read_facts, named), plan, progress)

    def import_plan(
        self,
        source: ArchiveSource,
        request: ImportRequest,
        *,
        from_image: ArchiveSource | None = None,
        show_secrets: bool = False,
        name: str | None = None,
        progress: Progress | None = None,
    ) -> MaskedPlan:
        """Plan the import of a root filesystem, as ``checker import-plan`` does.

        Args:
            source: The root filesystem: an archive, as for ``check``, or a directory.
            request: What is asked for.
            from_image: An archive of the image that the root filesystem was exported from.
            show_secrets: Whether secrets are kept in the plan; else they are replaced.
            name: Name of the archive in results; its path if None.
            progress: Receives progress: name, bytes read, bytes in total.

        Raises:
            UnreadableError: An archive cannot be read at all.
            SettingsError: The engine is not known, the archive is not a root filesystem, or the
                other does not have exactly one image that fits.
        """
        from checker.importing.archives import imports_of, plan_archive
        from checker.importing.masked import MaskedPlan, mask_plan
        from checker.importing.suggestion import READS

        archive = self.read(source, name=name, plan=ContentPlan.of(READS), progress=progress)
        image = None if from_image is None else self.read(from_image, progress=progress)
        importing = imports_of(self.plugins.engines, request.engine)
        settings = self.settings
        engines = EngineSet(
            importing, (), settings.host, limits=settings.limits, plugins=settings.plugins
        )
        verdicts = engines.judge(archive.packed, quote_archive(archive.path))
        plan = plan_archive(archive, request, verdicts.all, image)
        if show_secrets:
            return MaskedPlan(plan, 0)
        mask = mask_of(image)
        shown = mask_plan(plan, mask.text)
        return shown._replace(plan=mask.all(shown.plan))

    def convert(
        self,
        source: ArchiveSource,
        target: str | os.PathLike[str],
        request: ConversionRequest,
        *,
        name: str | None = None,
        progress: Progress | None = None,
    ) -> Conversion:
        """Write an image or a root filesystem in another form, as ``checker convert`` does.

        The result is checked before it gets its name; if anything fails, nothing is left behind.

        Args:
            source: The archive, as for ``check``.
            target: The path of what is written; ``-`` for standard output.
            request: What is asked for.
            name: Name of the archive in results; its path if None.
            progress: Receives progress: name, bytes read, bytes in total.

        Raises:
            UnreadableError: The archive cannot be read at all.
            ConversionError: It cannot be converted, or the result would have errors.
            SettingsError: The request does not choose what can be converted.
            OSError: The result cannot be written.
        """
        from checker.conversion.convert import convert
        from checker.conversion.records import Conversion
        from checker.conversion.verifying import Verifier, rules_for

        path = os.fspath(target)
        narrowed = Settings(select=rules_for(request.form), limits=self.settings.limits)
        narrowed = narrowed._replace(jobs=self.settings.jobs, host=self.settings.host)
        with (
            Session(narrowed, plugins=self.plugins, watch=_checking(self._watch)) as checking,
            self.open(source, name=name, progress=progress) as opened,
        ):
            check = partial(checking.check, name=path)
            verifier = Verifier(check, checking.judge, opened.archive)
            meter = Meter(path, _told(_receivers(self._watch, progress)), Activity.WRITING)
            try:
                written = convert(opened, path, request, verifier, meter)
            except _ProgressError as error:
                raise error.error from None
            return Conversion(opened.archive.kind, opened.steps, *written, errors=verifier.shared)

    def open(
        self,
        source: ArchiveSource,
        *,
        name: str | None = None,
        plan: ContentPlan = _NO_CONTENT,
        progress: Progress | None = None,
    ) -> OpenArchive:
        """Read the facts of one archive and keep it open, so that its bytes can be had as well.

        What surrounds an image or a root filesystem is removed: text before the archive, a wrapping
        directory, another archive. The result is a context manager.

        Args:
            source: The archive, as for ``check``.
            name: Name of the archive in results; its path if None.
            plan: The files of which the first bytes are kept.
            progress: Receives progress: name, bytes read, bytes in total.

        Raises:
            UnreadableError: The archive cannot be read at all.
        """
        from checker.reading.opened import open_archive

        named = _named(source, name)
        session = self.for_archive(named.name)
        if session is not self:
            return session.open(source, name=name, plan=plan, progress=progress)
        return self._guarded(
            named, lambda options: open_archive(named.source, named.name, options), plan, progress
        )

    def run(
        self,
        sources: Iterable[ArchiveSource],
        *,
        progress: Progress | None = None,
        keep: Callable[[CheckedArchive], CheckedArchive] = _keep_all,
    ) -> Run:
        """Check archives, as ``checker check`` does; reports are made from the result.

        An archive that cannot be read is one whose ``error`` says why.

        Args:
            sources: The archives.
            progress: Receives progress: name, bytes read, bytes in total.
            keep: What is kept of a result when the next archive is read. By default all facts
                are kept; ``CheckedArchive.without_content`` keeps what the reports show.

        Raises:
            PluginError: No rules are loaded.
        """
        look = partial(self.check, progress=progress)
        return self.gather("check", (self._one(look, source) for source in sources), keep)

    def classify_all(
        self,
        sources: Iterable[ArchiveSource],
        *,
        progress: Progress | None = None,
        keep: Callable[[CheckedArchive], CheckedArchive] = _keep_all,
    ) -> Run:
        """Classify archives, as ``checker classify`` does; parameters are those of ``run``.

        An archive that cannot be read is one whose ``error`` says why.
        """
        look = partial(self.classify, progress=progress)
        return self.gather("classify", (self._one(look, source) for source in sources), keep)

    def result(self, command: str, source: ArchiveSource) -> CheckedArchive:
        """The result of ``check`` or ``classify`` for one archive.

        An archive that cannot be read is one whose ``error`` says why.

        Args:
            command: ``check`` or ``classify``.
            source: The archive.

        Raises:
            PluginError: No rules are loaded.
        """
        return self._one(self.check if command == "check" else self.classify, source)

    def gather(
        self,
        command: str,
        results: Iterable[CheckedArchive],
        keep: Callable[[CheckedArchive], CheckedArchive] = _keep_all,
    ) -> Run:
        """Make a run of the results of archives; reports are made from it.

        Args:
            command: ``check`` or ``classify``.
            results: The results, which are taken one by one.
            keep: What is kept of each when the next one is taken.
        """
        started = dt.datetime.now(tz=dt.UTC)
        archives = tuple(map(keep, results))
        found = (problem for archive in archives for problem in archive.problems)
        checks = command == "check"
        return Run(
            command=command,
            version=__version__,
            plugins=self.plugins.plugins,
            problems=tuple(dict.fromkeys((*self.problems, *found))),
            archives=archives,
            fail_on=self.settings.fail_on,
            settings=applied_settings(self.settings, self.plugins.registry),
            baseline=self._applied_baseline(archives) if checks else None,
            waiver_findings=self._waiver_findings(archives) if checks else (),
            rules=self.rules if checks else (),
            started=started,
            own_fail_on=self._own_fail_on(archives),
        )

    def close(self) -> None:
        """Stop hashing that was begun early."""
        if self._reading.early is not None:
            self._reading.early.close()

    def __enter__(self) -> Self:
        """Give the session."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session."""
        self.close()

    def _guarded(
        self,
        source: _Named,
        read: Callable[[ReadOptions], T],
        plan: ContentPlan,
        progress: Progress | None,
    ) -> T:
        """Read something of a source; the boundary around all reading."""
        told = _told(_receivers(self._watch, progress))
        options = self._reading._replace(plan=plan, meter=Meter(source.name, told))
        with _boundary(source.name):
            return _without_early_errors(partial(read, options))

    def _read_and(
        self,
        look: Callable[[Archive], CheckedArchive],
        source: _Named,
        plan: ContentPlan,
        progress: Progress | None,
    ) -> CheckedArchive:
        """What a look at an archive shows, which begins while its bytes may still be hashed."""

        def read_and_look() -> CheckedArchive:
            with closing(self._guarded(source, partial(_begin, source), plan, progress)) as reading:
                checked = look(reading.archive)
                with _boundary(source.name):
                    stats = reading.finish().stats
            shown = checked.archive
            return checked._replace(archive=None if shown is None else shown._replace(stats=stats))

        return _without_early_errors(read_and_look)

    def classified(self, archive: Archive) -> CheckedArchive:
        """Classify an archive whose facts were read before."""
        return self.for_archive(archive.path)._classified(archive)  # noqa: SLF001

    def _classified(self, archive: Archive) -> CheckedArchive:
        loaded = self.plugins.load_readers()
        found = masked(self._classify(archive, loaded.readers.engines))
        return found._replace(problems=tuple(dict.fromkeys((*found.problems, *loaded.problems))))

    def judge(self, archive: Archive) -> CheckedArchive:
        """Classify and check an archive whose facts were read before."""
        return self.for_archive(archive.path)._judge(archive)  # noqa: SLF001

    def _judge(self, archive: Archive) -> CheckedArchive:
        context = CheckContext(
            action=self.settings.action,
            limits=self.settings.limits,
            options=self.settings.options,
            host=self.settings.host,
            verify_keys=self.settings.verify_keys,
            plugins=self.settings.plugins,
        )
        rules = [rule for rule in self.rules if not rule.follows_findings]
        begun = begin_checks(archive, rules, context)
        # Verdicts depend on digests, for which this may wait.
        classified = self._classify(archive)
        archive = classified.archive or archive
        context = context._replace(
            verdicts=classified.verdicts,
            required_verdicts=classified.required_verdicts,
            classification=classified.classification,
            signatures=classified.signatures,
        )
        today = dt.datetime.now(tz=dt.UTC).date()
        run = self._run_last(archive, finish_checks(begun, archive, context), context, today)
        used = self.settings.used_waivers(run.findings, today)
        checked = masked(
            classified._replace(
                archive=archive._replace(limits=_joined(archive.limits, run.limits)),
                findings=run.findings,
                results=run.results,
                used_waivers=used,
            )
        )
        if self._baseline is None:
            return checked
        # As in the file, secrets are masked.
        marked = self._baseline.marked(checked.findings, self.baseline_name(archive.path))
        return checked._replace(findings=marked)

    def baseline_name(self, path: str) -> str:
        """What the baseline calls an archive.

        Args:
            path: The path of the archive, or its name in results.
        """
        from checker.baseline import archive_name

        return self._given.for_archive(path).archive_name or archive_name(path)

    def _run_last(
        self, archive: Archive, run: CheckRun, context: CheckContext, today: dt.date
    ) -> CheckRun:
        """Run the rules that follow the findings of the others."""
        last = [rule for rule in self.rules if rule.follows_findings]
        findings = self.settings.judge(run.findings, today)
        archive = archive._replace(limits=(*archive.limits, *run.limits))
        followed = run_checks(archive, last, context._replace(findings=findings))
        return CheckRun(
            limits=(*run.limits, *followed.limits),
            findings=self.settings.judge((*run.findings, *followed.findings), today),
            results=tuple(sorted((*run.results, *followed.results), key=lambda one: one.rule)),
        )

    def _classify(self, archive: Archive, readers: tuple[Engine, ...] = ()) -> CheckedArchive:
        quoted_path = quote_archive(archive.path)
        verdicts = self.engines.judge(archive, quoted_path, readers)
        started = archive_starts(archive, self.settings.host, self.settings.limits, _start_root)
        archive = archive._replace(
            limits=_joined(archive.limits, (*verdicts.limits, *started.limits))
        )
        classification, problems = self._ask_classifiers(archive, quoted_path, verdicts)
        return CheckedArchive(
            path=archive.path,
            archive=archive,
            classification=classification,
            verdicts=verdicts.all,
            required_verdicts=verdicts.required,
            crashes=(*archive.crashes, *verdicts.crashes),
            problems=(*self.problems, *problems),
            starts=started.starts,
            reader_verdicts=verdicts.readers,
            signatures=self.signatures_of(archive),
        )

    def signatures_of(self, archive: Archive) -> tuple[Signature, ...]:
        """The signatures, attestations and SBOMs of an archive, verified with the keys, if any.

        Args:
            archive: The archive, whose facts were read before.
        """
        if not archive.attached:
            return ()
        # Imported here, as most archives do not have any.
        if not self._keys:
            from checker.model.signatures import unchecked

            return tuple(map(unchecked, archive.attached))
        from checker.signing.verify import verify

        return verify(archive, self._keys)

    def _ask_classifiers(
        self, archive: Archive, quoted_path: str, verdicts: Verdicts
    ) -> tuple[Classification | None, list[PluginProblem]]:
        """What the first plugin with an answer says, and the problems of those before it."""
        problems: list[PluginProblem] = []
        for classifier in self.plugins.classifiers:
            answer = classifier.classify(archive, quoted_path, verdicts.all, self.settings.host)
            if isinstance(answer, Classification):
                return answer, problems
            if answer is not None:
                problems.append(answer)
        return None, problems

    def _own_fail_on(self, archives: Sequence[CheckedArchive]) -> dict[str, Severity | None]:
        """What fails the run in archives for which a section says it, by all their names."""
        own = self._given.own_fail_on(checked.path for checked in archives)
        # Secrets in the name of an archive are masked in its findings.
        return {
            name: own[checked.path]
            for checked in archives
            if checked.path in own
            for name in (checked.path, *(one.location.archive for one in checked.findings))
        }

    def _applied_baseline(self, archives: Iterable[CheckedArchive]) -> AppliedBaseline | None:
        groups: dict[str, tuple[Baseline, list[CheckedArchive]]] = {}
        if self._baseline is not None:
            groups[self._baseline.file] = (self._baseline, [])
        for checked in archives:
            found = self._baseline_for(self._given.for_archive(checked.path))
            if found is not None:
                groups.setdefault(found.file, (found, []))[1].append(checked)
        applied = [found.applied(group, self.baseline_name) for found, group in groups.values()]
        return AppliedBaseline.joined(applied) if applied else None

    def _waiver_findings(self, archives: Sequence[CheckedArchive]) -> tuple[Finding, ...]:
        today = dt.datetime.now(tz=dt.UTC).date()
        checked = [(self._given.for_archive(each.path), each) for each in archives]
        return waiver_findings(self.settings, self._sections, checked, today)

    def _one(
        self, look: Callable[[ArchiveSource], CheckedArchive], source: ArchiveSource
    ) -> CheckedArchive:
        try:
            return look(source)
        except UnreadableError as error:
            return CheckedArchive(path=error.path, error=error.reason, problems=self.problems)


def _baseline_of(settings: Settings, registry: Registry) -> Baseline | None:
    """The baseline of the settings, with the present ids of rules."""
    if settings.baseline is None:
        return None
    return _read_baseline(settings.baseline, settings, registry)


def _keys_of(settings: Settings) -> tuple[VerifyKey, ...]:
    """The keys and certificates of the settings."""
    if not settings.verify_keys:
        return ()
    from checker.signing.keys import read_keys

    try:
        return read_keys(settings.verify_keys)
    except SettingsError as error:
        raise SettingsError(
            f"{settings.place_of('verify-key') or '--verify-key: '}{error}"
        ) from error


def _read_baseline(file: str, settings: Settings, registry: Registry) -> Baseline:
    from checker.baseline import read_baseline

    def current(rule: str) -> str:
        found = registry.find(rule)
        return rule if found is None else found.id

    try:
        return read_baseline(file).with_ids(current)
    except SettingsError as error:
        raise SettingsError(f"{settings.place_of('baseline')}{error}") from error


def _read_facts(source: _Named, options: ReadOptions) -> Archive:
    with closing(_begin(source, options)) as reading:
        return reading.finish()


def _begin(source: _Named, options: ReadOptions) -> Reading:
    if isinstance(source.source, str):
        return begin_archive(source.source, options, name=source.name)
    return begin_file(source.source, source.name, options)


@contextmanager
def _boundary(name: str) -> Iterator[None]:
    """The boundary around all reading: what goes wrong in it is told of the archive."""
    try:
        yield
    except (CheckerError, EarlyError, MemoryError):
        raise
    except _ProgressError as error:
        raise error.error from None
    except Exception as error:
        if is_lack_of_threads(error):
            raise MemoryError(str(error)) from error
        # No input is known that leads here; one that does must not hide the other archives.
        raise UnreadableError(name, _reading_failed(error)) from error


def _without_early_errors(read: Callable[[], T]) -> T:
    """Read, and once more if another thread could not read what it hashes: none does it then."""
    try:
        return read()
    except EarlyError:
        return read()


def _start_root(rootfs: Rootfs, architecture: str) -> Start:
    """Whether a container of a root filesystem starts with the command that is suggested."""
    # Imported here, as images do not need it.
    from checker.importing.suggested_start import suggested_start

    return suggested_start(rootfs, architecture)


def _reading_failed(error: Exception) -> str:
    summary = failure_of(error).summary
    return f"the checker failed to read it ({summary}); this is a bug of the checker"


class _ProgressError(Exception):
    """What a callback of the caller raised, which is not taken for a failure to read."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _receivers(watch: Watch | None, progress: Progress | None) -> tuple[Watch, ...]:
    """Everyone who is told of the progress of one archive."""
    told = () if progress is None else (partial(_tell_bytes, progress),)
    return told if watch is None else (watch, *told)


def _told(receivers: tuple[Watch, ...]) -> Watch | None:
    return partial(_tell, receivers) if receivers else None


def _checking(watch: Watch | None) -> Watch | None:
    """Tells of the reading of what was written as of a check."""
    return None if watch is None else partial(_tell_of_check, watch)


def _tell_of_check(watch: Watch, reached: Reached) -> None:
    watch(reached._replace(activity=Activity.CHECKING))


def _tell_bytes(progress: Progress, reached: Reached) -> None:
    progress(reached.archive, reached.done, reached.total or 0)


def _tell(receivers: Iterable[Watch], reached: Reached) -> None:
    try:
        for receive in receivers:
            receive(reached)
    except Exception as error:
        raise _ProgressError(error) from error


class _Named(NamedTuple):
    source: str | BinaryFile
    name: str


def _named(source: ArchiveSource, name: str | None) -> _Named:
    """A source, and what results call it."""
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        return _Named(path, name or path)
    given = getattr(source, "name", None)
    return _Named(source, name or (given if isinstance(given, str) and given else _UNNAMED))


def _one_archive(source: ArchiveSource, settings: Settings) -> Session:
    """A session for one archive, whose members are hashed while plugins are loaded."""
    path = os.fspath(source) if isinstance(source, str | os.PathLike) else None
    if path is None:
        return Session(settings)
    early = EarlyHashes(path)
    try:
        return Session(settings, early=early)
    except BaseException:
        early.close()
        raise


def _joined(
    limits: tuple[LimitReached, ...], more: tuple[LimitReached, ...]
) -> tuple[LimitReached, ...]:
    return tuple(dict.fromkeys((*limits, *more)))
