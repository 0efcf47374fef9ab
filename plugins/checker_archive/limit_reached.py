"""ARC010: a limit that stopped the reading of the archive or of one of its members."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Command, Finding, Fix, Severity

# Limits that leave the outcome with an engine open, and no part of the archive unread.
_OF_VERDICTS = frozenset({"simulated", "lookups"})
# Limits that leave out what rules say, of which enough is said.
_OF_REPORTS = frozenset({"findings"})
# Limits of what is searched for secrets, which a valid archive with many files can reach.
_OF_SEARCHES = frozenset({"text_files", "text_bytes"})


class LimitReached(Check):
    """A limit was reached, so the archive was not checked completely.

    What it means:
        The archive requires more memory, disk space, nesting or expansion than a valid one needs,
        and reading stopped at that place. The message names the limit and its value. It is a
        warning if the archive was read, but what engines do with it is not known to its end, or
        rules did not look at all of it: the limits ``simulated`` and ``lookups``, which a valid
        archive with many unusual entries can reach. It is a note if a rule has more findings than
        are kept (``findings``), or a layer has more text files than are searched for secrets
        (``text_files``, ``text_bytes``).

    Why it matters:
        The part that was not read was not checked. Engines have other limits or none, so that they
        may load it; it is an error because nothing is known of that part. A small file that
        decompresses to terabytes, deeply nested JSON and millions of names are ways to make a
        reader fail.

    How to fix it:
        If you trust the archive and it really is that large, raise the limit with the command given
        as the fix. Otherwise do not load it.

    References:
        - CWE-409, highly compressed data; CWE-674, uncontrolled recursion
    """

    id = "ARC010"
    name = "limit-reached"
    severity = Severity.ERROR
    follows_limits = True
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report each limit."""
        for reached in archive.limits:
            where = f"{reached.member}: " if reached.member else ""
            yield self.finding(
                archive,
                f"{where}the limit {reached.limit} of {reached.value} was reached: {reached.what}",
                severity=_severity(reached.limit),
                at={"member": reached.member, "offset": reached.offset},
                fix=Fix(
                    "set a higher limit if the archive is trusted",
                    Command(f"checker check --limit {reached.limit}={reached.value * 4} FILE"),
                ),
            )


def _severity(limit: str) -> Severity | None:
    """The severity for a limit, if it is not that of the rule."""
    if limit in _OF_REPORTS | _OF_SEARCHES:
        return Severity.NOTE
    return Severity.WARNING if limit in _OF_VERDICTS else None
