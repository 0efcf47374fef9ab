"""TRP005: a web page or an XML document instead of the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding
from checker.model.damage import SavedText, TextKind
from checker_transport.transport import TransportCheck, quote


class WebPage(TransportCheck):
    """The file is a web page or an XML document.

    What it means:
        The file contains HTML or XML: the error page, login page or directory listing of a server,
        or the error document of a storage service. The message quotes its title or its error.

    Why it matters:
        The download did not deliver the archive. Programs such as `curl` without `--fail` save the
        answer of the server whatever it is, and exit with 0.

    How to fix it:
        Open the address in a browser, or look at the status code; log in or correct the address;
        download the file again:

            curl --fail --location --output image.tar https://…

    References:
        - curl(1), option --fail
        - RFC 9110, section 15: status codes
    """

    id = "TRP005"
    name = "web-page"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report HTML and XML."""
        damage = archive.damage
        if not isinstance(damage, SavedText) or damage.kind not in {
            TextKind.WEB_PAGE,
            TextKind.XML,
        }:
            return
        what = "an HTML page" if damage.kind is TextKind.WEB_PAGE else "an XML document"
        content = f" with the content {quote(damage.quote)}" if damage.quote else ""
        yield self.finding(
            archive,
            f"the file is {what}{content}, such as the answer of a server in place of the archive",
            at={"offset": 0},
            fix="download the archive again, with curl --fail to notice errors",
        )
