"""Words of commands that are pasted into a shell."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.shell import quote_archive, quote_path, quote_word, unquote_word
from checker.reports.layout import Style, guarded, plain
from checker.reports.printable import printable

WORDS = st.text(alphabet=st.characters(blacklist_characters="\0", codec="utf-8"), min_size=1)


@given(WORDS)
def test_quoted_words_are_shown_as_they_are(word: str) -> None:
    quoted = quote_word(word)
    assert printable(quoted) == quoted
    assert "`" not in quoted
    line = f"docker load -i {quoted}"
    assert plain(guarded(((Style.PLAIN, line),))) == line


@given(WORDS)
def test_quoted_words_are_read_again(word: str) -> None:
    assert unquote_word(quote_word(word)) == word


def test_a_word_without_an_end_is_a_text() -> None:
    assert unquote_word("it's.tar") == "it's.tar"


def test_quoted_words_are_one_word_for_a_shell() -> None:
    words = [
        "a b",
        "'",
        "\x1b[31m",
        "a\nb",
        "\u202e",
        "$x",
        "\\",
        "`x`",
        "\x01f",
        "é",
        "\udcff",
        "!",
    ]
    words += ["'\n", "\\\n", "\t'\\x", "*", "~", ""]
    script = f"printf '%s\\0' {' '.join(map(quote_word, words))}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    found = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    assert found == words


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("a.tar", "a.tar"),
        ("-", "./-"),
        ("-a", "./-a"),
        ("http://a", "./http://a"),
        ("a:b", "./a:b"),
        ("/a:b", "/a:b"),
        ("a b", "'a b'"),
    ],
)
def test_paths_are_neither_options_nor_addresses(path: str, quoted: str) -> None:
    assert quote_path(path) == quoted


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        *(("-", "FILE"), ("/dev/stdin", "FILE"), ("/dev/fd/63", "FILE")),
        *(("/proc/self/fd/0", "FILE"), ("/proc/12/fd/3", "FILE")),
        *(("./-", "./-"), ("dev/stdin", "dev/stdin"), ("/dev/stdin.tar", "/dev/stdin.tar")),
        *(("a\nb.tar", r"$'a\nb.tar'"), ("-\x1b.tar", r"$'./-\033.tar'")),
        *(("##[group]a.tar", r"$'\043\043[group]a.tar'"), ("a#1.tar", "'a#1.tar'")),
    ],
)
def test_an_archive_from_a_pipe_has_no_path(path: str, quoted: str) -> None:
    assert quote_archive(path) == quoted
