"""LYR018: owners that rootless engines cannot map."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from checker import Archive, Finding, Layer, Severity
from checker.checks.listing import first_few
from checker_layers.layers import TreeCheck, shown, trees, whose
from checker_layers.scopes import MAPPED_IDS

# The last number means "do not change" (chown(2)).
_MOST = 2**32 - 2
_SHOWN = 5


class IdOutOfRange(TreeCheck):
    """Files belong to users or groups that rootless engines cannot map.

    What it means:
        The ID of a user or group is above 65536, the last that rootless engines map with the
        default of 65536 subordinate IDs: a warning. An ID below 0 or above 4294967294 is not valid
        on Linux: an error.

    Why it matters:
        Rootless Podman and Docker cannot unpack the layer: "potentially insufficient UIDs or GIDs
        available in user namespace". Engines truncate invalid IDs to 32 bits, so the files belong
        to another user, possibly root.

    How to fix it:
        Set the owner where the files are created. Large IDs often come from the user directory of a
        company.

            COPY --chown=0:0 app /app
            tar --owner=0 --group=0 -C ROOT -cf layer.tar .

    References:
        - Linux, user_namespaces(7), subuid(5) and chown(2)
        - containers/storage, pkg/idtools: mapping of ids
    """

    id = "LYR018"
    name = "id-out-of-range"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the users and groups of each layer, each number once."""
        for layer in trees(archive):
            entries = layer.entries
            for what, numbers in (("uid", entries.uids), ("gid", entries.gids)):
                odd = sorted(n for n in _distinct(numbers) if not 0 <= n <= MAPPED_IDS)
                if odd:
                    yield from self._judge(layer, what, numbers, odd)

    def _judge(
        self, layer: Layer, what: str, numbers: array[int], odd: list[int]
    ) -> Iterator[Finding]:
        impossible = [n for n in odd if not 0 <= n <= _MOST]
        large = [n for n in odd if MAPPED_IDS < n <= _MOST]
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
            why = "which is not valid on Linux"
        else:
            why = f"above the {MAPPED_IDS} that rootless engines map"
        count = f"{len(positions)} entries have" if len(positions) > 1 else "1 entry has"
        first = "; the first is" if len(positions) > 1 else ":"
        return self.finding(
            layer,
            f"{whose(layer)}{count} the {what} {listed}, {why}{first} "
            f"{shown(entries, positions[0])}",
            at={"path": entries.paths[positions[0]], "offset": entries.offsets[positions[0]]},
            severity=severity,
        )


def _distinct(numbers: array[int]) -> set[int]:
    # Fast path: most layers belong to root alone.
    return set(numbers) if any(numbers) else set()
