"""HYG013: an image without the labels that identify it and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import Archive, Config, Finding, Image, Option, Severity
from checker.model.image import mapping
from checker_hygiene.images import ImageCheck

_PREFIX = "org.opencontainers.image."
_LABELS = Option(
    "labels",
    tuple,
    tuple(_PREFIX + name for name in ("created", "source", "revision", "version", "licenses")),
    "keys that every image must have, as label or annotation",
)


class MissingLabel(ImageCheck):
    """The image lacks labels that identify it and its source.

    What it means:
        A key listed in the option ``labels`` is neither a label of the config nor an annotation of
        the manifest, or its value is empty. The build time may also be given by ``created`` of the
        config.

    Why it matters:
        Source and revision lead from a running container to the code that it was built from;
        version and licenses tell recipients of the archive what it is.

    How to fix it:
        Set the labels in the Dockerfile or at build time; docker/metadata-action sets them in
        pipelines. Set the option ``labels`` to the keys that you require.

            docker build --label org.opencontainers.image.revision=$(git rev-parse HEAD) .

    References:
        - OCI image-spec 1.1, annotations.md, "Pre-Defined Annotation Keys"
    """

    id = "HYG013"
    name = "missing-label"
    severity = Severity.NOTE
    since = "0.1.0"
    options = (_LABELS,)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the labels of each image; a config that images share is checked once."""
        checked: set[int] = set()
        for image in archive.images:
            config = image.config
            if config is None or config.blob.position in checked:
                continue
            checked.add(config.blob.position)
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
    """The keys for messages, the common prefix only once: ``org.opencontainers.image.a, .b``."""
    common = [key.removeprefix(_PREFIX) for key in keys if key.startswith(_PREFIX)]
    others = [key for key in keys if not key.startswith(_PREFIX)]
    if common:
        others.insert(0, f"{_PREFIX}{common[0]}" + "".join(f", .{key}" for key in common[1:]))
    return ", ".join(others)
