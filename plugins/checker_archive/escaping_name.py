"""ARC009: a name or link that points outside of the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Entries, Finding, Kind, Severity
from checker.model.archive import IMAGE_KINDS
from checker.model.entries import (
    DIRECTORY,
    GLOBAL_HEADER,
    HARD_LINK,
    SPELLINGS,
    SYMLINK,
    clean_path,
    climbs_out,
)
from checker.patterns import pattern

_IMAGES = IMAGE_KINDS | {Kind.WRAPPED, Kind.NESTED}
_REFUSED = "; Docker since 29.7 and skopeo's oci-archive reject it"
_REFUSED_LINK = "; skopeo's oci-archive rejects it, as does containerd in a Docker archive"
_REFUSED_ABSOLUTE = "; containerd and Docker with the containerd image store reject it"
_GLOBAL, _DIRECTORY = ord(GLOBAL_HEADER), ord(DIRECTORY)
# The spellings with the prefix in question.
_ABSOLUTE = pattern(
    b"[" + bytes(code for code, (prefix, _) in enumerate(SPELLINGS) if prefix == "/") + b"]"
)


class EscapingName(Check):
    """A name or link points outside of the archive.

    What it means:
        The name of a member contains `..` that leads above the root of the archive, or is absolute;
        or a hard link points outside; or, in an image archive, a symbolic link points outside. In a
        root filesystem absolute names are a warning, and symbolic links are not reported, because
        absolute links are normal there.

    Why it matters:
        An unsafe extraction writes to, or reads from, paths outside of its directory. Docker since
        29.7 ("invalid entry name", "invalid hardlink target"), Podman and skopeo reject `..` and
        such links; older Docker versions map them into the root, so the file ends up at another
        path. Engines strip the slash of absolute names; containerd does not find such members.

    How to fix it:
        Create the archive from inside its directory, with relative names and without
        `--absolute-names`. If you did not create the archive, do not trust it.

            tar -P -cf image.tar /tmp/layout      # /tmp/layout/index.json
            tar -C /tmp/layout -cf image.tar .    # ./index.json

    References:
        - moby/go-archive 0.3: names and hard links must stay below the root
        - containers/storage, pkg/archive: "is outside of", "invalid symlink", "invalid hardlink"
        - CWE-22, path traversal
    """

    id = "ARC009"
    name = "escaping-name"
    severity = Severity.ERROR
    security = 8.5
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at names and links."""
        entries = archive.entries
        suspects = _suspects(entries)
        yield from self._absolute(archive, suspects)
        for position in suspects:
            if climbs_out(entries.name(position)):
                yield self._odd(
                    archive, position, f"the name points outside of the archive{_REFUSED}"
                )
        yield from self._links(archive)

    def _absolute(self, archive: Archive, suspects: list[int]) -> Iterator[Finding]:
        """One finding for all: a tar has either no absolute names or only absolute ones."""
        entries = archive.entries
        found = [
            i for i in suspects if entries.name(i).startswith("/") and not _is_root(entries, i)
        ]
        if not found:
            return
        first = f"{entries.name(found[0])}{_place(entries, found[0])}"
        if len(found) == 1:
            message = f"1 member has an absolute name: {first}"
        else:
            message = f"{len(found)} members have absolute names, the first is {first}"
        if archive.kind in _IMAGES:
            consequence, severity = "containerd does not find such members", Severity.ERROR
        else:
            consequence, severity = "engines strip the slash", Severity.WARNING
        yield self._report(archive, found[0], f"{message}; {consequence}", severity)

    def _links(self, archive: Archive) -> Iterator[Finding]:
        entries = archive.entries
        for position in entries.of_kind(HARD_LINK):
            target = entries.linknames.get(position, "")
            if climbs_out(target):
                yield self._odd(
                    archive,
                    position,
                    f"the hard link target {target} is outside of the archive{_REFUSED}",
                )
        for position in entries.of_kind(SYMLINK) if archive.kind in _IMAGES else ():
            target = entries.linknames.get(position, "")
            directory = entries.paths[position].rpartition("/")[0]
            if target.startswith("/"):
                consequence = _consequence_of_absolute(archive, f"{directory}/{target}")
                yield self._odd(
                    archive, position, f"the symbolic link target {target} is absolute{consequence}"
                )
            elif climbs_out(f"{directory}/{target}"):
                yield self._odd(
                    archive,
                    position,
                    f"the symbolic link target {target} is outside of the archive{_REFUSED_LINK}",
                )

    def _odd(self, archive: Archive, position: int, what: str) -> Finding:
        entries = archive.entries
        message = f"{entries.name(position)}{_place(entries, position)}: {what}"
        return self._report(archive, position, message)

    def _report(
        self, archive: Archive, position: int, message: str, severity: Severity | None = None
    ) -> Finding:
        entries = archive.entries
        return self.finding(
            archive,
            message,
            at={"member": entries.name(position), "offset": entries.offsets[position]},
            severity=severity,
        )


def _place(entries: Entries, position: int) -> str:
    """The offset of a header, for messages; files in a directory have none."""
    offset = entries.offsets[position]
    return f" at byte {offset}" if offset >= 0 else ""


def _consequence_of_absolute(archive: Archive, joined: str) -> str:
    """What engines do with an absolute target; containerd appends it to the link's directory."""
    if archive.kind is not Kind.DOCKER_ARCHIVE or clean_path(joined) in archive.entries.by_path:
        return ""
    return _REFUSED_ABSOLUTE


def _is_root(entries: Entries, position: int) -> bool:
    """Whether it has the name of the root and is not a directory, which ARC016 reports."""
    return entries.paths[position] == "" and entries.kinds[position] != _DIRECTORY


def _suspects(entries: Entries) -> list[int]:
    """Entries whose name is absolute or may contain "..": few tars have any."""
    absolute = (match.start() for match in _ABSOLUTE.finditer(entries.spellings))
    return sorted(i for i in {*absolute, *entries.own_names} if entries.kinds[i] != _GLOBAL)
