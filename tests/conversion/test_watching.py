"""How much of a conversion is written is told while it is written, whatever the form."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from checker import Session
from checker.conversion.records import Form, Request
from checker.conversion.watching import watched
from checker.model.compression import CompressionKind
from checker.reading.meter import SILENT, Activity, Meter, Reached
from checker.testing import sample
from tests.sessions import installed, new_session

_SECONDS = 60


class Told:
    """Keeps what it is told, and can wait for a number of bytes."""

    def __init__(self) -> None:
        self.all: list[Reached] = []
        self._changed = threading.Condition()

    def __call__(self, reached: Reached) -> None:
        with self._changed:
            self.all.append(reached)
            self._changed.notify_all()

    def wait_for(self, done: int) -> None:
        with self._changed:
            assert self._changed.wait_for(
                lambda: any(each.done >= done for each in self.all), _SECONDS
            )


def test_it_is_told_while_it_is_written() -> None:
    told = Told()
    written = [0]
    with watched(lambda: written[0], Meter("out.tar", told, Activity.WRITING)):
        for size in (10, 4_000, 90_000):
            written[0] = size
            told.wait_for(size)
    assert told.all[-1] == Reached("out.tar", "", 90_000, 90_000, Activity.WRITING)
    assert all(each.total is None for each in told.all[:-1])
    assert [each.done for each in told.all] == sorted(each.done for each in told.all)


def test_what_is_given_up_is_not_counted_twice() -> None:
    """A file that exists already is dropped, so that the size becomes smaller."""
    told = Told()
    written = [100]
    with watched(lambda: written[0], Meter("out.tar", told, Activity.WRITING)):
        told.wait_for(100)
        written[0] = 20
    assert told.all[-1].done == 100


def test_a_size_that_is_not_known_is_asked_for_again() -> None:
    told = Told()
    asked: list[int] = []

    def size() -> int:
        asked.append(7)
        if len(asked) == 1:
            raise OSError("closed")
        return 7

    with watched(size, Meter("out.tar", told, Activity.WRITING)):
        told.wait_for(7)


def test_what_is_raised_by_the_one_who_is_told_ends_it() -> None:
    def tell(reached: Reached) -> None:
        raise RuntimeError(reached.activity)

    with (
        pytest.raises(RuntimeError, match=Activity.WRITING),
        watched(lambda: 1, Meter("out.tar", tell, Activity.WRITING)),
    ):
        pass


def test_an_error_while_it_is_written_comes_first() -> None:
    told = Told()
    with (
        pytest.raises(ValueError, match="full"),
        watched(lambda: 1, Meter("out.tar", told, Activity.WRITING)),
    ):
        raise ValueError("full")


def test_nothing_runs_if_nobody_listens() -> None:
    before = threading.active_count()
    with watched(lambda: 1, SILENT):
        assert threading.active_count() <= before


@pytest.mark.parametrize("compression", [None, CompressionKind.GZIP])
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "export"])
def test_all_forms_tell_of_it(
    kind: str, form: Form, compression: CompressionKind | None, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.tar", tmp_path / "out"
    source.write_bytes(sample(kind))
    told = Told()
    request = Request(form=form, compression=compression)
    with Session(watch=told, plugins=installed()) as session:
        session.convert(source, target, request)
    found = [each for each in told.all if each.activity == "writing"]
    assert {each.archive for each in found} == {str(target)}
    files = [target] if target.is_file() else [one for one in target.rglob("*") if one.is_file()]
    # The end of a tar follows when its members are written.
    assert sum(file.stat().st_size for file in files) - found[-1].done in {0, 1024}
    order = list(dict.fromkeys(each.activity for each in told.all))
    assert order == ["reading", "writing", "checking"]


def test_what_the_progress_raises_is_raised(tmp_path: Path) -> None:
    source = tmp_path / "in.tar"
    source.write_bytes(sample("docker-archive"))

    def progress(name: str, done: int, total: int) -> None:
        del done, total
        if name.endswith("out.tar"):
            raise RuntimeError("enough")

    request = Request(form=Form.OCI_ARCHIVE)
    with new_session() as session, pytest.raises(RuntimeError, match="enough"):
        session.convert(source, tmp_path / "out.tar", request, progress=progress)
    assert not (tmp_path / "out.tar").exists()
