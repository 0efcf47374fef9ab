"""Requirements, and the rules that they become."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

from checker import Archive, Check, ContentRequest, Finding, Image, Rootfs, Severity
from checker.model.location import Located
from checker.records import NamedTuple
from checker.typing_names import ClassVar
from checker_policy.parts import (
    ArchivePart,
    ConfigPart,
    ImagelessPart,
    ImagePart,
    Part,
    Problem,
    RootPart,
)
from checker_policy.selection import Selection
from checker_policy.values import Value

PREFIX = "POL"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ID = re.compile(r"POL[0-9]{3}")
_LONGEST_NAME = 80


class Requirement(NamedTuple):
    """What users require of archives.

    Attributes:
        id: The id of its rule.
        name: Its name, in kebab case.
        message: Why it is required, in words; empty if not stated.
        severity: How much its findings matter.
        selection: Which archives and images it is for.
        parts: What is required.
        source: Where it is stated, as file and line.
        skipped: Why it cannot be checked; None if it can.
    """

    id: str
    name: str
    message: str
    severity: Severity
    selection: Selection
    parts: tuple[Part, ...]
    source: str
    skipped: str | None = None


class RequirementCheck(Check):
    """A requirement of a policy.

    Attributes:
        requirement: The requirement.
        parts_of_root: Its parts that look at root filesystems.
    """

    requirement: ClassVar[Requirement]
    parts_of_root: ClassVar[tuple[RootPart, ...]]

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the requirement is for other archives or cannot be checked."""
        requirement = self.requirement
        if requirement.skipped is not None:
            return requirement.skipped
        if not requirement.selection.covers(archive):
            return "it is required of other archives"
        if requirement.selection.images(archive) or self._is_of_root(archive):
            return None
        if self._parts_without_image(archive):
            return None
        if any(isinstance(part, ArchivePart) for part in requirement.parts) and archive.images:
            return None
        if archive.images:
            return "it is required of other images"
        if archive.rootfs is not None:
            return "it is required of images, and the archive is a root filesystem"
        return "the archive has no image and no root filesystem"

    def _parts_without_image(self, archive: Archive) -> tuple[ImagelessPart, ...]:
        """The parts that say something of the archive although it has no image."""
        if archive.images or self.requirement.selection.is_of_images:
            return ()
        return tuple(part for part in self.requirement.parts if isinstance(part, ImagelessPart))

    def _is_of_root(self, archive: Archive) -> bool:
        """Whether it says something of the archive as a flat root filesystem."""
        is_of_roots = bool(self.parts_of_root) and not self.requirement.selection.is_of_images
        return archive.rootfs is not None and is_of_roots

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check what is required of the archive, its images and their configs."""
        images = self.requirement.selection.images(archive)
        for part in self.requirement.parts:
            if isinstance(part, ArchivePart):
                yield from self._told(archive, part.of_archive(archive, images))
        for imageless in self._parts_without_image(archive):
            yield from self._told(archive, imageless.of_no_image(archive))
        for image in images:
            yield from self._of_image(image)
        if archive.rootfs is not None and self._is_of_root(archive):
            yield from self._not_whole(archive.rootfs)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check what is required of a root filesystem."""
        if not self._means(rootfs):
            return
        for part in self.parts_of_root:
            yield from self._told(rootfs, part.of_root(rootfs))

    def _means(self, rootfs: Rootfs) -> bool:
        selection = self.requirement.selection
        if rootfs.image is None:
            return not selection.is_of_images
        return selection.has_image(rootfs.image)

    def _of_image(self, image: Image) -> Iterator[Finding]:
        config = image.config
        for part in self.requirement.parts:
            if isinstance(part, ImagePart):
                yield from self._told(image, part.of_image(image))
            if isinstance(part, ConfigPart) and config is not None:
                yield from self._told(config, part.of_config(image, config))
        if config is None and any(isinstance(one, ConfigPart) for one in self.requirement.parts):
            unknown = Problem(f"{image.label} has no config that can be read")
            yield from self._told(image, [unknown])
        if self.parts_of_root:
            yield from self._not_whole(Rootfs(image.location, image.layers, image))

    def _not_whole(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Tell if files cannot be looked at: a requirement must not pass because of that."""
        if not rootfs.is_whole:
            what = "the archive" if rootfs.image is None else rootfs.image.label
            unknown = Problem(f"files of {what} are not known, since a layer could not be read")
            yield from self._told(rootfs, [unknown])

    def _told(self, subject: Located, problems: Iterable[Problem]) -> Iterator[Finding]:
        message = self.requirement.message
        for problem in problems:
            text = f"{message}: {problem.message}" if message else problem.message
            yield self.finding(problem.subject or subject, text, at=problem.at)


def rule_of(requirement: Requirement) -> type[Check]:
    """The rule that a requirement becomes."""
    roots = tuple(part for part in requirement.parts if isinstance(part, RootPart))
    given = requirement

    class Required(RequirementCheck):
        id = given.id
        name = given.name
        severity = given.severity
        requirement = given
        parts_of_root = roots
        stated = repr(given)
        # What is for other archives is not listed, as with other rules.
        is_required = given.skipped is not None
        reads: ClassVar[tuple[ContentRequest, ...]] = tuple(
            each for part in roots for each in part.reads
        )

    Required.__doc__ = _documentation(requirement)
    return Required


def _documentation(requirement: Requirement) -> str:
    """The documentation of the rule, with the headings that all rules have."""
    summary = requirement.message or f"The requirement {requirement.name} is not met."
    return f"""{summary}

What it means:
    {requirement.source} requires something of archives and images that this one does not meet. The
    message says what was found and what is required.

Why it matters:
    {summary}

How to fix it:
    Change the image, or the requirement. A table ``[[waive]]`` accepts it for a reason.

References:
    {requirement.source}
"""


def id_of(name: str) -> str:
    """The id of a requirement without one: the same wherever in the file it is stated."""
    return f"{PREFIX}{zlib.crc32(name.encode()) % 1_000_000:06d}"


def read_name(value: Value) -> str:
    """The name of a requirement.

    Raises:
        SettingsError: It is not in kebab case, or too long.
    """
    name = value.text()
    if len(name) > _LONGEST_NAME or _NAME.fullmatch(name) is None:
        value.fail(
            f'must be in kebab case and have at most {_LONGEST_NAME} characters, such as "app-user"'
        )
    return name


def read_id(value: Value) -> str:
    """The id of a requirement.

    Raises:
        SettingsError: It is not of the form POL001.
    """
    text = value.text()
    if _ID.fullmatch(text) is None:
        value.fail('must be POL and three digits, such as "POL001"')
    return text
