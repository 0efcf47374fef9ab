"""The fixtures and the rules as tests, in test sessions as users start them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.testing import build, sample
from checker.testing.archive import docker_archive
from checker.testing.image import Image, sample_image
from tests.pytest_plugin.running import outcomes, run_pytest


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory of its own, whose settings are not those of a directory above."""
    tmp_path.joinpath("pytest.ini").write_text("[pytest]\n")
    return tmp_path


def write(directory: Path, **files: str | bytes) -> None:
    """Files by their names, in which a dot is two underscores."""
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        directory.joinpath(name.replace("__", ".")).write_bytes(data)


def test_sessions_without_archives_are_as_before(project: Path) -> None:
    write(
        project,
        test_it__py="""
import sys

def test_nothing_is_imported():
    loaded = [name for name in sys.modules if name.startswith("checker")]
    assert sorted(loaded) == ["checker", "checker.pytest_plugin"]

def test_says_how_to_give_an_archive(rootfs):
    pass
""",
    )
    done = run_pytest(project, "-rA")
    assert outcomes(done.stdout) == {
        "test_it.py::test_nothing_is_imported": "PASSED",
        "test_it.py::test_says_how_to_give_an_archive": "ERROR",
    }
    assert "no archive is given: use --archive FILE" in done.stdout


def test_fixtures_of_a_project_come_first(project: Path) -> None:
    write(
        project,
        a__tar=sample(),
        conftest__py="""
import pytest

@pytest.fixture
def image():
    return "mine"
""",
        test_it__py="""
def test_image(image):
    assert image == "mine"
""",
    )
    done = run_pytest(project, "-rA", "--archive", "a.tar")
    assert outcomes(done.stdout) == {"test_it.py::test_image": "PASSED"}


SEVERAL = """
def test_kind(archive):
    assert archive.archive.kind in ("docker-archive", "rootfs")

def test_names(image):
    assert image.names

def test_program(rootfs, config):
    assert rootfs["bin/app"].layer == 1

def test_hosts(rootfs):
    assert "root" in rootfs["/etc/passwd"].text
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_several_archives(project: Path, arguments: tuple[str, ...]) -> None:
    other = replace(sample_image(), tags=("b:1",))
    write(
        project,
        a__tar=docker_archive(sample_image(), other).tar(),
        c__tar=sample("export"),
        pytest__ini="[pytest]\narchives =\n    a.tar\n    c.*\n",
        test_it__py=SEVERAL,
    )
    done = run_pytest(project, "-rA", *arguments)
    found = outcomes(done.stdout)
    assert {name: found[name] for name in found if "test_kind" in name} == {
        "test_it.py::test_kind[a.tar]": "PASSED",
        "test_it.py::test_kind[c.tar]": "PASSED",
    }
    for test in ("names", "program", "hosts"):
        assert found[f"test_it.py::test_{test}[sample:1]"] == "PASSED"
        assert found[f"test_it.py::test_{test}[b:1]"] == "PASSED"
    assert found["test_it.py::test_hosts[c.tar]"] == "PASSED"
    assert done.stdout.count("c.tar has no image") == 2


def test_xdist_reads_the_archive_once(project: Path) -> None:
    """The workers never open it: it is gone when they start."""
    write(
        project,
        a__tar=sample(),
        conftest__py="""
import os

def pytest_configure_node(node):
    if os.path.exists("a.tar"):
        os.rename("a.tar", "gone.tar")
""",
        test_it__py="""
import pytest

def test_config(config):
    assert config.user == "app"

def test_files(rootfs):
    assert rootfs["bin/app"].is_executable

def test_rules(archive):
    assert archive.passes()

def test_verdicts(verdicts):
    assert verdicts["docker-28:load"].accepts
    assert verdicts["bsdtar-3:extract"].reason

def test_text_is_read_from_its_place(rootfs):
    with pytest.raises(Exception, match="No such file"):
        rootfs["etc/passwd"].text
""",
    )
    done = run_pytest(project, "-rA", "-n", "2", "--archive", "a.tar")
    assert set(outcomes(done.stdout).values()) == {"PASSED"}, done.stdout


BAD = {
    "missing archive": (("--archive", "no.tar"), "no.tar: cannot be read: No such file"),
    "no archive": (("--archive-checks",), "--archive-checks: no archive is given"),
    "settings": (
        ("--archive", "a.tar", "--archive-settings", "bad.toml"),
        "bad.toml:1: unknown key 'selct'; did you mean 'select'?",
    ),
    "settings file": (
        ("--archive", "a.tar", "--archive-settings", "no.toml"),
        "no.toml: cannot be read",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line(project: Path, arguments: tuple[str, ...], message: str) -> None:
    write(project, a__tar=sample(), bad__toml='selct = ["ARC"]\n', test_it__py="def test_it(): ...")
    done = run_pytest(project, *arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {message}" in done.stdout
    assert "Traceback" not in done.stdout


def test_rules_are_tests(project: Path) -> None:
    """They can be selected, run by several processes, and follow the settings."""
    write(
        project,
        a__tar=sample(),
        cut__tar=sample()[:12345],
        checker__toml='ignore = ["HYG", "RFS"]\n',
    )
    arguments = ("-rA", "--archive-checks", "--archive", "*.tar", "-k", "ARC00 or HYG or complete")
    alone, both = (
        outcomes(run_pytest(project, *arguments, *more).stdout) for more in ((), ("-n2",))
    )
    assert alone == both
    assert alone["a.tar::ARC004-truncated-archive"] == "PASSED"
    assert alone["cut.tar::ARC004-truncated-archive"] == "FAILED"
    assert alone["a.tar::complete"] == "PASSED"
    assert not [name for name in alone if "HYG" in name]


def test_failures_show_no_raw_bytes(project: Path) -> None:
    hostile = Image(layers=((),), tags=("a\x1b[31m:1",))
    write(
        project,
        a__tar=docker_archive(hostile).tar(),
        test_it__py="def test_it(rootfs):\n    assert rootfs['no']\n",
    )
    done = run_pytest(project, "--archive-checks", "--archive", "a.tar")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "\x1b" not in done.stdout


def test_archives_in_a_layout_directory(project: Path) -> None:
    build("oci-layout").write_directory(project / "layout")
    write(project, test_it__py="def test_it(rootfs):\n    assert rootfs['etc/passwd'].text\n")
    done = run_pytest(project, "-rA", "--archive", "layout")
    assert set(outcomes(done.stdout).values()) == {"PASSED"}, done.stdout
