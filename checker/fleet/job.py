"""What all tasks of a sweep have in common, as it is sent to the workers."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Mapping
from functools import cache

from checker._version import __version__
from checker.cache.version import question_digest, reader_version
from checker.errors import SettingsError
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.plugins import LoadedPlugins
from checker.reading.layer_cache import Question
from checker.records import NamedTuple
from checker.settings import Settings, layered
from checker.settings_file import Origin

SPLIT_FROM = 1 << 30
"""Bytes of the smallest archive whose layers are judged by tasks of their own."""

SHARE_FROM = 1 << 20
"""Bytes of the smallest layer that is looked for in the registry."""

# Settings that change how a sweep runs and is shown, and nothing that it finds.
_OUTSIDE = frozenset({"jobs", "color", "progress", "format", "format-option", "detail"})


class Job(NamedTuple):
    """What a task needs to know besides the object.

    Attributes:
        settings: The tables of the settings, from which each worker makes them.
        registry: URL of the registry of judged layers; None if every layer is read.
        share_from: Bytes of the smallest layer that is looked for in it.
        version: Version of the checker, which has to be that of the workers.
    """

    settings: bytes
    registry: str | None
    share_from: int = SHARE_FROM
    version: str = __version__


def packed(settings: Settings) -> bytes:
    """Settings as they are sent: the tables that they were read from.

    Args:
        settings: The settings, made by ``layered``.
    """
    return pickle.dumps([_plain(origin) for origin in (settings.given, settings.over)])


def _plain(origin: Origin | None) -> tuple[object, ...] | None:
    if origin is None or not origin.file:
        return None
    return (origin.file, _unfrozen(origin.table), dict(origin.lines), origin.directory)


def _unfrozen(value: object) -> object:
    """A value of a settings file without mappings that cannot be sent."""
    if isinstance(value, Mapping):
        return {key: _unfrozen(item) for key, item in value.items()}
    return list(map(_unfrozen, value)) if isinstance(value, list | tuple) else value


def unpacked(data: bytes) -> Settings:
    """The settings that were packed, without baselines, whose files are elsewhere."""
    given, over = pickle.loads(data)  # noqa: S301 - as everything that Dask sends
    file = None if given is None else Origin(*given)
    return layered(file, Origin("", {}) if over is None else Origin(*over)).without_baselines()


def require_version(job: Job) -> None:
    """Make sure that a worker has the version of the checker that began the sweep.

    Raises:
        SettingsError: It has another one.
    """
    if job.version != __version__:
        raise SettingsError(
            f"the worker has archive-checker {__version__}, the sweep {job.version}: install the "
            "same version on all workers"
        )


def fingerprint(settings: Settings, plugins: LoadedPlugins) -> str:
    """What a verdict depends on besides the object: the checker, the plugins, the settings.

    Args:
        settings: The settings.
        plugins: The plugins, with the rules of the policy of the settings, whose files may change.
    """
    versions = sorted((one.distribution, one.version, one.name) for one in plugins.plugins)
    tables = [_unfrozen(one.table) for one in (settings.given, settings.over) if one is not None]
    judging = [
        {key: value for key, value in table.items() if key not in _OUTSIDE}
        for table in tables
        if isinstance(table, dict)
    ]
    stated = sorted(rule.check.stated for rule in plugins.registry if rule.check.stated)
    told = [__version__, versions, judging, *stated]
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def registry_name(plan: ContentPlan, limits: Limits) -> str:
    """The directory of facts that were read by the same code, plan and limits."""
    question = Question(plan, limits, is_sought=True)
    made = hashlib.blake2b(_reader() + question_digest(question), digest_size=8)
    return made.hexdigest()


@cache
def _reader() -> bytes:
    return reader_version()
