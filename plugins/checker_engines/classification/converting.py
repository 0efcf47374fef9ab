"""Advice to convert an archive, for engines that refuse it as it is and would take the result."""

from __future__ import annotations

from collections.abc import Sequence

from checker.model.archive import IMAGE_KINDS, Archive, Kind
from checker.model.known_kind import SKOPEO_DIRECTORY
from checker.records import NamedTuple
from checker_engines.classification.conversion import CLASSIC, REFERENCE, Conversion
from checker_engines.classification.obstacles import surrounded_obstacle
from checker_engines.classification.takers import Takers

_TARGET, _OTHER_TARGET = "image.tar", "converted.tar"


class _Group(NamedTuple):
    """Profiles that share an image store.

    Attributes:
        title: How people call the engine.
        profiles: Starts of the names of its profiles.
        action: What it is asked.
        command: Loads the result.
        newest: The profile that checks what is converted for them.
    """

    title: str
    profiles: tuple[str, ...]
    action: str
    command: str
    newest: str


_DOCKER = _Group("Docker", ("docker-",), "load", "docker load -i", "docker-28")
_CLASSIC = _Group(
    "Docker's classic store",
    CLASSIC,
    "load",
    "docker load -i",
    "docker-28",
)
_GROUPS = (
    _DOCKER,
    _CLASSIC,
    _Group("Podman", ("podman-",), "load", "podman load -i", "podman-5"),
    _Group("containerd", ("containerd-",), "ctr import", "ctr image import", "containerd-2"),
)


class ConversionAdvice(NamedTuple):
    """How an archive is converted.

    Attributes:
        sentence: What is converted for which engine, and how the result is loaded.
        command: The command that converts it.
    """

    sentence: str
    command: str


def find_conversion(
    archive: Archive, quoted_path: str, takers: Takers, conversion: Conversion
) -> ConversionAdvice | None:
    """The command that converts an archive, if engines refuse it and would take the result.

    Args:
        archive: The facts.
        quoted_path: Its path, quoted for a command line.
        takers: The engines that accept it.
        conversion: What its conversion gives.
    """
    if not takers.are_known:
        return None
    refusing = [group for group in _GROUPS if not _takes(takers, group)]
    if not refusing:
        return None
    if _is_surrounded(archive):
        if surrounded_obstacle(archive) is not None:
            return None
        return _unread_advice(refusing[0], quoted_path)
    if archive.kind not in IMAGE_KINDS and not _is_dir_layout(archive):
        return None
    converted = conversion.of(archive.images)
    helped = [group for group in refusing if converted and _takes(converted.takers, group)]
    if converted is None or not helped:
        return None
    ref = f" --ref {REFERENCE}" if converted.needs_name else ""
    return _advice(helped, quoted_path, ref)


def _takes(takers: Takers, group: _Group) -> bool:
    return any(takers.take(profile, group.action) for profile in group.profiles)


def _is_surrounded(archive: Archive) -> bool:
    """Whether the image is inside something else, where it was not read."""
    if archive.kind is Kind.NESTED:
        return len(archive.nested_images) == 1
    return archive.kind is Kind.WRAPPED


def _is_dir_layout(archive: Archive) -> bool:
    known = archive.known_kind
    return known is not None and known.name == SKOPEO_DIRECTORY


def _advice(groups: Sequence[_Group], quoted_path: str, ref: str) -> ConversionAdvice:
    found = [group for group in groups if group is not _CLASSIC or _DOCKER not in groups]
    titles = [group.title for group in found]
    named = titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
    target = _target(quoted_path)
    convert = f"checker convert {quoted_path} {target} --to docker-archive{ref}"
    sentence = f"Convert it for {named}: `{convert}`, then `{found[0].command} {target}`"
    return ConversionAdvice(sentence, convert)


def _unread_advice(group: _Group, quoted_path: str) -> ConversionAdvice:
    """How to convert what was not read, which must be checked before it is loaded."""
    target = _target(quoted_path)
    steps = (
        f"checker convert {quoted_path} {target} --to docker-archive",
        f"checker check --engine {group.newest} {target}",
        f"{group.command} {target}",
    )
    command = " && ".join(steps)
    return ConversionAdvice(f"Convert it for {group.title}: `{command}`", command)


def _target(quoted_path: str) -> str:
    is_taken = quoted_path.rpartition("/")[2] == _TARGET
    return _OTHER_TARGET if is_taken else _TARGET
