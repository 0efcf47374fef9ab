"""The config of the image that a root filesystem becomes: the plan of its import."""

from __future__ import annotations

from checker.conversion.records import ConversionError, Request, RootSettings
from checker.importing.archives import plan_archive
from checker.importing.plan import ImportRequest
from checker.importing.suggestion import READS
from checker.model.content import ContentPlan
from checker.model.names import Platform
from checker.reading.opened import OpenArchive, TarBytes

_ENGINE = "docker"


def root_settings(opened: OpenArchive, layer: TarBytes, request: Request) -> RootSettings:
    """The settings that ``checker import-plan`` works out, with the options that were given.

    Raises:
        ConversionError: An option is refused; the text is that of Docker.
        SettingsError: The other archive does not have one image that fits.
    """
    options = request.root
    archive = opened.facts_of_tar(layer, ContentPlan.of(READS))
    wanted = ImportRequest(
        engine=_ENGINE,
        reference=request.ref or "",
        changes=options.changes,
        platform="" if request.platform is None else str(request.platform),
        message=options.message,
        host=request.host,
    )
    plan = plan_archive(archive, wanted, (), options.image)
    newest = plan.results[-1].engine
    for change in plan.changes:
        for refusal in change.refusals:
            # What only an older version refuses is not refused.
            if newest in refusal.engines:
                raise ConversionError(f"--change {change.change!r}: {refusal.message}")
    result = plan.result
    if result is None or result.config is None:
        messages = [message for each in plan.results for message in each.refusals]
        raise ConversionError(messages[-1] if messages else "the settings are refused")
    platform = plan.platform.platform
    return RootSettings(
        platform=Platform(platform.os, platform.architecture, platform.variant),
        config=result.config.settings(),
        comment=options.message or "Imported from -",
    )
