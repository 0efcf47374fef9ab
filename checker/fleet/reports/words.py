"""Words that all forms of the overview use."""

from __future__ import annotations

from checker.fleet.overview import Overview, Upgrade
from checker.reports.wording import count_words, size_words


def headline(overview: Overview) -> str:
    """How many archives there are, and how many pass."""
    if not overview.archives:
        return "no archives"
    return (
        f"{count_words(overview.archives, 'archive')}, {size_words(overview.size)}: "
        f"{overview.passing:,} pass, {overview.failing:,} do not pass, "
        f"{overview.unread:,} not checked completely"
    )


def period(overview: Overview) -> str:
    """When the archives were checked."""
    if overview.since is None or overview.until is None:
        return "never"
    since, until = (f"{one:%Y-%m-%d %H:%M}" for one in (overview.since, overview.until))
    return f"{until} UTC" if since == until else f"{since} to {until} UTC"


def upgrade_words(upgrade: Upgrade) -> str:
    """What an upgrade would break, in one sentence."""
    return (
        f"{upgrade.before} to {upgrade.after}, {upgrade.action}: of "
        f"{count_words(upgrade.accepted, 'archive')} accepted before, {upgrade.refused:,} refused, "
        f"{upgrade.broken:,} broken"
    )


def short_digest(digest: str) -> str:
    """A digest with the first of its digits, as container tools list it."""
    algorithm, _, encoded = digest.rpartition(":")
    return f"{algorithm}:{encoded[:12]}" if algorithm else encoded[:12]
