"""The names that images get in each form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from checker.conversion.choosing import normal_name
from checker.conversion.records import LeftOut, SelectionError
from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker.model.names import InvalidReferenceError, parse_reference


def check_reference(ref: str) -> str:
    """A name that an image can get, as Docker shows it.

    Raises:
        SelectionError: It is not one of the form NAME:TAG; the text is that of Docker.
    """
    try:
        parse_reference(ref)
    except InvalidReferenceError as error:
        raise SelectionError(f"--ref {ref}: {error}") from error
    found = normal_name(ref)
    if found is None:
        raise SelectionError(f"--ref {ref}: it has no tag; write NAME:TAG")
    return found


def names_for(names: Iterable[str], ref: str | None) -> tuple[str, ...]:
    """The names that ``docker load`` understands, or the one that was asked for."""
    if ref is not None:
        return (check_reference(ref),)
    found = (normal_name(name) for name in names)
    return tuple(dict.fromkeys(name for name in found if name is not None))


def lost_names(label: str, names: Iterable[str], ref: str | None) -> Iterable[LeftOut]:
    """The names that are not of the form NAME:TAG."""
    if ref is not None:
        return
    for name in names:
        if normal_name(name) is None:
            yield LeftOut(
                "name", f"{label}: the name {name!r} is not of the form NAME:TAG; use --ref"
            )


def annotations_of(groups: Sequence[Sequence[str]]) -> list[list[Mapping[str, str]]]:
    """The annotations for the names of several images, one for each name.

    ``org.opencontainers.image.ref.name`` is the tag, as BuildKit and Docker write it; the whole
    name where two images have the same tag, as skopeo finds images by it.
    """
    tags = Counter(_tag(name) for names in groups for name in names)
    return [[_annotations(name, tags) for name in names] for names in groups]


def _tag(name: str) -> str:
    return name if normal_name(name) is None else (parse_reference(name).tag or name)


def _annotations(name: str, tags: Mapping[str, int]) -> Mapping[str, str]:
    if normal_name(name) is None:
        return {REF_NAME: name}
    reference = parse_reference(name)
    full = f"{reference.domain}/{reference.path}:{reference.tag}".removeprefix("/")
    tag = _tag(name)
    return {CONTAINERD_NAME: full, REF_NAME: tag if tags[tag] == 1 else name}
