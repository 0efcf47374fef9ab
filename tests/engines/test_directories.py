"""Directories: every printed command works with the real engines, and refusals are as predicted."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checker.session import Session
from checker.testing.archive import Archive, build, skopeo_dir, wrapped
from checker.testing.elf import elf
from checker.testing.tar import file
from checker.verdicts import VerdictOutcome

from .takers import empty

if TYPE_CHECKING:
    from benchmarks.engines.host import Host

pytestmark = pytest.mark.engines

PROGRAM = re.compile(r"(?<![\w/-])checker (?=check |convert )")
COMMAND = re.compile(r"`([^`]*)`")
ROOT = Archive(
    "rootfs", (file("bin/sh", elf(), mode=0o755), file("etc/passwd", b"root:x:0:0::/:\n"))
)
DIRECTORIES = {
    "docker-save": build("docker-archive"),
    "docker-save-25": build("docker-oci-archive"),
    "oci-layout": build("oci-layout"),
    "skopeo-dir": skopeo_dir(),
    "rootfs": ROOT,
    "wrapped-layout": wrapped(build("oci-layout")),
    "wrapped-save": wrapped(build("docker-archive")),
    "wrapped-dir": wrapped(skopeo_dir()),
}
TAKERS = {
    "docker-20.10 load": "docker load -i {}",
    "docker-20.10 import": "docker import {} name:tag",
    "podman-4 load": "podman load -i {}",
    "podman-4 import": "podman import {} name:tag",
    "containerd-2 ctr import": "ctr image import {}",
}


def written(host: Host, name: str) -> Path:
    path = host.folder / "directories" / name
    shutil.rmtree(path, ignore_errors=True)
    made = DIRECTORIES[name]
    members = tuple(each for each in made.members if each.typeflag in (b"0", b"2", b"5"))
    replace(made, members=members).write_directory(path)
    return path


@pytest.mark.parametrize("name", DIRECTORIES)
def test_the_printed_commands_work(name: str, taker_host: Host) -> None:
    path = written(taker_host, name)
    found = Session().classify(path).classification
    assert found is not None
    # The Docker of the distribution is not the version that some advice is for.
    texts = [text for text in found.advice if "for a version of Docker" not in text]
    advice = [" && ".join(COMMAND.findall(text)) for text in texts]
    commands = [*filter(None, advice), *([found.restore] if found.restore else [])]
    assert commands
    for command in commands:
        empty(taker_host)
        (taker_host.folder / "image.tar").unlink(missing_ok=True)
        taker_host.must_shell(PROGRAM.sub(f"{sys.executable} -m checker ", command))


@pytest.mark.parametrize("title", TAKERS)
@pytest.mark.parametrize("name", DIRECTORIES)
def test_the_verdicts_are_what_engines_do(name: str, title: str, taker_host: Host) -> None:
    path = written(taker_host, name)
    verdicts = Session().classify(path).verdicts
    (verdict,) = [one for one in verdicts if f"{one.engine} {one.action}" == title]
    empty(taker_host)
    done = taker_host.run(*TAKERS[title].format(path).split())
    assert (done.returncode == 0) == (verdict.outcome is VerdictOutcome.ACCEPTS), done.stderr
    if done.returncode:
        end = (verdict.message or "").rpartition(": ")[2]
        assert end in done.stderr, (verdict.message, done.stderr)
