"""The conversion of one archive, from the facts to a file that is checked."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from checker.conversion.choosing import choose
from checker.conversion.compressing import compressed
from checker.conversion.copying import write_chunks
from checker.conversion.dir_layout import with_images
from checker.conversion.docker_archive import write_docker_archive
from checker.conversion.images import (
    Candidate,
    candidates,
    no_image,
    root_layers,
    source_image,
)
from checker.conversion.left_out import without_manifests
from checker.conversion.oci_layout import write_oci_layout
from checker.conversion.output import new_directory, new_file, publish_directory
from checker.conversion.records import ConversionError, Form, LeftOut, Request, Written
from checker.conversion.root_settings import root_settings
from checker.conversion.rootfs import write_rootfs
from checker.conversion.roots import check_root, write_root, write_root_image
from checker.conversion.sinks import DirectorySink, Sink, TarSink
from checker.conversion.watching import watched
from checker.model.archive import Kind, Source
from checker.model.compression import CompressionKind
from checker.model.entries import Span
from checker.model.rootfs import Rootfs
from checker.reading.meter import SILENT, Meter
from checker.reading.opened import OpenArchive, TarBytes
from checker.typing_names import BinaryIO, TypeAlias

Verify: TypeAlias = "Callable[[str | BinaryIO], None]"
"""Checks what was written: the path of a directory, or a file object. Raises ConversionError."""


def convert(
    opened: OpenArchive,
    target: str,
    request: Request,
    verify: Verify,
    meter: Meter = SILENT,
) -> Written:
    """Convert an archive that is open.

    Args:
        opened: The source.
        target: Path of what is written; ``-`` for standard output.
        request: What is asked for.
        verify: Checks the result before it gets its name.
        meter: Counts what is written.

    Raises:
        ConversionError: The archive cannot be converted, the form cannot hold something and the
            request is strict, or the result has errors.
        SelectionError: The request does not choose what can be converted.
        OSError: It cannot be written.
    """
    if request.form is Form.OCI_LAYOUT:
        with new_directory(target) as temporary:
            sink = DirectorySink(temporary)
            try:
                written = _write_images(opened, request, sink, meter)
            finally:
                sink.close()
            _check_strict(written, request)
            verify(temporary)
            publish_directory(temporary, target)
        return written
    with new_file(target) as new:
        written = _write_file(opened, request, new.file, meter)
        _check_strict(written, request)
        with open(os.dup(new.file), "rb") as file:
            file.seek(0)
            verify(file)
        new.publish(meter)
    return written


def _write_file(opened: OpenArchive, request: Request, target: int, meter: Meter) -> Written:
    if request.form is Form.ROOTFS:
        return _write_flat(opened, request, target, meter)
    tar = TarSink(target, request.epoch or 0)
    written = _write_images(opened, request, tar, meter)
    tar.close()
    return written


def _check_strict(written: Written, request: Request) -> None:
    if request.is_strict and written.left_out:
        first, *others = written.left_out
        more = f" (and {len(others)} more)" if others else ""
        raise ConversionError(f"--strict: {request.form} cannot hold {first.detail}{more}")


def _found(opened: OpenArchive) -> tuple[Candidate, ...]:
    """The images of an archive.

    Raises:
        ConversionError: There are none.
    """
    opened.archive = with_images(opened.archive)
    found = candidates(opened.archive)
    if not found:
        raise no_image(opened.archive)
    return found


def _write_images(opened: OpenArchive, request: Request, sink: Sink, meter: Meter) -> Written:
    if opened.archive.kind is Kind.ROOTFS:
        check_root(opened.archive)
        with _root_layer(opened, request, meter) as layer:
            root = root_settings(opened, layer, request)
            with watched(sink.size, meter):
                return write_root_image(request, root, sink, layer)
    choice = choose(_found(opened), request)
    write = write_oci_layout if request.form.has_oci_layout else write_docker_archive
    with watched(sink.size, meter):
        return write(opened, choice, request, sink)


@contextmanager
def _root_layer(opened: OpenArchive, request: Request, meter: Meter) -> Iterator[TarBytes]:
    """A root filesystem as a tar that becomes a layer: itself, unless something surrounds it."""
    tar = opened.archive.tar
    is_tar = opened.archive.source is not Source.DIRECTORY
    if is_tar and not opened.directory and tar.end is not None and not tar.after_end:
        yield opened.tar_bytes()
        return
    with tempfile.TemporaryFile(prefix="checker-") as file:
        with watched(partial(_size_of, file.fileno()), meter):
            write_root(opened, file.fileno(), request)
        yield TarBytes(file.fileno(), Span(0, _size_of(file.fileno())))


def _size_of(file: int) -> int:
    return os.fstat(file).st_size


def _write_flat(opened: OpenArchive, request: Request, target: int, meter: Meter) -> Written:
    """Write a flat root, compressed if that was asked for."""
    kind = request.compression or CompressionKind.NONE
    if kind is CompressionKind.NONE:
        with watched(partial(_size_of, target), meter):
            return _write_plain_root(opened, request, target)
    with tempfile.TemporaryFile(prefix="checker-") as file:
        with watched(partial(_size_of, file.fileno()), meter):
            written = _write_plain_root(opened, request, file.fileno())
        whole = TarBytes(file.fileno(), Span(0, _size_of(file.fileno())))
        with watched(partial(_size_of, target), meter):
            write_chunks(target, compressed(whole.chunks(), kind))
    return written


def _write_plain_root(opened: OpenArchive, request: Request, target: int) -> Written:
    if opened.archive.kind is Kind.ROOTFS:
        return Written((), (), write_root(opened, target, request))
    choice = choose(_found(opened), request)
    (chosen,) = choice.for_docker
    image = source_image(opened, chosen)
    layers = root_layers(opened.archive, image)
    root = Rootfs(opened.archive.location, layers, lookups=sys.maxsize)
    entries = write_rootfs(opened, root, target, request.epoch or 0)
    lost: Iterable[LeftOut] = without_manifests(opened.archive, [image])
    config = LeftOut("config", f"{image.label}: the config (Cmd, Env and so on) and its history")
    return Written((), (*choice.left_out, config, *lost), entries)
