"""Secrets in text files: what is found, in which line, and that any bytes can be searched."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.text_files import LARGEST
from checker.model.text_secrets import TextSecret, clues_in, secrets_in, token_runs
from checker.model.token_forms import IN_ONE_RUN
from tests.effort import examples
from tests.tokens.labelled import look_alikes, tokens

TOKEN = "ghp_nW0rSkzcb5m9vDx1LhYq7KfT3aGp8JuEi2Zo"
FOUND = TextSecret(1, "a GitHub token", is_sure=True)
SAMPLES = tuple(tokens())


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "token={}\n",
        "token: '{}',",
        '{{"token":"{}"}}',
        "<token>{}</token>",
        "https://{}@git.corp.net/app.git",
        "https://x:{}@git.corp.net/app.git",
        "//registry/:_authToken={}",
        "é{}é",
        "\ufeff{}",
        "({})",
        "[{}]\r\n",
        "a,{},b",
        "$token={};",
    ],
)
def test_around_a_token(text: str) -> None:
    found = secrets_in(text.format(TOKEN).encode())
    assert FOUND in found


@pytest.mark.parametrize("lines", [1, 2, 100])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_are_counted_from_one(lines: int, end: str) -> None:
    text = end.join(["a = b"] * (lines - 1) + [f"x = {TOKEN}", "c = d"])
    assert secrets_in(text.encode()) == (FOUND._replace(line=lines),)


def test_the_first_line_with_a_token_is_told() -> None:
    assert secrets_in(f"\n{TOKEN}\n{TOKEN}\n".encode()) == (FOUND._replace(line=2),)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        TOKEN.encode() + b"\0",
        TOKEN.encode("utf-16"),
        TOKEN[:30].encode(),
        b"ghp_" + b"x" * 36,
        b"ghp_" + b"abcdefghijklmnopqrstuvwxyz0123456789",
        b"-----BEGIN CERTIFICATE-----\n" + TOKEN.encode(),
    ],
)
def test_nothing(content: bytes) -> None:
    assert secrets_in(content) == ()


@given(st.integers(0, len(SAMPLES) - 1), st.text("ab \n=:", max_size=30), st.data())
@settings(max_examples=examples(300), deadline=None)
def test_a_token_is_in_the_runs_of_any_text_around_it(
    number: int, before: str, data: st.DataObject
) -> None:
    value = SAMPLES[number].value
    form = next((form for form in IN_ONE_RUN if list(form.find(value))), None)
    if form is None or not any(character.isdigit() for character in value):
        return
    after = data.draw(st.text("ab \n=:", max_size=30))
    content = f"{before} {value} {after}".encode()
    assert list(form.find(token_runs(content).decode()))


@given(st.binary(max_size=300), st.sampled_from((*SAMPLES, *look_alikes())))
def test_any_bytes_can_be_searched(noise: bytes, sample: object) -> None:
    content = noise + repr(sample).encode() + noise
    for found in secrets_in(content):
        assert 1 <= found.line <= content.count(b"\n") + 1
        assert found.what


# Tries each colon, so that a text full of them takes long.
_PASSWORD_IN_URL = re.compile(rb"://[^\s/@'\"]{0,80}:[^\s/@'\"]{1,200}@")
_PARTS_OF_URLS = (*("x://", "://", ":", "@", "/", " ", "a"), "b" * 79, "c" * 199, ":" * 80)


@given(st.lists(st.sampled_from(_PARTS_OF_URLS), max_size=9).map("".join))
def test_what_may_be_a_url_with_a_password_is_a_clue(text: str) -> None:
    content = text.encode()
    is_one = _PASSWORD_IN_URL.search(content) is not None
    assert (b"://" in clues_in((content,))) is is_one


def _hostile(kind: str) -> bytes:
    source = random.Random(kind)
    marks = [mark for form in IN_ONE_RUN for mark in form.marks]
    parts = {
        "marks": [f"{source.choice(marks)}{source.randrange(10**12)}" for _ in range(4000)],
        "one run": ["".join(f"{source.choice(marks)}1" for _ in range(9000))],
        "keys": ["-----BEGIN RSA PRIVATE KEY-----"] * 2000,
        "headers": ["-----BEGIN PRIVATE KEY-----", "a: " + "b" * 90] * 600,
        "addresses": ["a://b:c@"] * 8000,
        "colons": ["x://" + ":" * 200] * 300,
        "long passwords": ["x://" + ":" * 70 + "a" * 205 + "@"] * 200,
        "quotes": ['"auth":"' + "a" * 300] * 200,
        "tokens": [sample.value for sample in SAMPLES],
    }
    return "\n".join(parts[kind]).encode()[:LARGEST]


@pytest.mark.parametrize(
    "kind",
    [
        *("marks", "one run", "keys", "headers", "addresses", "colons", "long passwords"),
        *("quotes", "tokens"),
    ],
)
def test_hostile_files_take_bounded_time(kind: str) -> None:
    content = _hostile(kind)
    secrets_in(content)
    before = time.process_time()
    found = secrets_in(content)
    assert time.process_time() - before < 1
    assert len(found) <= 50
