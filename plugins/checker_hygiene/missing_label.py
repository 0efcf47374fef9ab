"""HYG013: an image without the labels that tell what it is and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.archive import Archive
from checker.model.image import Config, Image, mapping

_PREFIX = "org.opencontainers.image."
_LABELS = Option(
    "labels",
    tuple,
    tuple(_PREFIX + name for name in ("created", "source", "revision", "version", "licenses")),
    "keys that every image must have, as a label or an annotation",
)


class MissingLabel(Check):
    """The image lacks labels that tell what it is and where it comes from.

    What it means:
        A key of the list in the option ``labels`` is neither among the labels of the config nor
        among the annotations of the manifest, or its value is empty. The time of the build also
        counts if it stands in ``created`` of the config.

    Why it matters:
        Source and revision lead from a running container to the code that it was built from,
        version and licences tell whoever receives the archive what it is.

    How to fix it:
        Give them when building, ``docker build --label org.opencontainers.image.source=…``, or as
        LABEL in the Dockerfile; docker/metadata-action sets them in pipelines. Say in the option
        ``labels`` which ones are wanted here.

    References:
        - OCI image-spec 1.1, annotations.md, "Pre-Defined Annotation Keys"
    """

    id = "HYG013"
    name = "missing-label"
    severity = Severity.NOTE
    options = (_LABELS,)

    def skip_reason(self, archive: Archive) -> str | None:
        """Only images have labels."""
        return None if archive.images else "the archive has no image"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the labels of each image; a config that images share comes once."""
        told: set[int] = set()
        for image in archive.images:
            config = image.config
            if config is None or config.blob.position in told:
                continue
            told.add(config.blob.position)
            there = dict(_values(image, config))
            missing = [key for key in self.option(_LABELS) if not there.get(key)]
            if missing:
                yield self.finding(
                    config,
                    f"{image.label} has no {_listed(missing)}, neither as a label nor as an "
                    "annotation",
                    at={"pointer": "/config/Labels"},
                )


def _values(image: Image, config: Config) -> Iterator[tuple[str, object]]:
    yield f"{_PREFIX}created", config.created
    annotations: Mapping[str, object] = {}
    if image.manifest is not None:
        annotations = {**image.manifest.descriptor.annotations, **image.manifest.annotations}
    labels = mapping(config.settings.get("Labels"))
    yield from (item for item in annotations.items() if item[1])
    yield from (item for item in labels.items() if item[1])


def _listed(keys: list[str]) -> str:
    """The keys in words, the common prefix told once: ``org.opencontainers.image.a, .b``."""
    common = [key.removeprefix(_PREFIX) for key in keys if key.startswith(_PREFIX)]
    others = [key for key in keys if not key.startswith(_PREFIX)]
    if common:
        others.insert(0, f"{_PREFIX}{common[0]}" + "".join(f", .{key}" for key in common[1:]))
    return ", ".join(others)
