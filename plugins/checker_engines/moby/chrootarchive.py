"""The extraction of an archive and of layers by Docker (moby, pkg/chrootarchive and layer)."""

from __future__ import annotations

from checker.model.work import Work
from checker.verdicts import Host
from checker_engines.answers.refusal import (
    DAMAGED,
    LAYER_DAMAGED,
    NOT_EXTRACTED,
    ROOT_NOT_EXTRACTED,
    Refusal,
)
from checker_engines.filesystem.errors import ExtractionError
from checker_engines.filesystem.extractor import extract
from checker_engines.filesystem.storage import Layers
from checker_engines.filesystem.tar_split import DUPLICATES, Stop
from checker_engines.filesystem.tree import Tree
from checker_engines.golang.decompression import refused_header
from checker_engines.golang.tar import UNEXPECTED_EOF
from checker_engines.moby.drivers import Driver
from checker_engines.moby.stream import Stream, as_stored, without_content
from checker_engines.moby.versions import Version

# A layer, or a whole archive that is imported as one.
_LAYER_RULES = (*LAYER_DAMAGED, *DAMAGED, *ROOT_NOT_EXTRACTED)


def unpack(version: Version, content: Stream, host: Host, work: Work) -> Tree:
    """Extract the whole archive to the temporary directory.

    Raises:
        Refusal: It cannot be extracted.
        OutOfWork: It is not known whether it can be extracted.
    """
    stream = _inflated(version, content)
    stop = _stop(version, stream)
    dialect = version.dialect
    if host.rootless:
        dialect = dialect._replace(privileges=version.rootless.archive)
    try:
        tree = extract(dialect, stream.entries, work, is_whole=stop is None)
    except ExtractionError as error:
        raise _unpack_refusal(version, str(error), _entry_reason(stream, error)) from error
    if stop is not None:
        raise _unpack_refusal(version, stop, _stop_reason(stream))
    damage = stream.damage
    if damage is not None and (version.reads_archive_to_end or not stream.is_ended):
        message = version.extraction_errors.after_archive(damage)
        raise Refusal(message, _stop_reason(stream), DAMAGED)
    return tree


def _unpack_refusal(version: Version, error: str, reason: str) -> Refusal:
    message = version.extraction_errors.archive.format(error=error)
    return Refusal(message, reason, (*DAMAGED, *NOT_EXTRACTED))


def apply_layer(driver: Driver, content: Stream, layers: Layers) -> None:
    """Extract a layer on top of those below, through tar-split.

    Raises:
        Refusal: It cannot be extracted.
    """
    version = driver.version
    stream = _inflated(version, content)
    entries = stream.entries
    refused = version.tar_split(entries)
    # tar-split passes an entry on before it refuses it.
    count = len(entries) if refused is None else refused.position + 1
    stop = _stop(version, stream)
    # For another process, the end of what it is given is the end of the tar.
    is_whole = stop is None if refused is None else not version.extracts_in_process
    try:
        layers.extract_layer(entries, count, is_whole=is_whole)
    except ExtractionError as error:
        message = driver.error(str(error))
        raise Refusal(message, _entry_reason(stream, error), _LAYER_RULES) from error
    if refused is not None:
        message = driver.error_at_end(refused.error, sum(entries.sizes[:count]))
        raise Refusal(message, _refused_reason(stream, refused), _LAYER_RULES)
    if stop is not None:
        raise Refusal(driver.error(stop), _stop_reason(stream), _LAYER_RULES)
    damage = stream.damage
    if damage is not None and (version.reads_layers_to_end or not stream.is_ended):
        message = driver.error_at_end(damage, sum(entries.sizes))
        raise Refusal(message, _stop_reason(stream), _LAYER_RULES)
    too_long = layers.measure_layer()
    if too_long is not None:
        reason = (
            f"{content.name} has a path that is too long below the directory of the layer; shorten"
            " it"
        )
        raise Refusal(too_long, reason, _LAYER_RULES)


def _refused_reason(content: Stream, refused: Stop) -> str:
    name = content.entries.name(refused.position)
    if refused.error == DUPLICATES:
        return f"{content.name} has two entries {name!r}; repack it with each path once"
    return f"the global PAX header {name!r} of {content.name} is not valid; repack it without it"


def _inflated(version: Version, content: Stream) -> Stream:
    if content.compression.kind not in version.decompresses:
        return as_stored(content)
    return content if refused_header(content.compression) is None else without_content(content)


def _stop(version: Version, content: Stream) -> str | None:
    """The error within a stream."""
    stop = content.stop
    if stop == UNEXPECTED_EOF and version.reports_decompression:
        return content.damage or stop
    return stop


def _entry_reason(content: Stream, error: ExtractionError) -> str:
    name = content.entries.name(error.position)
    return f"the entry {name!r} of {content.name} cannot be extracted; repack it without this entry"


def _stop_reason(content: Stream) -> str:
    if content.damage is not None:
        kind = content.compression.kind
        return f"the {kind} stream of {content.name} is damaged; get an intact copy"
    if content.tar is None or not len(content.entries):
        return f"{content.name} is not a tar that this version can read"
    return f"the tar of {content.name} is damaged or truncated; get an intact copy"
