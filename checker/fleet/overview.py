"""The overview of results: what reports show of any number of archives.

Tables are read file by file, and counted in columns; of archives only those that are shown are
records.
"""

from __future__ import annotations

import datetime as dt
import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from checker.errors import SettingsError
from checker.fleet.dataset import Dataset
from checker.fleet.found import key_of
from checker.fleet.schema import ARCHIVE_TABLE, State
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, Any
from checker.verdicts import VerdictOutcome

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = (
    *("check", "url", "state", "error", "passes", "size", "checked_at"),
    *("errors", "warnings", "notes", "shared_bytes"),
)
_PROFILE = re.compile(r"(?P<tool>[a-z][a-z-]*?)-(?P<release>\d{1,6}(?:\.\d{1,6})*)(?P<rest>-.+)?")
_EXAMPLES = 1000


class ArchiveRow(NamedTuple):
    """An archive that does not pass.

    Attributes:
        url: Where it is.
        state: What became of it.
        error: Why it is not checked completely.
        errors: Findings that are errors.
        warnings: Findings that are warnings.
        notes: Findings that are notes.
    """

    url: str
    state: str
    error: str | None
    errors: int
    warnings: int
    notes: int


class RuleRow(NamedTuple):
    """What a rule has found.

    Attributes:
        rule: Its ID.
        name: Its name.
        severity: Severity of the findings.
        archives: Archives with such findings.
        findings: Findings; those that are waived do not count.
    """

    rule: str
    name: str
    severity: str
    archives: int
    findings: int


class LayerRow(NamedTuple):
    """A layer of several images.

    Attributes:
        digest: Digest of its content.
        images: Images that it is in.
        size: Bytes as stored.
    """

    digest: str
    images: int
    size: int


class EngineRow(NamedTuple):
    """What an engine does with the archives.

    Attributes:
        engine: The profile.
        action: The action.
        accepts: Archives that it accepts.
        broken: Those that it accepts, with an unusable result.
        rejects: Those that it refuses.
    """

    engine: str
    action: str
    accepts: int
    broken: int
    rejects: int


class Broken(NamedTuple):
    """An archive that an upgrade breaks.

    Attributes:
        url: Where it is.
        engine: The profile after the upgrade.
        outcome: What that does with it.
        reason: Why.
    """

    url: str
    engine: str
    outcome: str
    reason: str


class Upgrade(NamedTuple):
    """What the upgrade of an engine would break.

    Attributes:
        before: The engine, a profile or the beginning of several.
        after: The engine afterwards.
        action: The action.
        accepted: Archives that all profiles before accept.
        refused: Those of them that a profile afterwards refuses.
        broken: Those of them that a profile afterwards accepts, with an unusable result.
        archives: Archives that are refused or broken, the first of them.
        reasons: How many archives each reason is for, most first.
    """

    before: str
    after: str
    action: str
    accepted: int
    refused: int
    broken: int
    archives: tuple[Broken, ...]
    reasons: tuple[tuple[str, int], ...]


class Overview(NamedTuple):
    """The overview.

    Attributes:
        archives: Archives as they were found last, without those that were removed.
        passing: Those that pass.
        failing: Those that were checked completely and do not pass.
        unread: Those that were not checked completely.
        size: Their bytes.
        since: When the first of them was checked.
        until: When the last of them was checked.
        worst: The worst archives.
        not_checked: Archives that were not checked completely.
        rules: What each rule has found, in most archives first.
        bases: Base layers, of most images first.
        layers: Layers of more than one image, those of most bytes first.
        distinct_layers: Layers that differ.
        engines: What each engine does.
        upgrades: What upgrades would break.
    """

    archives: int
    passing: int
    failing: int
    unread: int
    size: int
    since: dt.datetime | None
    until: dt.datetime | None
    worst: tuple[ArchiveRow, ...]
    not_checked: tuple[ArchiveRow, ...]
    rules: tuple[RuleRow, ...]
    bases: tuple[LayerRow, ...]
    layers: tuple[LayerRow, ...]
    distinct_layers: int
    engines: tuple[EngineRow, ...]
    upgrades: tuple[Upgrade, ...]


def overview_of(
    dataset: Dataset, upgrades: Sequence[tuple[str, str]] = (), top: int = 10
) -> Overview:
    """The overview of results.

    Args:
        dataset: The results.
        upgrades: Engines before and after; from each release to the next if empty.
        top: Rows of each list.

    Raises:
        ResultsError: The results cannot be read.
        SettingsError: An engine has no verdicts.
    """
    current = _Current(dataset, top)
    judged = _Verdicts(dataset, current)
    layers = _Layers(dataset, current)
    return Overview(
        archives=current.archives,
        passing=current.passing,
        failing=current.archives - current.passing - current.unread,
        unread=current.unread,
        size=current.size,
        since=current.since,
        until=current.until,
        worst=current.worst,
        not_checked=current.not_checked,
        rules=tuple(_rules(dataset, current)),
        bases=layers.bases(top),
        layers=layers.shared(top),
        distinct_layers=layers.distinct,
        engines=judged.engines,
        upgrades=tuple(judged.upgrades(upgrades or judged.next_releases())),
    )


class _Current:
    """The archives as they were found last."""

    def __init__(self, dataset: Dataset, top: int) -> None:
        self.archives = self.passing = self.unread = self.size = 0
        self.since: dt.datetime | None = None
        self.until: dt.datetime | None = None
        self.urls: dict[str, str] = {}
        latest = _latest_checks(dataset)
        rows = (row for row in _archive_rows(dataset) if row["check"] in latest)
        failing: list[dict[str, Any]] = []
        for row in rows:
            self._count(row)
            if not row["passes"]:
                failing.append(row)
        self.worst = tuple(
            map(_archive, heapq.nsmallest(top, filter(_is_whole, failing), key=_badness))
        )
        unread = (row for row in failing if not _is_whole(row))
        self.not_checked = tuple(map(_archive, heapq.nsmallest(top, unread, key=_badness)))

    def _count(self, row: Mapping[str, Any]) -> None:
        self.archives += 1
        self.passing += row["passes"]
        self.unread += not _is_whole(row)
        self.size += row["size"]
        when = row["checked_at"]
        self.since = when if self.since is None else min(self.since, when)
        self.until = when if self.until is None else max(self.until, when)
        self.urls[row["check"]] = row["url"]


def _is_whole(row: Mapping[str, Any]) -> bool:
    return row["state"] == State.CHECKED and row["error"] is None


def _badness(row: Mapping[str, Any]) -> tuple[int, int, str]:
    return -(row["errors"] or 0), -(row["warnings"] or 0), row["url"]


def _archive(row: Mapping[str, Any]) -> ArchiveRow:
    counts = (row[key] or 0 for key in ("errors", "warnings", "notes"))
    return ArchiveRow(row["url"], row["state"], row["error"], *counts)


def _archive_rows(dataset: Dataset) -> Iterator[dict[str, Any]]:
    for file in dataset.files(ARCHIVE_TABLE):
        yield from dataset.rows(file, _COLUMNS)


def _latest_checks(dataset: Dataset) -> set[str]:
    """The last check of each object, without those that were removed."""
    latest: dict[bytes, tuple[dt.datetime, str, bool]] = {}
    for row in _archive_rows(dataset):
        key = key_of(row["url"])
        found = (row["checked_at"], row["check"], row["state"] != State.GONE)
        if key not in latest or latest[key] <= found:
            latest[key] = found
    return {check for _, check, is_there in latest.values() if is_there}


def _tables(
    dataset: Dataset, table: str, columns: Sequence[str], current: _Current
) -> Iterator[pa.Table]:
    """The rows of the last checks, file by file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(current.urls, pa.string())
    for file in dataset.files(table):
        found = dataset.table(file, columns)
        yield found.filter(pc.is_in(found["check"], value_set=wanted))


def _rules(dataset: Dataset, current: _Current) -> Iterator[RuleRow]:
    import pyarrow.compute as pc

    keys = ["rule", "name", "severity"]
    archives: Counter[tuple[str, ...]] = Counter()
    findings: Counter[tuple[str, ...]] = Counter()
    for table in _tables(dataset, "findings", ["check", "waived", *keys], current):
        # The rows of a check are in one file.
        counted = (
            table.filter(pc.is_null(table["waived"]))
            .group_by(keys)
            .aggregate([("check", "count_distinct"), ("check", "count")])
        )
        for row in counted.to_pylist():
            key = tuple(row[name] for name in keys)
            archives[key] += row["check_count_distinct"]
            findings[key] += row["check_count"]
    for key, count in sorted(archives.items(), key=lambda each: (-each[1], each[0])):
        rule, name, severity = key
        yield RuleRow(rule, name, severity, count, findings[key])


class _Layers:
    """Layers by the images that use them."""

    def __init__(self, dataset: Dataset, current: _Current) -> None:
        self._images: Counter[str] = Counter()
        self._bases: Counter[str] = Counter()
        self._sizes: dict[str, int] = {}
        columns = ["check", "layer", "digest", "diff_id", "size"]
        for table in _tables(dataset, "layers", columns, current):
            self._add(table)

    def _add(self, table: pa.Table) -> None:
        import pyarrow.compute as pc

        # The same layer may be compressed in one image and not in another.
        named = pc.coalesce(table["diff_id"], table["digest"])
        table = table.append_column("content", named)
        grouped = table.group_by(["content", "layer"]).aggregate(
            [("check", "count"), ("size", "max")]
        )
        for row in grouped.to_pylist():
            content = row["content"]
            if content is None:
                continue
            self._images[content] += row["check_count"]
            self._sizes[content] = max(self._sizes.get(content, 0), row["size_max"] or 0)
            if row["layer"] == 0:
                self._bases[content] += row["check_count"]

    @property
    def distinct(self) -> int:
        return len(self._images)

    def bases(self, top: int) -> tuple[LayerRow, ...]:
        found = heapq.nsmallest(top, self._bases.items(), key=lambda each: (-each[1], each[0]))
        return tuple(LayerRow(digest, count, self._sizes[digest]) for digest, count in found)

    def shared(self, top: int) -> tuple[LayerRow, ...]:
        rows = (
            LayerRow(digest, count, self._sizes[digest])
            for digest, count in self._images.items()
            if count > 1
        )
        return tuple(
            heapq.nsmallest(top, rows, key=lambda one: (-one.images * one.size, one.digest))
        )


class _Verdicts:
    """The verdicts: how many of each, and which archives each engine refuses."""

    def __init__(self, dataset: Dataset, current: _Current) -> None:
        self._dataset = dataset
        self._current = current
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        keys = ["engine", "action", "outcome"]
        for table in _tables(dataset, "verdicts", ["check", *keys], current):
            for row in table.group_by(keys).aggregate([("check", "count")]).to_pylist():
                counts[row["engine"], row["action"]][row["outcome"]] += row["check_count"]
        self.engines = tuple(
            EngineRow(engine, action, *(found[one] for one in VerdictOutcome))
            for (engine, action), found in sorted(counts.items(), key=lambda each: _order(each[0]))
        )

    def next_releases(self) -> list[tuple[str, str]]:
        """Each profile, and each of the next release of the same tool."""
        names = list(dict.fromkeys(row.engine for row in self.engines))
        by_tool: dict[str, dict[tuple[int, ...], list[str]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for name in names:
            found = _PROFILE.fullmatch(name)
            if found is not None:
                by_tool[found["tool"]][_release(found["release"])].append(name)
        return [
            (before, after)
            for releases in by_tool.values()
            for old, new in zip(sorted(releases), sorted(releases)[1:], strict=False)
            for before in releases[old]
            for after in releases[new]
        ]

    def upgrades(self, pairs: Iterable[tuple[str, str]]) -> Iterator[Upgrade]:
        """What upgrades break, for each action that engines before and after have.

        Raises:
            SettingsError: An engine has no verdicts.
        """
        for before, after in pairs:
            old, new = self._profiles(before), self._profiles(after)
            for action in sorted({one.action for one in old} & {one.action for one in new}):
                yield self._upgrade(before, after, action)

    def _profiles(self, name: str) -> list[EngineRow]:
        found = [row for row in self.engines if is_profile_of(row.engine, name)]
        if not found:
            known = ", ".join(dict.fromkeys(row.engine for row in self.engines)) or "none"
            raise SettingsError(f"--upgrade: no verdicts of {name!r} (choose from: {known})")
        return found

    def _upgrade(self, before: str, after: str, action: str) -> Upgrade:
        import pyarrow.compute as pc

        accepted: set[str] = set()
        found: dict[str, Broken] = {}
        columns = ["check", "engine", "action", "outcome", "reason"]
        for table in _tables(self._dataset, "verdicts", columns, self._current):
            of_action = table.filter(pc.equal(table["action"], action))
            fine = _checks_all_accept(of_action, before)
            accepted |= fine
            for row in _worse(of_action, after):
                check = row["check"]
                if check in fine and not (check in found and _is_refused(found[check])):
                    named = (row["engine"], row["outcome"], row["reason"])
                    found[check] = Broken(self._current.urls[check], *named)
        broken = sorted(found.values(), key=lambda one: (not _is_refused(one), one.url))
        refused = sum(map(_is_refused, broken))
        reasons = Counter(one.reason for one in broken).most_common()
        return Upgrade(
            before,
            after,
            action,
            len(accepted),
            refused,
            len(broken) - refused,
            tuple(broken[:_EXAMPLES]),
            tuple(reasons[:_EXAMPLES]),
        )


def _is_refused(one: Broken) -> bool:
    return one.outcome == VerdictOutcome.REJECTS


def _of_engine(table: pa.Table, name: str) -> pa.Table:
    import pyarrow as pa

    known = table["engine"].unique().to_pylist()
    wanted = [engine for engine in known if is_profile_of(engine, name)]
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["engine"], value_set=pa.array(wanted, pa.string())))


def _checks_all_accept(table: pa.Table, name: str) -> set[str]:
    """The checks of which all profiles of a name accept the archive."""
    import pyarrow.compute as pc

    rows = _of_engine(table, name)
    fine = pc.equal(rows["outcome"], VerdictOutcome.ACCEPTS.value)
    every = set(rows.filter(fine)["check"].to_pylist())
    return every - set(rows.filter(pc.invert(fine))["check"].to_pylist())


def _worse(table: pa.Table, name: str) -> list[dict[str, Any]]:
    """The verdicts of the profiles of a name that do not accept an archive."""
    import pyarrow.compute as pc

    rows = _of_engine(table, name)
    found: list[dict[str, Any]] = rows.filter(
        pc.not_equal(rows["outcome"], VerdictOutcome.ACCEPTS.value)
    ).to_pylist()
    return found


def is_profile_of(engine: str, name: str) -> bool:
    """Whether a profile is the named one or a variant of it: docker-29-containerd of docker-29."""
    return engine == name or engine.startswith(f"{name}-")


def _order(key: tuple[str, str]) -> tuple[str, tuple[int, ...], str, str]:
    engine, action = key
    found = _PROFILE.fullmatch(engine)
    if found is None:
        return engine, (), "", action
    return found["tool"], _release(found["release"]), found["rest"] or "", action


def _release(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
