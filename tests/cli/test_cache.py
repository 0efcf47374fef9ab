"""The command ``cache``, and the options and settings about it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from checker.testing.tar import compress, directory, file, write_tar

from .conftest import Checker


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of caches of a user."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An archive with a layer that is worth it."""
    layer = compress(write_tar([file("noise", Random(1).randbytes(5 << 20))]), "gzip")
    path = tmp_path / "large.tar"
    path.write_bytes(
        write_tar([directory("blobs"), file("blobs/x", layer), file("index.json", "{}")])
    )
    return path


def layers(checker: Checker) -> int:
    done = checker("cache", "info", "--json")
    assert (done.code, done.err) == (0, "")
    return int(json.loads(done.out)["layers"])


@pytest.mark.parametrize("command", ["check", "classify"])
def test_large_layers_are_kept(checker: Checker, caches: Path, large: Path, command: str) -> None:
    first = checker(command, large)
    assert layers(checker) == 1
    assert checker(command, large) == first
    assert checker(command, large, "--no-cache") == first
    assert (caches / "archive-checker").stat().st_mode & 0o777 == 0o700


def test_nothing_is_kept_unless_it_is_wanted(checker: Checker, caches: Path, large: Path) -> None:
    checker("check", large, "--no-cache")
    checker("baseline", "write", "known.json", large, "--no-cache")
    large.with_name("checker.toml").write_text("cache = false\n")
    checker("check", large)
    assert not caches.exists()
    large.with_name("checker.toml").write_text("cache = true\n")
    checker("check", large)
    assert layers(checker) == 1


def test_small_archives_need_no_database(checker: Checker, caches: Path, image: Path) -> None:
    checker("check", image)
    assert not caches.exists()


def test_workers_share_it(checker: Checker, caches: Path, large: Path) -> None:
    assert not caches.exists()
    large.with_name("other.tar").write_bytes(large.read_bytes())
    for _ in range(2):
        done = checker.process("check", "large.tar", "other.tar", "-j", "2", "-q")
        assert done.code in {0, 1}
        assert done.err == ""
    assert layers(checker) == 1


def test_info_and_clear(checker: Checker, caches: Path, large: Path) -> None:
    done = checker("cache", "info")
    assert done.code == 0
    assert f"directory  {caches}/archive-checker" in done.out
    assert "layers     0" in done.out
    assert not caches.exists()
    checker("check", large)
    assert "oldest     last used 20" in checker("cache", "info").out
    done = checker("cache", "clear")
    assert (done.code, done.out) == (0, "removed the facts of 1 layer\n")
    assert list((caches / "archive-checker").iterdir()) == []
    assert checker("cache", "clear").out == "removed the facts of 0 layers\n"


def test_verify(checker: Checker, caches: Path, large: Path) -> None:
    assert checker("cache", "verify").out == "0 layers sound, 0 damaged and removed\n"
    assert not caches.exists()
    checker("check", large)
    done = checker("cache", "verify")
    assert (done.code, done.out) == (0, "1 layer sound, 0 damaged and removed\n")


def test_a_cache_that_cannot_be_used(checker: Checker, caches: Path, large: Path) -> None:
    place = caches / "archive-checker"
    place.mkdir(parents=True)
    place.chmod(0o777)
    place.joinpath("layers-1.db").write_bytes(b"")
    expected = checker("check", large, "--no-cache")
    assert checker("check", large) == expected
    done = checker("cache", "info")
    assert (done.code, done.out) == (3, "")
    assert done.err.count("\n") == 1
    assert "others can enter it; run 'chmod 700'" in done.err


def test_a_wrong_setting(checker: Checker, image: Path) -> None:
    image.with_name("checker.toml").write_text('cache = "yes"\n')
    done = checker("check", image)
    assert done.code == 2
    assert "cache" in done.err
