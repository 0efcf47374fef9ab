"""The search of text files for secrets, as far as tests of the walker do not show it."""

from __future__ import annotations

from hashlib import sha256

from checker.model.limits import Limits
from checker.model.text_files import LARGEST
from checker.reading.tar.texts import TextSearch

FILES = 64
TOKENS = "\n".join(
    f"ghp_{sha256(b'%d' % number).hexdigest()[:36]}" for number in range(1500)
).encode()[:LARGEST]


def test_few_files_full_of_tokens_are_read_before_a_limit() -> None:
    read: list[int] = []

    def content_of(number: int) -> bytes:
        read.append(number)
        return TOKENS

    search = TextSearch(Limits()._replace(text_bytes=FILES * LARGEST))
    found = [number for number, _ in search.search(range(FILES), [0] * FILES, content_of)]
    assert search.reached is not None
    assert found == [0]
    assert len(read) <= 5


def test_files_are_found_however_many_are_looked_at_together() -> None:
    secret = b"token: " + TOKENS[:40]
    contents = [secret if number % 7 == 0 else b"nothing here " * 2000 for number in range(FILES)]
    search = TextSearch(Limits())
    numbers = range(1, FILES)
    found = dict(search.search(numbers, [0] * FILES, contents.__getitem__))
    assert list(found) == [number for number in numbers if number % 7 == 0]
    assert set(found.values()) == {secret}
    assert search.reached is None
