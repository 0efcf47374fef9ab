"""Reports: what a run found, in the formats that people and pipelines read."""

from checker.reports.report import Report

__all__ = ["Report"]
