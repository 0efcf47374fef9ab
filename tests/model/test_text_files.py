"""Which files are searched for secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.text_files import (
    LARGEST,
    SMALLEST,
    is_searched,
    searched_by_path,
    searched_by_size,
)

SEARCHED = (
    *(
        "etc/app.conf",
        "etc/app/config",
        "etc/default/app",
        "root/.bash_history",
        "root/.aws/config",
    ),
    *("home/me/notes.txt", "app/settings.PY", "srv/a/b/c.json", "opt/tool/bin/run", "code/main.go"),
    *("entrypoint.sh", ".env.local", "Dockerfile", "workspace/x.tfvars", "data/dump.sql"),
    *("usr/src/app/server.js", "var/www/html/index.php", "run/secrets/token", "tmp/build.log"),
    *("usr/local/etc/php.ini", "etc/apt/sources.list.d/corp.sources", "etc/docs"),
)
LEFT_OUT = (
    *("usr/lib/os-release", "usr/src/linux/Makefile", "var/lib/dpkg/status", "lib/a.conf"),
    *("app/a.html", "app/a.md", "app/a.png", "app/a.min.css", "app/a.so", "app/a.", "etc/a.crt"),
    *("app/node_modules/a/a.js", "app/tests/a.py", "opt/a/docs/b/a.json", "app/vendor/a.go"),
    *("opt/x/lib/python3.11/site-packages/a.py", "app/locale/a.json", "blobs/sha256/0a", "usr"),
)


@pytest.mark.parametrize("path", SEARCHED)
def test_searched(path: str) -> None:
    assert is_searched(path)


@pytest.mark.parametrize("path", LEFT_OUT[:-1])
def test_left_out(path: str) -> None:
    assert not is_searched(path)


def test_of_many_files_the_same_are_searched() -> None:
    paths = (*SEARCHED, *LEFT_OUT, *SEARCHED)
    alone = [number for number, path in enumerate(paths) if is_searched(path)]
    assert searched_by_path(paths, range(len(paths))) == alone
    assert searched_by_path(paths, alone[::2]) == alone[::2]


@pytest.mark.parametrize("size", [SMALLEST, 100, LARGEST])
def test_sizes_that_are_searched(size: int) -> None:
    assert searched_by_size([0, size, size]) == [1, 2]


@pytest.mark.parametrize("size", [0, SMALLEST - 1, LARGEST + 1])
def test_sizes_that_are_left_out(size: int) -> None:
    assert searched_by_size([size]) == []


@given(st.text(alphabet="ab/.Cfg", max_size=20))
def test_any_path(path: str) -> None:
    assert bool(searched_by_path([path], [0])) == is_searched(path)


@given(st.text(alphabet="ausr/.-e", max_size=20), st.sampled_from(LEFT_OUT[11:17]))
def test_below_directories_of_others_nothing_is_searched(top: str, path: str) -> None:
    directory = path.rpartition("/")[0]
    assert not is_searched(f"{top}/{directory}/app.conf")
