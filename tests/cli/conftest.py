"""What the tests of the command line share: archives, and the command itself."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from lxml import etree

from checker.cli import main
from checker.testing import sample

JUNIT = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "reports" / "junit.xsd"))


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.out))

    @property
    def junit(self) -> etree._Element:
        """The JUnit report, which follows its schema."""
        root = etree.fromstring(self.out.encode())
        JUNIT.assertValid(root)
        return root

    @property
    def rules(self) -> set[str]:
        """The rules with findings, over all archives."""
        archives = self.report["archives"]
        return {finding["rule"] for archive in archives for finding in archive["findings"]}


class Checker:
    """Runs the command line in a directory.

    A call runs it as a function, without the start of an interpreter; `process` runs the command.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str | Path, stdin: bytes = b"") -> Done:
        out, err, given = _captured(), _captured(), _captured(stdin)
        with (
            chdir(self.folder),
            redirect_stdout(out),
            redirect_stderr(err),
            patch("sys.stdin", given),
        ):
            code = main([*map(str, words)])
        return Done(code, _text_of(out), _text_of(err))

    def process(self, *words: str | Path, stdin: bytes = b"", paths: Sequence[Path] = ()) -> Done:
        """Run it as a process.

        Args:
            words: The command line.
            stdin: Its standard input.
            paths: Directories with packages that it shall find.
        """
        environment = dict(os.environ)
        if paths:
            environment["PYTHONPATH"] = os.pathsep.join(map(str, paths))
        done = subprocess.run(
            [sys.executable, "-m", "checker", *map(str, words)],
            input=stdin,
            capture_output=True,
            cwd=self.folder,
            env=environment,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def _captured(data: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")


def _text_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    return Checker(tmp_path)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A sound docker-archive."""
    path = tmp_path / "image.tar"
    path.write_bytes(sample("docker-archive"))
    return path


@pytest.fixture
def rootfs(tmp_path: Path) -> Path:
    """A root filesystem as docker export writes it."""
    path = tmp_path / "fs.tar"
    path.write_bytes(sample("export"))
    return path
