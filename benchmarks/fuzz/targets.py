"""The fuzz targets: functions of bytes that raise what must not be raised.

Whole runs go through the public door. Checksums of tar headers are repaired and digests are
computed before a run, since random bytes would not get past them.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from benchmarks.fuzz import attached, commands, seeds
from benchmarks.fuzz.running import SMALL, FoundError, check_bytes, session, with_checksums
from checker import Session, SettingsError
from checker.importing.engines import ENGINES
from checker.importing.errors import ImportRefusedError
from checker.importing.expressing import express
from checker.model.compression import Compression, CompressionKind
from checker.model.content import ContentPlan
from checker.model.document import Document
from checker.model.names import InvalidReferenceError, parse_digest, parse_reference
from checker.model.tar import Tar
from checker.reading.compression import Inflater, LimitError, detect
from checker.reading.document import read_document
from checker.reading.tar.pax import PaxError, parse_pax
from checker.reading.tar.walker import TarWalker
from checker.settings import load_settings
from checker.testing.archive import build
from checker.testing.image import Image, sample_image
from checker.testing.tar import Member, write_tar
from checker_engines.golang.json import ANYTHING, GoJsonError, decode_document, decode_first
from checker_engines.golang.time import old_time_error, time_error
from checker_hygiene.secrets import suspect, suspect_text


class Target(NamedTuple):
    """A fuzz target.

    Attributes:
        run: Takes any bytes; what it raises is a find.
        seeds: The first inputs.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]


def whole(data: bytes) -> None:
    """A whole archive."""
    check_bytes(with_checksums(data))


def layer(data: bytes) -> None:
    """A layer on top of another one, in two kinds of archives."""
    base = sample_image().layers[0]
    image = Image(layers=(base, with_checksums(data)))
    kind = "oci-archive" if len(data) % 2 else "docker-archive"
    check_bytes(build(kind, image).tar())


_SLOTS: Final = ("config", "manifest", "manifest.json", "index.json", "oci-layout", "repositories")


def documents(data: bytes) -> None:
    """A document of an image; the first byte says which."""
    slot, document = _SLOTS[data[0] % len(_SLOTS)] if data else _SLOTS[0], data[1:]
    image = sample_image()
    if slot == "config":
        image = Image(layers=image.layers, config_bytes=document)
    elif slot == "manifest":
        image = Image(layers=image.layers, manifest_bytes=document)
    archive = build("docker-oci-archive", image)
    members = tuple(
        Member(member.name, document) if member.name == slot else member
        for member in archive.members
    )
    check_bytes(write_tar(members))


def tar(data: bytes) -> None:
    """The tar walker gives the same for pieces of any size."""
    repaired = with_checksums(data)
    _require_equal(_walk(repaired, len(repaired) or 1), _walk(repaired, 7 + len(data) % 1000))


def _walk(data: bytes, size: int) -> tuple[object, ...]:
    walker = TarWalker(SMALL, ContentPlan())
    for piece in _pieces(data, size):
        walker.feed(piece)
    return _facts(walker.finish())


def _facts(found: Tar) -> tuple[object, ...]:
    return (tuple(found.entries), found.anomalies, found.limits, found.size)


def compression(data: bytes) -> None:
    """Decompression gives the same for pieces of any size."""
    kind = detect(data[:16])
    kind = CompressionKind.GZIP if kind is CompressionKind.NONE else kind
    _require_equal(_inflate(data, kind, len(data) or 1), _inflate(data, kind, 1 + len(data) % 97))


def _inflate(data: bytes, kind: CompressionKind, size: int) -> tuple[bytes, Compression] | None:
    inflater = Inflater(kind, SMALL)
    found = bytearray()
    try:
        for piece in inflater.inflate(_pieces(data, size)):
            found += piece
    except LimitError:
        return None
    return bytes(found), inflater.finish()


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[start : start + size] for start in range(0, len(data), size))


def _require_equal(one: object, other: object) -> None:
    if one != other:
        raise FoundError(f"differ for other pieces:\n{one!r}\n{other!r}"[:4000])


def pax(data: bytes) -> None:
    """The records of a PAX header."""
    with contextlib.suppress(PaxError):
        parse_pax(data)


def json_document(data: bytes) -> None:
    """A JSON document, read by the core and as Go reads it."""
    try:
        document = read_document(data, SMALL)
    except LimitError:
        document = Document(raw=data)
    _require_offsets(document, len(data))
    for decode in (decode_document, decode_first):
        try:
            decode(data, ANYTHING)
        except GoJsonError as error:
            str(error).encode()


def _require_offsets(document: Document, size: int) -> None:
    for offset in (document.error_offset, document.not_utf8, document.trailing):
        if offset is not None and not 0 <= offset <= size:
            raise FoundError(f"offset {offset} of {size} bytes")


def reference(data: bytes) -> None:
    """A reference and a digest."""
    text = data.decode("utf-8", "surrogateescape")
    parse_digest(text)
    try:
        parse_reference(text)
    except InvalidReferenceError as error:
        str(error)


def changes(data: bytes) -> None:
    """Options of an import, one after each NUL, and the settings that they make as options."""
    texts = data.decode("utf-8", "surrogateescape").split("\0")
    for engine in ENGINES:
        with contextlib.suppress(ImportRefusedError):
            config = engine.apply(texts)
            made = engine.apply(express(config, engine).changes)
            if not made.settings().keys() <= config.settings().keys():
                raise FoundError(f"{engine.name} sets more than was asked for: {made}")


def time(data: bytes) -> None:
    """A timestamp, as old and new versions of Go parse it."""
    text = data.decode("utf-8", "surrogateescape")
    time_error(text)
    old_time_error(text)


def history(data: bytes) -> None:
    """A step of the build history, with the settings of a config, in an image."""
    text = data.decode("utf-8", "replace")
    words = text.split("\0")
    name, value = text.partition("=")[::2]
    suspect(name, value)
    suspect_text(text)
    image = Image(
        layers=sample_image().layers,
        config={
            "config": {
                "Env": words,
                "Cmd": words,
                "User": words[0],
                "Labels": dict(pairwise(words)),
                "Healthcheck": {"Test": words},
            },
            "history": [{"created_by": word} for word in words],
        },
    )
    check_bytes(build("oci-archive", image).tar())


def settings(data: bytes) -> None:
    """A settings file, and a session with it."""
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        try:
            Session(load_settings(file.name), plugins=session().plugins)
        except SettingsError as error:
            if "\n" in str(error) or os.path.basename(file.name) not in str(error):
                raise FoundError(str(error)) from error


TARGETS: Final = {
    "whole": Target(whole, seeds.archives),
    "layer": Target(layer, seeds.layers),
    "documents": Target(documents, seeds.slots),
    "history": Target(history, seeds.steps),
    "show": Target(commands.show, seeds.archives),
    "compare": Target(commands.compare_with_itself_and_others, seeds.numbered_archives),
    "convert": Target(commands.convert, seeds.numbered_archives),
    "import-plan": Target(commands.import_plan, seeds.numbered_archives),
    "directory": Target(commands.directory, seeds.trees),
    "tar": Target(tar, seeds.tars),
    "compression": Target(compression, seeds.compressed),
    "pax": Target(pax, seeds.pax_bodies),
    "json": Target(json_document, seeds.json_texts),
    "attached": Target(attached.attached, attached.seeds),
    "reference": Target(reference, seeds.references),
    "changes": Target(changes, seeds.changes),
    "time": Target(time, seeds.times),
    "settings": Target(settings, seeds.settings_files),
}
"""The targets by name."""
