"""oras: ``oras cp --from-oci-layout`` (oras 1.3.6, cmd/oras/root/cp.go; oras-go 2.7, copy.go)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from checker.model.archive import Kind, Source
from checker.model.names import MediaType
from checker.model.work import OutOfWork
from checker.records import NamedTuple
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import NO_IMAGE, OTHER_LAYER, OTHER_SIZE, Refusal
from checker_engines.golang.tar import UNEXPECTED_EOF
from checker_engines.oras.decisions import copying
from checker_engines.oras.layout import Layout, Node, NotFoundError, check_digest

_NAME, _ACTION = "oras-1", "cp --from-oci-layout"
_SUITS = frozenset({Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE, Kind.OCI_LAYOUT})
_DOCUMENT_MAX = 4 << 20
"""Bytes of a document that is kept in memory during a copy."""
_FOREIGN = frozenset(
    {
        MediaType.OCI_FOREIGN_LAYER,
        MediaType.OCI_FOREIGN_LAYER_GZIP,
        MediaType.OCI_FOREIGN_LAYER_ZSTD,
        MediaType.DOCKER_FOREIGN_LAYER_GZIP,
    }
)
"""Layers that are not copied (internal/descriptor, IsForeignLayer)."""
_SOURCE = 'Error from source oci-layout for "<tmp>": '
_DESTINATION = 'Error from destination oci-layout for "<tmp>": '
_NOT_FOUND = "not found"
_MISSING = ("OCI008", "OCI005", "DKR003")
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="oras",
        releases=(ReleaseRange("1.3", "1.3"),),
        library="oras-go 2.7, content/oci",
        evidence=Evidence.MEASURED,
        measured_with="1.3.6: 1,235 archives with faults, to a layout",
        groups=("registry-tools",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: a copy out of an image layout, a directory or a tar."""
    yield Engine(_NAME, _ACTION, _copy, "oras 1.3.6", copying, _SUITS)


def _copy(question: Question) -> Verdict:
    typed = f"oras cp --from-oci-layout {question.quoted_path}{_typed(question)} REGISTRY/NAME:TAG"
    return verdict_of(Command(_NAME, _ACTION, typed), question, _steps)


def _typed(question: Question) -> str:
    try:
        return Layout(question.archive).reference().typed
    except (Refusal, OutOfWork):
        return ":TAG"


def _steps(question: Question) -> Answer:
    try:
        layout = Layout(question.archive)
    except Refusal as refusal:
        raise _opening(question, refusal) from None
    reference = layout.reference()
    if reference.node is None:
        raise Refusal(
            f"{_SOURCE}{_NOT_FOUND}", "index.json lists no images", ("OCI005", "OCI023", *NO_IMAGE)
        )
    _Copy(layout).copy(reference.node)
    return _copied(layout)


def _copied(layout: Layout) -> Answer:
    others = len(layout.images) - 1
    left = f"; {others} more of index.json each need a command" if others else ""
    return Answer(
        "the image is copied under the name of the command, and its layers are not compared with "
        f"its config{left}"
    )


def _opening(question: Question, refusal: Refusal) -> Refusal:
    """The error of opening the layout; a file that ends early is said not to be a tar."""
    is_tar = question.archive.source is not Source.DIRECTORY
    early = '"<tmp>" does not look like a tar archive: '
    prefix = early if is_tar and refusal.message.endswith(UNEXPECTED_EOF) else ""
    return Refusal(f"Error: {prefix}{refusal.message}", refusal.reason, refusal.rules)


class _Copy:
    """A copy of what one descriptor refers to: a document after what it refers to.

    oras copies three at a time; the first error in their order is reported here.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._copied: set[str] = set()
        self._begun: set[Node] = set()

    def copy(self, root: Node) -> None:
        """Copy everything below a descriptor, and what it refers to itself.

        Raises:
            Refusal: Something of it cannot be copied.
        """
        left = [_Step(root, is_begun=False)]
        while left:
            node, is_begun = left.pop()
            if is_begun:
                self._push(node)
                continue
            if node in self._begun:
                continue
            self._begun.add(node)
            below = self._successors(node)
            left.append(_Step(node, is_begun=True))
            left.extend(_Step(each, is_begun=False) for each in reversed(below))

    def _successors(self, node: Node) -> list[Node]:
        with _said(_DESTINATION):
            check_digest(node)
        if node.digest in self._copied:
            return []
        with _said(_SOURCE):
            below = self._layout.successors(node)
            if below and node.size > _DOCUMENT_MAX:
                raise Refusal(
                    f"read failed: content size {node.size} exceeds push size limit "
                    f"{_DOCUMENT_MAX}: size exceeds limit",
                    f"{node.digest} has {node.size} bytes, oras reads documents up to 4 MiB",
                    OTHER_SIZE,
                )
        return [each for each in below if each.media_type not in _FOREIGN]

    def _push(self, node: Node) -> None:
        if node.digest in self._copied:
            return
        with _said(_SOURCE):
            blob = self._layout.fetch(node)
        size = 0 if blob is None else blob.size
        with _said(f"{_DESTINATION}failed to ingest: "):
            if size < node.size:
                reason = f"{node.digest} has {size} bytes, its descriptor says {node.size}"
                raise Refusal(f"copy failed: {UNEXPECTED_EOF}", reason, (*OTHER_SIZE, *OTHER_LAYER))
            self._layout.verify(node, blob)
        self._copied.add(node.digest)


class _Step(NamedTuple):
    """One step of a copy: what a descriptor refers to is copied once it is begun."""

    node: Node
    is_begun: bool


@contextmanager
def _said(start: str) -> Iterator[None]:
    """Give errors the beginning that oras prints."""
    try:
        yield
    except NotFoundError as error:
        reason = "a descriptor refers to a file that is not in the layout"
        raise Refusal(f"{start}{error}", reason, _MISSING) from None
    except Refusal as refusal:
        raise Refusal(f"{start}{refusal.message}", refusal.reason, refusal.rules) from None
