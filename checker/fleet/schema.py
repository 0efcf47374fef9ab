"""The tables of the results: their columns, in order, with types and meaning.

The Parquet files, the rows and ``docs/fleet.md`` follow this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from checker.records import NamedTuple

VERSION = 1
"""Version of the schema; it changes by additions only."""


class Type(StrEnum):
    """The type of a column. All but texts that are keys may be null."""

    TEXT = "string"
    TEXTS = "list<string>"
    NUMBER = "int64"
    REAL = "float64"
    TRUTH = "bool"
    TIME = "timestamp[us, UTC]"


class Column(NamedTuple):
    """One column.

    Attributes:
        name: Its name.
        type: Its type.
        meaning: What it says.
    """

    name: str
    type: Type
    meaning: str


class State(StrEnum):
    """What became of an object."""

    CHECKED = "checked"
    UNREADABLE = "unreadable"
    CHANGED = "changed"
    FAILED = "failed"
    GONE = "gone"


_KEYS = (
    Column("check", Type.TEXT, "the check that the row is of: the same in all tables"),
    Column("url", Type.TEXT, "the object"),
)

ARCHIVES = (
    *_KEYS,
    Column("source", Type.TEXT, "the SOURCE that it was found by"),
    Column("state", Type.TEXT, "`checked`, `unreadable`, `changed`, `failed` or `gone`"),
    Column("error", Type.TEXT, "why it is not checked, or not completely"),
    Column("passes", Type.TRUTH, "whether it was checked completely, without findings that fail"),
    Column("size", Type.NUMBER, "bytes of the object"),
    Column("etag", Type.TEXT, "its ETag, if the store has one"),
    Column("modified", Type.TEXT, "when it was modified, as the store says"),
    Column("fingerprint", Type.TEXT, "of the checker, the plugins and the settings"),
    Column("version", Type.TEXT, "version of the checker"),
    Column("checked_at", Type.TIME, "when the check ended"),
    Column("kind", Type.TEXT, "kind of the archive, such as `docker-archive`"),
    Column("producer", Type.TEXT, "the tool that wrote it"),
    Column("compression", Type.TEXT, "how the whole file is compressed"),
    Column("loadable", Type.TEXT, "`yes`, `depends` or `no`"),
    Column("importable", Type.TRUTH, "whether an import makes a usable image"),
    Column("restore", Type.TEXT, "the command that restores it"),
    Column("errors", Type.NUMBER, "findings that are errors, without those that are waived"),
    Column("warnings", Type.NUMBER, "the same for warnings"),
    Column("notes", Type.NUMBER, "the same for notes"),
    Column("waived", Type.NUMBER, "findings that are waived"),
    Column("images", Type.NUMBER, "images in it"),
    Column("entries", Type.NUMBER, "entries of all tars in it"),
    Column("shared_layers", Type.NUMBER, "layers that were not read, as they were known"),
    Column("shared_bytes", Type.NUMBER, "bytes of these layers"),
    Column("requests", Type.NUMBER, "requests for ranges of the object"),
    Column("fetched", Type.NUMBER, "bytes that they fetched"),
    Column("seconds", Type.REAL, "time of the check"),
)
IMAGES = (
    *_KEYS,
    Column("image", Type.NUMBER, "position in the archive"),
    Column("names", Type.TEXTS, "its names"),
    Column("digest", Type.TEXT, "digest of its manifest or config"),
    Column("platform", Type.TEXT, "such as `linux/amd64`"),
    Column("layers", Type.NUMBER, "number of its layers"),
    Column("starts", Type.TEXT, "whether a container starts: `yes`, `no` or `unknown`"),
    Column("starts_reason", Type.TEXT, "why"),
)
LAYERS = (
    *_KEYS,
    Column("image", Type.NUMBER, "position of the image in the archive"),
    Column("layer", Type.NUMBER, "position in the image, 0 for the base"),
    Column("digest", Type.TEXT, "digest of the blob"),
    Column("diff_id", Type.TEXT, "digest of the content, uncompressed"),
    Column("media_type", Type.TEXT, "media type, if a descriptor gives it"),
    Column("size", Type.NUMBER, "bytes as stored"),
    Column("uncompressed_size", Type.NUMBER, "bytes uncompressed"),
    Column("entries", Type.NUMBER, "number of its entries"),
)
FINDINGS = (
    *_KEYS,
    Column("rule", Type.TEXT, "ID of the rule"),
    Column("name", Type.TEXT, "name of the rule"),
    Column("severity", Type.TEXT, "`error`, `warning` or `note`"),
    Column("message", Type.TEXT, "what is wrong"),
    Column("member", Type.TEXT, "member of the archive"),
    Column("offset", Type.NUMBER, "byte offset"),
    Column("digest", Type.TEXT, "digest of the blob"),
    Column("image", Type.TEXT, "name of the image, else its digest"),
    Column("layer", Type.NUMBER, "position of the layer"),
    Column("path", Type.TEXT, "path in the root filesystem or layer"),
    Column("pointer", Type.TEXT, "JSON pointer into the document"),
    Column("fix", Type.TEXT, "what to do about it"),
    Column("waived", Type.TEXT, "reason of the waiver that covers it"),
)
VERDICTS = (
    *_KEYS,
    Column("engine", Type.TEXT, "engine profile, such as `docker-28`"),
    Column("action", Type.TEXT, "such as `load`"),
    Column("outcome", Type.TEXT, "`accepts`, `accepts-broken` or `rejects`"),
    Column("reason", Type.TEXT, "why"),
    Column("message", Type.TEXT, "what the engine would print"),
    Column("conditions", Type.TEXTS, "what the outcome depends on"),
)

ARCHIVE_TABLE = "archives"
TABLES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "images": IMAGES,
        "layers": LAYERS,
        "findings": FINDINGS,
        "verdicts": VERDICTS,
        ARCHIVE_TABLE: ARCHIVES,
    }
)
"""The tables in the order in which they are written: a check counts once its archive is there."""
