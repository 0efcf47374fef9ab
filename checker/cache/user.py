"""The cache of the user, which is opened only when there is a layer that is worth it."""

from __future__ import annotations

from functools import cached_property

from checker.reading.layer_cache import LayerFacts, Question
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cache.store import SqliteLayerCache

# To open the database takes as long as to decompress a layer of 2 MiB. A plain one of a few files
# is read as fast as it is hashed.
_LEAST_COMPRESSED = 2 << 20
_LEAST_PLAIN = 16 << 20


class UserCache:
    """Keeps facts of layers in the cache directory of the user; see ``LayerCache``."""

    def is_worth(self, size: int, *, is_compressed: bool) -> bool:
        """Whether a layer of so many bytes is looked up and kept."""
        return size >= (_LEAST_COMPRESSED if is_compressed else _LEAST_PLAIN)

    def may_have(self, question: Question, size: int, head: bytes) -> bool:
        """Whether a layer of this size that begins with these bytes may be known."""
        return self._store.may_have(question, size, head)

    def find(self, question: Question, digest: str) -> LayerFacts | None:
        """What is known of a layer."""
        return self._store.find(question, digest)

    def store(
        self, question: Question, digest: str, head: bytes, size: int, facts: LayerFacts
    ) -> None:
        """Keep what a reading showed."""
        self._store.store(question, digest, head, size, facts)

    @cached_property
    def _store(self) -> SqliteLayerCache:
        # Imported here, as most archives need no database.
        from checker.cache.database import Database
        from checker.cache.store import SqliteLayerCache

        return SqliteLayerCache(Database())
