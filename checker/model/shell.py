r"""Words of a command that a person pastes into a shell, whatever characters a name has.

A name that has characters which print nothing, or which would end a command in a text, is written
as ``$'a\033b'`` (POSIX.1-2024, Shell Command Language, 2.2.4 Dollar-Single-Quotes), which bash,
zsh, ksh, mksh and busybox understand, also in their older versions; dash and fish do not. Escapes
are octal, since these always end after three digits; those of bytes, since the others depend on the
locale.
"""

from __future__ import annotations

import re
import shlex
from contextlib import suppress

from checker.model.untrusted import is_visible, utf8
from checker.patterns import pattern

ARCHIVE = "FILE"
"""What a command calls an archive that has no path, because it came through a pipe."""

_PIPED = pattern(r"/dev/(stdin|fd/\d+)|/proc/(self|\d+)/fd/\d+")
_OF_PIPES = ("/dev/", "/proc/")
_URL = pattern(r"[a-z][a-z0-9+.-]+://")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ESCAPED = pattern(rb"\\([0-7]{3}|.)", re.DOTALL)
_PLAIN = {form[1:].encode(): plain.encode() for plain, form in _ESCAPES.items()}
# Commands are quoted with backticks in texts, and CI systems take ##[ and ##vso[ for theirs.
_MARKS = "`"


def quote_word(text: str) -> str:
    """A text as one word of a shell, which is visible throughout and has no backtick."""
    if "##" not in text and is_visible(text) and _MARKS not in text:
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def unquote_word(word: str) -> str:
    """The text of a word that ``quote_word`` made; any other that has no end is its own text."""
    if not word.startswith("$'"):
        with suppress(ValueError):
            return "".join(shlex.split(word))
        return word
    data = _ESCAPED.sub(_byte, utf8(word[2:-1]))
    return data.decode("utf-8", "surrogateescape")


def quote_path(path: str) -> str:
    """A path as one word that no tool takes for an option, an address or the name of a host.

    An option begins with a hyphen; tar takes what precedes a colon for the name of a host, unless
    there is a slash before it.
    """
    is_file = not path.startswith("-") and ":" not in path.partition("/")[0]
    return quote_word(path if is_file else f"./{path}")


def quote_member(name: str) -> str:
    """The name of a member as one word for tar, which takes a backslash for an escape.

    GNU tar 1.34 does unless it is told ``--no-unquote``, which bsdtar does not know.
    """
    return quote_word(name.replace("\\", "\\\\"))


def quote_archive(path: str) -> str:
    """The path of an archive as one word; ``FILE`` if it was read from a pipe.

    Args:
        path: The path; ``-`` for standard input.
    """
    return quote_path(path_in_commands(path))


def path_in_commands(path: str) -> str:
    """What a command calls an archive: its path, or ``FILE`` if it was read from a pipe.

    An object in a store, whose path is a URL, is called as the file that it is downloaded to.
    """
    if path == "-" or (path.startswith(_OF_PIPES) and _PIPED.fullmatch(path)):
        return ARCHIVE
    return path.rstrip("/").rpartition("/")[2] if "://" in path and _URL.match(path) else path


def _byte(escape: re.Match[bytes]) -> bytes:
    found = escape[1]
    return bytes((int(found, 8),)) if len(found) > 1 else _PLAIN.get(found, escape[0])


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if is_visible(character) and character not in "`#":
        return character
    return "".join(f"\\{byte:03o}" for byte in utf8(character))
