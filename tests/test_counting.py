"""Counts of fixed runs: what counts as a loss, and that they are recorded and repeatable."""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.counting import __main__ as counting
from benchmarks.counting.cases import CASES, Case
from benchmarks.counting.counters import (
    Counter,
    CountError,
    count_bytecodes,
    count_instructions,
    warm_up,
)
from benchmarks.counting.record import differences, read_counts, write_counts
from benchmarks.counting.traced import count

TINY = CASES["a tiny docker-archive"]


@pytest.mark.parametrize(
    ("counted", "is_loss", "shown"),
    [
        (1000, False, "+0.0 %"),
        (1050, False, "+5.0 %"),
        (1051, True, "+5.1 %  LOSS"),
        (901, False, "-9.9 %"),
        (899, False, "-10.1 %  less: record it"),
    ],
)
def test_five_percent_more_is_a_loss(*, counted: int, is_loss: bool, shown: str) -> None:
    (difference,) = differences({"run": 1000}, {"run": counted})
    assert difference.is_loss is is_loss
    assert str(difference).endswith(shown)


def test_a_run_that_is_not_recorded_is_no_loss() -> None:
    (difference,) = differences({}, {"run": 1000})
    assert not difference.is_loss
    assert str(difference).endswith("1,000  not recorded")


def test_recorded_counts_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    write_counts("bytecodes", "CPython 3.11", {"run": 1}, path)
    write_counts("bytecodes", "CPython 3.12", {"run": 2}, path)
    write_counts("bytecodes", "CPython 3.11", {"other": 3}, path)
    assert read_counts("bytecodes", "CPython 3.11", path) == {"other": 3}
    assert read_counts("bytecodes", "CPython 3.12", path) == {"run": 2}
    assert read_counts("instructions", "CPython 3.12", path) is None


@pytest.mark.parametrize(
    ("factor", "code", "said"),
    [(1.0, 0, "+0.0 %"), (1.06, 1, "LOSS"), (0.8, 0, "less: record it")],
)
def test_counts_are_compared_with_the_recorded_ones(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    factor: float,
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(counting, "CASES", {"run": Case((), {})})
    monkeypatch.setattr(counting, "warm_up", lambda *_: None)
    monkeypatch.setattr(counting, "read_counts", lambda *_: {"run": 1000})
    counter = Counter("bytecodes", "this", lambda *_: int(1000 * factor))
    monkeypatch.setattr(counting, "counters", lambda: (counter,))
    assert counting.compare() == code
    assert said in capsys.readouterr().out


def test_nothing_is_compared_for_an_unknown_python(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(counting, "read_counts", lambda *_: None)
    assert counting.compare() == 0
    assert "not compared: nothing is recorded for " in capsys.readouterr().out


def test_bytecodes_of_all_threads_are_counted() -> None:
    def work() -> int:
        return sum(number for number in range(1000))

    def twice() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        work()

    one = count(work)
    assert one > 1000
    assert 2 * one < count(twice) < 3 * one


def test_who_traced_before_traces_again() -> None:
    """As the measuring of coverage, which would end here."""

    def trace(_frame: object, _event: str, _argument: object) -> None:
        pass

    before = sys.gettrace(), threading.gettrace()
    sys.settrace(trace)
    threading.settrace(trace)
    try:
        count(int)
        after = sys.gettrace(), threading.gettrace()
    finally:
        sys.settrace(before[0])
        threading.settrace(before[1])
    assert after == (trace, trace)


def test_the_same_run_takes_the_same_bytecodes(tmp_path: Path) -> None:
    first, second = (count_bytecodes(TINY, tmp_path) for _ in range(2))
    assert first > 100_000
    assert abs(first - second) < 0.01 * first


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_valgrind_counts_instructions(tmp_path: Path) -> None:
    assert count_instructions(Case(("--version",), {}), tmp_path) > 10_000_000


def test_a_run_with_another_exit_code_is_not_counted(tmp_path: Path) -> None:
    with pytest.raises(CountError, match=r"exit 2(?s:.)*no-such-command"):
        count_bytecodes(Case(("no-such-command",), {}), tmp_path)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_run_ends_as_expected(case: Case, tmp_path: Path) -> None:
    warm_up({"run": case}, tmp_path)
