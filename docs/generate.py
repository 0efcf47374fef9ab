"""Writes what is generated in ``docs``.

``rules.md`` comes from the docstrings of the rules, the tables of ``engines.md`` from the profiles.
Run it with ``make docs``; a test keeps the pages and the program equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from checker.cli.catalogue import rules_markdown
from checker.panel import known_engines
from checker.plugins import Host, load_plugins
from checker.verdicts import Engine

DOCS = Path(__file__).parent
_BEGIN = "<!-- What follows is generated from the profiles: make docs -->\n"
_END = "<!-- end of what is generated -->\n"


def pages() -> dict[Path, str]:
    """The generated pages and their text."""
    plugins = load_plugins()
    return {
        DOCS / "rules.md": rules_markdown(tuple(plugins.registry)),
        DOCS / "engines.md": _with_tables(DOCS / "engines.md", plugins),
    }


def _with_tables(page: Path, plugins: Host) -> str:
    """A page with the tables between its marks made anew."""
    before, begin, rest = page.read_text("utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    return "".join((before, begin, *_tables(known_engines(plugins)), end, after))


def _tables(engines: Iterable[Engine]) -> Iterator[str]:
    for (profile, follows), actions in groupby(engines, key=lambda one: (one.name, one.follows)):
        yield f"\n### {profile}\n\n{follows}.\n"
        for engine in actions:
            yield f"\n| `{profile}:{engine.action}` | what decides |\n|---|---|\n"
            yield from (f"| {step} | {rule} |\n" for step, rule in engine.decides())
    yield "\n"


def main() -> None:
    """Write every page."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
