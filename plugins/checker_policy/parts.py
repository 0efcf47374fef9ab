"""What a requirement is made of: parts, each of which looks at one kind of subject."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeAlias, runtime_checkable

from checker import Archive, Config, ContentRequest, Image, Rootfs
from checker.checks.check import Place
from checker.model.location import Located
from checker.records import NamedTuple
from checker_policy.values import Value


class Problem(NamedTuple):
    """How something does not meet a requirement.

    Attributes:
        message: What was found and what is required.
        at: Fields of the location that are more exact than those of the subject.
        subject: What it is about, if not the subject that was looked at.
    """

    message: str
    at: Place | None = None
    subject: Located | None = None


@runtime_checkable
class ArchivePart(Protocol):
    """Looks at an archive and those of its images that the requirement is for."""

    def of_archive(self, archive: Archive, images: tuple[Image, ...]) -> Iterator[Problem]:
        """Find what is wrong with an archive."""
        ...


@runtime_checkable
class ImagelessPart(Protocol):
    """Also looks at archives without any image, unless the requirement is for some images."""

    def of_no_image(self, archive: Archive) -> Iterator[Problem]:
        """Find what is wrong with an archive that has no image."""
        ...


@runtime_checkable
class ConfigPart(Protocol):
    """Looks at the config of an image."""

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Find what is wrong with a config."""
        ...


@runtime_checkable
class ImagePart(Protocol):
    """Looks at an image as a whole."""

    def of_image(self, image: Image) -> Iterator[Problem]:
        """Find what is wrong with an image."""
        ...


@runtime_checkable
class RootPart(Protocol):
    """Looks at a root filesystem, of an image or a flat one."""

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Find what is wrong with a root filesystem."""
        ...

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content of files that it needs."""
        ...


Part: TypeAlias = ArchivePart | ConfigPart | ImagePart | RootPart

Reader: TypeAlias = Callable[[Value], Part]
"""Reads the value of a key; raises ``SettingsError``."""

Keys: TypeAlias = Mapping[str, Reader]
"""The keys that a module knows, with what reads their values."""
