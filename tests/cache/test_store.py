"""The cache changes nothing but the time: results, whatever happens to the database, and bounds."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from benchmarks.one_truth.making import make_archive
from checker.cache import store as store_module
from checker.cache.place import PlaceError, cache_directory, private_directory
from checker.cache.store import SqliteLayerCache
from checker.cache.user import UserCache
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.plugins import LoadedPlugins, load_plugins
from checker.reading.layer_cache import Question
from checker.session import Session
from checker.testing import sample
from checker.testing.tar import compress, directory, file, write_tar
from tests.case_files import sampled_cases, tables
from tests.effort import examples
from tests.sessions import installed

from .stores import WatchedCache, result_of
from .test_encoding import MEMBERS, walked

QUESTION = Question(ContentPlan(), Limits(), is_sought=False)
FACTS = walked(write_tar(MEMBERS))


@pytest.fixture(scope="module")
def plugins() -> LoadedPlugins:
    return load_plugins()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.tar"
    path.write_bytes(sample("docker-archive"))
    return path


# Results


def assert_same(path: Path, plugins: LoadedPlugins, directory: Path) -> WatchedCache:
    """Without a cache, with an empty one, and with one that knows the layers."""
    cache = WatchedCache(directory)
    expected = result_of(Session(plugins=plugins), path)
    assert result_of(Session(plugins=plugins, cache=cache), path) == expected
    again = WatchedCache(directory)
    assert result_of(Session(plugins=plugins, cache=again), path) == expected
    return again


def test_the_results_of_the_cases(plugins: LoadedPlugins, tmp_path: Path) -> None:
    cases = sampled_cases(examples(320, share=8))
    found = 0
    for number, case in enumerate(cases):
        place = tmp_path / str(number)
        place.mkdir()
        found += assert_same(case.build().write(place), plugins, tmp_path / "cache").found
    assert found > len(cases) // 4


def test_the_results_of_random_archives(plugins: LoadedPlugins, tmp_path: Path) -> None:
    found = 0
    for number in range(examples(160, share=8)):
        path = tmp_path / "archive.tar"
        path.write_bytes(make_archive(f"cache-{number}", tables()).data)
        found += assert_same(path, plugins, tmp_path / "cache").found
    assert found


def test_the_results_of_large_layers(plugins: LoadedPlugins, tmp_path: Path) -> None:
    """Those of which the headers alone are read, and those that are decompressed by a thread."""
    noise = Random(1).randbytes(3 << 20)
    layer = write_tar([*MEMBERS, file("noise", noise)])
    for number, data in enumerate((layer, compress(layer, "gzip"), compress(layer, "zstd"))):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(
            write_tar([directory("blobs"), file("blobs/x", data), file("index.json", "{}")])
        )
        assert assert_same(path, plugins, tmp_path / "cache").found == 1


def test_a_layer_that_begins_like_a_known_one(plugins: LoadedPlugins, tmp_path: Path) -> None:
    """A tampered layer is hashed as any other is, and never has the facts of the sound one."""
    noise = bytearray(Random(1).randbytes(3 << 20))
    members = [directory("blobs"), file("index.json", "{}")]
    path = tmp_path / "image.tar"
    for _ in range(2):
        layer = write_tar([*MEMBERS, file("noise", bytes(noise))])
        path.write_bytes(write_tar([*members, file("blobs/x", layer)]))
        cache = WatchedCache(tmp_path / "cache")
        expected = result_of(Session(plugins=plugins), path)
        assert result_of(Session(plugins=plugins, cache=cache), path) == expected
        assert (cache.found, cache.stored) == (0, 1)
        noise[1_500_000] ^= 1


def test_records_of_known_layers_count(plugins: LoadedPlugins, tmp_path: Path) -> None:
    """Limits that layers share are reached where they would be without the cache."""
    layers = [
        write_tar([file(f"{number}/{'n' * 200}{each}", "x") for each in range(300)])
        for number in range(3)
    ]
    path = tmp_path / "image.tar"
    blobs = [file(f"blobs/{number}", layer) for number, layer in enumerate(layers)]
    path.write_bytes(write_tar([directory("blobs"), *blobs, file("index.json", "{}")]))
    for records in (1, 100, 200, 400, 700, 5000):
        settings = {"limits": {"records": records}, "jobs": 1}
        expected = result_of(Session(settings, plugins=plugins), path)
        for _ in range(2):
            cache = WatchedCache(tmp_path / "cache")
            assert result_of(Session(settings, plugins=plugins, cache=cache), path) == expected


# What the facts depend on


def test_another_plan_and_other_limits(plugins: LoadedPlugins, image: Path, tmp_path: Path) -> None:
    def is_known(settings: dict[str, object]) -> bool:
        cache = WatchedCache(tmp_path / "cache")
        Session(settings, plugins=plugins, cache=cache).run([str(image)])
        return cache.stored == 0

    assert not is_known({})
    assert is_known({})
    assert not is_known({"limits": {"content": 77}})
    assert not is_known({"select": ["ARC"]})
    assert is_known({"select": ["ARC"], "fail-on": "never", "jobs": 1})


def test_two_versions_share_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = []
    for version in (b"one", b"two"):
        monkeypatch.setattr(store_module, "reader_version", lambda version=version: version)
        cache = WatchedCache(tmp_path / "cache")
        assert cache.find(QUESTION, "ab" * 32) is None
        assert FACTS is not None
        cache.store(QUESTION, "ab" * 32, b"head", 10, FACTS)
        versions.append(cache)
    assert [cache.find(QUESTION, "ab" * 32) is None for cache in versions] == [False, False]
    assert versions[0].usage().layers == 2


def test_a_file_that_changes_is_not_kept(
    plugins: LoadedPlugins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the digest of some bytes would have the facts of others."""
    noise = Random(1).randbytes(2 << 20)
    path = tmp_path / "image.tar"
    layer = file("blobs/x", write_tar([file("noise", noise)]))
    path.write_bytes(write_tar([directory("blobs"), layer, file("index.json", "{}")]))
    cache = WatchedCache(tmp_path / "cache")
    is_worth = cache.is_worth

    def touching(size: int, *, is_compressed: bool) -> bool:
        os.utime(path, (1, 1))
        return is_worth(size, is_compressed=is_compressed)

    monkeypatch.setattr(cache, "is_worth", touching)
    session = Session({"jobs": 1}, plugins=plugins, cache=cache)
    session.run([str(path)])
    assert cache.stored == 0


# What happens to the database


def make_garbage(path: Path) -> None:
    path.write_bytes(Random(1).randbytes(100_000))


def make_text(path: Path) -> None:
    path.write_text("not a database\n" * 1000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:12_288] = b"\xff" * 8192
    path.write_bytes(data)


def make_other_tables(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE layer (digest TEXT)")
    database.close()


def change_facts(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE layer SET facts = substr(facts, 1, 30)")
    database.close()


def change_types(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE layer SET facts = 'x', used = 'y', checksum = 7")
    database.close()


def swap_facts(path: Path) -> None:
    """Facts with their checksum, but of another layer."""
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT rowid, checksum, facts FROM layer").fetchall()
        for (number, _, _), (_, checksum, facts) in zip(rows, reversed(rows), strict=True):
            database.execute(
                "UPDATE layer SET checksum = ?, facts = ? WHERE rowid = ?",
                (checksum, facts, number),
            )
    database.close()


DAMAGES: tuple[Callable[[Path], None], ...] = (
    *(make_garbage, make_text, cut, make_empty, overwrite_pages, make_other_tables),
    *(change_facts, change_types, swap_facts),
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database(
    plugins: LoadedPlugins, image: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    place = tmp_path / "cache"
    expected = result_of(Session(plugins=plugins), image)
    first = WatchedCache(place)
    Session(plugins=plugins, cache=first).run([str(image)])
    assert first.stored > 1
    first._database._close()
    (path,) = place.glob("*.db")
    damage(path)
    for _ in range(2):
        cache = WatchedCache(place)
        assert result_of(Session(plugins=plugins, cache=cache), image) == expected
    # It was made again.
    assert cache.stored == 0
    assert not cache._database.is_off


def test_verify_removes_what_is_damaged(image: Path, tmp_path: Path) -> None:
    cache = WatchedCache(tmp_path / "cache")
    Session(cache=cache, plugins=installed()).run([str(image)])
    layers = cache.usage().layers
    assert cache.verify() == (layers, 0)
    (path,) = (tmp_path / "cache").glob("*.db")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE layer SET facts = 'x' WHERE rowid = 1")
    database.close()
    assert cache.verify() == (layers - 1, 1)
    assert cache.verify() == (layers - 1, 0)


def keep_several(cache: SqliteLayerCache, first: int, count: int) -> None:
    assert FACTS is not None
    for number in range(first, first + count):
        cache.store(QUESTION, f"{number:064x}", b"%d" % number, 10, FACTS)


def test_the_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000
    monkeypatch.setattr(store_module, "_now", lambda: now)
    cache = WatchedCache(tmp_path / "cache", most=20_000)
    keep_several(cache, 0, 5)
    now += 7200
    assert cache.find(QUESTION, f"{0:064x}") is not None  # used now, unlike the others
    keep_several(cache, 100, 200)
    usage = cache.usage()
    assert 0 < usage.size <= 20_000
    assert usage.file_size < 1 << 24
    assert cache.find(QUESTION, f"{299:064x}") is not None
    assert cache.find(QUESTION, f"{1:064x}") is None


def test_the_ones_used_least_recently_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000
    monkeypatch.setattr(store_module, "_now", lambda: now)
    cache = WatchedCache(tmp_path / "cache")
    keep_several(cache, 0, 10)
    size = cache.usage().size // 10
    now += 7200
    for number in (0, 3, 7):
        assert cache.find(QUESTION, f"{number:064x}") is not None
    bounded = WatchedCache(tmp_path / "cache", most=size * 10)
    now += 7200
    keep_several(bounded, 10, 6)
    there = {n for n in range(16) if bounded.find(QUESTION, f"{n:064x}") is not None}
    assert {0, 3, 7} | set(range(10, 16)) <= there
    assert len(there) <= 10


def test_one_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    cache = WatchedCache(tmp_path / "cache", most=1000)
    keep_several(cache, 0, 1)
    assert cache.usage().layers == 0


def test_threads_and_processes_share_it(tmp_path: Path) -> None:
    place = tmp_path / "cache"
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.cache.stores import WatchedCache\n"
        "from tests.cache.test_store import keep_several\n"
        "cache = WatchedCache(Path(sys.argv[1]))\n"
        "keep_several(cache, int(sys.argv[2]), 60)\n"
        "assert cache._database.trouble is None, cache._database.trouble\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, place, str(first)])
        for first in (0, 30, 1000)
    ]
    cache = WatchedCache(place)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda first: keep_several(cache, first, 20), (0, 50, 1000, 2000)))
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    assert cache.verify() == (90 + 60 + 20, 0)


def test_a_fork_has_its_own_connection(tmp_path: Path) -> None:
    """SQLite forbids that a connection crosses a fork, and that the fork closes it."""
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.cache.stores import WatchedCache\n"
        "from tests.cache.test_store import keep_several\n"
        "cache = WatchedCache(Path(sys.argv[1]))\n"
        "keep_several(cache, 0, 3)\n"
        "process = os.fork()\n"
        "keep_several(cache, 100 if process else 200, 20)\n"
        "if not process:\n"
        "    os._exit(0)\n"
        "assert os.waitpid(process, 0)[1] == 0\n"
        "assert cache.verify() == (43, 0)\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "cache"], check=True, timeout=60)


def test_a_full_disk(image: Path, tmp_path: Path) -> None:
    """Here no file may be larger than some bytes, which is told as a disk that is full is."""
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from checker.session import Session\n"
        "from tests.cache.stores import WatchedCache, result_of\n"
        "cache = WatchedCache(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))\n"
        "path = Path(sys.argv[2])\n"
        "expected = result_of(Session(), path)\n"
        "assert result_of(Session(cache=cache), path) == expected\n"
        "assert cache._database.is_off\n"
    )
    for size in (0, 4096, 20_000):
        subprocess.run(
            [sys.executable, "-c", program, tmp_path / f"cache{size}", image, str(size)],
            check=True,
            timeout=60,
        )


# Where it is


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == f"{tmp_path}/archive-checker"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_directory() == "/home/me/.cache/archive-checker"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_directory() == "/home/me/Library/Caches/archive-checker"
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(PlaceError, match="no home directory"):
        cache_directory()


def test_others_cannot_enter_it(tmp_path: Path) -> None:
    place = tmp_path / "new" / "cache"
    assert private_directory(str(place)) == str(place)
    assert place.stat().st_mode & 0o777 == 0o700


def let_others_in(place: Path) -> None:
    place.mkdir(mode=0o700)
    place.chmod(0o770)


def link(place: Path) -> None:
    place.with_name("target").mkdir(mode=0o700)
    place.symlink_to("target")


def put_a_file(place: Path) -> None:
    place.write_text("x")


def give_away(place: Path) -> None:
    place.mkdir(mode=0o700)
    if os.geteuid():
        pytest.skip("needs root")
    os.chown(place, 12345, 12345)


@pytest.mark.parametrize("prepare", [let_others_in, link, put_a_file, give_away])
def test_a_directory_that_is_not_private_is_not_used(
    plugins: LoadedPlugins, image: Path, tmp_path: Path, prepare: Callable[[Path], None]
) -> None:
    place = tmp_path / "cache"
    prepare(place)
    before = sorted(tmp_path.rglob("*"))
    cache = WatchedCache(place)
    expected = result_of(Session(plugins=plugins), image)
    assert result_of(Session(plugins=plugins, cache=cache), image) == expected
    assert cache._database.is_off
    with pytest.raises(PlaceError):
        private_directory(str(place))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_place_that_cannot_be_written(plugins: LoadedPlugins, image: Path) -> None:
    expected = result_of(Session(plugins=plugins), image)
    for place in ("/proc/cache", "/dev/null/cache", "/sys/x/y", "a\0b"):
        cache = WatchedCache(Path(place))
        assert result_of(Session(plugins=plugins, cache=cache), image) == expected
        assert cache._database.is_off


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root")
def test_a_directory_without_permission_to_write(image: Path, tmp_path: Path) -> None:
    """Without the capabilities of root: a cache that is there already is left alone."""
    place = tmp_path / "cache"
    keep_several(WatchedCache(place), 0, 1)
    place.chmod(0o500)
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from checker.session import Session\n"
        "from tests.cache.stores import WatchedCache, result_of\n"
        "cache = WatchedCache(Path(sys.argv[1]))\n"
        "path = Path(sys.argv[2])\n"
        "assert result_of(Session(cache=cache), path) == result_of(Session(), path)\n"
    )
    done = subprocess.run(
        ["setpriv", "--bounding-set=-all", sys.executable, "-c", program, place, image],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_small_layers_are_not_worth_it() -> None:
    cache = UserCache()
    assert not cache.is_worth(1 << 20, is_compressed=True)
    assert not cache.is_worth(8 << 20, is_compressed=False)
    assert cache.is_worth(8 << 20, is_compressed=True)
    assert cache.is_worth(1 << 26, is_compressed=False)
