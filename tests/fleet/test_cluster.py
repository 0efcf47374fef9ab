"""Sweeps with real parts: an S3 server and a Dask cluster of separate commands, on the loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks.loopback import (
    HOST,
    Address,
    Cluster,
    Traffic,
    dask_cluster,
    free_port,
    kill,
    listens,
    peak_memory,
    process,
    proxy,
    put,
    s3_environment,
    s3_server,
    wait_until,
)
from checker.fleet.workers import SchedulerError, Workers, dask_at
from checker.testing import Image, build
from tests.fleet.stock import BASE, layer, write_stock
from tests.fleet.sweeping import comparable, rows

pytestmark = pytest.mark.fleet

BUCKET = "s3://images"
MIB = 1 << 20


class Store(NamedTuple):
    """An S3 server behind a proxy.

    Attributes:
        server: The server itself.
        traffic: What the proxy sees and does.
        environment: How the proxy is found.
    """

    server: Address
    traffic: Traffic
    environment: Mapping[str, str]


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 archives of 10 layers that differ."""
    folder = tmp_path_factory.mktemp("fleet") / "archives"
    write_stock(folder, 30, 10, 1_200_000)
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, stock: Path) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    traffic = Traffic()
    with s3_server(folder) as server, proxy(server, traffic) as front:
        put(server, "/images")
        for path in stock.iterdir():
            put(server, f"/images/{path.name}", path.read_bytes())
        yield Store(server, traffic, s3_environment(front))


@pytest.fixture
def traffic(store: Store) -> Iterator[Traffic]:
    """The traffic of one test."""
    fresh = Traffic()
    store.traffic.__dict__.update(fresh.__dict__)
    yield store.traffic
    store.traffic.fate = fresh.fate


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with dask_cluster(2, folder, store.environment) as running:
        yield running


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory, stock: Path) -> Path:
    """The results of the same archives as files, on one machine, each layer read each time."""
    results = tmp_path_factory.mktemp("single") / "results"
    words = [sys.executable, "-m", "checker", "sweep", str(stock), "-o", str(results)]
    subprocess.run(
        [*words, "--workers", "0", "--no-shared-layers"], check=False, capture_output=True
    )
    return results


class Swept(NamedTuple):
    code: int
    summary: Any
    err: str


def begin(store: Store, *words: object, results: Path | str) -> subprocess.Popen[str]:
    """Begin a sweep as a command."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "checker", "sweep", "--json"),
            *map(str, words),
            "-o",
            str(results),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **store.environment},
    )


def finished(running: subprocess.Popen[str]) -> Swept:
    out, err = running.communicate(timeout=300)
    return Swept(running.returncode, json.loads(out) if out else None, err)


def run(store: Store, *words: object, results: Path | str) -> Swept:
    return finished(begin(store, *words, results=results))


def assert_alike(results: Path, single: Path, stock: Path) -> None:
    """All tables are those of one machine, but for what only stores have."""
    of_objects = ("modified", "etag", "source")
    found, expected = (
        comparable(folder, base, left_out=of_objects)
        for folder, base in ((results, f"{BUCKET}/"), (single, f"{stock}/"))
    )
    for table, rows_expected in expected.items():
        assert found[table] == rows_expected, table


def test_results_are_those_of_one_machine(
    cluster: Cluster, store: Store, traffic: Traffic, single: Path, stock: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    done = run(store, BUCKET, "--scheduler", cluster.address, results=results)
    assert (done.code, done.err) == (1, "")
    assert (done.summary["checked"], done.summary["failing"]) == (30, 6)
    assert_alike(results, single, stock)
    # Each layer once; two workers may have begun with the same.
    size = sum(path.stat().st_size for path in stock.iterdir())
    assert traffic.bytes < size / 2
    assert done.summary["shared_layers"] >= 2 * 30 - 2 * 10 - 6
    again = run(store, BUCKET, "--scheduler", cluster.address, results=results)
    assert (again.code, again.summary["unchanged"], again.summary["requests"]) == (1, 30, 0)


def test_a_worker_that_is_killed_loses_nothing(
    store: Store, traffic: Traffic, single: Path, stock: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    with dask_cluster(2, tmp_path, store.environment) as cluster:
        running = begin(store, BUCKET, "--scheduler", cluster.address, results=results)
        wait_until(lambda: sum(traffic.ranges.values()) > 20, "the sweep does not begin")
        kill(cluster.workers[0])
        done = finished(running)
    assert (done.code, done.err) == (1, "")
    assert done.summary["checked"] == 30
    assert_alike(results, single, stock)


def test_a_scheduler_that_dies(store: Store, traffic: Traffic, tmp_path: Path) -> None:
    results = tmp_path / "results"
    with dask_cluster(1, tmp_path, store.environment) as cluster:
        running = begin(store, BUCKET, "--scheduler", cluster.address, results=results)
        wait_until(lambda: sum(traffic.ranges.values()) > 20, "the sweep does not begin")
        kill(cluster.scheduler)
        done = finished(running)
    assert done.code == 3
    told = f"checker: {cluster.address}: the connection to the scheduler is lost; "
    assert done.err.startswith(told)
    assert len(done.err.splitlines()) == 1
    again = run(store, BUCKET, "--workers", "0", results=results)
    assert again.summary["unchanged"] > 0
    assert again.summary["unchanged"] + again.summary["checked"] == 30


def ask_until_told(workers: Workers) -> None:
    while workers.room:
        workers.submit("another", abs, -1)
        workers.next_done()


def test_whatever_is_asked_of_a_dead_scheduler_names_it(store: Store, tmp_path: Path) -> None:
    with (
        dask_cluster(1, tmp_path, store.environment) as cluster,
        dask_at(cluster.address, "run") as workers,
    ):
        workers.submit("one", abs, -1)
        assert workers.next_done().result == 1
        kill(cluster.scheduler)
        with pytest.raises(SchedulerError, match=cluster.address):
            ask_until_told(workers)
        with pytest.raises(SchedulerError, match=cluster.address):
            _ = workers.room


def test_a_store_that_throttles_and_fails(
    cluster: Cluster, store: Store, traffic: Traffic, single: Path, stock: Path, tmp_path: Path
) -> None:
    fates = {3: "429", 7: "500", 11: "cut", 17: "503"}
    traffic.fate = lambda number, _path: fates.get(number % 19)
    results = tmp_path / "results"
    words = (BUCKET, "--scheduler", cluster.address, "--no-shared-layers")
    done = run(store, *words, results=results)
    assert (done.code, done.err) == (1, "")
    assert set(traffic.failures) == set(fates.values())
    assert min(traffic.failures.values()) > 2
    assert_alike(results, single, stock)


def test_an_object_that_always_fails_harms_no_other(
    store: Store, traffic: Traffic, tmp_path: Path
) -> None:
    traffic.fate = lambda _number, path: "500" if "app-0003" in path else None
    results = tmp_path / "results"
    done = run(store, f"{BUCKET}/app-000*.tar", "--workers", "0", results=results)
    assert done.code == 3
    assert (done.summary["checked"], done.summary["unread"]) == (9, 1)
    (failed,) = (row for row in rows(results, "archives") if row["error"])
    assert failed["url"] == f"{BUCKET}/app-0003.tar"
    assert failed["state"] == "failed"
    assert "the store failed 6 times" in failed["error"]
    traffic.fate = lambda _number, _path: None
    again = run(store, f"{BUCKET}/app-000*.tar", "--workers", "0", results=results)
    assert (again.summary["checked"], again.summary["unchanged"]) == (1, 9)


def test_pages_of_a_web_server(store: Store, stock: Path, tmp_path: Path) -> None:
    url = f"{store.environment['AWS_ENDPOINT_URL']}/images/app-0001.tar"
    done = run(store, url, "--workers", "0", results=tmp_path / "results")
    assert (done.code, done.summary["checked"]) == (0, 1)
    (row,) = rows(tmp_path / "results", "archives")
    assert row["etag"]
    assert row["fetched"] < (stock / "app-0001.tar").stat().st_size + MIB


def test_a_web_server_without_ranges(store: Store, stock: Path, tmp_path: Path) -> None:
    """As that of Python, which sends the whole file each time."""
    port = free_port()
    words = [sys.executable, "-m", "http.server", "--bind", HOST, "-d", str(stock), str(port)]
    with process(words, tmp_path / "server.log"):
        wait_until(lambda: listens(port), "the server does not start")
        url = f"http://{HOST}:{port}/app-0001.tar"
        done = run(store, url, "--workers", "0", results=tmp_path / "results")
    (row,) = rows(tmp_path / "results", "archives")
    assert (done.code, row["state"]) == (3, "unreadable")
    assert "does not send ranges of files" in row["error"]


def test_results_in_a_store(store: Store) -> None:
    put(store.server, "/results")
    words = ("--workers", "0")
    done = run(store, f"{BUCKET}/app-001*.tar", *words, results="s3://results/a")
    assert done.code == 1
    assert (
        run(store, f"{BUCKET}/app-001*.tar", *words, results="s3://results/a").summary["unchanged"]
        == 10
    )


def test_a_bucket_that_is_not_there(store: Store, tmp_path: Path) -> None:
    done = run(store, "s3://nothing/*.tar", "--workers", "0", results=tmp_path / "results")
    assert done.code == 3
    assert done.err == "checker: s3://nothing: there is nothing by this name\n"


def test_large_archives_are_split_over_workers(
    cluster: Cluster, store: Store, traffic: Traffic, tmp_path: Path
) -> None:
    """Each of the layers of two large archives is read by one task, and fetched once."""
    layers = [layer(100 + number, 5 * MIB) for number in range(6)]
    put(store.server, "/large")
    archives = [
        build("oci-archive", Image(layers=(*BASE, *layers, layer(200 + number, 2 * MIB)))).tar()
        for number in range(2)
    ]
    for number, data in enumerate(archives):
        put(store.server, f"/large/{number}.tar", data)
    words = ("s3://large", "--scheduler", cluster.address, "--split-from", MIB)
    done = run(store, *words, results=tmp_path / "results")
    assert (done.code, done.summary["checked"]) == (0, 2)
    assert done.summary["shared_layers"] == 14
    distinct = 6 * 5 * MIB + 2 * 2 * MIB
    assert distinct <= traffic.bytes < distinct + 4 * MIB


def test_the_memory_of_a_worker_is_bounded(store: Store, tmp_path: Path) -> None:
    """An archive of 150 MB takes a worker as much as one of 25 MB, give or take some windows."""
    put(store.server, "/memory")
    peaks = []
    for name, count in (("small", 1), ("big", 6)):
        layers = [layer(300 + number, 25 * MIB) for number in range(count)]
        put(
            store.server,
            f"/memory/{name}.tar",
            build("docker-archive", Image(layers=(*BASE, *layers))).tar(),
        )
        (tmp_path / name).mkdir()
        with dask_cluster(1, tmp_path / name, store.environment) as cluster:
            words = (f"s3://memory/{name}.tar", "--scheduler", cluster.address)
            assert run(store, *words, results=tmp_path / f"results-{name}").code == 0
            peaks.append(peak_memory(cluster.workers[0]))
    assert peaks[1] < peaks[0] + 64 * MIB, peaks


def test_an_archive_that_kills_every_worker(cluster: Cluster) -> None:
    """As one that takes all memory does: it is named, and the others go on."""
    from checker.fleet.tasks import why
    from checker.fleet.workers import dask_at

    with dask_at(cluster.address, "killing") as workers:
        workers.submit("poison", os._exit, 9)
        workers.submit("fine", abs, -1)
        done = {one.key: one for one in (workers.next_done(), workers.next_done())}
    assert done["fine"].result == 1
    error = done["poison"].error
    assert error is not None
    assert "died" in why(error)


def test_no_scheduler(store: Store, tmp_path: Path) -> None:
    words = (BUCKET, "--scheduler", "tcp://127.0.0.1:9")
    done = run(store, *words, results=tmp_path / "results")
    assert done.code == 2
    assert "--scheduler tcp://127.0.0.1:9: " in done.err
    assert len(done.err.splitlines()) == 1


def test_a_local_cluster(stock: Path, single: Path, tmp_path: Path, store: Store) -> None:
    done = run(store, stock, "--workers", 2, results=tmp_path / "results")
    assert (done.code, done.err) == (1, "")
    assert comparable(tmp_path / "results") == comparable(single)


def test_an_interrupted_sweep_goes_on(
    store: Store, traffic: Traffic, single: Path, stock: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    running = begin(store, BUCKET, "--workers", "0", results=results)
    wait_until(lambda: sum(traffic.ranges.values()) > 20, "the sweep does not begin")
    running.send_signal(signal.SIGINT)
    assert finished(running).code == 130
    done = run(store, BUCKET, "--workers", "0", results=results)
    assert done.summary["unchanged"] > 0
    assert done.summary["unchanged"] + done.summary["checked"] == 30
    assert_alike(results, single, stock)
