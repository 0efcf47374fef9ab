"""A plan from the facts of archives: of the root filesystem, and of the image it is from."""

from __future__ import annotations

from collections.abc import Iterable

from checker.errors import SettingsError
from checker.importing.advice import ORIGINS
from checker.importing.engines import ENGINES, FAMILIES, import_engines
from checker.importing.from_image import ImageSettings, image_settings
from checker.importing.plan import ImportPlan, ImportRequest, Refusal, make_plan
from checker.importing.suggestion import platform_of
from checker.model.archive import IMAGE_KINDS, Archive, Kind
from checker.model.image import Image
from checker.model.names import Platform
from checker.reports.wording import kind_words
from checker.suggestion import nearest
from checker.verdicts import Engine, Verdict, VerdictOutcome

_IMPORT = "import"
_MOST_NAMED = 5


def check_engine(chosen: str) -> None:
    """Check the name of an engine.

    Raises:
        SettingsError: It is neither a family nor a profile.
    """
    if not import_engines(chosen):
        known = (*FAMILIES, *(engine.name for engine in ENGINES))
        raise SettingsError(
            f"unknown engine {chosen!r} (choose from: {', '.join(known)}){nearest(chosen, known)}"
        )


def imports_of(engines: Iterable[Engine], chosen: str) -> tuple[Engine, ...]:
    """The engines of a family, or the one of a profile, with what they do when they import.

    Args:
        engines: All engines with all of their actions.
        chosen: The family or profile.
    """
    names = {engine.name for engine in import_engines(chosen)}
    return tuple(one for one in engines if one.action == _IMPORT and one.name in names)


def plan_archive(
    archive: Archive, request: ImportRequest, verdicts: Iterable[Verdict], image: Archive | None
) -> ImportPlan:
    """Plan the import of a root filesystem.

    Args:
        archive: The root filesystem, of which ``suggestion.READS`` was read.
        request: What is asked for, without the image.
        verdicts: What engines do with the archive when they import it.
        image: The archive of the image that the root filesystem was exported from.

    Raises:
        SettingsError: The archive is not a root filesystem, or the other does not have exactly one
            image that fits.
    """
    check_engine(request.engine)
    if archive.rootfs is None or archive.kind is not Kind.ROOTFS:
        raise SettingsError(f"{archive.path}: {_what_else(archive)}")
    if image is not None:
        found = platform_of(archive.rootfs)
        wanted = request.host if found is None else found.platform
        request = request._replace(image=_settings_of(image, wanted))
    refusals = tuple(_refusals(verdicts))
    origin = ORIGINS[archive.source]
    return make_plan(archive.rootfs, request, archive.path, origin, refusals)


def _what_else(archive: Archive) -> str:
    """Why there is nothing to import, and what to do instead."""
    found = f"it is not a root filesystem, but: {kind_words(archive)}"
    if archive.damage is not None or archive.tar.fatal is not None:
        return f"{found}; checker check shows the damage"
    if archive.kind in IMAGE_KINDS:
        return f"{found}; checker classify shows what restores it"
    if archive.root_directory is not None:
        return f"{found}; the root filesystem is in {archive.root_directory}/"
    return found


def _refusals(verdicts: Iterable[Verdict]) -> Iterable[Refusal]:
    return (
        Refusal((verdict.engine,), verdict.message or verdict.reason)
        for verdict in verdicts
        if verdict.outcome is VerdictOutcome.REJECTS
    )


def _settings_of(archive: Archive, wanted: Platform) -> ImageSettings:
    """The settings of the image of an archive, of several the one for a platform."""
    usable = [image for image in archive.images if image.config is not None]
    fitting = usable if len(usable) == 1 else [one for one in usable if _fits(one, wanted)]
    found = image_settings(fitting[0]) if len(fitting) == 1 else None
    if found is not None:
        return found
    if not archive.images:
        raise SettingsError(f"{archive.path}: it has no image, but: {kind_words(archive)}")
    names = ", ".join(image.label for image in archive.images[:_MOST_NAMED])
    if not usable:
        raise SettingsError(f"{archive.path}: the config of its image is missing ({names})")
    raise SettingsError(
        f"{archive.path}: it has {len(archive.images):,} images ({names}), of which "
        f"{len(fitting)} are for {wanted}; give an archive of one image"
    )


def _fits(image: Image, wanted: Platform) -> bool:
    platform = image.platform
    return platform is not None and platform.architecture == wanted.architecture
