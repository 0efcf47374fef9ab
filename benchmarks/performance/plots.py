"""Plots of time and memory, as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.performance.record import CHECKER, Figure, Measured, Record

FOLDER = Path(__file__).parents[2] / "docs" / "performance"
_MIB = 1 << 20
_QUANTITIES: Mapping[str, tuple[str, Callable[[Figure], float]]] = {
    "time": ("seconds", lambda figure: figure.seconds),
    "memory": ("peak memory, MiB", lambda figure: figure.peak_bytes / _MIB),
}
_AMOUNTS: Mapping[str, Callable[[Measured], float]] = {
    "bytes": lambda row: row.size,
    "entries": lambda row: row.entries,
}


def names() -> list[str]:
    """The names of the files."""
    return [
        f"{what}-by-{unit}.{form}"
        for unit in _AMOUNTS
        for what in _QUANTITIES
        for form in ("png", "svg")
    ]


def draw(record: Record, folder: Path = FOLDER) -> None:
    """Write all plots of a record to a directory."""
    folder.mkdir(parents=True, exist_ok=True)
    for unit, rows in (("bytes", record.by_bytes), ("entries", record.by_entries)):
        for what in _QUANTITIES:
            _plot(rows, what, unit, folder / f"{what}-by-{unit}")


def _plot(rows: Sequence[Measured], what: str, unit: str, path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    label, value = _QUANTITIES[what]
    # The same record makes the same files: no dates, no random names.
    mpl.rcParams.update({"svg.hashsalt": path.name, "svg.fonttype": "none"})
    canvas = Canvas(figsize=(7, 4), layout="constrained")
    axes: Any = canvas.subplots()
    for program in dict.fromkeys(name for row in rows for name in row.figures):
        points = [
            (_AMOUNTS[unit](row), value(row.figures[program]))
            for row in rows
            if program in row.figures
        ]
        width = 2.2 if program == CHECKER else 1.2
        axes.plot(*zip(*points, strict=True), marker="o", linewidth=width, label=program)
    axes.set(xscale="log", yscale="log", xlabel=f"{unit} of the archive", ylabel=label)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    canvas.savefig(path.with_suffix(".png"), dpi=150, metadata={"Software": None})
    canvas.savefig(path.with_suffix(".svg"), metadata={"Date": None, "Creator": None})
