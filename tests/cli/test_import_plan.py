"""``checker import-plan`` on the command line: exit codes, text, JSON, hostile input."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from checker.testing import Image, build, compress, elf, sample, write_tar
from checker.testing.tar import directory, file, symlink

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Checker

SCHEMA = json.loads(
    resources.files("checker_schemas").joinpath("reports", "import-plan.json").read_text("utf-8")
)
PROGRAM = elf("amd64")
ROOT = [file("bin/sh", PROGRAM, mode=0o755), directory("etc")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root.tar"
    path.write_bytes(write_tar(ROOT))
    return path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("--change", "USER 0"), 0),
        (("--change", "STOPSIGNAL 9"), 0),
        (("--change", "STOPSIGNAL 9", "--engine", "docker-20.10"), 1),
        (("--change", "ENTRYPONT x"), 1),
        (("--change", 'CMD ["/gone"]'), 1),
        (("--change", "USER nobody"), 1),
        (("--ref", "App"), 1),
        (("--ref", "app:1", "--engine", "podman"), 0),
        (("--platform", "linux/arm64"), 1),
        (("--platform", "x"), 1),
        (("--engine", "dokcer"), 2),
        (("--format", "xml"), 2),
        (("--from-image", "gone.tar"), 3),
        (("--from-image", "root.tar"), 2),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_exit_codes(
    words: tuple[str, ...],
    code: int,
    form: str,
    root: Path,
    checker: Checker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(root.parent)
    done = checker("import-plan", root.name, "--format", form, *words)
    assert done.code == code, done.err
    if code > 1:
        assert done.out == ""
        return
    assert done.err == ""
    if form == "json":
        Draft202012Validator(SCHEMA).validate(done.report)
        assert done.report["exit_code"] == code
    else:
        _, *lines = done.out.splitlines()
        assert all(len(line) <= 80 or " import " in line for line in lines)


def test_what_is_not_there_or_not_a_root(tmp_path: Path, checker: Checker) -> None:
    assert checker("import-plan", tmp_path / "gone.tar").code == 3
    tmp_path.joinpath("image.tar").write_bytes(sample())
    done = checker("import-plan", tmp_path / "image.tar")
    assert (done.code, done.out) == (2, "")
    assert "checker classify shows what restores it" in done.err
    assert len(done.err.splitlines()) == 1


def test_only_one_can_be_standard_input(checker: Checker) -> None:
    done = checker("import-plan", "-", "--from-image", "-")
    assert done.code == 2
    assert "only one" in done.err


def test_standard_input(checker: Checker) -> None:
    done = checker.process("import-plan", "-", stdin=compress(write_tar(ROOT), "gzip"))
    assert done.code == 0
    assert "docker import --change 'CMD [\"/bin/sh\"]' --change 'ENV PATH=/bin' - name:tag" in (
        done.out
    )


HOSTILE = "\x1b[31m\u202e\r\n::error::x\x07"


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_in_an_archive_reaches_the_terminal(
    tmp_path: Path, checker: Checker, form: str
) -> None:
    release = f'PRETTY_NAME="{HOSTILE}"\nVERSION_ID={HOSTILE}\n'
    passwd = f"root:x:0:0::/:/bin/{HOSTILE}\n"
    members = [
        *(*ROOT, file(f"bin/{HOSTILE}", PROGRAM, mode=0o755), symlink("bin/bash", HOSTILE)),
        *(file("etc/os-release", release.encode()), file("etc/passwd", passwd.encode())),
        file("etc/environment", f"PATH=/{HOSTILE}:/bin\n".encode()),
    ]
    config: dict[str, object] = dict.fromkeys(("Entrypoint", "User", "WorkingDir"))
    config |= {"Cmd": [HOSTILE], "Env": [f"A={HOSTILE}"], "Labels": {HOSTILE: HOSTILE}}
    config |= {"StopSignal": HOSTILE, "ExposedPorts": {HOSTILE: {}}, "Volumes": {HOSTILE: {}}}
    config |= {"Healthcheck": {"Test": ["CMD-SHELL", HOSTILE]}, "OnBuild": [HOSTILE], HOSTILE: "x"}
    path = tmp_path / f"root{HOSTILE.replace('/', '')}.tar"
    path.write_bytes(write_tar(members))
    image = tmp_path / "image.tar"
    image.write_bytes(
        build("docker-archive", Image(layers=(b"",), config={"config": config})).tar()
    )
    for words in ((), ("--from-image", image), ("--change", HOSTILE), ("--ref", HOSTILE)):
        for engine in ("docker", "podman"):
            done = checker("import-plan", path, "--format", form, "--engine", engine, *words)
            assert done.code in (0, 1)
            printed = done.out.replace("\n", "")
            assert printed.isprintable()
            assert not any(line.lstrip().startswith("::") for line in done.out.splitlines())


def test_a_command_is_one_line_however_long(root: Path, checker: Checker) -> None:
    long = "x" * 5000
    done = checker("import-plan", root, "--change", f"LABEL a={long}")
    assert done.code == 0
    (command,) = [line for line in done.out.splitlines() if line.startswith("docker import")]
    assert long in command
    _, *lines = done.out.splitlines()
    assert max(len(line) for line in lines if line != command) < 400
