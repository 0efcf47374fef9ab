"""What decides the outcome in scanners and viewers."""

from __future__ import annotations

from collections.abc import Sequence

from checker.verdicts import Decision


def dive() -> Sequence[Decision]:
    """The steps of ``dive docker-archive://``."""
    return (
        Decision("compression", "the archive must not be compressed; it must be read to its end"),
        Decision(
            "files",
            "what a file is follows from its name: a layer ends with `.tar`, `.tar.gz` or `tgz`, a "
            "document with `.json` or begins with `sha256:`; below `blobs/`, tars, also with gzip "
            "or zstd, are layers, and JSON is a document; links have no content there",
        ),
        Decision(
            "`manifest.json`",
            "its first image is shown; `index.json` is not read: without `manifest.json`, all "
            "layers of the archive are shown in any order, which is reported as broken",
        ),
        Decision(
            "config",
            "must decode, and `history` must not have more layers than `rootfs.diff_ids`; else "
            "dive crashes",
        ),
        Decision(
            "layers",
            "must be tars without PAX global headers; digests are not compared; every whiteout "
            "must hide a path of a lower layer, unless `--ignore-errors` is given",
        ),
    )


def stereoscope(form: str) -> Sequence[Decision]:
    """The steps of syft and grype.

    Args:
        form: The form that is read, such as ``oci-archive``.
    """
    return (*_OPENING[form], *_LAYERS)


_LAYOUT = (
    Decision(
        "images",
        "`index.json` and indexes in it must decode, and all manifests must be there; attestations "
        "are left out; of several images the one of `linux` and the architecture of the host is "
        "scanned, by the platform of its descriptor: there must be exactly one",
    ),
    Decision(
        "names",
        "`oci-layout` is not read; names in `index.json` are not used",
    ),
    Decision("config", "must decode"),
)
_OPENING = {
    "docker-archive": (
        Decision(
            "compression",
            "the archive must not be compressed; layers may be, with gzip or zstd: the first one "
            "decides for all of them",
        ),
        Decision(
            "`manifest.json`",
            "its first JSON value is a list of exactly one image; `index.json` is not read; valid "
            "names are shown",
        ),
        Decision(
            "config and layers",
            "the config must decode; every listed layer must be there; compressed layers must not "
            "be more than diff_ids, of others there must be one for each diff_id",
        ),
    ),
    "oci-archive": (
        Decision(
            "extraction",
            "the archive must not be compressed; its regular files are extracted, links are not; "
            "an entry for the directory itself, such as `./`, or outside of it is refused; a later "
            "file of a name overwrites only the first bytes of a longer one",
        ),
        *_LAYOUT,
    ),
    "oci-dir": (*_LAYOUT, Decision("links", "are followed")),
}
_LAYERS = (
    Decision(
        "layers",
        "must have a media type of layers; their first bytes, not the media type, say whether they "
        "are decompressed, with gzip or zstd; each must be a tar to its end; digests are not "
        "compared with content",
    ),
    Decision(
        "entries",
        "a path with content below it must not be given another type in the same layer; a whiteout "
        "must not hide the root; hard links to nothing are kept",
    ),
    Decision(
        "scope", "files that upper layers remove are not scanned without `--scope all-layers`"
    ),
)
