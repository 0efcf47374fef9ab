"""Runs checks over the facts of one archive: isolated, timed, bounded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import islice

from checker.checks.check import Check, CheckContext
from checker.checks.finding import Finding, Outcome, Result
from checker.checks.listed import ListedRule, Scope
from checker.checks.registry import Rule
from checker.checks.same_document import repeated
from checker.isolation import Failure, attempt, attempt_each, described, misfit
from checker.model.archive import Archive
from checker.model.entries import Entry
from checker.model.image import Config, Layer
from checker.model.limits import LimitReached, Limits
from checker.model.location import Location
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple

_BATCH = 1024
# Which method needs what, in the order in which they are called.
_SUBJECTS = {
    "check_archive": "archive",
    "check_index": "image index",
    "check_manifest": "image manifest",
    "check_config": "image config",
    "check_layer": "layer",
    "check_entry": "layer",
    "check_rootfs": "whole root filesystem",
}


class _Running:
    """One check at work on one archive."""

    def __init__(self, rule: Rule, check: Check, methods: tuple[str, ...]) -> None:
        self.rule = rule
        self.check = check
        self.methods = methods
        self.findings: list[Finding] = []
        self.is_cut = False
        self._seen: set[tuple[str, Location]] = set()
        self.seconds = 0.0
        self.subjects = 0
        self.crash: str | None = None
        self.reason: str | None = None

    def call(self, found: Callable[[], Iterable[Finding]], limit: int) -> None:
        """Take the findings of one call; a crash ends this check and no other."""
        if self.crash is not None:
            return
        began = time.perf_counter()
        self.subjects += 1
        room = max(0, limit - len(self.findings))
        for number, item in enumerate(() if self.is_cut else attempt_each(found)):
            if number >= room:
                self.is_cut = True
                break
            self._take(item)
        self.seconds += time.perf_counter() - began

    def _take(self, item: object) -> None:
        if isinstance(item, Failure):
            self.fail(item)
            return
        problem = misfit(item, Finding) or self._usurped(item)
        if problem is None and isinstance(item, Finding):
            self._add(item)
        elif self.crash is None:
            summary = f"it returned {problem}"
            self.fail(Failure(summary, summary))

    def _add(self, finding: Finding) -> None:
        """Add a finding once: images with the same name can have the same fault."""
        key = (finding.message, finding.location)
        if key not in self._seen:
            self._seen.add(key)
            self.findings.append(finding)

    def _usurped(self, item: object) -> str | None:
        """What is wrong with a finding in the name of another rule."""
        if isinstance(item, Finding) and (item.rule, item.name) != (self.rule.id, self.rule.name):
            return f"a finding of another rule, {described(item.rule)}"
        return None

    def fail(self, failure: Failure) -> None:
        """End this check."""
        self.crash = failure.traceback
        self.reason = failure.summary

    def result(self) -> Result:
        outcome = Outcome.PASSED
        if self.crash is not None:
            outcome = Outcome.ERROR
        elif self.reason is not None:
            outcome = Outcome.SKIPPED
        elif self.findings:
            outcome = Outcome.FAILED
        return Result(
            rule=self.rule.id,
            name=self.rule.name,
            bundle=self.rule.bundle,
            outcome=outcome,
            seconds=self.seconds,
            reason=self.reason,
            traceback=self.crash,
            is_required=self.rule.is_required,
        )


class CheckRun(NamedTuple):
    """What the checks said of one archive.

    Attributes:
        findings: What they found.
        results: What came of each rule.
        limits: The limits that kept them from looking at everything.
    """

    findings: tuple[Finding, ...]
    results: tuple[Result, ...]
    limits: tuple[LimitReached, ...] = ()


class BegunChecks(NamedTuple):
    """Rules of which those have run that need no digests.

    Attributes:
        rules: All rules, in their order.
        running: Those that have run.
        reached: Limits that kept them from looking at everything in merged roots.
    """

    rules: tuple[Rule, ...]
    running: Mapping[Rule, _Running]
    reached: tuple[LimitReached, ...]


def run_checks(archive: Archive, rules: Iterable[Rule], context: CheckContext) -> CheckRun:
    """Run every rule over an archive.

    A check that raises ends with the outcome ``error`` and its traceback; the others go on.
    """
    return finish_checks(begin_checks(archive, rules, context), archive, context)


def begin_checks(archive: Archive, rules: Iterable[Rule], context: CheckContext) -> BegunChecks:
    """Run the rules that need no digests of contents, which may not be there yet.

    Args:
        archive: The archive.
        rules: All rules.
        context: What the run tells them, without verdicts and signatures.
    """
    every = tuple(rules)
    early = [] if any(map(_explains_late, every)) else filter(_is_early, every)
    started = _started(archive, early, context)
    first = [one for one in started.values() if one.check.explains_all]
    _run(archive, first, context)
    later = [one for one in started.values() if not one.check.explains_all]
    _skip_explained(later, first)
    return BegunChecks(every, started, _run(archive, later, context))


def finish_checks(begun: BegunChecks, archive: Archive, context: CheckContext) -> CheckRun:
    """Run the other rules.

    Args:
        begun: The rules, and those that have run.
        archive: The archive, whose digests are there.
        context: What the run tells the rules.
    """
    started = _started(
        archive, [rule for rule in begun.rules if rule not in begun.running], context
    )
    running = [begun.running.get(rule) or started[rule] for rule in begun.rules]
    _run(archive, [one for one in started.values() if one.check.explains_all], context)
    later = [one for one in started.values() if not one.check.explains_all]
    _skip_explained(later, [one for one in running if one.check.explains_all])
    of_roots = _run(archive, [one for one in later if not one.check.follows_limits], context)
    limits = _limits_reached(running, context.limits)
    reached = tuple(dict.fromkeys((*limits, *begun.reached, *of_roots)))
    archive = archive._replace(limits=tuple(dict.fromkeys((*archive.limits, *reached))))
    _run(archive, [one for one in later if one.check.follows_limits], context)
    _drop_repeated(archive, running)
    findings = [finding for one in running for finding in one.findings]
    return CheckRun(tuple(findings), tuple(one.result() for one in running), reached)


def _explains_late(rule: Rule) -> bool:
    """Whether a rule, of which it depends whether others run, needs digests itself."""
    given = rule.given
    return not isinstance(given, ListedRule) and given.explains_all and given.needs_digests


def _is_early(rule: Rule) -> bool:
    """Whether a rule needs neither digests nor what other rules say."""
    follows_limits = not isinstance(rule.given, ListedRule) and rule.given.follows_limits
    return not (rule.needs_digests or follows_limits)


def _started(
    archive: Archive, rules: Iterable[Rule], context: CheckContext
) -> dict[Rule, _Running]:
    # Many rules have the same scope.
    includes = cache(lambda scope: scope.includes(archive))
    return {rule: _start(rule, archive, context, includes) for rule in rules}


def _drop_repeated(archive: Archive, running: Sequence[_Running]) -> None:
    """Drop findings about one fault of a document that several rules look at."""
    found = [(one, finding) for one in running for finding in one.findings]
    dropped = repeated(archive, [finding for _, finding in found])
    for one in running if dropped else ():
        one.findings.clear()
    for number, (one, finding) in enumerate(found if dropped else ()):
        if number not in dropped:
            one.findings.append(finding)


def _limits_reached(running: Sequence[_Running], limits: Limits) -> tuple[LimitReached, ...]:
    """The limits that kept rules from looking at everything, or from telling it."""
    reached = dict.fromkeys(each for one in running for each in one.check.reached)
    for one in running:
        if one.is_cut:
            what = f"{one.rule.name} ({one.rule.id}) has more findings, which are left out"
            reached[LimitReached("findings", limits.findings, what)] = None
    return tuple(reached)


def _skip_explained(running: Sequence[_Running], first: Sequence[_Running]) -> None:
    """Skip rules whose findings would be consequences of what others have found."""
    causes = [f"{one.rule.name} ({one.rule.id})" for one in first if one.findings]
    if not causes:
        return
    for one in running:
        if not one.check.follows_findings and one.crash is None and one.reason is None:
            one.reason = f"{causes[0]} explains what is wrong with the file"


def _run(
    archive: Archive, running: Sequence[_Running], context: CheckContext
) -> tuple[LimitReached, ...]:
    """Run rules; what they did not find in merged roots because of a limit."""
    reached: dict[LimitReached, None] = {}
    active = [one for one in running if one.crash is None and one.reason is None]
    limit = context.limits.findings
    for method, subjects in _subjects(archive, active, context.limits):
        bound = [one for one in active if method in one.methods]
        for subject in subjects if bound else ():
            for one in bound:
                one.call(partial(getattr(one.check, method), subject), limit)
            if isinstance(subject, Rootfs):
                reached.update(dict.fromkeys(subject.reached))
    _run_entries(archive, active, limit)
    for one in active:
        if not one.subjects and one.reason is None:
            kinds = dict.fromkeys(_SUBJECTS[method] for method in one.methods)
            one.reason = f"the archive has no {' and no '.join(kinds)}"
    return tuple(reached)


def _start(
    rule: Rule, archive: Archive, context: CheckContext, includes: Callable[[Scope], bool]
) -> _Running:
    for scope in rule.scopes:
        included = attempt(partial(includes, scope))
        if isinstance(included, Failure) or not included:
            running = _not_loaded(rule, scope, context)
            if isinstance(included, Failure):
                running.fail(included)
            return running
    if rule.bundle in context.plugins:
        context = context._replace(settings=context.plugins[rule.bundle])
    running = _Running(rule, Check(context), ())
    check = attempt(lambda: rule.check(context))
    if isinstance(check, Failure):
        running.fail(check)
        return running
    running.check = check
    running.methods = tuple(
        name for name in _SUBJECTS if getattr(rule.check, name) is not getattr(Check, name)
    )
    reason: object = attempt(lambda: check.skip_reason(archive))
    if isinstance(reason, Failure):
        running.fail(reason)
    elif reason is not None:
        running.reason = reason if isinstance(reason, str) else described(reason)
    return running


def _not_loaded(rule: Rule, scope: Scope, context: CheckContext) -> _Running:
    """A rule that looks at other archives: it is skipped, or finds nothing."""
    running = _Running(rule, Check(context), ())
    running.reason = scope.reason
    running.subjects = 1
    return running


def _subjects(
    archive: Archive, active: Sequence[_Running], limits: Limits
) -> Iterator[tuple[str, Iterable[object]]]:
    yield "check_archive", (archive,)
    if archive.oci is not None:
        yield "check_index", archive.oci.indexes
        yield "check_manifest", archive.oci.manifests
    yield "check_config", _distinct_configs(archive)
    yield "check_layer", distinct_layers(archive)
    # Merging layers takes time, which a run without such checks need not spend.
    if any("check_rootfs" in one.methods for one in active):
        yield "check_rootfs", _whole_roots(archive, limits)


def _distinct_configs(archive: Archive) -> Iterator[Config]:
    seen: set[int] = set()
    for image in archive.images:
        if image.config is not None and image.config.blob.position not in seen:
            seen.add(image.config.blob.position)
            yield image.config


def distinct_layers(archive: Archive) -> Iterator[Layer]:
    """The layers of all images; one that several images refer to in the same way comes once."""
    seen: set[tuple[object, ...]] = set()
    for image in archive.images:
        for layer in image.layers:
            media_type = None if layer.descriptor is None else layer.descriptor.media_type
            key = (layer.location.member, layer.location.digest, layer.diff_id, media_type)
            if key not in seen:
                seen.add(key)
                yield layer


def _whole_roots(archive: Archive, limits: Limits) -> Iterator[Rootfs]:
    if archive.rootfs is not None:
        yield archive.rootfs
    for image in archive.images:
        rootfs = Rootfs(image.location, image.layers, image, limits.lookups)
        if rootfs.is_whole:
            yield rootfs


def _run_entries(archive: Archive, active: Sequence[_Running], limit: int) -> None:
    bound = [one for one in active if "check_entry" in one.methods]
    if not bound:
        return
    seen: set[int] = set()
    for layer in distinct_layers(archive):
        if layer.blob is None or layer.blob.position in seen:
            continue
        seen.add(layer.blob.position)
        entries = iter(layer.entries)
        while batch := list(islice(entries, _BATCH)):
            for one in bound:
                one.call(partial(_check_entries, one.check, layer, batch), limit)


def _check_entries(check: Check, layer: Layer, batch: Sequence[Entry]) -> Iterator[Finding]:
    for entry in batch:
        yield from check.check_entry(layer, entry)
