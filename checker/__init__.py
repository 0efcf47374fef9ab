"""Checks container image archives. This module is the interface for authors of rules."""

from checker._version import __version__
from checker.checks.check import Check, CheckContext
from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.checks.option import Option
from checker.hookspecs import hookimpl
from checker.model.archive import Archive, Kind
from checker.model.content import ContentRequest
from checker.model.entries import Entry
from checker.model.image import Config, Descriptor, Image, Index, Layer, Manifest
from checker.model.location import Location
from checker.model.rootfs import Placed, Rootfs
from checker.reports.report import Report
from checker.results import CheckedArchive, Run
from checker.verdicts import (
    Classification,
    Engine,
    Host,
    Loadable,
    Question,
    Verdict,
    VerdictOutcome,
)

__all__ = [
    "Archive",
    "Check",
    "CheckContext",
    "CheckedArchive",
    "Classification",
    "Config",
    "ContentRequest",
    "Descriptor",
    "Engine",
    "Entry",
    "Finding",
    "Host",
    "Image",
    "Index",
    "Kind",
    "Layer",
    "Loadable",
    "Location",
    "Manifest",
    "Option",
    "Outcome",
    "Placed",
    "Question",
    "Report",
    "Result",
    "Rootfs",
    "Run",
    "Severity",
    "Verdict",
    "VerdictOutcome",
    "__version__",
    "hookimpl",
]
