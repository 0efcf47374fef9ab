"""How one of several images is taken out of an OCI archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from checker.model.archive import Archive
from checker.model.image import REF_NAME, Image
from checker.model.shell import quote_word, unquote_word
from checker.verdicts import Host
from checker_engines.classification.conversion import Conversion
from checker_engines.classification.obstacles import obstacles
from checker_engines.host import suits_host

_MOST_CONVERTED = 8
"""Images whose conversion is predicted."""


def one_by_name(
    archive: Archive, quoted_path: str, host: Host, conversion: Conversion
) -> tuple[str, ...]:
    """The command that copies one image by its name, for readers of a single image.

    skopeo finds an image by ``org.opencontainers.image.ref.name``, which must be unique
    (containers/image, oci/layout/oci_transport.go, getManifestDescriptor).

    Args:
        archive: The facts.
        quoted_path: The path of the archive, quoted for a command line.
        host: The host, which selects an image of several platforms.
        conversion: What the conversion of an image gives.
    """
    # What follows a colon in a path is taken for a name.
    if ":" in unquote_word(quoted_path):
        return ()
    names = dict(_sound(archive, host))
    tried = list(names)[:_MOST_CONVERTED]
    loaded = [name for name in tried if conversion.is_for_docker(names[name])]
    if not loaded:
        return ()
    is_any = len(names) > 1 and loaded == tried
    which = f"any of its {len(names)} named images" if is_any else loaded[0]
    command = (
        f"skopeo copy oci-archive:{quoted_path}:{quote_word(loaded[0])} docker-archive:image.tar"
    )
    words = f"For podman and Docker's classic store, copy {which} by its name"
    return (f"{words}: `{command}:name:tag`, then `docker load -i image.tar`",)


def _sound(archive: Archive, host: Host) -> Iterator[tuple[str, list[Image]]]:
    """The names that stand for one image of this host which has nothing wrong with it, with it."""
    index = None if archive.oci is None else archive.oci.root_index
    listed = () if index is None else index.manifests
    names = Counter(each.annotations.get(REF_NAME, "") for each in listed)
    for name, count in names.items():
        images = [image for image in archive.images if name in image.names]
        chosen = [image for image in images if suits_host(image.platform, host)]
        if count == 1 and name and name.isprintable() and _is_sound(chosen):
            yield name, chosen


def _is_sound(images: list[Image]) -> bool:
    return bool(images) and not any(next(obstacles(image), None) for image in images)
