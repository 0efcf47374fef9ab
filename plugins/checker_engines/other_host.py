"""ENG005: no image of the archive is for the platform of the host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.listing import first_few
from checker.model.archive import Archive
from checker.model.image import Image
from checker.verdicts import Verdict, VerdictOutcome
from checker_engines.host import for_other_hosts, without_what

_MOST_NAMED = 3


class OtherHost(Check):
    """An image is for another platform than the host on which it is used.

    What it means:
        None of the platforms of the image is that of the host, which is linux/amd64 unless
        ``--host OS/ARCH`` says otherwise.

    Why it matters:
        ``docker load`` and ``podman load`` accept the image, since they do not compare the
        architecture. Its containers do not start: "exec format error". ``ctr image import`` refuses
        an archive without an image for the host, or does not unpack it.

    How to fix it:
        Save the image for the platform of the host, or state the host with ``--host``. An emulator
        that is registered with binfmt_misc (``docker run --privileged tonistiigi/binfmt --install
        all``) runs it slowly, unless it is for another operating system.

            docker save --platform linux/amd64 -o image.tar app:1

    References:
        - OCI image-spec 1.1, image-index.md, "platform"
        - Linux 6.6, Documentation/admin-guide/binfmt-misc.rst
    """

    id = "ENG005"
    name = "other-host"
    severity = Severity.NOTE
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Not applicable without an image."""
        return None if archive.images else "the archive has no image"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report each image that has no platform of the host."""
        host = self.context.host
        for images in for_other_hosts(archive, host):
            yield self.finding(
                images[0],
                f"{_named(images)} is for {_platforms(images)}, the host is {host}: its containers "
                f"do not start there {without_what(images, host)}"
                f"{_refused(self.context.verdicts)}",
            )


def _named(images: Sequence[Image]) -> str:
    return images[0].names[0] if images[0].names else images[0].label


def _platforms(images: Sequence[Image]) -> str:
    found = dict.fromkeys(str(image.platform) for image in images)
    return first_few(tuple(found), _MOST_NAMED)


def _refused(verdicts: Sequence[Verdict]) -> str:
    refusing = [
        f"{one.engine} {one.action}"
        for one in verdicts
        if one.outcome is VerdictOutcome.REJECTS and OtherHost.id in one.rules
    ]
    return f", and {', '.join(refusing)} refuses it" if refusing else ""
