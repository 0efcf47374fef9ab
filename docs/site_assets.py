"""Warns if a page of the site loads anything from another host (a hook of MkDocs).

The build is strict, so that a warning fails it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

# MkDocs counts the warnings of its own loggers.
_log = logging.getLogger("mkdocs.hooks.site_assets")

# What a browser fetches without a click. An <a> is a link, and so is <link rel="canonical">.
_LOADED = {"src", "srcset", "data", "poster"}
_LOADED_RELATIONS = {
    "dns-prefetch", "icon", "manifest", "modulepreload", "preconnect", "prefetch", "preload",
    "stylesheet",
}  # fmt: skip
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_REMOTE_IN_CSS = re.compile(
    r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s;]*)""", re.IGNORECASE
)


class _Assets(HTMLParser):
    """Collects the addresses on other hosts that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.remote: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the attributes of an element load."""
        self._in_style = tag == "style"
        values = {name: value or "" for name, value in attrs}
        loaded = [value for name, value in values.items() if name in _LOADED]
        if tag == "link" and _LOADED_RELATIONS & set(values.get("rel", "").lower().split()):
            loaded.append(values.get("href", ""))
        self.remote.extend(value for value in loaded if _REMOTE.match(value))
        self.remote.extend(remote_in_css(values.get("style", "")))

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a style sheet."""
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        """Note what a style sheet in the page loads."""
        if self._in_style:
            self.remote.extend(remote_in_css(data))


def remote_in_html(html: str) -> list[str]:
    """The addresses on other hosts that a page loads, in their order."""
    assets = _Assets()
    assets.feed(html)
    assets.close()
    return assets.remote


def remote_in_css(css: str) -> list[str]:
    """The addresses on other hosts that a style sheet loads, in their order."""
    return _REMOTE_IN_CSS.findall(css)


def remote_assets(site: Path) -> Iterator[str]:
    """What the pages and style sheets in a directory load from other hosts, a line for each."""
    for path in sorted((*site.rglob("*.html"), *site.rglob("*.css"))):
        find = remote_in_css if path.suffix == ".css" else remote_in_html
        name = path.relative_to(site)
        yield from (f"{name} loads {address}" for address in find(path.read_text("utf-8")))


def on_post_build(config: MkDocsConfig) -> None:
    """Read the pages and style sheets that were built."""
    for line in remote_assets(Path(config.site_dir)):
        _log.warning(line)
