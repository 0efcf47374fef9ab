"""The plugin for pytest: fixtures for archives, and rules as tests.

It does nothing unless archives are given with ``--archive`` or the setting ``archives``. They are
read once, before tests are collected; workers of pytest-xdist receive what was read. Everything of
the checker is imported then, so that other test sessions do not pay for it.
"""

from __future__ import annotations

import glob
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, Any  # which pytest imports as well

import pytest

if TYPE_CHECKING:
    from checker.model.image import Image
    from checker.pytest_plugin.config import ConfigView
    from checker.pytest_plugin.reading import Reading, Subject
    from checker.pytest_plugin.rootfs import RootView
    from checker.pytest_plugin.verdicts import VerdictsView
    from checker.results import CheckedArchive
    from checker.session import Session

_SUBJECT = "_archive_checker_subject"
_OF_IMAGES = frozenset({"image", "config", "rootfs"})
_HANDED_OVER = "archive_checker_facts"
_NO_ARCHIVE = "no archive is given: use --archive FILE, or the setting archives"

_reading: pytest.StashKey[Reading] = pytest.StashKey()
_facts = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and settings."""
    group = parser.getgroup("archive-checker", "archives of container images")
    group.addoption(
        "--archive",
        action="append",
        default=[],
        metavar="FILE",
        help="archive, image layout or pattern that the fixtures archive, image, config, rootfs "
        "and verdicts are about; repeatable",
    )
    group.addoption(
        "--archive-checks",
        action="store_true",
        help="run each rule of the checker on each archive as a test",
    )
    group.addoption(
        "--archive-settings",
        metavar="FILE",
        help="settings of the checker; default: checker.toml or pyproject.toml, here or above",
    )
    parser.addini("archives", "archives or patterns, one a line", type="linelist", default=[])


def pytest_sessionstart(session: pytest.Session) -> None:
    """Read the archives, or receive what was read.

    Raises:
        pytest.UsageError: There is no such archive, it cannot be read, or settings are not valid.
    """
    config = session.config
    paths = _archives(config)
    if not paths:
        if config.getoption("archive_checks"):
            raise pytest.UsageError(f"--archive-checks: {_NO_ARCHIVE}")
        return
    from checker.errors import CheckerError
    from checker.pytest_plugin.reading import read_archives, receive

    try:
        checking = _session(config)
        facts = getattr(config, "workerinput", {}).get(_HANDED_OVER)
        config.stash[_reading] = (
            read_archives(checking, paths) if facts is None else receive(checking, facts)
        )
    except CheckerError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand over what was read to a worker of pytest-xdist."""
    stash = node.config.stash
    if _reading not in stash:
        return
    from checker.pytest_plugin.reading import hand_over

    if _facts not in stash:
        stash[_facts] = hand_over(stash[_reading], tempfile.mkdtemp(prefix="checker-"))
    node.workerinput[_HANDED_OVER] = stash[_facts]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the archives."""
    if _reading in config.stash:
        config.stash[_reading].close()
    if _facts in config.stash:
        shutil.rmtree(os.path.dirname(config.stash[_facts]), ignore_errors=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for each image, or for each archive if it does not ask for images."""
    reading = metafunc.config.stash.get(_reading, None)
    if reading is None or _SUBJECT not in metafunc.fixturenames:
        return
    asks_for_images = not _OF_IMAGES.isdisjoint(metafunc.fixturenames)
    subjects = reading.images if asks_for_images else reading.archives
    metafunc.parametrize(
        _SUBJECT,
        subjects,
        ids=[subject.label for subject in subjects],
        indirect=True,
        scope="session",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the rules, before tests are selected by name."""
    if not config.getoption("archive_checks"):
        return
    from checker.pytest_plugin.items import ArchiveChecks

    for subject in config.stash[_reading].archives:
        path = subject.checked.path
        checks = ArchiveChecks.from_parent(session, name=path, nodeid=path, subject=subject)
        items.extend(checks.collect())


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show both sides of a comparison of permission bits in octal."""
    views = sys.modules.get("checker.pytest_plugin.rootfs")
    if views is None or not isinstance(left, int) or not isinstance(right, int):
        return None
    if not isinstance(left, views.Mode) and not isinstance(right, views.Mode):
        return None
    return [f"{left:#o} {op} {right:#o}"]


@pytest.fixture(scope="session", name=_SUBJECT)
def _subject(request: pytest.FixtureRequest) -> Subject:
    """What a test is about."""
    found: Subject | None = getattr(request, "param", None)
    if found is None:
        pytest.fail(_NO_ARCHIVE, pytrace=False)
    return found


@pytest.fixture(scope="session")
def archive(_archive_checker_subject: Subject) -> CheckedArchive:
    """The archive with all results, as ``checker.check`` returns it."""
    return _archive_checker_subject.checked


@pytest.fixture(scope="session")
def image(_archive_checker_subject: Subject) -> Image:
    """Each image of the archives; the test is skipped for archives without one."""
    found = _archive_checker_subject.image
    if found is None:
        pytest.skip(f"{_archive_checker_subject.label} has no image")
    return found


@pytest.fixture(scope="session")
def config(image: Image) -> ConfigView:
    """The config of each image."""
    if image.config is None:
        pytest.fail(f"{image.label} has no readable config", pytrace=False)
    from checker.pytest_plugin.config import ConfigView

    return ConfigView(image.config, image.label)


@pytest.fixture(scope="session")
def rootfs(_archive_checker_subject: Subject) -> RootView:
    """The merged root filesystem of each image, or that of a flat archive."""
    from checker.model.rootfs import Rootfs
    from checker.pytest_plugin.rootfs import RootView

    subject = _archive_checker_subject
    found = subject.archive.rootfs
    if subject.image is not None:
        found = Rootfs(subject.image.location, subject.image.layers, subject.image)
    if found is None:
        pytest.skip(f"{subject.label} has neither an image nor a root filesystem")
    return RootView(found, subject.label, subject.read)


@pytest.fixture(scope="session")
def verdicts(_archive_checker_subject: Subject) -> VerdictsView:
    """What each engine does with the archive."""
    from checker.pytest_plugin.verdicts import VerdictsView

    subject = _archive_checker_subject
    session, facts = subject.session, subject.archive
    known = (*subject.checked.verdicts, *subject.checked.reader_verdicts)
    return VerdictsView(known, lambda: session.classified(facts).reader_verdicts)


def _archives(config: pytest.Config) -> list[str]:
    """The archives that are given; patterns without a match are taken as paths."""
    given: list[str] = config.getoption("archive")
    base = str(config.invocation_params.dir)
    if not given:
        given, base = config.getini("archives"), str(config.rootpath)
    found = (
        sorted(glob.glob(os.path.join(base, each))) or [os.path.join(base, each)] for each in given
    )
    return [_shown(path) for path in dict.fromkeys(path for paths in found for path in paths)]


def _shown(path: str) -> str:
    """A path as tests are called by it: relative to the working directory, if it is below."""
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative


def _session(config: pytest.Config) -> Session:
    from checker.session import Session
    from checker.settings_file import find_file

    return Session(config.getoption("archive_settings") or find_file())
