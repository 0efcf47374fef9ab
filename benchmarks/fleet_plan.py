"""The plan of a fleet from measured figures, for ``docs/fleet.md``.

``python -m benchmarks.fleet_plan --archives 40000 --bytes 300e6 --layers 6 --distinct 0.2`` prints
that of another fleet.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FIGURES = Path(__file__).parents[1] / "docs" / "fleet.json"
SHARED, ALL = "2 workers", "2 workers, every layer read"
_SMALL, _LARGE = 0, 1
_STREAM = 8 << 20
_TB = 1e12


class Fleet(NamedTuple):
    """Archives in a store.

    Attributes:
        archives: How many.
        size: Bytes of one, on average.
        layers: Layers of one, on average.
        distinct: Share of the bytes that is left if each layer counts once.
    """

    archives: int = 1_000_000
    size: float = 400e6
    layers: int = 8
    distinct: float = 0.1


class Prices(NamedTuple):
    """What a store and machines cost, in dollars: S3 and EC2 in us-east-1, as listed in 2025.

    Attributes:
        read: A thousand GET or HEAD requests.
        write: A thousand PUT or LIST requests.
        hour: An hour of one processor.
    """

    read: float = 0.0004
    write: float = 0.005
    hour: float = 0.04


class Costs(NamedTuple):
    """What the checks of archives take, measured.

    Attributes:
        archive_seconds: Processor time of an archive of which nearly all layers are known.
        byte_seconds: Processor time of a byte that is read.
        layer_reads: Reading requests for each layer: its header, and what the registry knows.
        layer_writes: Writing requests for each layer that is new to the registry.
    """

    archive_seconds: float
    byte_seconds: float
    layer_reads: float
    layer_writes: float


class Plan(NamedTuple):
    """What a sweep of a fleet takes.

    Attributes:
        reads: GET and HEAD requests.
        writes: PUT and LIST requests.
        fetched: Bytes.
        hours: Hours of one processor.
    """

    reads: float
    writes: float
    fetched: float
    hours: float

    def price(self, prices: Prices) -> float:
        """Dollars."""
        return (
            self.reads / 1000 * prices.read
            + self.writes / 1000 * prices.write
            + self.hours * prices.hour
        )


def read_fleet_figures() -> list[dict[str, Any]]:
    """The figures that ``benchmarks.fleet`` has recorded."""
    found: list[dict[str, Any]] = json.loads(FIGURES.read_text("utf-8"))
    return found


def costs_of(figures: Sequence[Mapping[str, Any]]) -> Costs:
    """What checks take, from the figures of small and of large layers."""
    small, large = figures[_SMALL], figures[_LARGE]
    shared = small["variants"][SHARED]["first"]
    requests, archives = shared["requests"], small["archives"]
    reads = sum(count for method, count in requests.items() if method in ("GET", "HEAD"))
    known, read = (large["variants"][name]["first"] for name in (SHARED, ALL))
    more_seconds = read["worker_seconds"] - known["worker_seconds"]
    more_bytes = read["fetched"] - known["fetched"]
    return Costs(
        archive_seconds=shared["worker_seconds"] / archives,
        byte_seconds=max(0.0, more_seconds / more_bytes),
        layer_reads=reads / archives / small["layers_of_archive"],
        layer_writes=requests.get("PUT", 0) / small["layers"],
    )


def plan(fleet: Fleet, costs: Costs, *, is_shared: bool) -> Plan:
    """What the first sweep of a fleet takes.

    Args:
        fleet: The fleet.
        costs: What checks take.
        is_shared: Whether each layer is read once, or in each archive.
    """
    share = fleet.distinct if is_shared else 1.0
    fetched = fleet.archives * fleet.size * share
    new_layers = fleet.archives * fleet.layers * share if is_shared else 0.0
    return Plan(
        reads=fleet.archives * fleet.layers * costs.layer_reads + fetched / _STREAM,
        writes=new_layers * costs.layer_writes + fleet.archives / 1000,
        fetched=fetched,
        hours=(fleet.archives * costs.archive_seconds + fetched * costs.byte_seconds) / 3600,
    )


def measured_table(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The figures as a table of Markdown."""
    yield "\n| archives | sweep | archives/s | processor time of an archive | "
    yield "requests of an archive | fetched of an archive | layers read | layers known | "
    yield "memory of a worker |\n|---|---|---|---|---|---|---|---|---|\n"
    for stock in figures:
        what = f"{stock['archives']:,} of {stock['bytes'] / stock['archives'] / 1e6:.1f} MB"
        for name, variant in stock["variants"].items():
            yield _row(what, name, variant["first"], stock["archives"])
            what = ""
    yield "\n"


def _row(what: str, name: str, found: Mapping[str, Any], archives: int) -> str:
    cells = (
        what,
        name,
        f"{archives / found['seconds']:.1f}",
        f"{1000 * found['worker_seconds'] / archives:.0f} ms",
        f"{sum(found['requests'].values()) / archives:.1f}",
        f"{found['fetched'] / archives / 1e6:.2f} MB",
        f"{found['layers_fetched']:,}",
        f"{found['layers_known']:,}",
        f"{found['peak'] / 1e6:.0f} MB",
    )
    return f"| {' | '.join(cells)} |\n"


def plan_table(fleet: Fleet, costs: Costs, prices: Prices) -> Iterator[str]:
    """The plan of a fleet as a table of Markdown."""
    shared, apart = (plan(fleet, costs, is_shared=each) for each in (True, False))
    yield f"\n| {fleet.archives:,} archives | each layer read once | every layer read |\n"
    yield "|---|---|---|\n"
    rows = {
        "requests that read": [f"{one.reads / 1e6:,.1f} million" for one in (shared, apart)],
        "requests that write": [f"{one.writes / 1e6:,.2f} million" for one in (shared, apart)],
        "bytes fetched": [f"{one.fetched / _TB:,.0f} TB" for one in (shared, apart)],
        "hours of a processor": [f"{one.hours:,.0f}" for one in (shared, apart)],
        "days with 100 workers": [f"{one.hours / 100 / 24:,.2f}" for one in (shared, apart)],
        "dollars": [f"{one.price(prices):,.0f}" for one in (shared, apart)],
    }
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cells)} |\n"
    yield "\n"


def plan_words(fleet: Fleet, prices: Prices) -> str:
    """What a plan assumes."""
    return (
        f"{fleet.archives:,} archives of {fleet.size / 1e6:.0f} MB in {fleet.layers} layers, "
        f"{100 * fleet.distinct:.0f} % of the bytes in layers that differ; a thousand reading "
        f"requests for ${prices.read}, writing ones for ${prices.write}, an hour of a processor "
        f"for ${prices.hour}"
    )


def main() -> int:
    """Print the plan of a fleet."""
    usual = Fleet()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--archives", type=int, default=usual.archives)
    parser.add_argument("--bytes", type=float, default=usual.size, dest="size")
    parser.add_argument("--layers", type=int, default=usual.layers)
    parser.add_argument("--distinct", type=float, default=usual.distinct)
    fleet = Fleet(**vars(parser.parse_args()))
    print(plan_words(fleet, Prices()))
    print("".join(plan_table(fleet, costs_of(read_fleet_figures()), Prices())), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
