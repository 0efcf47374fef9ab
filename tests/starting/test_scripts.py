"""Properties of programs that are not ELF files, from their first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.starting.scripts import is_plain_text, program_of_env, shebang_of


@given(st.binary(max_size=300))
def test_any_bytes_raise_nothing(head: bytes) -> None:
    found = shebang_of(b"#!" + head)
    assert found is None or found.interpreter
    is_plain_text(head)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("python3", "python3"),
        ("python3 -u", "python3 -u"),
        ("-S python3 -u", "python3"),
        ("-Spython3", "python3"),
        ("--split-string=python3 -u", "python3"),
        ("-S A=1 python3", None),
        ("-i python3", None),
        ("A=1", None),
        ("", None),
        ("-S", None),
    ],
)
def test_what_env_starts(argument: str, expected: str | None) -> None:
    assert program_of_env(argument) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"#!/bin/sh\n", ("/bin/sh", "")),
        (b"#!/bin/sh", ("/bin/sh", "")),
        (b"#! \t/bin/sh \t-e  -u \n", ("/bin/sh", "-e  -u")),
        (b"#!/bin/sh\t-e\n", ("/bin/sh", "-e")),
        (b"#!/bin/sh\r\n", ("/bin/sh\r", "")),
        (b"#!/bin/\xff\n", ("/bin/\udcff", "")),
        (b"#!\n/bin/sh", None),
        (b"#!/bin/s\0h\n", None),
        (b" #!/bin/sh\n", None),
        (b"", None),
    ],
)
def test_shebang(head: bytes, expected: tuple[str, str] | None) -> None:
    assert shebang_of(head) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", True),
        (b"exec true\r\n\t# \xc3\xa4\n", True),
        (b"cut \xc3", True),
        (b"\xc3 in the middle", False),
        (b"\x00asm\x01", False),
        (b"MZ\x90", False),
        (b"a\x1bb", False),
    ],
)
def test_is_plain_text(head: bytes, expected: bool) -> None:  # noqa: FBT001 - a row of a table
    assert is_plain_text(head) is expected
