"""DKR005: a name in manifest.json that is not a reference with a tag."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.names import InvalidReferenceError, parse_reference
from checker_docker.manifest_json import Item, ManifestJsonCheck, items_of


class InvalidRepositoryTag(ManifestJsonCheck):
    """A name in RepoTags is not an image reference with a tag.

    What it means:
        Each entry of `RepoTags` must be a reference of the form `[registry/]repository:tag`, in
        lower case except for the tag. This one is not valid or does not have a tag.

    Why it matters:
        Docker's classic store and Podman reject the archive; Docker only after it has created the
        image, which is left without a name. containerd reads a name without a tag as `:latest` and
        rejects the others.

    How to fix it:
        Give the image a full name before saving it:

            docker tag app app:1
            docker save -o image.tar app:1     # "RepoTags": ["app:1"]

        For an image without a name, `RepoTags` is `null` or `[]`.

    References:
        - distribution/reference, reference.go: the grammar
        - Docker, image/tarexport/load.go: "invalid tag"
        - containers/image, docker/archive/reader.go: "does not contain a tag"
    """

    id = "DKR005"
    name = "invalid-repository-tag"
    severity = Severity.ERROR
    since = "0.1.0"

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
            f'image {item.position} of manifest.json: engines reject the name "{name}": {problem}',
            at={"pointer": f"{item.pointer('RepoTags')}/{i}"},
        )


def _problem(name: str) -> str | None:
    """The error that engines report for a name; None if they accept it."""
    try:
        reference = parse_reference(name)
    except InvalidReferenceError as error:
        return str(error)
    return None if reference.tag is not None else f'invalid tag "{name}", the tag is missing'
