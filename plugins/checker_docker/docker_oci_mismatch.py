"""DKR014: manifest.json and index.json describe different images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker import Archive, Check, Descriptor, Finding, Image, Layer, Manifest, Severity
from checker.model.archive import OciLayout
from checker.model.image import CONTAINERD_NAME, REF_NAME, ManifestItem
from checker.model.names import INDEX_JSON, MANIFEST_JSON, shorten
from checker.typing_names import ClassVar
from checker_docker.manifest_json import familiar
from checker_docker.scopes import HYBRIDS


class DockerOciMismatch(Check):
    """manifest.json and index.json describe different images.

    What it means:
        The archive is both a `docker save` archive and an OCI image layout. `manifest.json` and
        `index.json` must describe the same images: the same configs, the same layers in the same
        order, the same names. Here they do not. Different names, and an image that only
        `index.json` lists, are warnings.

    Why it matters:
        Docker's classic store and skopeo's docker-archive read `manifest.json`; containerd, Docker
        with the containerd image store, Podman and skopeo's oci-archive read `index.json`. They
        load different images from one file, so the image that was tested may not be the one that
        runs. Docker 25.0.0 saves such archives: in `index.json` layers are missing or in the wrong
        order.

    How to fix it:
        Save the image again, with Docker 25.0.1 or later. To use only one of the formats, delete
        the files of the other one:

            tar --delete -f image.tar manifest.json           # keeps the OCI layout
            tar --delete -f image.tar index.json oci-layout   # keeps the Docker archive

    References:
        - Docker, image/tarexport/save.go; moby issue 47065 on 25.0.0
        - containerd, core/images/archive/importer.go: index.json takes precedence
    """

    id = "DKR014"
    name = "docker-oci-mismatch"
    aliases: ClassVar[tuple[str, ...]] = ("halves-disagree",)
    severity = Severity.ERROR
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if one of the two descriptions is missing or cannot be read."""
        reason = HYBRIDS.skip_reason(archive)
        if reason is not None:
            return reason
        if archive.oci is None or archive.oci.root_index is None:
            return f"{INDEX_JSON} is missing or cannot be read"
        if archive.docker is None or not archive.docker.items:
            return f"{MANIFEST_JSON} does not list an image"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the two descriptions of each image."""
        if archive.oci is None:
            return
        names = _names(archive.oci)
        for image in archive.images:
            if image.item is not None and image.manifest is not None:
                yield from self._layers(archive, image, image.item, image.manifest)
                yield from self._names(image, image.item, names.get(_key(image), frozenset()))
        alone = _docker_alone(archive, archive.oci)
        yield from (self._docker_only(archive, image) for image in alone)
        reported = {familiar(name) for image in alone for name in image.names}
        for image in archive.images:
            # An image of the same name with another config was reported already.
            if image.item is None and reported.isdisjoint(names.get(_key(image), ())):
                yield from self._oci_only(archive, image)

    def _docker_only(self, archive: Archive, image: Image) -> Finding:
        config = "" if image.config is None else image.config.blob.digest
        others = [shorten(digest) for digest in _configs_of(archive)[:3]]
        found = f"; the configs there are {', '.join(others)}" if others else ""
        return self.finding(
            image,
            f"{MANIFEST_JSON} describes {image.label} with the config {shorten(config)}, which no "
            f"image of {INDEX_JSON} has{found}",
        )

    def _oci_only(self, archive: Archive, image: Image) -> Iterator[Finding]:
        """An image listed directly in index.json; of several platforms one is sufficient."""
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
            f"{shorten(config.blob.digest)}, which no image of {MANIFEST_JSON} has",
            severity=Severity.WARNING,
        )

    def _layers(
        self, archive: Archive, image: Image, item: ManifestItem, manifest: Manifest
    ) -> Iterator[Finding]:
        ours = [archive.members.blob(path) for path in item.layers]
        if len(ours) != len(image.layers):
            diff_ids = None if image.config is None else image.config.diff_ids
            if diff_ids is not None and len(diff_ids) != len(ours):
                # That manifest.json does not match its config is reported by another rule.
                return
            yield self.finding(
                image,
                f"{image.label}: {MANIFEST_JSON} lists {_count(ours)}, the OCI manifest "
                f"{manifest.location.member} lists {_count(image.layers)}; engines load different "
                "images",
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
            f"{layer.label} is {path} in {MANIFEST_JSON}, but {digest} in the OCI manifest "
            f"{manifest.location.member}, which has other content",
            related=[item.location],
        )

    def _names(self, image: Image, item: ManifestItem, theirs: frozenset[str]) -> Iterator[Finding]:
        ours = frozenset(map(familiar, item.repo_tags))
        if ours == theirs or not theirs:
            return
        yield self.finding(
            image,
            f"{MANIFEST_JSON} names the image {_shown(ours)}, {INDEX_JSON} names it "
            f"{_shown(theirs)}",
            at={"member": item.location.member, "pointer": item.location.pointer},
            severity=Severity.WARNING,
        )


def _docker_alone(archive: Archive, layout: OciLayout) -> list[Image]:
    """The images of manifest.json whose config no OCI manifest references."""
    known = frozenset(_configs_of(archive))
    return [
        image
        for image in archive.images
        if image.item is not None and image.manifest is None and image.config is not None
        if image.config.blob.digest not in known and _is_complete(archive, layout)
    ]


def _is_complete(archive: Archive, layout: OciLayout) -> bool:
    """Whether all manifests and configs exist; missing ones are reported by other rules."""
    configs = (each.config.digest for each in layout.manifests if each.config is not None)
    blobs = map(archive.members.blob_of, configs)
    return not layout.unfollowed and all(blob is not None and blob.document for blob in blobs)


def _count(layers: Sequence[object]) -> str:
    return f"{len(layers)} layer{'' if len(layers) == 1 else 's'}"


def _shown(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "<none>"


def _key(image: Image) -> str:
    return "" if image.manifest is None else image.manifest.descriptor.digest_text or ""


def _configs_of(archive: Archive) -> list[str]:
    images = (image for image in archive.images if image.manifest and image.config)
    return [image.config.blob.digest for image in images if image.config]


def _names(layout: OciLayout) -> dict[str, frozenset[str]]:
    """The full names in index.json, by digest; images below a nested index inherit its names."""
    found: dict[str, frozenset[str]] = {}
    for index in layout.indexes:
        parent = "" if index.descriptor is None else index.descriptor.digest_text or ""
        for descriptor in index.manifests:
            key = descriptor.digest_text or ""
            own = _name(descriptor) if index.depth == 0 else frozenset()
            found[key] = found.get(key, frozenset()) | own | found.get(parent, frozenset())
    return found


def _name(descriptor: Descriptor) -> frozenset[str]:
    """The full name in a descriptor; none if there is only a tag."""
    name = descriptor.annotations.get(CONTAINERD_NAME)
    if not name:
        name = descriptor.annotations.get(REF_NAME, "")
        name = name if ":" in name else ""
    return frozenset((familiar(name),)) if name else frozenset()
