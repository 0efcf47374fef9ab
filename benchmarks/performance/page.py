"""The page ``docs/performance.md``, made from a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from benchmarks.performance.record import CHECKER, FLOOR, Figure, Measured, Record, Start

MIB = 1 << 20
_PICTURES = "performance"
_LARGEST_PACKAGES = 20
_INTRODUCTION = """\
# Performance

<!-- This page is generated from performance.json: make performance -->

What a check costs, beside programs that read the same archives. `make performance` measures it, and
writes this page, the record `performance.json` and the plots. `make bench` compares the figures
with the project's targets, `make bench-hostile` measures archives that are made to take long, and
`make bench-check` counts instructions, which do not depend on the machine.

* **baseline**: `python -m benchmarks.floor`. It reads each layer once and computes its digest and
  its diffID on two threads. It decodes no documents, walks no layers and has no rules.
* **tar -tf** lists the members of the archive without reading layers.
* **crane validate**, **skopeo copy** to a directory, and **docker load** into an empty store. The
  memory of `docker load` is that of the client.

Seconds are the median of the runs, and memory is the largest resident set. The programs run in
turn, so that other load on the machine affects all in the same way. Ratios are to the baseline. The
memory of a program includes what started it, so that less than about 30 MiB does not show.
"""
_BUSY = """
Other programs kept the machine busy during this run: all seconds are longer than on a quiet
machine, and only the ratios say something.
"""
_START = """
## Start

{words} It imports {modules} modules:

| package | modules | milliseconds |
|---|---:|---:|
"""
_BY_BYTES = """
## Time and memory against bytes

One file of zeros in a layer that is not compressed. The zeros are a hole in the file, so that
reading and hashing are measured, and not the disk.
"""
_BY_ENTRIES = """
## Time and memory against entries

Empty files in a layer that is not compressed, 500 in each directory.
"""


def page(record: Record) -> str:
    """The text of the page."""
    return "".join(
        (
            _INTRODUCTION,
            *_machine(record),
            *_start(record),
            "\n## Archives of different contents\n",
            *_tables(record.contents),
            _BY_BYTES,
            *_series(record.by_bytes, "bytes"),
            _BY_ENTRIES,
            *_series(record.by_entries, "entries"),
        )
    )


def _machine(record: Record) -> Iterator[str]:
    yield f"\nMeasured on {record.date}.\n\n| | |\n|---|---|\n"
    for name, value in (*record.machine.items(), *record.versions.items()):
        yield f"| {name} | {value} |\n"
    yield f"| other load | {record.load:.2f} processors |\n"
    if not record.is_quiet:
        yield _BUSY


def _start(record: Record) -> Iterator[str]:
    start = record.start
    yield _START.format(
        words=_start_words(start) if record.is_quiet else _start_ratio(start),
        modules=sum(start.modules.values()),
    )
    ranked = sorted(start.microseconds.items(), key=lambda each: -each[1])
    for name, taken in ranked[:_LARGEST_PACKAGES]:
        shown = name if name == "libraries" else f"`{name}`"
        yield f"| {shown} | {start.modules[name]} | {taken / 1000:.1f} |\n"
    yield (
        "\nMilliseconds are those of `-X importtime`, which makes imports slower; the\n"
        "least of five runs.\n"
    )


def _start_words(start: Start) -> str:
    return (
        f"The check of a tiny archive takes {start.checker_seconds:.3f} s, of which a Python that\n"
        f"does nothing takes {start.python_seconds:.3f} s."
    )


def _start_ratio(start: Start) -> str:
    ratio = start.checker_seconds / start.python_seconds
    return f"The check of a tiny archive takes {ratio:.1f} x as long as a Python that does nothing."


def _tables(rows: Iterable[Measured]) -> Iterator[str]:
    for row in rows:
        yield f"\n### {row.title}\n\n{_size(row.size)}, {row.entries:,} entries.\n\n"
        yield "| program | seconds | ratio | CPU seconds | memory | runs |\n"
        yield "|---|---:|---:|---:|---:|---:|\n"
        floor = row.figures[FLOOR].seconds
        for name, one in row.figures.items():
            title = f"**{name}**" if name == CHECKER else name
            yield (
                f"| {title} | {one.seconds:.3f} | {one.seconds / floor:.2f} | {one.cpu_seconds:.3f}"
                f" | {_memory(one)} | {one.runs} |\n"
            )


def _series(rows: tuple[Measured, ...], unit: str) -> Iterator[str]:
    for what in ("time", "memory"):
        yield f"\n![{what} against {unit}]({_PICTURES}/{what}-by-{unit}.png)\n"
    programs = [name for name in rows[0].figures if all(name in row.figures for row in rows)]
    yield f"\n| archive | {' | '.join(programs)} | ratio | memory |\n"
    yield f"|---|{'---:|' * len(programs)}---:|---:|\n"
    for row in rows:
        seconds = (f"{row.figures[name].seconds:.3f} s" for name in programs)
        yield (
            f"| {row.title} | {' | '.join(seconds)} | {_ratio(row.figures):.2f}"
            f" | {_memory(row.figures[CHECKER])} |\n"
        )
    yield "\nThe ratio and the memory are those of the checker.\n"


def _ratio(figures: Mapping[str, Figure]) -> float:
    return figures[CHECKER].seconds / figures[FLOOR].seconds


def _memory(figure: Figure) -> str:
    return f"{figure.peak_bytes / MIB:,.0f} MiB"


def _size(size: int) -> str:
    return f"{size / 1000:,.1f} kB" if size < 10**6 else f"{size / 10**6:,.1f} MB"
