"""Packages that must be installed, and packages that must not be."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from checker import ContentRequest, Rootfs
from checker.records import NamedTuple
from checker_policy.databases import READS, Installed, Package, installed
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value

_KEYS = ("include", "exclude")


class Wanted(NamedTuple):
    """Patterns of the name and the version of a package."""

    name: str
    version: str

    def fits(self, package: Package) -> bool:
        """Whether a package is meant."""
        return fnmatchcase(package.name, self.name) and fnmatchcase(package.version, self.version)

    def __str__(self) -> str:
        return self.name if self.version == "*" else f"{self.name}={self.version}"


class Packages(NamedTuple):
    """Which packages must be installed.

    Attributes:
        include: Those that must be.
        exclude: Those that must not be.
    """

    include: tuple[Wanted, ...]
    exclude: tuple[Wanted, ...]

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content that it needs."""
        return READS

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Compare the packages with those that are installed."""
        found = installed(rootfs)
        where = "the root" if rootfs.image is None else rootfs.image.label
        for problem in found.problems:
            yield Problem(f"packages of {where} are not known: {problem}")
        for wanted in self.include:
            # What is in a database that could not be read is not missing.
            if not found.problems and not any(map(wanted.fits, found.packages)):
                yield Problem(_missing(wanted, found, where))
        for wanted in self.exclude:
            for package in dict.fromkeys(filter(wanted.fits, found.packages)):
                is_installed = f"{package.name} {package.version} is installed in {where}"
                yield Problem(f"{is_installed}, but {wanted} must not be")


def _missing(wanted: Wanted, found: Installed, where: str) -> str:
    if not found.databases:
        return f"{wanted} is not installed in {where}, which has no database of dpkg, apk or rpm"
    others = [one.version for one in found.packages if fnmatchcase(one.name, wanted.name)]
    if others:
        return f"{wanted} is not installed in {where}, but the version {others[0]}"
    return f"{wanted} is not installed in {where}"


def _wanted(value: Value) -> tuple[Wanted, ...]:
    return tuple(_read_wanted(item) for item in value.one_or_more())


def _read_wanted(value: Value) -> Wanted:
    name, _, version = value.text().partition("=")
    return Wanted(name.strip() or value.fail("must have a name"), version.strip() or "*")


def _packages(value: Value) -> Packages:
    if not isinstance(value.raw, dict):
        return Packages(_wanted(value), ())
    found = value.table(_KEYS)
    if not found:
        value.fail(f"must have one of {', '.join(_KEYS)}")
    return Packages(
        include=_wanted(found["include"]) if "include" in found else (),
        exclude=_wanted(found["exclude"]) if "exclude" in found else (),
    )


KEYS: Keys = {"packages": _packages}
