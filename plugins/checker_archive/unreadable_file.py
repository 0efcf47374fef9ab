"""ARC024: a part of a directory, or a member, that could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, Check, Finding, Severity

_WORDS = {
    AnomalyKind.UNLISTED_DIRECTORY: (
        Severity.ERROR,
        "the directory {name} cannot be listed: {detail}; nothing below it was checked",
    ),
    AnomalyKind.UNREADABLE_FILE: (
        Severity.ERROR,
        "{name} cannot be read: {detail}; its content was not checked",
    ),
    AnomalyKind.UNSTORABLE_FILE: (
        Severity.NOTE,
        "{name} is left out: {detail}, which a tar cannot contain",
    ),
}


class UnreadableFile(Check):
    """A file or directory could not be read, so it was not checked.

    What it means:
        The archive is a directory, and the operating system refused to open a file or to list a
        directory in it, or it was replaced while it was read. The message quotes the reason.
        Sockets, which no archive format for images can contain, are a note.

    Why it matters:
        What was not read was not checked, and `tar` and engines that run as the same user cannot
        read it either: the packed archive would lack it.

    How to fix it:
        Run the check as a user who can read the directory, such as root for a root filesystem, or
        correct the permissions:

            sudo checker check rootfs
            chmod -R u+rX layout

    References:
        - path_resolution(7), open(2)
    """

    id = "ARC024"
    name = "unreadable-file"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report what could not be listed, and what could not be read."""
        for anomaly in archive.tar.of_kind(*_WORDS):
            severity, words = _WORDS[anomaly.kind]
            offset = None if anomaly.offset < 0 else anomaly.offset
            yield self.finding(
                archive,
                words.format(name=anomaly.name, detail=anomaly.detail),
                at={"member": anomaly.name, "offset": offset},
                severity=severity,
            )
        noted = {each.name for each in archive.tar.of_kind(AnomalyKind.UNREADABLE_FILE)}
        for blob in archive.members.blobs.values():
            if blob.error is not None and blob.location.member not in noted:
                yield self.finding(
                    archive,
                    f"{blob.location.member} cannot be read: {blob.error}; its content was not "
                    "checked",
                    at={"member": blob.location.member, "offset": blob.location.offset},
                )
