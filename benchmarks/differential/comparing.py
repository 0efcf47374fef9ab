"""Compares the predictions of the profiles with the results of the engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.differential.containerd_client import NAME_MOVES
from benchmarks.differential.engines import HANGS, Installed, Real
from benchmarks.differential.making import Sample
from benchmarks.engines.host import Host
from benchmarks.masking import masked
from checker.plugins import load_plugins
from checker.session import Session
from checker.settings import Settings
from checker.verdicts import Host as CheckedHost
from checker.verdicts import Verdict, VerdictOutcome
from checker_engines.answers.conditions import (
    COMPRESSED_THRICE,
    LAYER_COMPRESSED_TWICE,
    OTHER_FORMAT,
)


class Comparison(NamedTuple):
    """An archive, an engine, and both sides.

    Attributes:
        seed: The archive's seed.
        title: The engine and its action.
        real: The result of the engine.
        verdict: The prediction.
        explained: Why the outcome cannot be predicted; None if it can, or if both agree.
    """

    seed: str
    title: str
    real: Real
    verdict: Verdict
    explained: str | None = None

    @property
    def is_outcome_same(self) -> bool:
        """Whether the outcomes agree."""
        return agree(self.real.outcome, self.verdict.outcome)

    @property
    def is_message_same(self) -> bool:
        """Whether the messages of a predicted refusal agree."""
        return masked(self.real.message) == masked(self.verdict.message or "")

    @property
    def differs_in_words(self) -> bool:
        """Whether the engine refuses the archive with another message than the predicted one."""
        return self.real.outcome is VerdictOutcome.REJECTS and not self.is_message_same


def agree(real: VerdictOutcome, foretold: VerdictOutcome) -> bool:
    """Whether a verdict matches the result of the engine.

    If an image is in the store, only the verdict states whether it is unusable.
    """
    if real is VerdictOutcome.ACCEPTS:
        return foretold is not VerdictOutcome.REJECTS
    return real is foretold


def compare(
    sample: Sample,
    path: Path,
    engines: Iterable[Installed],
    host: Host,
    checked: CheckedHost | None = None,
) -> Iterator[Comparison]:
    """Load an archive with every engine.

    Args:
        sample: The archive.
        path: Its path, below the directory of the host.
        engines: The engines.
        host: The host that they run on.
        checked: The host of the verdicts, if it is more than a kind of storage.
    """
    asked = tuple(engines)
    plugins = load_plugins()._replace(engines=tuple(engine.judge for engine in asked))
    settings = Settings(host=checked or CheckedHost(storage=host.docker.storage))
    classified = Session(settings, plugins=plugins, whole_digest=True).classify(path)
    if classified.crashes:
        raise RuntimeError(f"{sample.seed}: {classified.crashes[0]}")
    verdicts = {(verdict.engine, verdict.action): verdict for verdict in classified.verdicts}
    for engine in asked:
        verdict = verdicts.get((engine.judge.name, engine.judge.action))
        if verdict is None:
            continue  # it reads directories alone
        real = engine.take(host, path)
        if not agree(real.outcome, verdict.outcome):
            # containerd sometimes removes what nothing refers to yet, while it still imports.
            real = engine.take(host, path)
        comparison = Comparison(sample.seed, engine.title, real, verdict)
        if not comparison.is_outcome_same:
            comparison = comparison._replace(explained=_explanation(comparison))
        yield comparison


def _explanation(comparison: Comparison) -> str | None:
    return next((reason for explains, reason in EXPLAINED if explains(comparison)), None)


def _is_layer_compressed_twice(comparison: Comparison) -> bool:
    return LAYER_COMPRESSED_TWICE in comparison.verdict.conditions


def _is_compressed_thrice(comparison: Comparison) -> bool:
    return COMPRESSED_THRICE in comparison.verdict.conditions


def _is_of_other_format(comparison: Comparison) -> bool:
    return OTHER_FORMAT in comparison.verdict.conditions


def _is_name_moved(comparison: Comparison) -> bool:
    return NAME_MOVES in comparison.verdict.conditions


def _is_slow(comparison: Comparison) -> bool:
    verdict = comparison.verdict.outcome
    return comparison.real.message == HANGS and verdict is not VerdictOutcome.REJECTS


EXPLAINED: tuple[tuple[Callable[[Comparison], bool], str], ...] = (
    (
        _is_layer_compressed_twice,
        "a layer is compressed twice, of which one compression is removed here",
    ),
    (
        _is_compressed_thrice,
        "the archive is compressed three times, of which two compressions are removed here",
    ),
    (_is_of_other_format, "the file has a format that bsdtar reads, and that is not read here"),
    (
        _is_name_moved,
        "an image whose name another one takes can be removed before it is unpacked",
    ),
    (_is_slow, "the engine still worked on it when its time was over"),
)
"""Known differences of outcome, and their causes."""
