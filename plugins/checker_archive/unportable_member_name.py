"""ARC016: a member whose name cannot be used on all systems."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Entries, Finding, Severity
from checker.model.archive import IMAGE_KINDS
from checker.model.entries import DIRECTORY, GLOBAL_HEADER, REGULAR, climbs_out
from checker.model.untrusted import utf8
from checker.patterns import pattern
from checker_archive.outer_tar import TarCheck
from checker_archive.scopes import LONGEST_PART

_PATH = 4095
_GLOBAL, _DIRECTORY, _REGULAR = ord(GLOBAL_HEADER), ord(DIRECTORY), ord(REGULAR)
# Control characters, and those that change the text direction (Unicode, UAX 9).
_CONTROLS = pattern("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# The surrogates that represent a byte that does not decode.
_NOT_UTF8 = pattern("[\udc80-\udcff]")


class UnportableMemberName(TarCheck):
    """The name of a member cannot be used on all systems.

    What it means:
        A member has an empty name, a path component of more than 255 bytes, a path of more than
        4095 bytes, control characters or characters that change the text direction in its name, or
        bytes that are not valid UTF-8. In an image archive a file without a name is a warning,
        because engines can load the archive. In a root filesystem, names that are not UTF-8 and
        names with control characters are notes, because some software ships them.

    Why it matters:
        Linux does not support longer names, so engines that extract the archive fail. Docker 20.10
        and Podman fail to import a file without a name. Docker with the containerd image store
        refuses to load an archive with a name that is not UTF-8 ("string field contains invalid
        UTF-8"). Control characters can forge the output of a terminal or a log.

    How to fix it:
        Rename the file and create the archive again. Image tools do not write such names; if you
        did not create the archive, do not trust it.

    References:
        - Linux, limits.h: NAME_MAX 255, PATH_MAX 4096
        - POSIX.1-2017, section 3.282, "Portable Filename Character Set"
        - CWE-150, escape, meta or control sequences
    """

    id = "ARC016"
    name = "unportable-member-name"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at all names together, then at single ones if there may be a problem."""
        entries = archive.entries
        is_image = archive.kind in IMAGE_KINDS
        if "" in entries.by_path:
            yield from self._empty(archive, is_image=is_image)
        if _are_plain(entries):
            return
        for position, path in enumerate(entries.paths):
            if entries.kinds[position] == _GLOBAL:
                continue
            is_sent = is_image and entries.kinds[position] == _REGULAR
            for problem in _problems(path, is_image=is_image, is_sent=is_sent):
                yield self._report(archive, position, problem)

    def _empty(self, archive: Archive, *, is_image: bool) -> Iterator[Finding]:
        entries = archive.entries
        for position in entries.positions(("",))[""]:
            kind = entries.kinds[position]
            if kind == _GLOBAL or (kind == _DIRECTORY and entries.name(position)):
                continue
            if climbs_out(entries.name(position)):
                continue  # reported by ARC009
            if kind == _DIRECTORY:
                problem = ("has an empty name", Severity.NOTE)
            else:
                words = "has an empty name or the name of the root, but is not a directory"
                words += "; Docker 20.10 and Podman fail to import it"
                problem = (words, Severity.WARNING if is_image else Severity.ERROR)
            yield self._report(archive, position, problem)

    def _report(self, archive: Archive, position: int, problem: tuple[str, Severity]) -> Finding:
        words, severity = problem
        name = archive.entries.name(position)
        offset = archive.entries.offsets[position]
        return self.finding(
            archive,
            f"{name or 'the member'} at byte {offset} {words}",
            at={"member": name, "offset": offset},
            severity=severity,
        )


def _are_plain(entries: Entries) -> bool:
    """Whether all names are short and consist of printable characters."""
    # A character takes at most four bytes.
    return "/".join(entries.paths).isprintable() and (
        not entries.paths
        or max(map(len, entries.paths)) <= LONGEST_PART // 4
        or not any(_is_long(path) for path in entries.paths if len(path) * 4 > LONGEST_PART)
    )


def _is_long(path: str) -> bool:
    encoded = utf8(path)
    return len(encoded) > _PATH or max(map(len, encoded.split(b"/"))) > LONGEST_PART


def _problems(path: str, *, is_image: bool, is_sent: bool) -> Iterator[tuple[str, Severity]]:
    """What is wrong with a name; Docker sends the files of images to containerd by their names."""
    if len(path) * 4 > LONGEST_PART and _is_long(path):
        words = f"has a path of more than {_PATH} bytes, or a component of more than {LONGEST_PART}"
        yield (f"{words}; engines that extract the archive fail", Severity.ERROR)
    if path.isprintable():
        return
    found = _CONTROLS.search(path)
    if found is not None:
        yield (
            f"has the control character U+{ord(found[0]):04X} in its name",
            Severity.WARNING if is_image else Severity.NOTE,
        )
    if _NOT_UTF8.search(path) is not None:
        words = "has a name that is not valid UTF-8"
        if is_sent:
            words = f"{words}; Docker with the containerd image store rejects it"
            yield (words, Severity.ERROR)
        else:
            yield (words, Severity.WARNING if is_image else Severity.NOTE)
