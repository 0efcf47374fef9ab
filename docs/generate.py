"""Writes what is generated in ``docs`` and in the README.

``rules.md`` comes from the docstrings of the rules, the tables of ``engines.md`` from the profiles,
those of the README from verdicts on archives of each kind. Run it with ``make docs``; a test keeps
the pages and the program equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from checker.cli.catalogue import rules_markdown
from checker.panel import known_engines
from checker.plugins import load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.testing import Archive, build, sample_image
from checker.testing.archive import empty, nested, wrapped
from checker.verdicts import Engine, Host, Question, VerdictOutcome

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
_IMPORT = "import"
_SHOWN = {
    VerdictOutcome.ACCEPTS: "yes",
    VerdictOutcome.ACCEPTS_BROKEN: "*broken*",
    VerdictOutcome.REJECTS: "no",
}
_ARCHIVES = {
    "`docker save` up to 24, `podman save`": build("docker-archive"),
    "`docker save` since 25, `buildx` to docker": build("docker-oci-archive"),
    "`docker save` before 2015": build("legacy"),
    "OCI archive of one image": build("oci-archive"),
    "OCI archive of one image for two platforms": build("multi-platform"),
    "OCI archive of two images": build(
        "oci-archive", sample_image(), replace(sample_image(), tags=("other:2",))
    ),
    "`docker export`, `podman export`": build("export"),
    "one layer, with whiteouts": build("layer"),
    "image one folder too deep": wrapped(build("docker-archive")),
    "image archive inside a tar": nested(build("docker-archive")),
    "empty tar": empty(),
}
_BEGIN = "<!-- What follows is generated: make docs -->\n"
_END = "<!-- end of what is generated -->\n"


def pages() -> dict[Path, str]:
    """The generated pages and their text."""
    plugins = load_plugins()
    engines = known_engines(plugins)
    return {
        DOCS / "rules.md": rules_markdown(tuple(plugins.registry)),
        DOCS / "engines.md": _with(DOCS / "engines.md", _tables(engines)),
        README: _with(README, _matrix(engines)),
    }


def _with(page: Path, lines: Iterable[str]) -> str:
    """A page with what lies between its marks made anew."""
    before, begin, rest = page.read_text("utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    return "".join((before, begin, *lines, end, after))


def _tables(engines: Iterable[Engine]) -> Iterator[str]:
    for (profile, follows), actions in groupby(engines, key=lambda one: (one.name, one.follows)):
        yield f"\n### {profile}\n\n{follows}.\n"
        for engine in actions:
            yield f"\n| `{profile}:{engine.action}` | what decides |\n|---|---|\n"
            yield from (f"| {step} | {rule} |\n" for step, rule in engine.decides())
    yield "\n"


def _matrix(engines: Sequence[Engine]) -> Iterator[str]:
    """What the engines make of an archive of each kind."""
    for is_import in (False, True):
        asked = [engine for engine in engines if (engine.action == _IMPORT) is is_import]
        names = (f"{engine.name} {engine.action}" for engine in asked)
        yield f"\n| | {' | '.join(names)} |\n|---|{'---|' * len(asked)}\n"
        for name, made in _ARCHIVES.items():
            cells = (_SHOWN[outcome] for outcome in _outcomes(made, asked))
            yield f"| {name} | {' | '.join(cells)} |\n"
    yield "\n"


def _outcomes(made: Archive, engines: Iterable[Engine]) -> list[VerdictOutcome]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "archive.tar"
        path.write_bytes(made.tar())
        question = Question(read_archive(str(path), ReadOptions()), Host(), path.name)
    return [engine.judge(question).outcome for engine in engines]


def main() -> None:
    """Write every page."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
