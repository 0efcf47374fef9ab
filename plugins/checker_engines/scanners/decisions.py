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


def trivy() -> Sequence[Decision]:
    """The steps of ``trivy image --input``."""
    return (
        Decision(
            "compression",
            "the archive may be compressed with gzip; layers with gzip or zstd: the first one "
            "decides for all of them",
        ),
        Decision(
            "files",
            "are read as archives of `docker save`: the first JSON value of `manifest.json` is a "
            "list of exactly one image; `index.json` is not read, and image layouts in a tar are "
            "refused",
        ),
        Decision(
            "directories",
            "are read as image layouts: the first image of `index.json` is scanned, and in it the "
            "first of a nested index, whatever its platform",
        ),
        Decision(
            "config",
            "must decode; each of its diff_ids is a layer that is scanned, others are not; a layer "
            "with a diffID that is in the cache of trivy is not read again",
        ),
        Decision(
            "layers",
            "must be tars up to their end marker; digests are not compared with content; entries "
            "are not extracted, links are ignored",
        ),
    )


def snyk(form: str) -> Sequence[Decision]:
    """The steps of ``snyk container test``.

    Args:
        form: The form that is named before the path, such as ``oci-archive``.
    """
    return (*_SNYK[form], *_SNYK_LAYERS)


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
_SNYK = {
    "docker-archive": (
        Decision(
            "compression",
            "the archive may be compressed with gzip; what follows the end-of-archive marker is "
            "read as well and must be a tar",
        ),
        Decision(
            "files",
            "layers are the files whose names end with `.tar`, configs those with 64 hexadecimal "
            "digits and `.json`; each layer must be readable, also with gzip or zstd",
        ),
        Decision(
            "`manifest.json`",
            "its first image is scanned; an archive without a layer that it lists, as of Docker 25 "
            "and later, is tried as an image layout, and then with the names of Kaniko and crane: "
            "layers end with `.tar.gz`, the config begins with `sha256:`",
        ),
    ),
    "oci-archive": (
        Decision(
            "compression",
            "the archive may be compressed with gzip or zstd; what follows the end-of-archive "
            "marker is read as well and must be a tar",
        ),
        Decision(
            "images",
            "of `index.json` and indexes in it, the manifest with the platform of the only config, "
            "else with linux/amd64, is scanned; without a valid `index.json` any manifest with a "
            "config; otherwise the archive is tried as one of `docker save`",
        ),
        Decision("documents", "must begin with `{` or `[` and have at most 2 MiB; else ignored"),
    ),
}
_SNYK_LAYERS = (
    Decision(
        "missing layers",
        "are left out silently, and in an image layout those that are not tars, which is reported "
        "as broken; one readable layer is enough",
    ),
    Decision("digests", "not compared with content"),
)
