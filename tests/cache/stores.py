"""What the tests of the cache share: caches in directories, results without times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from checker.cache.database import Database
from checker.cache.store import MOST, SqliteLayerCache
from checker.model.entries import COLUMNS, Entries
from checker.reading.layer_cache import LayerFacts, Question
from checker.reports.json_report import render_json
from checker.session import ArchiveSource, Session


class WatchedCache(SqliteLayerCache):
    """A cache for layers of any size, which counts what it is asked.

    Attributes:
        found: Layers that were known.
        stored: Layers that were kept.
    """

    def __init__(self, directory: Path, most: int = MOST) -> None:
        super().__init__(Database(str(directory)), most)
        self.found = self.stored = 0

    def find(self, question: Question, digest: str) -> LayerFacts | None:
        facts = super().find(question, digest)
        self.found += facts is not None
        return facts

    def store(
        self, question: Question, digest: str, head: bytes, size: int, facts: LayerFacts
    ) -> None:
        self.stored += 1
        super().store(question, digest, head, size, facts)


def result_of(session: Session, source: ArchiveSource) -> Any:
    """All that is reported of an archive, without the seconds that it took."""
    return _without_times(json.loads(render_json(session.run([source]))))


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(item) for key, item in value.items() if key != "seconds"}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def columns(entries: Entries) -> dict[str, object]:
    """Everything that entries are made of, with the order of tables."""
    values = {name: getattr(entries, name) for name in (*COLUMNS, "by_path", "repeated")}
    return {
        name: list(value.items()) if isinstance(value, dict) else value
        for name, value in values.items()
    }


def comparable(facts: LayerFacts) -> tuple[object, ...]:
    """Facts in a form in which two of them can be compared."""
    tar = facts.tar._replace(entries=Entries())
    rest = [dict(value) if isinstance(value, Mapping) else value for value in tar[1:]]
    return (facts._replace(tar=None), rest, columns(facts.tar.entries))  # type: ignore[arg-type]
