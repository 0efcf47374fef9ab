"""The same five inputs for every format: healthy, faulty, hostile names, unreadable, several."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from checker import Run
from checker.masking import masked_run
from checker.testing.archive import build
from checker.testing.image import sample_image
from checker.testing.tar import file, write_tar
from tests.sessions import new_session

STARTED = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
SECRET = "AKIA2E7VJZQ4WJ5RT6YC"
"""Made up, in the form of one."""

HOSTILE_NAMES = (
    "::error file=x::pwned",
    "a\n::set-output name=x::y",
    "##vso[task.setvariable variable=x]y",
    "<script>alert(1)</script>",
    "[link](javascript:alert(1)) ![pixel](https://evil.example/x.png)",
    "| a | b |\n|---|---|\n`code` **bold** @octocat #12 www.evil.example",
    "not ok 1 - x # TODO",
    "Bail out! # SKIP",
    "]]><failure message='x'/><!--",
    "[[ATTACHMENT|/etc/passwd]]",
    "=cmd|'/c calc'!A1",
    "\x1b[31mred\x1b[0m \u202e gnp.\udcff",
    "%0A::warning::x%2C:",
    "//evil.example/%2e%2e/x?y#z",
)

_HEALTHY, _FAULTY, _MISSING = "dist/healthy.tar", "dist/faulty.tar", "dist/missing.tar"
_HOSTILE = "dist/::error::a,b%0A [x](y) <b> ##[c] `d` @e.tar"
_SETTINGS = {
    "select": ["ARC001", "ARC008", "ARC009", "CFG007", "DKR005", "HYG006", "HYG012", "OCI009"],
    "waive": [{"rule": "HYG012", "reason": "the tag is moved by the release <b>job</b>"}],
}


def _write() -> None:
    Path("dist").mkdir()
    Path(_HEALTHY).write_bytes(build("docker-archive").tar())
    environment = [f"AWS_ACCESS_KEY_ID={SECRET}", "A=1", "A=2", f"A={SECRET}"]
    image = replace(sample_image(), config={"config": {"Env": environment}}, tags=("app:latest",))
    Path(_FAULTY).write_bytes(build("docker-archive", image).tar())
    members = build("docker-archive").members
    hostile = (file(name, "x") for name in HOSTILE_NAMES)
    twice = (file(name, "y") for name in HOSTILE_NAMES)
    Path(_HOSTILE).write_bytes(write_tar((*members, *hostile, *twice)))


def _run(*paths: str) -> Run:
    run = masked_run(new_session(_SETTINGS).run(paths))
    archives = tuple(
        each._replace(results=tuple(one._replace(seconds=0.0012) for one in each.results))
        for each in run.archives
    )
    return run._replace(archives=archives, started=STARTED, version="1.0.0", plugins=())


_FIVE: Mapping[str, tuple[str, ...]] = {
    "healthy": (_HEALTHY,),
    "faulty": (_FAULTY,),
    "hostile": (_HOSTILE,),
    "unreadable": (_MISSING,),
    "several": (_HEALTHY, _FAULTY, _HOSTILE, _MISSING),
}
NAMES = tuple(_FIVE)
"""The names of the inputs."""


@cache
def five() -> Mapping[str, Run]:
    """The runs over the five inputs, in a directory of their own that has to be the current one."""
    _write()
    return {name: _run(*paths) for name, paths in _FIVE.items()}
