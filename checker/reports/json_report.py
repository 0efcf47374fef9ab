r"""The JSON report for programs, version 1, frozen except for additions.

Every key is always present, with null for unknown values. The text is ASCII: other characters
are written as JSON escapes, so that a name from an archive cannot reach a terminal raw; bytes that
are not UTF-8, which JSON cannot represent, are spelled out (``\xff``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from checker.checks.finding import Finding, Result, Severity
from checker.checks.fix import Command, DockerfileEdit, DocumentEdit, Fix
from checker.contents.signatures import signature_facts
from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.damage import (
    Characters,
    Damage,
    EncodedArchive,
    LeadingData,
    LineEndings,
    OtherFormat,
    Piece,
    SavedText,
    Unwritten,
)
from checker.model.image import Image, Layer
from checker.model.location import Location
from checker.reports.printable import without_surrogates
from checker.results import (
    AppliedBaseline,
    AppliedSettings,
    CheckedArchive,
    Plugin,
    PluginProblem,
    Run,
)
from checker.starting.obstacle import Start
from checker.verdicts import Classification, Verdict

VERSION = 1
TOOL = "archive-checker"
_MICROSECONDS = 6
_DAMAGE_KINDS: Mapping[type, str] = {
    LeadingData: "leading-text",
    LineEndings: "converted-line-endings",
    Characters: "converted-characters",
    EncodedArchive: "archive-as-text",
    SavedText: "saved-text",
    Piece: "piece-of-split-file",
    OtherFormat: "other-format",
    Unwritten: "unwritten-data",
}

Object = dict[str, object]


def render_json(run: Run) -> str:
    """The report as one JSON object, indented by two spaces, with a final line end."""
    return json_text(_run(run))


def archive_document(checked: CheckedArchive) -> Object:
    """One archive that was checked, as the report has it."""
    return _checked(checked)


def json_text(value: object) -> str:
    """A value as indented JSON in ASCII, with a final line end."""
    return without_marks(json.dumps(encodable(value), indent=2) + "\n")


def without_marks(text: str) -> str:
    """JSON without what CI systems take for the start of a command; only strings contain it."""
    return text.replace("##", "#\\u0023")


def encodable(value: object) -> object:
    """A value with what JSON cannot represent spelled out in every text."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, Mapping):
        return {key: encodable(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [encodable(item) for item in value]
    return value


def _run(run: Run) -> Object:
    archive = _checked if run.command == "check" else _classified
    return {
        "version": VERSION,
        "tool": {
            "name": TOOL,
            "version": run.version,
            "plugins": [_plugin(plugin) for plugin in run.plugins],
        },
        "problems": [_problem(problem) for problem in run.problems],
        "archives": [archive(checked) for checked in run.archives],
        "summary": {
            "archives": len(run.archives),
            "errors": run.number_of(Severity.ERROR),
            "warnings": run.number_of(Severity.WARNING),
            "notes": run.number_of(Severity.NOTE),
            "waived": sum(finding.waived is not None for finding in run.findings),
            "in_baseline": sum(finding.in_baseline for finding in run.findings),
            "crashes": run.crashes,
        },
        "exit_code": run.exit_code,
        "settings": None if run.settings is None else _settings(run.settings),
        "waiver_findings": [_finding(finding) for finding in run.waiver_findings],
        "baseline": None if run.baseline is None else _baseline(run.baseline),
    }


def _settings(settings: AppliedSettings) -> Object:
    return {"file": settings.file, "changes": settings.changes}


def _baseline(baseline: AppliedBaseline) -> Object:
    return {
        "file": baseline.file,
        "known": baseline.known,
        "gone": [entry._asdict() for entry in baseline.gone],
    }


def _plugin(plugin: Plugin) -> Object:
    return {"name": plugin.name, "version": plugin.version, "dist": plugin.distribution}


def _problem(problem: PluginProblem) -> Object:
    return {
        "name": problem.name,
        "version": problem.version,
        "dist": problem.distribution,
        "message": problem.message,
    }


def _checked(checked: CheckedArchive) -> Object:
    return {
        **_facts(checked),
        "findings": [_finding(finding) for finding in checked.findings],
        "results": [_result(result) for result in checked.results],
        **_reading(checked),
    }


def _classified(checked: CheckedArchive) -> Object:
    return {**_facts(checked), **_reading(checked)}


def _facts(checked: CheckedArchive) -> Object:
    archive, found = checked.archive, checked.classification
    told = frozenset(finding.rule for finding in checked.findings)
    return {
        "path": checked.path,
        "kind": None if archive is None else archive.kind,
        "known_kind": None if archive is None else _known_kind(archive),
        "damage": None if archive is None else _damage(archive.damage),
        "producer": None if found is None else found.producer,
        "compression": None if archive is None else archive.compression.kind,
        "size": None if archive is None else archive.size,
        "sha256": None if archive is None else archive.sha256,
        **_way_back(found),
        "images": [] if archive is None else _images(archive.images, checked.starts),
        "verdicts": [_verdict(verdict, told) for verdict in checked.verdicts],
        "readers": [_verdict(verdict, told) for verdict in checked.reader_verdicts],
        "signatures": [signature_facts(each)._asdict() for each in checked.signatures],
        "starts": None if archive is None else _root_start(archive, checked.starts),
    }


def _known_kind(archive: Archive) -> Object | None:
    """What an archive without images is recognised as."""
    known = archive.known_kind
    if known is None:
        return None
    return {"name": known.name, "title": known.title, "readers": known.readers}


def _damage(damage: Damage | None) -> Object | None:
    """What happened to the file, where it is not a sound archive and the cause is recognized."""
    if damage is None:
        return None
    return {
        "kind": _DAMAGE_KINDS[type(damage)],
        "summary": damage.summary,
        "offset": _damage_offset(damage),
        "leading_bytes": damage.size if isinstance(damage, LeadingData) else None,
        "quote": _damage_quote(damage),
        "within": getattr(damage, "within", CompressionKind.NONE),
    }


def _damage_offset(damage: Damage) -> int | None:
    """The first byte that shows it; None if no single place does."""
    if isinstance(damage, LineEndings | Characters):
        return damage.offset
    return 0 if isinstance(damage, LeadingData | Unwritten) else None


def _damage_quote(damage: Damage) -> str | None:
    """What the file says of itself."""
    if isinstance(damage, LeadingData):
        return damage.text
    if isinstance(damage, SavedText):
        return damage.quote
    return damage.detail or None if isinstance(damage, OtherFormat) else None


def _way_back(found: Classification | None) -> Object:
    if found is None:
        keys = ("loadable", "importable", "keeps_layers", "keeps_metadata", "restore", "conversion")
        return dict.fromkeys(keys)
    return {
        "loadable": found.loadable,
        "importable": "yes" if found.importable else "no",
        "keeps_layers": found.keeps_layers,
        "keeps_metadata": found.keeps_metadata,
        "restore": found.restore,
        "conversion": found.conversion,
    }


def _reading(checked: CheckedArchive) -> Object:
    """The facts about reading."""
    return {
        "error": checked.error,
        "crashes": checked.crashes,
        "stats": _stats(checked.archive),
    }


def _images(images: Sequence[Image], starts: Sequence[Start]) -> list[Object]:
    return [_image(image, start) for image, start in zip_longest(images, starts[: len(images)])]


def _root_start(archive: Archive, starts: Sequence[Start]) -> Object | None:
    """Whether a container of a root filesystem starts; images have their own answers."""
    return _start(starts[0]) if starts and not archive.images else None


def _start(start: Start) -> Object:
    return {
        "answer": start.answer,
        "reason": start.reason,
        "message": start.message or None,
        "command": start.command,
        "cause": start.cause,
    }


def _image(image: Image, start: Start | None) -> Object:
    return {
        "names": image.names,
        "digest": image.digest,
        "platform": None if image.platform is None else str(image.platform),
        "layers": [_layer(layer) for layer in image.layers],
        "starts": None if start is None else _start(start),
    }


def _layer(layer: Layer) -> Object:
    descriptor, blob = layer.descriptor, layer.blob
    return {
        "digest": _first(descriptor and descriptor.digest_text, blob and blob.digest),
        "diff_id": layer.diff_id,
        "media_type": descriptor and descriptor.media_type,
        "size": _first(blob and blob.size, descriptor and descriptor.size),
        "uncompressed_size": blob.inflated_size if blob is not None and blob.whole else None,
        "entries": None if blob is None else blob.entry_count,
    }


def _first(*values: object) -> object:
    return next((value for value in values if value is not None), None)


def _verdict(verdict: Verdict, told: frozenset[str]) -> Object:
    """A verdict; of the rules that can explain it, those with findings."""
    return {
        "engine": verdict.engine,
        "action": verdict.action,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "message": verdict.message,
        "conditions": verdict.conditions,
        "rules": [rule for rule in verdict.rules if rule in told],
        "command": verdict.command,
    }


def _finding(finding: Finding) -> Object:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "location": _location(finding.location),
        "related": [_location(location) for location in finding.related],
        "fix": None if finding.fix is None else finding.fix.text,
        "fix_record": None if finding.fix is None else _fix(finding.fix),
        "waived": finding.waived,
        "in_baseline": finding.in_baseline,
    }


def _fix(fix: Fix) -> Object:
    change = fix.change
    return {
        "title": fix.title,
        "command": change.line if isinstance(change, Command) else None,
        "dockerfile": change.instructions if isinstance(change, DockerfileEdit) else None,
        "edit": change._asdict() if isinstance(change, DocumentEdit) else None,
    }


def _location(location: Location) -> Object:
    """All fields except the archive, whose path is in the parent."""
    return {
        "member": location.member,
        "offset": location.offset,
        "digest": location.digest,
        "image": location.image,
        "layer": location.layer,
        "path": location.path,
        "pointer": location.pointer,
    }


def _result(result: Result) -> Object:
    return {
        "rule": result.rule,
        "outcome": result.outcome,
        "seconds": round(result.seconds, _MICROSECONDS),
        "reason": result.reason,
        "traceback": result.traceback,
    }


def _stats(archive: Archive | None) -> Object:
    if archive is None:
        return dict.fromkeys(("bytes_read", "bytes_inflated", "entries", "seconds"))
    stats = archive.stats
    return {
        "bytes_read": stats.bytes_read,
        "bytes_inflated": stats.bytes_inflated,
        "entries": stats.entries,
        "seconds": round(stats.seconds, _MICROSECONDS),
    }
