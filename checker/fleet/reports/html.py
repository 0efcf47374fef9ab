"""The overview as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

from importlib.resources import files

from markupsafe import Markup

from checker.fleet.overview import Overview
from checker.fleet.reports.words import headline, period, short_digest, upgrade_words
from checker.reports.html.page import guarded_page, hash_source, new_environment
from checker.reports.printable import printable
from checker.reports.wording import count_words, size_words


def render_html(overview: Overview, top: int) -> str:
    """The overview.

    Args:
        overview: The overview.
        top: Archives that are listed of each upgrade.
    """
    environment = new_environment(_text, _shown)
    environment.filters["size"] = size_words
    environment.filters["short"] = short_digest
    environment.filters["amount"] = count_words
    style = _text("overview.css")
    template = environment.get_template("overview.html.j2")
    text = template.render(
        overview=overview,
        headline=headline(overview),
        period=period(overview),
        upgrades=[(upgrade_words(one), one) for one in overview.upgrades],
        top=top,
        style=Markup(style),  # noqa: S704 - a file of this package
        policy=Markup(hash_source(f"\n{style}\n")),  # noqa: S704 - a hash
    )
    return guarded_page(text)


def _shown(value: object) -> object:
    """A value as it is shown: what is not visible in a text is spelled out."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return printable(value) if isinstance(value, str) else value


def _text(name: str) -> str:
    return files("checker.fleet.reports").joinpath(name).read_text("utf-8")
