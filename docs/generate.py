"""Writes what is generated in ``docs`` and in the README.

``rules.md`` comes from the docstrings of the rules, the tables of ``engines.md`` from the profiles,
those of the README from verdicts on archives of each kind, ``conformance.md`` from
``conformance.toml``. Run it with ``make docs``; a test keeps the pages and the program equal.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from checker.checks.registry import Registry
from checker.cli.catalogue import rules_markdown
from checker.session import Session
from checker.testing import build, sample_image
from checker.testing.archive import empty, nested, wrapped
from checker.verdicts import Engine, VerdictOutcome

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
_CHAPTERS = {
    "L": "Image layout",
    "I": "Image index",
    "M": "Image manifest",
    "D": "Content descriptor",
    "C": "Image config",
    "F": "Layers",
    "A": "Annotations",
    "G": "Everything",
}
_CONFORMANCE = """\
# The OCI image specification, and what is checked of it

Written by `make docs` from `conformance.toml`. Each statement of version 1.1 of the specification
that binds what lies in an archive has a rule that reports what breaks it, and cases that test the
rule; the others have the reason why no reading of an archive can tell. What the specification
allows (*may*) is not reported as an error or warning: its case passes, or the rule has a note.
*Later* marks what was added after version 1.1.1; it is no error on the ground of the specification.
A case is named by its file and its name: ✗ means that the rule reports the archive, ✓ that it does
not.
"""
_PUBLISHED = """
## The specification's own tests

The specification's repository tests its schemas with tables of documents. Documents that make the
same points are written anew here and put into archives, and the rules must say what the tables say.
"""


def pages() -> dict[Path, str]:
    """The generated pages and their text."""
    session = Session()
    registry = session.plugins.registry
    return {
        DOCS / "rules.md": rules_markdown(tuple(registry)),
        DOCS / "engines.md": _with(DOCS / "engines.md", _tables(session.engines.engines)),
        DOCS / "conformance.md": _conformance(DOCS / "conformance.toml", registry),
        README: _with(README, _matrix(session)),
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


def _matrix(session: Session) -> Iterator[str]:
    """What the engines do with an archive of each kind."""
    verdicts = {
        name: session.classify(BytesIO(made.tar())).verdicts for name, made in _ARCHIVES.items()
    }
    for is_import in (False, True):
        asked = [one for one in session.engines.engines if (one.action == _IMPORT) is is_import]
        names = (f"{engine.name} {engine.action}" for engine in asked)
        yield f"\n| | {' | '.join(names)} |\n|---|{'---|' * len(asked)}\n"
        for name, found in verdicts.items():
            told = (one for one in found if (one.action == _IMPORT) is is_import)
            yield f"| {name} | {' | '.join(_SHOWN[one.outcome] for one in told)} |\n"
    yield "\n"


def _conformance(data: Path, registry: Registry) -> str:
    """The page of statements, from their table."""
    document = tomllib.loads(data.read_text("utf-8"))
    statements = document["statements"]
    ruled = sum("rules" in one for one in statements.values())
    silent = sum("reason" in one for one in statements.values())
    rest = len(statements) - ruled - silent
    pieces = [_CONFORMANCE]
    pieces.append(f"\nOf {len(statements)} statements {ruled} have a rule, {silent} bind tools ")
    pieces.append(f"and not what lies in an archive, and {rest} allow something.\n")
    for chapter, rows in groupby(statements.items(), key=lambda row: row[0][0]):
        pieces.append(f"\n## {_CHAPTERS[chapter]}\n\n| | level | statement | rules | cases |\n")
        pieces.append("|---|---|---|---|---|\n")
        pieces.extend(_row(name, statement, registry) for name, statement in rows)
    pieces.append(_PUBLISHED)
    for test, table in document["published"].items():
        pieces.append(f"\n### {test}\n\n")
        pieces.extend(f"- {_shown_case(case)}\n" for case in table["cases"])
        if "note" in table:
            pieces.append(f"\n{table['note']}\n" if table["cases"] else f"{table['note']}\n")
    return "".join(pieces)


def _row(name: str, statement: Mapping[str, Any], registry: Registry) -> str:
    rules = ", ".join(_shown_rule(rule, registry) for rule in statement.get("rules", ()))
    cases = "<br>".join(_shown_case(case) for case in statement.get("cases", ()))
    level = f"{statement['level']}, later" if statement.get("head") else statement["level"]
    text = f"{statement['text']} <br>*{statement['section']}*"
    return f"| {name} | {level} | {text} | {rules} | {cases or statement['reason']} |\n"


def _shown_rule(rule: str, registry: Registry) -> str:
    found = registry.find(rule)
    return f"[{rule}](rules.md#{rule.lower()}-{found.name})" if found else rule


def _shown_case(case: str) -> str:
    file, kind, name = case.split(":", 2)
    mark = "✗" if kind == "fail" else "✓"
    return f"{mark} [{file.rpartition('/')[2]}](../tests/cases/{file}.toml): {name}"


def main() -> None:
    """Write every page."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
