"""DKR005: a name in manifest.json that is no reference with a tag."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker.model.names import InvalidReferenceError, parse_reference
from checker_docker.manifest_json import Item, items_of, no_manifest_reason


class InvalidRepositoryTag(Check):
    """A name in RepoTags is no image reference with a tag.

    What it means:
        Each of the `RepoTags` must be a reference of the form `[registry/]repository:tag`, in lower
        case but for the tag. This one breaks the grammar or has no tag.

    Why it matters:
        Docker's classic store and Podman refuse the archive, Docker after it has already made the
        image, which is left without a name. containerd takes a name without a tag as `:latest` and
        refuses the rest.

    How to fix it:
        Give the image a full name before it is saved: `docker tag IMAGE name:tag`, then
        `docker save name:tag`. An image without a name has `null` or `[]` there.

    References:
        - distribution/reference, reference.go: the grammar
        - Docker, image/tarexport/load.go: "invalid tag"
        - containers/image, docker/archive/reader.go: "does not contain a tag"
    """

    id = "DKR005"
    name = "invalid-repository-tag"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without the file there are no names."""
        return no_manifest_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at each name."""
        for item in items_of(archive):
            for i, name in enumerate(item.array("RepoTags") or ()):
                problem = _problem(name) if isinstance(name, str) else None
                if problem is not None:
                    yield self._report(item, i, str(name), problem)

    def _report(self, item: Item, i: int, name: str, problem: str) -> Finding:
        return self.finding(
            item.item,
            f'image {item.position} of manifest.json: the name "{name}" is refused: {problem}',
            at={"pointer": f"{item.pointer('RepoTags')}/{i}"},
        )


def _problem(name: str) -> str | None:
    """What engines say of a name; None if they take it."""
    try:
        reference = parse_reference(name)
    except InvalidReferenceError as error:
        return str(error)
    return None if reference.tag is not None else f'invalid tag "{name}", it has no tag'
