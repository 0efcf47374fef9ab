"""LYR018: owners beyond what rootless engines map."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.listing import first_few
from checker.model.archive import Archive
from checker.model.image import Layer
from checker_layers._layers import no_tree_reason, shown, trees, whose

# The user's own id and the 65536 subordinate ones that useradd gives (login.defs, SUB_UID_COUNT).
_MAPPED = 65_536
# The last number means "leave it as it is" (chown(2)).
_MOST = 2**32 - 2
_SHOWN = 5


class IdOutOfRange(Check):
    """Files belong to users or groups that rootless engines cannot map.

    What it means:
        The number of a user or group is beyond 65536, the last that rootless engines map with the
        usual 65536 subordinate ids: a warning. If it is below 0 or beyond 4294967294, Linux has no
        such id: an error.

    Why it matters:
        Rootless Podman and Docker cannot unpack the layer: "potentially insufficient UIDs or GIDs
        available in user namespace". Ids that Linux does not have are cut to 32 bits by engines,
        and so belong to somebody else, perhaps to root.

    How to fix it:
        `COPY --chown=…`, `chown` in the same step that makes the files, or `tar --owner=0
        --group=0`. Large ids often come from a company's directory of users.

    References:
        - Linux, user_namespaces(7), subuid(5) and chown(2)
        - containers/storage, pkg/idtools: mapping of ids
    """

    id = "LYR018"
    name = "id-out-of-range"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no files."""
        return no_tree_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the users and groups of each layer, each number once."""
        for layer in trees(archive):
            entries = layer.entries
            for what, numbers in (("uid", entries.uids), ("gid", entries.gids)):
                odd = sorted(n for n in _distinct(numbers) if not 0 <= n <= _MAPPED)
                if odd:
                    yield from self._judge(layer, what, numbers, odd)

    def _judge(
        self, layer: Layer, what: str, numbers: array[int], odd: list[int]
    ) -> Iterator[Finding]:
        impossible = [n for n in odd if not 0 <= n <= _MOST]
        large = [n for n in odd if _MAPPED < n <= _MOST]
        if impossible:
            yield self._report(layer, what, numbers, impossible, Severity.ERROR)
        if large:
            yield self._report(layer, what, numbers, large, Severity.WARNING)

    def _report(
        self, layer: Layer, what: str, numbers: array[int], odd: list[int], severity: Severity
    ) -> Finding:
        entries, wanted = layer.entries, frozenset(odd)
        positions = [i for i, number in enumerate(numbers) if number in wanted]
        listed = first_few(odd, _SHOWN)
        if severity is Severity.ERROR:
            why = "which Linux does not have"
        else:
            why = f"beyond the {_MAPPED} that rootless engines map"
        count = f"{len(positions)} entries have" if len(positions) > 1 else "1 entry has"
        first = ", the first is" if len(positions) > 1 else ":"
        return self.finding(
            layer,
            f"{whose(layer)}{count} the {what} {listed}, {why}{first} "
            f"{shown(entries, positions[0])}",
            at={"path": entries.paths[positions[0]], "offset": entries.offsets[positions[0]]},
            severity=severity,
        )


def _distinct(numbers: array[int]) -> set[int]:
    # Most layers belong to root alone, which is seen faster.
    return set(numbers) if any(numbers) else set()
