"""OCI020: an index inside an index inside an index."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker.model.names import INDEX_TYPES
from checker.records import NamedTuple
from checker_oci.documents import LayoutCheck, place, short_name

_DEPTH = 2


class _Edge(NamedTuple):
    """A reference from one index to another.

    Attributes:
        descriptor: The descriptor of the referenced index.
        path: The path of its blob.
    """

    descriptor: Descriptor
    path: str


class DeeplyNestedIndex(LayoutCheck):
    """An index is nested more than one level below ``index.json``, or refers back to itself.

    What it means:
        ``index.json`` may refer to an index, which lists an image for each platform. Here such an
        index refers to a further index, which is allowed. If it refers to an index above it, the
        indexes form a cycle, which is an error.

    Why it matters:
        Podman and skopeo select from one index only and fail if they find another one:
        ``Unexpectedly received a manifest list``. containerd follows all levels. A cycle is
        possible only if the content of a blob does not match its digest, and it keeps a careless
        reader busy forever.

    How to fix it:
        List the manifests of the inner index in the outer one.

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (manifests)
        - containers/image, copy/single.go, copySingleImage
    """

    id = "OCI020"
    name = "deeply-nested-index"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the depth of the indexes, then for cycles."""
        for index in () if archive.oci is None else archive.oci.indexes:
            if index.depth >= _DEPTH and index.descriptor is not None:
                yield self.finding(
                    index.descriptor,
                    f"{place(index.descriptor)} refers to an index {index.depth} levels below "
                    "index.json; Podman and skopeo follow only one level",
                    at={"digest": index.descriptor.digest_text},
                    related=(index.location,),
                )
        for edge in _backward(_edges(archive)):
            yield self.finding(
                edge.descriptor,
                f"{place(edge.descriptor)} refers back to {short_name(edge.descriptor.location)} "
                "or an index above it, so the indexes form a cycle",
                at={"digest": edge.descriptor.digest_text, "pointer": _pointer_of_digest(edge)},
                severity=Severity.ERROR,
            )


def _pointer_of_digest(edge: _Edge) -> str:
    return f"{edge.descriptor.location.pointer}/digest"


def _edges(archive: Archive) -> dict[str, list[_Edge]]:
    edges: dict[str, list[_Edge]] = {}
    for index in () if archive.oci is None else archive.oci.indexes:
        edges[index.blob.path] = [
            _Edge(descriptor, blob.path)
            for descriptor in index.manifests
            if descriptor.media_type in INDEX_TYPES
            and (blob := archive.members.blob_of(descriptor.digest)) is not None
        ]
    return edges


def _backward(edges: dict[str, list[_Edge]]) -> Iterator[_Edge]:
    """The edges that close a cycle, found by a depth-first search without recursion."""
    finished: set[str] = set()
    for start, first in edges.items():
        above = {start: iter(first)} if start not in finished else {}
        while above:
            path = next(reversed(above))
            edge = next(above[path], None)
            if edge is None:
                finished.add(path)
                del above[path]
            elif edge.path in above:
                yield edge
            elif edge.path not in finished:
                above[edge.path] = iter(edges.get(edge.path, ()))
