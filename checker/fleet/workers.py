"""Where tasks run: in this process, one after another, or on a Dask cluster."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from checker.errors import SettingsError, UnreadableError
from checker.fleet.libraries import of_the_extra
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from distributed import Client, Future

_RETRIES = 2
_WAIT_SECONDS = 10
_AHEAD = 4
_LEAST_AHEAD = 8


class SchedulerError(UnreadableError):
    """The connection to the scheduler is lost.

    Args:
        address: Address of the scheduler.
    """

    def __init__(self, address: str) -> None:
        super().__init__(
            address,
            "the connection to the scheduler is lost; what was checked before is written, and the "
            "same command goes on from there",
        )


class Done(NamedTuple):
    """A task that is over.

    Attributes:
        key: The task.
        result: What it returned; None if it failed.
        error: What it raised, the last time; None if it did not.
    """

    key: Hashable
    result: Any
    error: BaseException | None = None


class Workers(Protocol):
    """Runs tasks."""

    def submit(self, key: Hashable, function: Callable[..., Any], *arguments: object) -> None:
        """Have a task run.

        Args:
            key: What the task is recognized by.
            function: A function of a module.
            arguments: Its arguments.
        """
        ...

    def next_done(self) -> Done:
        """Wait for a task, any of those that were submitted."""
        ...

    @property
    def room(self) -> int:
        """How many more archives may be submitted: a few for each worker."""
        ...

    @property
    def pending(self) -> int:
        """Tasks that are not over."""
        ...


class ThisProcess:
    """Runs tasks one after another, when somebody waits for them."""

    def __init__(self) -> None:
        self._tasks: deque[tuple[Hashable, Callable[..., Any], tuple[object, ...]]] = deque()

    def submit(self, key: Hashable, function: Callable[..., Any], *arguments: object) -> None:
        """Have a task run."""
        self._tasks.append((key, function, arguments))

    def next_done(self) -> Done:
        """Run a task."""
        key, function, arguments = self._tasks.popleft()
        try:
            return Done(key, function(*arguments))
        except Exception as error:  # noqa: BLE001 - told with the archive
            return Done(key, None, error)

    @property
    def room(self) -> int:
        """How many more archives may be submitted."""
        return 1 - len(self._tasks)

    @property
    def pending(self) -> int:
        """Tasks that are not over."""
        return len(self._tasks)


class DaskWorkers:
    """Runs tasks on a Dask cluster, which repeats those that fail, and those of workers that die.

    Args:
        client: The connection to the scheduler.
        run: Name of the sweep, which keeps its tasks apart from those of others.
    """

    def __init__(self, client: Client, run: str) -> None:
        from distributed import as_completed

        self._client = client
        self._run = run
        self._done = as_completed([], loop=client.loop)
        self._keys: dict[str, Hashable] = {}
        self._count = 0

    def submit(self, key: Hashable, function: Callable[..., Any], *arguments: object) -> None:
        """Have a task run.

        Raises:
            SchedulerError: The connection to the scheduler is lost.
        """
        self._count += 1
        name = f"{function.__name__}-{self._run}-{self._count}"
        with self._asking():
            future = self._client.submit(
                function, *arguments, key=name, retries=_RETRIES, pure=False
            )
            self._done.add(future)
        self._keys[name] = key

    def next_done(self) -> Done:
        """Wait for a task.

        Raises:
            SchedulerError: The connection to the scheduler is lost.
        """
        with self._asking():
            future: Future = next(self._done)
            error = future.exception()
            result = None if error is not None else future.result()
            future.release()
        return Done(self._keys.pop(future.key), result, error)

    @property
    def room(self) -> int:
        """How many more archives may be submitted.

        Raises:
            SchedulerError: The connection to the scheduler is lost.
        """
        with self._asking():
            threads: int = sum(self._client.ncores().values())
        return max(_LEAST_AHEAD, _AHEAD * threads) - self.pending

    @property
    def pending(self) -> int:
        """Tasks that are not over."""
        return len(self._keys)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Name the scheduler in errors of the connection.

        Raises:
            SchedulerError: It is lost.
        """
        try:
            yield
        # Pending futures are cancelled; other calls raise CommClosedError, a subclass of OSError.
        except (CancelledError, OSError) as lost:
            raise SchedulerError(self._client.scheduler.address) from lost


def _silence() -> None:
    """Keep the messages of Dask from standard error: what concerns the user is told in a line."""
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextmanager
def dask_at(address: str, run: str) -> Iterator[DaskWorkers]:
    """The workers of a scheduler.

    Args:
        address: Address of the scheduler, such as ``tcp://127.0.0.1:8786``.
        run: Name of the sweep.

    Raises:
        SettingsError: There is none at the address.
    """
    with of_the_extra():
        from distributed import Client
    _silence()
    try:
        client = Client(address, timeout=_WAIT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SettingsError(f"--scheduler {address}: {error}") from error
    # It may have no workers yet, as a cluster that grows with its tasks.
    with client:
        yield DaskWorkers(client, run)


@contextmanager
def local_dask(count: int, run: str) -> Iterator[DaskWorkers]:
    """Workers on this machine, one process each.

    Args:
        count: How many.
        run: Name of the sweep.
    """
    with of_the_extra():
        from distributed import Client, LocalCluster
    _silence()
    cluster = LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    )
    with cluster, Client(cluster, set_as_default=False) as client:
        yield DaskWorkers(client, run)
