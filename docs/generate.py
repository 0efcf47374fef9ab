"""Writes the generated pages of ``docs``: ``rules.md``, from the docstrings of the rules.

Run it with ``make docs``; a test keeps the pages and the program equal.
"""

from __future__ import annotations

from pathlib import Path

from checker.cli.catalogue import rules_markdown
from checker.plugins import load_plugins

DOCS = Path(__file__).parent


def pages() -> dict[Path, str]:
    """The generated pages and their text."""
    return {DOCS / "rules.md": rules_markdown(tuple(load_plugins().registry))}


def main() -> None:
    """Write every page."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
