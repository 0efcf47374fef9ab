"""An extraction that is simulated once for several engines ends as one for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.model.content import ContentPlan
from checker.model.entries import Entries
from checker.model.limits import LimitReached, Limits
from checker.model.work import Known, OutOfWork, Work
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import Member, write_tar
from checker_engines.containers.storage_archive import LAYERS
from checker_engines.filesystem import runs
from checker_engines.filesystem.dialect import Dialect
from checker_engines.filesystem.errors import ExtractionError
from checker_engines.filesystem.extractor import extract
from checker_engines.filesystem.storage.vfs import VfsLayers
from checker_engines.moby.archive import CHROOT_20, CHROOT_28, OS_ROOT

_DIALECTS = (CHROOT_20, CHROOT_28, LAYERS, OS_ROOT)
_NAMES = st.sampled_from(
    [*("a", "b", "a/b", "a/c", "a/.wh.b", "a/.wh..wh..opq", "b/c", "../a", "l", "l/x", "a//d")]
)
_MEMBERS = st.builds(
    lambda name, kind, target: Member(name, typeflag=kind, linkname=target),
    _NAMES,
    st.sampled_from([b"0", b"0", b"0", b"5", b"1", b"2"]),
    st.sampled_from(["a", "b", "/", "..", "a/b", "l"]),
)
_STACKS = st.lists(st.lists(_MEMBERS, min_size=1, max_size=8), min_size=1, max_size=3)


def entries_of(members: Sequence[Member]) -> Entries:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar(members))
    return walker.finish().entries


def outcome(dialect: Dialect, stack: Sequence[Entries], allowed: int) -> object:
    """What extracting layers onto each other, and the first as an archive, ends with."""
    work = Work(allowed)
    said: list[object] = []
    layers = VfsLayers(dialect, work)
    try:
        for entries in stack:
            layers.extract_layer(entries, len(entries))
        said.append(sorted(extract(dialect, stack[0], work).top()))
    except ExtractionError as error:
        said.append((str(error), error.position))
    except OutOfWork as stop:
        said.append(stop.reached)
    return said, max(0, work.left)


@given(_STACKS, st.permutations(_DIALECTS), st.sampled_from([3, 8, 1000]))
def test_who_asked_before_makes_no_difference(
    stack: list[list[Member]], dialects: list[Dialect], allowed: int
) -> None:
    shared = [entries_of(members) for members in stack]
    for dialect in (*dialects, *dialects):
        alone = [entries_of(members) for members in stack]
        assert outcome(dialect, shared, allowed) == outcome(dialect, alone, allowed)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_STACKS, st.sampled_from(_DIALECTS))
def test_files_that_are_added_at_once_end_as_one_by_one(
    monkeypatch: pytest.MonkeyPatch, stack: list[list[Member]], dialect: Dialect
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_SHORTEST", 10**6)
        one_by_one = outcome(dialect, [entries_of(members) for members in stack], 1000)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_SHORTEST", 0)
        at_once = outcome(dialect, [entries_of(members) for members in stack], 1000)
    assert at_once == one_by_one


def test_runs_are_files_of_one_directory() -> None:
    names = [f"d/{number}" for number in range(40)]
    members = [Member(name) for name in (*names, "e/0", "d/x", *names[:20], "d/0")]

    found = runs.runs_of(entries_of(members))

    assert [(run.start, run.stop, run.parent) for run in found] == [(1, 40, "d"), (42, 62, "d")]
    assert [len(run.nodes) for run in found] == [39, 20]


def test_an_answer_costs_the_same_for_everybody() -> None:
    known: Known[str] = Known()

    def find(work: Work) -> str:
        work.spend(5)
        return "found"

    for allowed in (4, 10, 5, 4):
        work = Work(allowed)
        if allowed < 5:
            with pytest.raises(OutOfWork) as stopped:
                known.find(work, partial(find, work))
            assert isinstance(stopped.value.reached, LimitReached)
        else:
            assert known.find(work, partial(find, work)) == "found"
            assert work.left == Work(allowed - 5).left
