"""The plan of an import: what is asked for, what is suggested, what engines refuse, the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from checker.importing.command_line import ImportCommand, Origin
from checker.importing.engines import DOCKER, ImportEngine, import_engines
from checker.importing.errors import ImportRefusedError
from checker.importing.expressing import Lost, express
from checker.importing.from_image import ImageSettings
from checker.importing.run_config import RunConfig
from checker.importing.suggestion import RootPlatform, Suggestion, platform_of, suggest
from checker.model.elf import machine_for, runs_too
from checker.model.names import Platform
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple
from checker.starting.obstacle import Answer, Start
from checker.starting.process import process_from
from checker.starting.start import root_start
from checker.typing_names import TypeVar

_MOST_CHANGES = 100
"""Options that are tried one by one to find out which of them are refused."""
_NOT_TRIED = "not tried: an option before it is refused, and there are too many"
GIVEN, SUGGESTED, FROM_IMAGE = "given", "suggested", "image"
DEFAULT_REFERENCE = "name:tag"
"""The name of the image in the command, if none was given."""

T = TypeVar("T")


class ImportRequest(NamedTuple):
    """What is asked for.

    Attributes:
        engine: A family, ``docker`` or ``podman``, or a profile such as ``docker-28``.
        reference: The name of the image; empty if none was given.
        changes: The ``--change`` options.
        platform: The platform, as written; empty for none.
        message: The commit message.
        image: The settings of the image that the root filesystem was exported from.
        host: The platform of the engine.
    """

    engine: str = DOCKER
    reference: str = ""
    changes: tuple[str, ...] = ()
    platform: str = ""
    message: str = ""
    image: ImageSettings | None = None
    host: Platform = Platform("linux", "amd64")


class Refusal(NamedTuple):
    """What some versions of the engine refuse.

    Attributes:
        engines: Their profiles.
        message: What they print.
    """

    engines: tuple[str, ...]
    message: str


class PlannedChange(NamedTuple):
    """One ``--change`` option.

    Attributes:
        change: The instruction.
        origin: ``given``, ``suggested`` or ``image``.
        reason: Why it is suggested, as a clause.
        refusals: Which versions refuse it.
    """

    change: str
    origin: str
    reason: str = ""
    refusals: tuple[Refusal, ...] = ()


class PlannedPlatform(NamedTuple):
    """The platform of the image.

    Attributes:
        platform: The platform.
        reason: Why, as a clause.
        is_named: Whether the command names it.
        refusals: Which versions refuse it.
        problem: What of it does not fit the root; None if it fits.
    """

    platform: Platform
    reason: str
    is_named: bool
    refusals: tuple[Refusal, ...] = ()
    problem: str | None = None


class EngineResult(NamedTuple):
    """What one version of the engine does with the plan.

    Attributes:
        engine: The profile.
        config: The settings of the image; None if it refuses them.
        name: The name of the image; None without a valid reference.
        platform: The platform of the image; None if it refuses it.
        refusals: What it refuses, as it prints it.
    """

    engine: str
    config: RunConfig | None
    name: str | None
    platform: Platform | None
    refusals: tuple[str, ...]


class ImportPlan(NamedTuple):
    """The plan of an import.

    Attributes:
        path: The archive or directory.
        origin: What the path is.
        family: The engine.
        reference: The reference that was given; empty for none.
        reference_refusals: Which versions refuse it.
        suggested_reference: It in lower case, if versions refuse it but not that.
        changes: The options, in order.
        platform: The platform of the image.
        message: The commit message.
        image: How messages call the image that the settings are from; None without one.
        lost: What of that image the import does not restore.
        results: What each version does.
        start: Whether a container of the result starts; None if no version accepts the plan.
        command: The command; None if no version accepts the plan.
    """

    path: str
    origin: Origin
    family: str
    reference: str
    reference_refusals: tuple[Refusal, ...]
    suggested_reference: str | None
    changes: tuple[PlannedChange, ...]
    platform: PlannedPlatform
    message: str
    image: str | None
    lost: tuple[Lost, ...]
    results: tuple[EngineResult, ...]
    start: Start | None
    command: ImportCommand | None

    @property
    def result(self) -> EngineResult | None:
        """The result of the newest version that accepts the plan."""
        return next((each for each in reversed(self.results) if not each.refusals), None)

    @property
    def is_good(self) -> bool:
        """Whether a version accepts the plan, and a container of the result may start."""
        starts = self.start is not None and self.start.answer is not Answer.NO
        return self.command is not None and starts and self.platform.problem is None


def make_plan(
    rootfs: Rootfs,
    request: ImportRequest,
    path: str,
    origin: Origin,
    archive_refusals: Sequence[Refusal] = (),
) -> ImportPlan:
    """Plan the import of a root filesystem.

    Args:
        rootfs: The root filesystem, of which ``suggestion.READS`` was read.
        request: What is asked for.
        path: The archive or directory.
        origin: What the path is.
        archive_refusals: Which versions refuse the archive, whatever the options.
    """
    engines = import_engines(request.engine)
    platform = _plan_platform(rootfs, request, engines)
    changes, lost = _plan_changes(rootfs, request, engines[-1], platform.platform.architecture)
    results = tuple(
        _result(engine, request, changes, platform, archive_refusals) for engine in engines
    )
    accepted = next((each for each in reversed(results) if not each.refusals), None)
    found = ImportPlan(
        path=path,
        origin=origin,
        family=engines[-1].family,
        reference=request.reference,
        reference_refusals=_reference_refusals(request.reference, engines),
        suggested_reference=_suggested_reference(request.reference, engines),
        changes=_with_refusals(changes, engines),
        platform=platform,
        message=request.message,
        image=None if request.image is None else request.image.label,
        lost=lost,
        results=results,
        start=None,
        command=None,
    )
    if accepted is None or accepted.config is None:
        return found
    process = process_from(accepted.config.settings())
    return found._replace(
        start=root_start(rootfs, process, platform.platform.architecture), command=_command(found)
    )


def _command(plan: ImportPlan) -> ImportCommand:
    return ImportCommand(
        family=plan.family,
        path=plan.path,
        origin=plan.origin,
        changes=tuple(each.change for each in plan.changes),
        platform=plan.platform.platform if plan.platform.is_named else None,
        message=plan.message,
        reference=plan.reference or DEFAULT_REFERENCE,
    )


def _attempt(call: Callable[[], T]) -> tuple[T | None, str]:
    """The result of a call, or what an engine prints instead."""
    try:
        return call(), ""
    except ImportRefusedError as error:
        return None, str(error)


def _grouped(errors: Iterable[tuple[str, str]]) -> tuple[Refusal, ...]:
    """The refusals by message, from profiles and messages, which may be empty."""
    found: dict[str, tuple[str, ...]] = {}
    for engine, error in errors:
        if error:
            found[error] = (*found.get(error, ()), engine)
    return tuple(Refusal(engines, message) for message, engines in found.items())


# --- platform


def _plan_platform(
    rootfs: Rootfs, request: ImportRequest, engines: Sequence[ImportEngine]
) -> PlannedPlatform:
    found = platform_of(rootfs)
    wanted, reason = _wanted_platform(request, found, engines[-1])
    is_named = bool(request.platform) or wanted != request.host
    text = request.platform or str(wanted)
    refusals = _grouped(
        (engine.name, _attempt(partial(engine.platform, text, request.host))[1])
        for engine in engines
        if is_named
    )
    problem = None if found is None else _platform_problem(wanted, found.platform)
    return PlannedPlatform(wanted, reason, is_named, refusals, problem)


def _wanted_platform(
    request: ImportRequest, found: RootPlatform | None, engine: ImportEngine
) -> tuple[Platform, str]:
    """The platform to import for, and why, as a clause."""
    if request.platform:
        given, _ = _attempt(partial(engine.platform, request.platform, request.host))
        return given or request.host, "as given"
    image = request.image
    if image is not None and image.platform is not None and image.platform.architecture:
        system = image.platform.os or request.host.os
        of_image = Platform(system, image.platform.architecture, image.platform.variant)
        return of_image, f"that of {image.label}"
    if found is not None:
        return found
    return request.host, "that of the host: the root has no ELF files"


def _platform_problem(platform: Platform, found: Platform) -> str | None:
    machine, wanted = machine_for(found.architecture), machine_for(platform.architecture)
    if machine == wanted or machine is None or wanted is None or runs_too(machine, wanted):
        return None
    return (
        f"most programs in the root are for {found.architecture}, not for {platform.architecture}"
    )


# --- reference


def _reference_refusals(text: str, engines: Sequence[ImportEngine]) -> tuple[Refusal, ...]:
    if not text:
        return ()
    return _grouped((engine.name, _attempt(partial(engine.tag, text))[1]) for engine in engines)


def _suggested_reference(text: str, engines: Sequence[ImportEngine]) -> str | None:
    lower = text.lower()
    is_better = _reference_refusals(text, engines) and not _reference_refusals(lower, engines)
    return lower if is_better else None


# --- changes


def _plan_changes(
    rootfs: Rootfs, request: ImportRequest, engine: ImportEngine, architecture: str
) -> tuple[tuple[PlannedChange, ...], tuple[Lost, ...]]:
    """The options, and what of the image they do not restore."""
    given = tuple(PlannedChange(change, GIVEN) for change in request.changes)
    if request.image is None:
        suggested = _wanted(suggest(rootfs, engine, architecture), request.changes, engine)
        return (*suggested, *given), ()
    expressed = express(request.image.config, engine)
    reason = f"from {request.image.label}"
    restored = tuple(PlannedChange(each, FROM_IMAGE, reason) for each in expressed.changes)
    return (*restored, *given), (*expressed.lost, *request.image.others)


def _wanted(
    suggestions: Iterable[Suggestion], given: tuple[str, ...], engine: ImportEngine
) -> Iterator[PlannedChange]:
    """The suggestions that the given options do not replace."""
    accepted = _accepted(given, engine)
    config = engine.apply(accepted)
    for suggestion in suggestions:
        made, _ = _attempt(partial(engine.apply, (suggestion.change, *accepted)))
        is_replaced = made == config
        sets_command = made is not None and made.cmd != config.cmd
        has_command = config.entrypoint is not None or config.cmd is not None
        if not is_replaced and not (sets_command and has_command):
            yield PlannedChange(suggestion.change, SUGGESTED, suggestion.reason)


def _accepted(changes: tuple[str, ...], engine: ImportEngine) -> tuple[str, ...]:
    errors = _change_errors(changes, engine)
    return tuple(each for each, error in zip(changes, errors, strict=True) if not error)


def _with_refusals(
    changes: tuple[PlannedChange, ...], engines: Sequence[ImportEngine]
) -> tuple[PlannedChange, ...]:
    texts = tuple(change.change for change in changes)
    errors = {engine.name: _change_errors(texts, engine) for engine in engines}
    return tuple(
        change._replace(refusals=_grouped((name, found[at]) for name, found in errors.items()))
        for at, change in enumerate(changes)
    )


def _change_errors(changes: tuple[str, ...], engine: ImportEngine) -> list[str]:
    """What a version prints about each option, after those before it that it accepts."""
    errors = [""] * len(changes)
    if not _attempt(partial(engine.apply, changes))[1]:
        return errors
    accepted: tuple[str, ...] = ()
    for at, change in enumerate(changes):
        if at >= _MOST_CHANGES:
            errors[at] = _NOT_TRIED
            continue
        _, errors[at] = _attempt(partial(engine.apply, (*accepted, change)))
        accepted = accepted if errors[at] else (*accepted, change)
    return errors


# --- results


def _result(
    engine: ImportEngine,
    request: ImportRequest,
    changes: tuple[PlannedChange, ...],
    platform: PlannedPlatform,
    archive_refusals: Sequence[Refusal],
) -> EngineResult:
    texts = tuple(change.change for change in changes)
    config, refused = _attempt(partial(engine.apply, texts))
    name, unnamed = _attempt(partial(engine.tag, request.reference or DEFAULT_REFERENCE))
    wanted = request.platform or str(platform.platform)
    made, foreign = _attempt(partial(_platform_of, engine, wanted, request.host, platform))
    unread = [each.message for each in archive_refusals if engine.name in each.engines]
    errors = tuple(filter(None, (unnamed, foreign, refused, *unread)))
    return EngineResult(engine.name, config, name, made, errors)


def _platform_of(
    engine: ImportEngine, wanted: str, host: Platform, platform: PlannedPlatform
) -> Platform:
    return engine.platform(wanted, host) if platform.is_named else host
