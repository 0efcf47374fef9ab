"""The overview as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.fleet.overview import Overview, Upgrade
from checker.fleet.reports.words import headline, period, short_digest, upgrade_words
from checker.reports.printable import cells, printable, without_commands
from checker.reports.wording import count_words, size_words


def render_text(overview: Overview, top: int) -> str:
    """The overview, with a final line end.

    Args:
        overview: The overview.
        top: Rows of each list.
    """
    lines = (without_commands(line) for line in _lines(overview, top))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(overview: Overview, top: int) -> Iterator[str]:
    yield headline(overview)
    yield f"checked {period(overview)}"
    yield from _list(
        "Worst archives",
        [
            (f"{one.errors:,} errors", f"{one.warnings:,} warnings", one.url)
            for one in overview.worst
        ],
    )
    yield from _list(
        "Not checked completely",
        [(one.url, one.error or one.state) for one in overview.not_checked],
    )
    yield from _list(
        "Findings by rule",
        [
            (
                one.rule,
                one.severity,
                count_words(one.archives, "archive"),
                f"{one.findings:,}",
                one.name,
            )
            for one in overview.rules[:top]
        ],
        len(overview.rules) - top,
    )
    yield from _list(
        "Base layers",
        [
            (short_digest(one.digest), count_words(one.images, "image"), size_words(one.size))
            for one in overview.bases
        ],
    )
    yield from _list(
        f"Shared layers, of {count_words(overview.distinct_layers, 'distinct layer')}",
        [
            (short_digest(one.digest), count_words(one.images, "image"), size_words(one.size))
            for one in overview.layers
        ],
    )
    yield from _list(
        "Engines",
        [
            (
                f"{one.engine} {one.action}",
                f"{one.accepts:,} accepted",
                f"{one.broken:,} broken",
                f"{one.rejects:,} refused",
            )
            for one in overview.engines
        ],
    )
    yield from _upgrades(overview.upgrades, top)


def _upgrades(found: Sequence[Upgrade], top: int) -> Iterator[str]:
    # What nothing was restored with cannot be broken.
    upgrades = [one for one in found if one.accepted]
    if upgrades:
        yield ""
        yield "Upgrades"
    for upgrade in upgrades:
        yield f"  {upgrade_words(upgrade)}"
        for reason, count in upgrade.reasons[:top]:
            yield f"    {count_words(count, 'archive')}: {printable(reason)}"
        for one in upgrade.archives[:top]:
            yield f"    {printable(one.url)}: {one.engine} {one.outcome}"
        more = upgrade.refused + upgrade.broken - top
        if more > 0:
            yield f"    ... and {more:,} more"


def _list(title: str, rows: Sequence[Sequence[str]], hidden: int = 0) -> Iterator[str]:
    """A table with a title; nothing without rows."""
    if not rows:
        return
    yield ""
    yield title
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        padded = (
            cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield f"  {'  '.join(padded)}"
    if hidden > 0:
        yield f"  ... and {hidden:,} more"
