"""Checks archives side by side, with the results in their order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from checker.records import NamedTuple
from checker.results import CheckedArchive
from checker.session import Session, Watch
from checker.typing_names import TypeAlias

Prepare: TypeAlias = Callable[[CheckedArchive], CheckedArchive]
"""What is done with a result where it was made, before it is handed over."""


class Work(NamedTuple):
    """What is to be done with archives.

    Attributes:
        command: ``check`` or ``classify``.
        paths: The archives.
        jobs: Archives and their blobs that are read in parallel, all together.
        prepare: What is done with each result.
        ahead: Results that may wait for those before them, at most; None for any number.
        tell: Receives the progress; None to tell nobody.
    """

    command: str
    paths: Sequence[str]
    jobs: int
    prepare: Prepare
    ahead: int | None = None
    tell: Watch | None = None


def checked_archives(session: Session, work: Work) -> Generator[CheckedArchive]:
    """The results of archives, in their order, each as soon as it and those before are there.

    With several archives and jobs, each is checked in a worker. One whose worker dies is one that
    was not checked; its ``error`` says why.

    Args:
        session: The settings and plugins. It is copied with this process.
        work: What is to be done.

    Raises:
        PluginError: No rules are loaded.
    """
    if min(work.jobs, len(work.paths)) == 1:
        return _one_by_one(session, work)
    return _side_by_side(session, work)


def _one_by_one(session: Session, work: Work) -> Generator[CheckedArchive]:
    for path in work.paths:
        yield work.prepare(session.result(work.command, path))


def _side_by_side(session: Session, work: Work) -> Generator[CheckedArchive]:
    # Imported here, as a single archive does not need it.
    from checker.parallel.pool import Lost, Pool, can_fork

    if not can_fork():
        yield from _one_by_one(session, work)
        return

    def check(number: int, threads: int, tell: Watch) -> CheckedArchive:
        told = None if work.tell is None else tell
        worker = session.sharing(threads, told)
        return work.prepare(worker.result(work.command, work.paths[number]))

    with Pool(len(work.paths), work.jobs, check, work.tell, work.ahead) as pool:
        for path, found in zip(work.paths, pool.results(), strict=True):
            if isinstance(found, CheckedArchive):
                yield found
            elif isinstance(found, Lost) and found.reason is not None:
                yield CheckedArchive(path=path, error=found.reason, problems=session.problems)
            else:
                yield work.prepare(session.result(work.command, path))
