"""Checks container image archives. This module is the interface for other programs and plugins.

``check`` and ``classify`` process one archive, a ``Session`` several. Rules, engines and report
formats of plugins use the other names. Each is imported on first use, so that a program imports
only what it uses.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import would be half of the time until `start`
if TYPE_CHECKING:
    from checker._version import __version__
    from checker.checks.check import Check, CheckContext
    from checker.checks.finding import Finding, Outcome, Result, Severity
    from checker.checks.fix import Command, DockerfileEdit, DocumentEdit, Fix
    from checker.checks.option import Option, OptionError
    from checker.commands import PluginCommand
    from checker.errors import CheckerError, PluginError, SettingsError, UnreadableError
    from checker.hookspecs import hookimpl
    from checker.interpretation.kinds.base import Recognizer, Traits
    from checker.model.archive import Archive, Kind, Source
    from checker.model.blob import Blob
    from checker.model.compression import Compression, CompressionKind
    from checker.model.content import ContentRequest
    from checker.model.document import Document
    from checker.model.entries import Entries, Entry
    from checker.model.image import Config, Descriptor, Image, Index, Layer, Manifest
    from checker.model.known_kind import KnownKind
    from checker.model.limits import LimitReached, Limits
    from checker.model.location import Location
    from checker.model.members import Members
    from checker.model.names import Digest, MediaType, Platform, parse_digest
    from checker.model.rootfs import Rootfs, RootfsEntry
    from checker.model.tar import Anomaly, AnomalyKind, Tar
    from checker.policy import Policy
    from checker.reading.meter import Reached
    from checker.reports.report import Report
    from checker.results import CheckedArchive, Plugin, PluginProblem, Run
    from checker.session import ArchiveSource, Progress, Session, check, classify
    from checker.settings import Settings, SettingsSource, Waiver
    from checker.starting.obstacle import Answer, Start
    from checker.verdicts import (
        Classification,
        Decision,
        Engine,
        EngineProfile,
        Evidence,
        Host,
        Loadable,
        Question,
        ReleaseRange,
        Storage,
        Verdict,
        VerdictOutcome,
    )

__all__ = [
    "Anomaly",
    "AnomalyKind",
    "Answer",
    "Archive",
    "ArchiveSource",
    "Blob",
    "Check",
    "CheckContext",
    "CheckedArchive",
    "CheckerError",
    "Classification",
    "Command",
    "Compression",
    "CompressionKind",
    "Config",
    "ContentRequest",
    "Decision",
    "Descriptor",
    "Digest",
    "DockerfileEdit",
    "Document",
    "DocumentEdit",
    "Engine",
    "EngineProfile",
    "Entries",
    "Entry",
    "Evidence",
    "Finding",
    "Fix",
    "Host",
    "Image",
    "Index",
    "Kind",
    "KnownKind",
    "Layer",
    "LimitReached",
    "Limits",
    "Loadable",
    "Location",
    "Manifest",
    "MediaType",
    "Members",
    "Option",
    "OptionError",
    "Outcome",
    "Platform",
    "Plugin",
    "PluginCommand",
    "PluginError",
    "PluginProblem",
    "Policy",
    "Progress",
    "Question",
    "Reached",
    "Recognizer",
    "ReleaseRange",
    "Report",
    "Result",
    "Rootfs",
    "RootfsEntry",
    "Run",
    "Session",
    "Settings",
    "SettingsError",
    "SettingsSource",
    "Severity",
    "Source",
    "Start",
    "Storage",
    "Tar",
    "Traits",
    "UnreadableError",
    "Verdict",
    "VerdictOutcome",
    "Waiver",
    "__version__",
    "check",
    "classify",
    "hookimpl",
    "parse_digest",
]

_EXPORTS = {
    "checker._version": ("__version__",),
    "checker.checks.check": ("Check", "CheckContext"),
    "checker.checks.fix": ("Command", "DockerfileEdit", "DocumentEdit", "Fix"),
    "checker.checks.finding": ("Finding", "Outcome", "Result", "Severity"),
    "checker.checks.option": ("Option", "OptionError"),
    "checker.commands": ("PluginCommand",),
    "checker.errors": ("CheckerError", "PluginError", "SettingsError", "UnreadableError"),
    "checker.hookspecs": ("hookimpl",),
    "checker.interpretation.kinds.base": ("Recognizer", "Traits"),
    "checker.model.archive": ("Archive", "Kind", "Source"),
    "checker.model.blob": ("Blob",),
    "checker.model.compression": ("Compression", "CompressionKind"),
    "checker.model.content": ("ContentRequest",),
    "checker.model.document": ("Document",),
    "checker.model.entries": ("Entries", "Entry"),
    "checker.model.image": ("Config", "Descriptor", "Image", "Index", "Layer", "Manifest"),
    "checker.model.known_kind": ("KnownKind",),
    "checker.model.limits": ("LimitReached", "Limits"),
    "checker.model.location": ("Location",),
    "checker.model.members": ("Members",),
    "checker.model.names": ("Digest", "MediaType", "Platform", "parse_digest"),
    "checker.model.rootfs": ("RootfsEntry", "Rootfs"),
    "checker.model.tar": ("Anomaly", "AnomalyKind", "Tar"),
    "checker.policy": ("Policy",),
    "checker.reading.meter": ("Reached",),
    "checker.reports.report": ("Report",),
    "checker.results": ("CheckedArchive", "Plugin", "PluginProblem", "Run"),
    "checker.session": ("ArchiveSource", "Progress", "Session", "check", "classify"),
    "checker.settings": ("Settings", "SettingsSource", "Waiver"),
    "checker.starting.obstacle": ("Answer", "Start"),
    "checker.verdicts": (
        "Classification",
        "Decision",
        "Engine",
        "EngineProfile",
        "Evidence",
        "Host",
        "Loadable",
        "Question",
        "ReleaseRange",
        "Storage",
        "Verdict",
        "VerdictOutcome",
    ),
}
_HOMES = {name: module for module, names in _EXPORTS.items() for name in names}


if not TYPE_CHECKING:  # a type checker would take every name for one that is there

    def __getattr__(name: str) -> object:
        """Import a name when it is first asked for (PEP 562)."""
        from importlib import import_module

        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(home), name)
        return value


def __dir__() -> list[str]:
    """The names of the interface, imported or not."""
    return sorted({*globals(), *__all__})
