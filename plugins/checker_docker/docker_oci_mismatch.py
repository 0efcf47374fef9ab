"""DKR014: a Docker half and an OCI half that describe different images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker import Archive, Check, Descriptor, Finding, Image, Kind, Layer, Manifest, Severity
from checker.model.archive import OciLayout
from checker.model.image import CONTAINERD_NAME, REF_NAME, ManifestItem
from checker.model.names import INDEX_JSON, MANIFEST_JSON, shorten
from checker_docker.manifest_json import familiar


class DockerOciMismatch(Check):
    """manifest.json and index.json describe different images.

    What it means:
        The archive is a `docker save` archive and an OCI layout in one. Both halves must describe
        the same images: the same configs, the same layers in the same order, the same names. Here
        they do not. Other names, and an image that only `index.json` has, are warnings.

    Why it matters:
        Docker's classic store and skopeo's docker-archive read `manifest.json`; containerd, Docker
        with its store, Podman and skopeo's oci-archive read `index.json`. From one file they load
        different images, so that what was checked here is not what runs there. Archives saved by
        Docker 25.0.0 are such: their OCI half lacks layers, or has them in the wrong order.

    How to fix it:
        Save the image again, with Docker 25.0.1 or later. To use one half only, delete the files
        of the other: `manifest.json`, or `index.json` and `oci-layout`.

    References:
        - Docker, image/tarexport/save.go; moby issue 47065 on 25.0.0
        - containerd, core/images/archive/importer.go: the OCI half wins
    """

    id = "DKR014"
    name = "halves-disagree"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """There must be two halves, both read."""
        if archive.kind is not Kind.DOCKER_OCI_ARCHIVE:
            return "the archive does not have both a Docker half and an OCI half"
        if archive.oci is None or archive.oci.root_index is None:
            return f"{INDEX_JSON} is missing or cannot be read"
        if archive.docker is None or not archive.docker.items:
            return f"{MANIFEST_JSON} lists no image"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the halves of each image."""
        if archive.oci is None:
            return
        names = _names(archive.oci)
        for image in archive.images:
            if image.item is not None and image.manifest is not None:
                yield from self._layers(archive, image, image.item, image.manifest)
                yield from self._names(image, image.item, names.get(_key(image), frozenset()))
        alone = _docker_alone(archive, archive.oci)
        yield from (self._docker_only(archive, image) for image in alone)
        told = {familiar(name) for image in alone for name in image.names}
        for image in archive.images:
            # Of one whose name was told with another config, nothing more is to say.
            if image.item is None and told.isdisjoint(names.get(_key(image), ())):
                yield from self._oci_only(archive, image)

    def _docker_only(self, archive: Archive, image: Image) -> Finding:
        config = "" if image.config is None else image.config.blob.digest
        others = [shorten(digest) for digest in _configs_of(archive)[:3]]
        wanted = f"; those there are {', '.join(others)}" if others else ""
        return self.finding(
            image,
            f"{MANIFEST_JSON} describes {image.label} with the config {shorten(config)}, no image "
            f"below {INDEX_JSON} has that config{wanted}",
        )

    def _oci_only(self, archive: Archive, image: Image) -> Iterator[Finding]:
        """An image of index.json itself; of several platforms below it, one is enough."""
        manifest, config = image.manifest, image.config
        if manifest is None or config is None:
            return
        root = None if archive.oci is None else archive.oci.root_index
        tops = () if root is None else root.manifests
        is_top = any(each.digest_text == manifest.descriptor.digest_text for each in tops)
        if not is_top or manifest.descriptor.platform is not None:
            return
        yield self.finding(
            image,
            f"{INDEX_JSON} describes {image.label} with the config "
            f"{shorten(config.blob.digest)}, no image of "
            f"{MANIFEST_JSON} has that config",
            severity=Severity.WARNING,
        )

    def _layers(
        self, archive: Archive, image: Image, item: ManifestItem, manifest: Manifest
    ) -> Iterator[Finding]:
        ours = [archive.members.blob(path) for path in item.layers]
        if len(ours) != len(image.layers):
            diff_ids = None if image.config is None else image.config.diff_ids
            if diff_ids is not None and len(diff_ids) != len(ours):
                # That manifest.json does not fit its config is another rule's.
                return
            yield self.finding(
                image,
                f"of {image.label}, {MANIFEST_JSON} lists {_count(ours)}, its manifest "
                f"{manifest.location.member} lists {_count(image.layers)}",
                at={"member": item.location.member, "pointer": item.location.pointer},
                related=[manifest.location._replace(pointer="/layers")],
            )
            return
        for layer, path, blob in zip(image.layers, item.layers, ours, strict=True):
            other = layer.blob
            if blob is None or other is None or blob is other or blob.diff_id == other.diff_id:
                continue
            yield self._other_layer(item, layer, path, manifest)

    def _other_layer(
        self, item: ManifestItem, layer: Layer, path: str, manifest: Manifest
    ) -> Finding:
        digest = None if layer.descriptor is None else layer.descriptor.digest_text
        return self.finding(
            layer,
            f"{layer.label} is {path} in {MANIFEST_JSON} and {digest} in its manifest "
            f"{manifest.location.member}, which is another content",
            related=[item.location],
        )

    def _names(self, image: Image, item: ManifestItem, theirs: frozenset[str]) -> Iterator[Finding]:
        ours = frozenset(map(familiar, item.repo_tags))
        if ours == theirs or not theirs:
            return
        yield self.finding(
            image,
            f"{MANIFEST_JSON} calls the image {_shown(ours)}, {INDEX_JSON} calls it "
            f"{_shown(theirs)}",
            at={"member": item.location.member, "pointer": item.location.pointer},
            severity=Severity.WARNING,
        )


def _docker_alone(archive: Archive, layout: OciLayout) -> list[Image]:
    """The images of manifest.json whose config no manifest of the OCI half has."""
    known = frozenset(_configs_of(archive))
    return [
        image
        for image in archive.images
        if image.item is not None and image.manifest is None and image.config is not None
        if image.config.blob.digest not in known and _is_complete(archive, layout)
    ]


def _is_complete(archive: Archive, layout: OciLayout) -> bool:
    """Whether all manifests and configs are there; what is missing is another rule's."""
    configs = (each.config.digest for each in layout.manifests if each.config is not None)
    blobs = map(archive.members.blob_of, configs)
    return not layout.unfollowed and all(blob is not None and blob.document for blob in blobs)


def _count(layers: Sequence[object]) -> str:
    return f"{len(layers)} layer{'' if len(layers) == 1 else 's'}"


def _shown(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _key(image: Image) -> str:
    return "" if image.manifest is None else image.manifest.descriptor.digest_text or ""


def _configs_of(archive: Archive) -> list[str]:
    images = (image for image in archive.images if image.manifest and image.config)
    return [image.config.blob.digest for image in images if image.config]


def _names(layout: OciLayout) -> dict[str, frozenset[str]]:
    """The full names that index.json gives, by digest; a nested index hands its names down."""
    found: dict[str, frozenset[str]] = {}
    for index in layout.indexes:
        parent = "" if index.descriptor is None else index.descriptor.digest_text or ""
        for descriptor in index.manifests:
            key = descriptor.digest_text or ""
            own = _name(descriptor) if index.depth == 0 else frozenset()
            found[key] = found.get(key, frozenset()) | own | found.get(parent, frozenset())
    return found


def _name(descriptor: Descriptor) -> frozenset[str]:
    """The full name that a descriptor gives; a mere tag is none."""
    name = descriptor.annotations.get(CONTAINERD_NAME)
    if not name:
        name = descriptor.annotations.get(REF_NAME, "")
        name = name if ":" in name else ""
    return frozenset((familiar(name),)) if name else frozenset()
