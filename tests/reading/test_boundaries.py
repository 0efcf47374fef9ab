"""A step of reading that fails loses its own answer, not the archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, NoReturn

import pytest

from checker import CheckedArchive, Session
from checker.interpretation import kind as kinds
from checker.interpretation.kinds import recognizing
from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.archive import Archive, Kind
from checker.model.damage import LeadingData, SavedText
from checker.plugins import LoadedPlugins, load_plugins
from checker.reading import archive as reading
from checker.reading import elf as elf_reading
from checker.reading.transport import find
from checker.testing import sample, write_tar
from checker.testing.archive import docker_archive, nested, rootfs, wrapped
from checker.testing.damage import base64_lines
from checker.testing.elf import elf
from checker.testing.image import Image
from checker.testing.tar import compress, file

VOLUME = write_tar([file("data/a.txt", "a"), file("data/b.txt", "b")])
CHART = write_tar(
    [
        file("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n"),
        file("app/values.yaml", "a: 1\n"),
        file("app/templates/deployment.yaml", "kind: Deployment\n"),
    ]
)
PROGRAM = Image(layers=((file("bin/app", elf(needed=("libc.so.6",)), mode=0o755),),))
DOCKER = docker_archive(PROGRAM).tar()
PIECE = bytes(range(256)) * 64
KINDS = recognizing._RECOGNIZERS


@pytest.fixture(scope="module")
def plugins() -> LoadedPlugins:
    return load_plugins()


def fails(*_arguments: object, **_keywords: object) -> NoReturn:
    raise LookupError("out\nof order")


def leaves(*_arguments: object, **_keywords: object) -> NoReturn:
    raise SystemExit(0)


def checked(tmp_path: Path, plugins: LoadedPlugins, data: bytes) -> tuple[CheckedArchive, Archive]:
    path = tmp_path / "archive"
    path.write_bytes(data)
    run = Session(plugins=plugins).run([path])
    assert run.exit_code == 3
    found = run.archives[0]
    assert found.error is None
    assert found.archive is not None
    return found, found.archive


def failing(one: Recognizer) -> Recognizer:
    return one._replace(fits=fails)


@pytest.mark.parametrize("broken", KINDS, ids=lambda one: one.kind.name)
def test_a_kind_that_fails_fits_nothing(
    broken: Recognizer, tmp_path: Path, plugins: LoadedPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tuple(failing(one) if one is broken else one for one in KINDS)
    monkeypatch.setattr(recognizing, "_RECOGNIZERS", table)
    found, archive = checked(tmp_path, plugins, write_tar([file("notes.txt", "x")]))
    assert archive.known_kind is None
    assert found.crashes == (f"recognizing {broken.kind.title}: LookupError: out of order",)


def test_the_other_kinds_are_still_recognised(
    tmp_path: Path, plugins: LoadedPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tuple(one if one.kind.name == "helm-chart" else failing(one) for one in KINDS)
    monkeypatch.setattr(recognizing, "_RECOGNIZERS", table)
    found, archive = checked(tmp_path, plugins, CHART)
    assert archive.known_kind is not None
    assert archive.known_kind.name == "helm-chart"
    assert found.crashes


class Step(NamedTuple):
    """A step that fails: where it is, for which archive, and what is known all the same."""

    module: ModuleType
    name: str
    data: bytes
    crash: str
    known: Callable[[Archive], bool]


def is_docker(archive: Archive) -> bool:
    return archive.kind is Kind.DOCKER_ARCHIVE and len(archive.images) == 1


STEPS = (
    Step(find, "_other_format", b"Error: x", "another format", lambda one: one.damage is not None),
    Step(find, "locate", b"Error: x\n", "the beginning of", lambda one: one.damage is not None),
    Step(
        find,
        "find_characters",
        b"hint\n" + sample(),
        "converted characters",
        lambda one: isinstance(one.damage, LeadingData),
    ),
    Step(
        find,
        "find_line_endings",
        b"hint\n" + sample(),
        "converted line endings",
        lambda one: isinstance(one.damage, LeadingData),
    ),
    Step(
        find,
        "find_text_form",
        base64_lines(sample()),
        "an archive as text",
        lambda one: isinstance(one.damage, SavedText),
    ),
    Step(
        find,
        "find_saved_text",
        b"hello\n" * 40,
        "a saved text",
        lambda one: one.kind is Kind.NOT_A_TAR,
    ),
    Step(find, "find_unwritten", PIECE, "unwritten data", lambda one: one.kind is Kind.NOT_A_TAR),
    Step(
        find, "find_piece", PIECE, "a piece of a split file", lambda one: one.kind is Kind.NOT_A_TAR
    ),
    Step(find, "find_damage", PIECE, "what happened", lambda one: one.kind is Kind.NOT_A_TAR),
    Step(
        kinds,
        "_image_directory",
        wrapped(docker_archive(PROGRAM)).tar(),
        "an image in a directory",
        lambda one: one.kind is Kind.UNKNOWN,
    ),
    Step(
        kinds,
        "_nested_images",
        nested(docker_archive(PROGRAM)).tar(),
        "images in members",
        lambda one: one.kind is Kind.UNKNOWN,
    ),
    Step(
        kinds,
        "_root_directory",
        wrapped(rootfs()).tar(),
        "a root filesystem in a directory",
        lambda one: one.kind is Kind.UNKNOWN,
    ),
    Step(
        reading,
        "find_docker_archive",
        sample("docker-oci-archive"),
        "interpreting manifest.json",
        lambda one: len(one.images) == 1,
    ),
    Step(
        reading,
        "find_oci_layout",
        sample("docker-oci-archive"),
        "interpreting index.json",
        lambda one: len(one.images) == 1,
    ),
    Step(
        reading,
        "find_images",
        DOCKER,
        "interpreting the images",
        lambda one: one.docker is not None and one.kind is Kind.DOCKER_ARCHIVE,
    ),
    Step(reading, "affordable_images", DOCKER, "counting the images", is_docker),
    Step(
        reading,
        "read_blob",
        DOCKER,
        "reading manifest.json",
        lambda one: len(one.entries) > 0 and one.kind is Kind.DOCKER_ARCHIVE,
    ),
    Step(
        reading,
        "open_again",
        compress(compress(DOCKER, "gzip"), "gzip"),
        "reading the archive inside",
        lambda one: one.inside is None,
    ),
    Step(elf_reading, "_read_segments", DOCKER, "the libraries of an ELF file", is_docker),
    Step(elf_reading, "_read_segments", compress(DOCKER, "gzip"), "the libraries of", is_docker),
    Step(
        elf_reading,
        "_read_segments",
        rootfs(PROGRAM).tar(),
        "the libraries of an ELF file",
        lambda one: one.kind is Kind.ROOTFS,
    ),
)


@pytest.mark.parametrize("error", [fails, leaves], ids=["LookupError", "SystemExit"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_that_fails_loses_its_own_answer(
    step: Step,
    error: Callable[..., NoReturn],
    tmp_path: Path,
    plugins: LoadedPlugins,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(step.module, step.name, error)
    found, archive = checked(tmp_path, plugins, step.data)
    assert any(step.crash in crash for crash in found.crashes), found.crashes
    assert step.known(archive)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_concerns_the_whole_run_is_raised(
    error: type[BaseException],
    tmp_path: Path,
    plugins: LoadedPlugins,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stops(_traits: Traits) -> bool:
        raise error

    broken = KINDS[0]._replace(fits=stops)
    monkeypatch.setattr(recognizing, "_RECOGNIZERS", (broken,))
    path = tmp_path / "volume.tar"
    path.write_bytes(VOLUME)
    with pytest.raises(error):
        Session(plugins=plugins).classify(path)


def test_sound_archives_have_no_crashes(tmp_path: Path, plugins: LoadedPlugins) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(DOCKER)
    assert Session(plugins=plugins).check(path).crashes == ()
