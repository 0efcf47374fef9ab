"""What engines do with an archive after its conversion to a Docker archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checker.model.archive import Archive
from checker.model.image import Image
from checker.records import NamedTuple
from checker.verdicts import Verdict
from checker_engines.classification.takers import Takers

REFERENCE = "name:tag"
"""The name of an image that has none."""
CLASSIC = ("docker-20.10", "docker-28", "docker-29-graphdriver")
"""The profiles of Docker's classic store."""


class Converted(NamedTuple):
    """The result of a conversion.

    Attributes:
        takers: The engines that accept it.
        needs_name: Whether the one image of it has no name.
    """

    takers: Takers
    needs_name: bool


class Conversion:
    """Conversions of an archive, each predicted once, and only if it is asked for.

    The config of an image stays as it is, and so does the content of its layers, whoever converts.

    Args:
        archive: The facts.
        takers: The engines that accept the archive as it is.
        judge: Asks the engines what they do with another archive.
    """

    def __init__(
        self, archive: Archive, takers: Takers, judge: Callable[[Archive], Sequence[Verdict]]
    ) -> None:
        self._archive = archive
        self._takers = takers
        self._judge = judge
        self._found: dict[tuple[int, ...], Converted | None] = {}

    def of(self, images: Sequence[Image]) -> Converted | None:
        """What a conversion of some images of the archive gives; None if there would be nothing."""
        key = tuple(map(id, images))
        if key not in self._found:
            self._found[key] = self._predict(tuple(images))
        return self._found[key]

    def is_for_docker(self, images: Sequence[Image]) -> bool:
        """Whether Docker's classic store loads the result; unknown, if no engine was asked."""
        if not self._takers.are_known:
            return True
        found = self.of(images)
        return found is not None and any(found.takers.take(one, "load") for one in CLASSIC)

    def _predict(self, images: tuple[Image, ...]) -> Converted | None:
        # Imported here, as most archives are taken as they are.
        from checker.conversion.predicted import predicted_docker_archive

        predicted = predicted_docker_archive(self._archive._replace(images=images), REFERENCE)
        if predicted is None:
            return None
        takers = Takers(self._judge(predicted.archive), self._takers.host)
        return Converted(takers, predicted.needs_name)
