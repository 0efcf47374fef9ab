"""A store and a cluster on the loopback: moto's S3 server, a proxy that fails, Dask's commands.

For the tests and the benchmark of sweeps. Everything is a process or a thread that ends with its
context.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

HOST = "127.0.0.1"
_BIN = Path(sys.executable).parent
_START_SECONDS = 60.0
_PIECE = 1 << 16
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host", "content-length"})


class Address(NamedTuple):
    """A server on the loopback."""

    port: int

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://{HOST}:{self.port}"


def free_port() -> int:
    """An unused TCP port of the loopback address."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(is_reached: Callable[[], bool], what: str, seconds: float = _START_SECONDS) -> None:
    """Wait for something.

    Raises:
        TimeoutError: It did not come.
    """
    end = time.monotonic() + seconds
    while not is_reached():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether somebody listens at a port."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


@contextmanager
def process(
    words: list[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a new session; the whole session is killed at the end."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        try:
            yield started
        finally:
            kill(started)


def kill(started: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


@contextmanager
def s3_server(folder: Path) -> Iterator[Address]:
    """An S3 server (moto) without objects.

    Args:
        folder: For its log.
    """
    port = free_port()
    words = [str(_BIN / "moto_server"), "-H", HOST, "-p", str(port)]
    with process(words, folder / "moto.log"):
        wait_until(lambda: listens(port), "the S3 server does not start")
        yield Address(port)


def s3_environment(server: Address) -> dict[str, str]:
    """The variables by which s3fs finds a server."""
    return {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def put(server: Address, path: str, data: bytes = b"") -> None:
    """Put an object, or create a bucket.

    Args:
        server: The S3 server.
        path: ``/bucket`` or ``/bucket/key``.
        data: The content.
    """
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    try:
        # Who has no key may read it as well, as pages of a web server.
        connection.request("PUT", path, data, {"x-amz-acl": "public-read"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise OSError(f"PUT {path}: {answer.status}")
    finally:
        connection.close()


class Traffic:
    """What a proxy has seen, and what it does to requests.

    Args:
        fate: What becomes of the n-th GET of a range, by n and its path: ``429``, ``500``, ``503``,
            ``cut`` for half of the content, or None for the answer as it is.

    Attributes:
        requests: Requests by method.
        ranges: GETs of ranges by path.
        bytes: Bytes of content that were passed on.
        failures: Requests by what became of them.
    """

    def __init__(
        self, fate: Callable[[int, str], str | None] = lambda _number, _path: None
    ) -> None:
        self.fate = fate
        self.requests: Counter[str] = Counter()
        self.ranges: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.bytes = 0
        self._lock = Lock()

    def see(self, method: str, path: str, *, is_range: bool) -> str | None:
        """Count a request; what becomes of it."""
        with self._lock:
            self.requests[method] += 1
            if not is_range:
                return None
            self.ranges[path] += 1
            fate = self.fate(sum(self.ranges.values()), path)
            if fate is not None:
                self.failures[fate] += 1
            return fate

    def passed(self, count: int) -> None:
        """Count bytes of content."""
        with self._lock:
            self.bytes += count


@contextmanager
def proxy(server: Address, traffic: Traffic) -> Iterator[Address]:
    """A proxy in front of a server."""

    class Handler(_Proxy):
        target = server
        seen = traffic

    with _Server((HOST, 0), Handler) as listening:
        listening.daemon_threads = True
        thread = Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield Address(listening.server_address[1])
        finally:
            listening.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, _request: object, _address: object) -> None:
        """Say nothing: clients that are killed leave connections behind."""


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target: Address
    seen: Traffic

    def _pass(self) -> None:
        is_range = self.command == "GET" and "Range" in self.headers
        fate = self.seen.see(self.command, self.path, is_range=is_range)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fate is not None and fate.isdecimal():
            self._refuse(int(fate))
            return
        connection = http.client.HTTPConnection(HOST, self.target.port, timeout=60)
        try:
            headers = {key: value for key, value in self.headers.items() if key.lower() not in _HOP}
            connection.request(self.command, self.path, body, headers)
            self._answer(connection.getresponse(), is_cut=fate == "cut")
        finally:
            connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815 - their names are given

    def _refuse(self, status: int) -> None:
        body = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, answer: http.client.HTTPResponse, *, is_cut: bool) -> None:
        content = answer.read()
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in _HOP | {"date", "server"}:
                self.send_header(key, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if is_cut:
            content = content[: len(content) // 2]
            self.close_connection = True
        self.seen.passed(len(content))
        with suppress(OSError):
            self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class Cluster(NamedTuple):
    """A Dask cluster of separate commands.

    Attributes:
        address: Address of the scheduler.
        scheduler: Its command.
        workers: The commands of the workers.
    """

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def dask_cluster(
    workers: int, folder: Path, environment: Mapping[str, str], memory: str = "2GB"
) -> Iterator[Cluster]:
    """A scheduler and workers of one thread each.

    Args:
        workers: How many.
        folder: For logs, and for what workers write to disk.
        environment: Variables of the workers.
        memory: What a worker may take before it is killed.
    """
    port = free_port()
    address = f"tcp://{HOST}:{port}"
    dask = str(_BIN / "dask")
    with ExitStack() as stack:
        words = [dask, "scheduler", "--host", HOST, "--port", str(port), "--no-dashboard"]
        log = folder / "scheduler.log"
        scheduler = stack.enter_context(process(words, log, environment))
        wait_until(lambda: listens(port), "the scheduler does not start")
        words = [dask, "worker", address, "--host", HOST, "--nthreads", "1", "--no-dashboard"]
        words += ["--memory-limit", memory, "--local-directory", str(folder)]
        started = tuple(
            stack.enter_context(process(words, folder / f"worker-{number}.log", environment))
            for number in range(workers)
        )
        yield Cluster(address, scheduler, started)


def peak_memory(started: subprocess.Popen[bytes]) -> int:
    """The most memory that a process or any that it has started took, in bytes (Linux)."""
    return max(map(_peak_of, _family(started.pid)), default=0)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from _family(int(child))


def _peak_of(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def processor_seconds(started: subprocess.Popen[bytes]) -> float:
    """Processor time of a process and of those that it has started, in seconds (Linux)."""
    return sum(map(_seconds_of, _family(started.pid)))


def _seconds_of(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0
