"""Which of an archive's images are converted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.conversion.images import Candidate
from checker.conversion.records import Form, LeftOut, Request, SelectionError
from checker.model.names import InvalidReferenceError, Platform, parse_reference
from checker.records import NamedTuple

_SHORTEST_DIGEST = 12
_MOST_LISTED = 10


class Choice(NamedTuple):
    """What is converted.

    Attributes:
        images: The images, in the order of the archive.
        for_docker: Those of them that ``manifest.json`` lists, or a root filesystem is made of.
        is_all: Whether the options leave no image out.
        left_out: Images that the form cannot hold beside the others.
    """

    images: tuple[Candidate, ...]
    for_docker: tuple[Candidate, ...]
    is_all: bool
    left_out: tuple[LeftOut, ...] = ()


def choose(found: Sequence[Candidate], request: Request) -> Choice:
    """Choose images as the options say, and of what is left those that the form can hold.

    Raises:
        SelectionError: The options choose none, or more than can be converted.
    """
    chosen = [each for each in found if _is_named(each, request.image)]
    if not chosen:
        raise SelectionError(f"--image {request.image}: not in the archive; {_listed(found)}")
    of_platform = [each for each in chosen if _fits(each, request.platform)]
    if not of_platform:
        raise SelectionError(f"--platform {request.platform}: not there; {_listed(chosen)}")
    for_docker, left = _one_of_each(of_platform, request.host)
    is_one = request.form is Form.ROOTFS
    if is_one and len(for_docker) > 1:
        raise SelectionError(f"choose one image with --image; {_listed(for_docker)}")
    if request.ref is not None and len(for_docker) > 1:
        raise SelectionError(f"--ref needs one image, choose it with --image; {_listed(found)}")
    keeps_all = request.form.has_oci_layout
    return Choice(
        images=tuple(of_platform if keeps_all else for_docker),
        for_docker=tuple(for_docker),
        is_all=len(of_platform) == len(found) and request.image is None,
        left_out=() if keeps_all else tuple(map(_left_out, left)),
    )


def _is_named(found: Candidate, wanted: str | None) -> bool:
    if wanted is None or wanted in found.names:
        return True
    digits = wanted.removeprefix("sha256:")
    if len(digits) >= _SHORTEST_DIGEST:
        starts = (digest.removeprefix("sha256:").startswith(digits) for digest in found.digests)
        if any(starts):
            return True
    return normal_name(wanted) is not None and normal_name(wanted) in map(normal_name, found.names)


def normal_name(name: str) -> str | None:
    """A name as Docker shows it, with its tag; None if it is not one of the form NAME:TAG."""
    try:
        reference = parse_reference(name)
    except InvalidReferenceError:
        return None
    return reference.familiar if reference.tag and not reference.digest else None


def _fits(found: Candidate, wanted: Platform | None) -> bool:
    if wanted is None:
        return True
    own = found.platform
    if own is None or (own.os, own.architecture) != (wanted.os, wanted.architecture):
        return False
    return wanted.variant is None or own.variant == wanted.variant


def _one_of_each(
    found: Iterable[Candidate], host: Platform
) -> tuple[list[Candidate], list[Candidate]]:
    """Of images for several platforms with the same name, that for the host; and the others."""
    groups: dict[tuple[str, ...], list[Candidate]] = {}
    for number, each in enumerate(found):
        groups.setdefault(each.names or _group_of(each, number), []).append(each)
    chosen: list[Candidate] = []
    left: list[Candidate] = []
    for group in groups.values():
        platforms = {each.platform for each in group}
        if len(platforms) < len(group):
            chosen += group
            continue
        best = next((each for each in group if _fits(each, host)), group[0])
        chosen.append(best)
        left += [each for each in group if each is not best]
    return chosen, left


def _group_of(found: Candidate, number: int) -> tuple[str, ...]:
    """Images without a name are taken for one image if an index lists their platforms."""
    manifest = None if found.image is None else found.image.manifest
    has_platform = manifest is not None and manifest.descriptor.platform is not None
    return ("",) if has_platform else ("", str(number))


def _left_out(found: Candidate) -> LeftOut:
    return LeftOut(
        "platform",
        f"{found.label}, as one platform of a name is kept",
    )


def _listed(found: Sequence[Candidate]) -> str:
    shown = [f"{each.label} ({each.platform or 'unknown platform'})" for each in found]
    more = len(shown) - _MOST_LISTED
    rest = f" and {more} more" if more > 0 else ""
    return f"found: {', '.join(shown[:_MOST_LISTED])}{rest}"
