"""What loaders read: the cache of glibc, its own directories, the list of musl."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checker.starting.ld_cache import read_cache, read_directories, read_musl_path

from .roots import SYSTEM_DIRECTORIES, ld_cache

LIBRARIES = {"libb.so.1": "/usr/lib/libb.so.1", "liba.so.2": "/opt/liba.so.2"}


def test_the_cache() -> None:
    found = read_cache(ld_cache(LIBRARIES))
    assert found is not None
    assert dict(found) == LIBRARIES


def test_the_cache_after_one_in_the_old_format() -> None:
    old = b"ld.so-1.7.0\0" + (1).to_bytes(4, "little") + bytes(12)
    found = read_cache(old + bytes(-len(old) % 8) + ld_cache(LIBRARIES))
    assert dict(found or ()) == LIBRARIES


def test_a_cache_of_many_libraries() -> None:
    many = {f"l{number}": f"/{number}" for number in range(50_001)}
    assert dict(read_cache(ld_cache(many)) or ()) == many


def test_the_directories_of_a_loader_after_much_that_looks_alike() -> None:
    assert read_directories(b"/x/\0/y\0" * 2000 + SYSTEM_DIRECTORIES)[-1] == "/usr/lib"


def test_other_files() -> None:
    assert read_cache(b"") is None
    assert read_cache(b"ld.so-1.7.0\0\0\0\0\0") is None
    assert read_cache(ld_cache(LIBRARIES)[:70]) is None


def test_texts_that_overlap() -> None:
    row = (0x0303).to_bytes(4, "little") + bytes(4) * 2 + bytes(12)
    content = b"glibc-ld.so.cache1.1" + (500).to_bytes(4, "little") + bytes(24) + row * 500
    assert read_cache(content) is None


@given(st.data())
def test_damaged_caches_raise_nothing(data: st.DataObject) -> None:
    content = bytearray(ld_cache(LIBRARIES))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_cache(bytes(content[: data.draw(st.integers(0, len(content)))]))


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing(content: bytes) -> None:
    read_cache(b"glibc-ld.so.cache1.1" + content)
    read_cache(b"ld.so-1.7.0\0" + content)
    read_directories(content)
    assert all(read_musl_path(content))


def test_the_directories_of_a_loader() -> None:
    debian = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib")
    assert read_directories(b"x/one/\0y" + SYSTEM_DIRECTORIES + b"z") == debian
    assert read_directories(b"\0/lib64/\0/usr/lib64/\0") == ("/lib64", "/usr/lib64")
    assert read_directories(b"/lib64/\0") == ()


def test_the_list_of_musl() -> None:
    assert read_musl_path(b"/lib:/usr/lib\n/opt\n\n") == ("/lib", "/usr/lib", "/opt")
