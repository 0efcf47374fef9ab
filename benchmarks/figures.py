"""The figures of agreement with real engines and tools, as data: ``docs/agreement.json``.

``make agreement`` and ``make readers-agreement`` write them with ``--figures``, and the tables of
``docs/engines.md`` are generated from them. The file has, for each driver and each corpus, the
number of archives, the releases, and four numbers for each engine and action: cases, outcomes that
agree, refusals among these, messages of refusals that agree. Tools that do not keep layers with a
driver are under ``tools``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FIGURES = Path(__file__).parents[1] / "docs" / "agreement.json"
TOOLS = "tools"
"""The name of what does not depend on a storage driver, in place of the driver."""
_MESSAGES = 0.95
DRIVERS = ("vfs", "overlay", TOOLS)


class Figure(NamedTuple):
    """How far the verdicts of one engine and action agree.

    Attributes:
        cases: The archives that were compared.
        outcomes: Those of which the outcome agrees.
        refusals: Those among them that are refused.
        messages: Those among these of which the message agrees.
    """

    cases: int = 0
    outcomes: int = 0
    refusals: int = 0
    messages: int = 0

    @property
    def is_good(self) -> bool:
        """Whether every outcome agrees, and nineteen of twenty messages of refusals."""
        return self.outcomes == self.cases and self.messages >= _MESSAGES * self.refusals

    def plus(self, other: Figure) -> Figure:
        """The figures of two corpora together."""
        return Figure(*(one + two for one, two in zip(self, other, strict=True)))


class Measured(NamedTuple):
    """One run over one corpus.

    Attributes:
        archives: The number of archives.
        releases: What each engine or tool says of its version, by profile.
        figures: The figures by the title of the engine and action.
    """

    archives: int
    releases: Mapping[str, str]
    figures: Mapping[str, Figure]


Figures = Mapping[str, Mapping[str, Measured]]
"""By driver and name of the corpus."""


def read_figures(path: Path = FIGURES) -> Figures:
    """Read the figures; none if the file does not exist."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {
        driver: {corpus: _measured(run) for corpus, run in runs.items()}
        for driver, runs in document.items()
    }


def _measured(run: Mapping[str, Any]) -> Measured:
    figures = {title: Figure(*map(int, row.split())) for title, row in run["figures"].items()}
    return Measured(run["archives"], run["releases"], figures)


def add_figures(path: Path, driver: str, corpus: str, measured: Measured) -> None:
    """Write the figures of a run into a file; those of other engines and runs are kept."""
    known = {name: dict(runs) for name, runs in read_figures(path).items()}
    runs = known.setdefault(driver, {})
    before = runs.get(corpus, Measured(0, {}, {}))
    runs[corpus] = Measured(
        measured.archives,
        {**before.releases, **measured.releases},
        {**before.figures, **measured.figures},
    )
    path.write_text(json.dumps(_document(known), indent=1, ensure_ascii=False) + "\n", "utf-8")


def _document(figures: Figures) -> dict[str, Any]:
    return {
        driver: {
            corpus: {
                "archives": run.archives,
                "releases": dict(sorted(run.releases.items())),
                "figures": {
                    title: " ".join(map(str, figure))
                    for title, figure in sorted(run.figures.items())
                },
            }
            for corpus, run in sorted(figures[driver].items())
        }
        for driver in DRIVERS
        if driver in figures
    }


def totals(runs: Mapping[str, Measured]) -> dict[str, Figure]:
    """The figures of all corpora together, by the title of the engine and action."""
    found: dict[str, Figure] = {}
    for run in runs.values():
        for title, figure in run.figures.items():
            found[title] = found.get(title, Figure()).plus(figure)
    return dict(sorted(found.items()))


def releases_of(runs: Mapping[str, Measured], profile: str) -> str:
    """The release of a profile's engine that was measured; several, if corpora differ."""
    said = (run.releases.get(profile) for run in runs.values())
    return "; ".join(dict.fromkeys(release for release in said if release is not None))


def figures_tables(figures: Figures) -> Iterator[str]:
    """Lines of a table of engines on each driver, and of one of other tools."""
    by_driver = {driver: totals(figures.get(driver, {})) for driver in DRIVERS}
    vfs, overlay = figures.get("vfs", {}), figures.get("overlay", {})
    yield "| profile and action | measured | outcome, vfs | message, vfs "
    yield "| outcome, overlay | message, overlay |\n|---|---|---|---|---|---|\n"
    for title in sorted(by_driver["vfs"] | by_driver["overlay"]):
        profile = title.partition(" ")[0]
        said = (releases_of(vfs, profile), releases_of(overlay, profile))
        cells = (_shares(by_driver[driver].get(title)) for driver in ("vfs", "overlay"))
        yield f"| {_shown(title)} | {'; '.join(filter(None, said))} | {' | '.join(cells)} |\n"
    yield "\n| tool and action | measured | archives | outcome | message |\n|---|---|---|---|---|\n"
    tools = figures.get(TOOLS, {})
    for title, figure in by_driver[TOOLS].items():
        said_by = releases_of(tools, title.partition(" ")[0])
        yield f"| {_shown(title)} | {said_by} | {figure.cases} | {_shares(figure)} |\n"
    yield "\n"


def _shown(title: str) -> str:
    profile, _, action = title.partition(" ")
    return f"`{profile}:{action}`"


def _shares(figure: Figure | None) -> str:
    if figure is None:
        return " | "
    outcomes = f"{figure.outcomes}/{figure.cases}"
    return f"{outcomes} | {figure.messages}/{figure.refusals}"
