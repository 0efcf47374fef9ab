"""The pool of workers itself, in a process without the threads of the tests."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

HEAD = """
import os, sys, time
from checker.parallel.pool import Lost, Pool, can_fork
from checker.reading.meter import Reached

assert can_fork()
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_progress_is_that_of_the_archive_whose_result_comes_next() -> None:
    out = run(
        """
        def check(number, threads, tell):
            for done in range(5):
                tell(Reached(str(number), "", done, 5))
                time.sleep(0.05 if number == 0 else 0.01)
            return number

        told = []
        with Pool(4, 4, check, told.append) as pool:
            assert list(pool.results()) == [0, 1, 2, 3]
        shown = [(int(reached.archive), reached.done) for reached in told]
        assert shown == sorted(shown), shown
        assert [done for number, done in shown if number == 0] == [0, 1, 2, 3, 4]
        print("good")
        """
    )
    assert out == "good\n"


@pytest.mark.parametrize(("count", "jobs"), [(2, 8), (3, 8), (8, 3), (5, 2)])
def test_the_jobs_are_shared(count: int, jobs: int) -> None:
    """No more threads than jobs are given at a time, and none waits for a thread."""
    run(
        f"""
        with Pool({count}, {jobs}, lambda number, threads, tell: threads) as pool:
            threads = list(pool.results())
        assert len(threads) == {count}
        assert all(1 <= each <= {jobs} for each in threads), threads
        first = threads[: min({count}, {jobs})]
        assert sum(first) <= {jobs}, threads
        """
    )


def test_results_that_wait_are_bounded() -> None:
    run(
        """
        until, end = os.pipe()

        def check(number, threads, tell):
            if number == 0:
                os.read(until, 1)
                time.sleep(0.2)  # in which another one could begin
            now = time.monotonic()
            if number == 3:
                os.write(end, b"x")
            return now

        with Pool(20, 2, check, ahead=4) as pool:
            times = list(pool.results())
        assert times[3] < times[0] < times[4], times
        """
    )


def test_what_cannot_be_sent_is_made_again() -> None:
    run(
        """
        def check(number, threads, tell):
            if number == 1:
                raise ValueError("met again by the other process")
            return (lambda: 0) if number == 2 else number

        with Pool(4, 2, check) as pool:
            assert list(pool.results()) == [0, Lost(None), Lost(None), 3]
        """
    )


def test_without_processes_nothing_is_lost() -> None:
    """As where there are too many processes, or too many files are open."""
    run(
        """
        def fail():
            raise BlockingIOError(11, "Resource temporarily unavailable")

        before = len(os.listdir("/proc/self/fd"))
        os.fork = fail
        with Pool(3, 2, lambda number, threads, tell: number) as pool:
            assert list(pool.results()) == [Lost(None)] * 3
        assert len(os.listdir("/proc/self/fd")) == before
        """
    )


def test_nothing_is_left_open() -> None:
    run(
        """
        def check(number, threads, tell):
            if number % 3 == 0:
                os._exit(3)
            if number % 3 == 1:
                raise MemoryError
            return number

        before = len(os.listdir("/proc/self/fd"))
        with Pool(30, 4, check) as pool:
            found = list(pool.results())
        assert [each for each in found if not isinstance(each, Lost)] == list(range(2, 30, 3))
        assert len(os.listdir("/proc/self/fd")) == before
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            pass
        else:
            raise AssertionError("a process is left")
        """
    )


def test_a_process_of_a_plugin_that_keeps_the_pipe_open() -> None:
    run(
        """
        import signal

        until, end = os.pipe()

        def check(number, threads, tell):
            if number == 0:
                if os.fork() == 0:
                    os.close(end)
                    os.read(until, 1)
                    os._exit(0)
                os.kill(os.getpid(), signal.SIGKILL)
            return number

        with Pool(3, 2, check) as pool:
            found = list(pool.results())
        assert "SIGKILL" in found[0].reason
        assert found[1:] == [1, 2]
        """
    )
