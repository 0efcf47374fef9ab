"""Sweeps measured: throughput with 1 and 2 workers, and what shared layers save.

Run: `make bench-fleet`, or `python -m benchmarks.fleet [--archives N] [--layers N]`. An S3 server
(moto) on the loopback has the archives and the results, behind a proxy that counts requests.
Server, proxy, scheduler and workers share the processors of one machine, so that seconds say less
than processor time of workers, requests and bytes, which are those of any store.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.loopback import (
    Address,
    Cluster,
    Traffic,
    dask_cluster,
    peak_memory,
    processor_seconds,
    proxy,
    put,
    s3_environment,
    s3_server,
)
from checker.testing import Image, build, sample_image, write_tar
from checker.testing.tar import directory, file

FIGURES = Path(__file__).parents[1] / "docs" / "fleet.json"
_LAYERS_OF_ARCHIVE = 4
_FILES = 60
_IMPORTS = "import s3fs, checker.fleet.tasks; from checker.session import Session; Session()"
_SHARE_FROM = 64 << 10


class Stock(NamedTuple):
    """Archives of shared layers.

    Attributes:
        name: What they are.
        archives: How many.
        layers: Layers that differ, which they are made of.
        layer_bytes: Bytes of each.
    """

    name: str
    archives: int
    layers: int
    layer_bytes: int

    @property
    def bucket(self) -> str:
        """The bucket that they are in."""
        return self.name.replace(" ", "-")


def stocks(archives: int, layers: int) -> tuple[Stock, ...]:
    """Many archives of small layers, and fewer of layers of an ordinary size."""
    return (
        Stock("small layers", archives, layers, 300_000),
        Stock("large layers", max(8, archives // 12), max(8, layers // 5), 12_000_000),
    )


class Variant(NamedTuple):
    """A way to sweep.

    Attributes:
        name: Its name.
        workers: Number of workers.
        options: Options of the command.
    """

    name: str
    workers: int
    options: tuple[str, ...] = ()


VARIANTS = (
    Variant("1 worker", 1),
    Variant("2 workers", 2),
    Variant("2 workers, every layer read", 2, ("--no-shared-layers",)),
)


class Figures(NamedTuple):
    """What a sweep took.

    Attributes:
        seconds: Wall time.
        worker_seconds: Processor time of the workers.
        peak: The most memory of a worker, in bytes.
        requests: Requests by method, all of them.
        fetched: Bytes that the store sent.
        layers_fetched: Layers that were read.
        layers_known: Layers that were not.
    """

    seconds: float
    worker_seconds: float
    peak: int
    requests: Mapping[str, int]
    fetched: int
    layers_fetched: int
    layers_known: int


def made_layer(number: int, size: int) -> bytes:
    """A layer that differs from all others, of files whose content does not compress."""
    source = random.Random(number)
    folder = f"srv/{number}"
    files = (
        file(f"{folder}/file-{each}", source.randbytes(size // _FILES)) for each in range(_FILES)
    )
    return write_tar([directory("srv/"), directory(f"{folder}/"), *files])


def archives(stock: Stock) -> Iterator[bytes]:
    """Docker archives, each of a base that many have, and of layers that few have."""
    made = [made_layer(number, stock.layer_bytes) for number in range(stock.layers)]
    bases = made[: max(1, stock.layers // 10)]
    others = made[len(bases) :]
    source = random.Random(0)
    start = sample_image().layers
    for number in range(stock.archives):
        chosen = (bases[number % len(bases)], *source.sample(others, _LAYERS_OF_ARCHIVE - 1))
        image = Image(layers=(*start, *chosen), tags=(f"app-{number}:1",))
        yield build("podman-archive", image).tar()


def fill(server: Address, stock: Stock) -> int:
    """Put archives into the store; their bytes."""
    put(server, f"/{stock.bucket}")
    size = 0
    for number, data in enumerate(archives(stock)):
        put(server, f"/{stock.bucket}/{number % 100:02}/app-{number:05}.tar", data)
        size += len(data)
    return size


def measure(
    server: Address, stock: Stock, variant: Variant, folder: Path
) -> tuple[Figures, Figures]:
    """Sweep, and sweep again; what both took."""
    traffic = Traffic()
    results = f"s3://{folder.name}/sweep"
    put(server, f"/{folder.name}")
    with (
        proxy(server, traffic) as front,
        dask_cluster(variant.workers, folder, s3_environment(front)) as cluster,
    ):
        _warm_up(cluster)
        words = [f"s3://{stock.bucket}/**/*.tar", "-o", results, "--share-from", str(_SHARE_FROM)]
        words += ["--scheduler", cluster.address, *variant.options]
        first = _measured(words, front, traffic, cluster)
        return first, _measured(words, front, traffic, cluster)


def _warm_up(cluster: Cluster) -> None:
    """Have all workers import what they need, which takes as long as some dozens of archives."""
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(len(cluster.workers))
        client.run(exec, _IMPORTS)


def _measured(words: Sequence[str], front: Address, traffic: Traffic, cluster: Cluster) -> Figures:
    requests, fetched = dict(traffic.requests), traffic.bytes
    spent = sum(map(processor_seconds, cluster.workers))
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "checker", "sweep", "--json", *words],
        stdout=subprocess.PIPE,
        env={**os.environ, **s3_environment(front)},
        check=False,
    )
    seconds = time.perf_counter() - began
    summary: Any = json.loads(done.stdout)
    if done.returncode not in (0, 1) or summary["unread"]:
        raise RuntimeError(f"the sweep failed: {summary}")
    layers = _LAYERS_OF_ARCHIVE * summary["checked"]
    return Figures(
        seconds=seconds,
        worker_seconds=sum(map(processor_seconds, cluster.workers)) - spent,
        peak=max(map(peak_memory, cluster.workers)),
        requests={
            method: count - requests.get(method, 0)
            for method, count in sorted(traffic.requests.items())
        },
        fetched=traffic.bytes - fetched,
        layers_fetched=layers - summary["shared_layers"],
        layers_known=summary["shared_layers"],
    )


def main() -> int:
    """Measure all variants and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--archives", type=int, default=2000)
    parser.add_argument("--layers", type=int, default=200)
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder, s3_server(Path(folder)) as server:
        measured = partial(_measured_stock, server, Path(folder))
        found = list(map(measured, stocks(arguments.archives, arguments.layers)))
    if arguments.record is not None:
        arguments.record.write_text(json.dumps(found, indent=2) + "\n")
    return 0


def _measured_stock(server: Address, folder: Path, stock: Stock) -> dict[str, Any]:
    size = fill(server, stock)
    print(f"{stock.archives} archives of {stock.layers} {stock.name}, {size / 1e6:.0f} MB")
    variants: dict[str, Any] = {}
    for number, variant in enumerate(VARIANTS):
        place = folder / f"{stock.bucket}-{number}"
        place.mkdir()
        first, again = measure(server, stock, variant, place)
        variants[variant.name] = {"first": first._asdict(), "again": again._asdict()}
        for line in _lines(variant.name, first, stock.archives):
            print(line, flush=True)
    layers = {"layers_of_archive": _LAYERS_OF_ARCHIVE}
    return {**stock._asdict(), **layers, "bytes": size, "variants": variants}


def _lines(name: str, figures: Figures, count: int) -> Iterator[str]:
    yield name
    yield f"  {count / figures.seconds:.1f} archives/s, {figures.seconds:.1f} s"
    yield f"  {1000 * figures.worker_seconds / count:.1f} ms of processor time an archive"
    yield f"  {figures.peak / 1e6:.0f} MB of memory in a worker at most"
    yield f"  {sum(figures.requests.values()) / count:.1f} requests an archive: {figures.requests}"
    yield f"  {figures.fetched / count / 1e6:.2f} MB an archive"
    yield f"  {figures.layers_fetched} layers read, {figures.layers_known} known"


if __name__ == "__main__":
    sys.exit(main())
