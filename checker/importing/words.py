"""Words of Dockerfile instructions: quotes, escapes and variables.

Source: BuildKit as vendored in moby 20.10.24 and 29.7.2, frontend/dockerfile/shell, lex.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from checker.importing.errors import ImportRefusedError
from checker.importing.go_text import SPACE, quote
from checker.records import NamedTuple

_END = ""
# What Go makes of the end of the text as a character.
_NO_CHARACTER = "\ufffd"
_SPECIAL = "@*#?-$!0"
_BAD_STARTS = "{}:"
_HEREDOC_BLANKS = "\t\r "
_GROUP = re.compile(r"\$(?:\$|\w+|\{\w+\})")


class Lexer(NamedTuple):
    """How words are read.

    Attributes:
        escape: The character that escapes the next one.
        trims: Whether ``${name#pattern}``, ``${name/pattern/text}`` and modifiers without a colon
            are known, as they are since BuildKit 0.12.
        keeps_quotes: Whether quotes stay in the result.
        keeps_escapes: Whether the escaping character stays in the result.
        keeps_unset: Whether references to variables that are not set stay in the result.
    """

    escape: str = "\\"
    trims: bool = True
    keeps_quotes: bool = False
    keeps_escapes: bool = False
    keeps_unset: bool = False

    def word(self, text: str, variables: Mapping[str, str]) -> str:
        """The text with quotes removed and variables replaced.

        Raises:
            ImportRefusedError: A quote or a reference to a variable is not valid.
        """
        return self._read(text, variables).text

    def words(self, text: str, variables: Mapping[str, str]) -> tuple[str, ...]:
        """The text divided at spaces outside of quotes, after variables were replaced.

        Raises:
            ImportRefusedError: A quote or a reference to a variable is not valid.
        """
        return self._read(text, variables).words

    def _read(self, text: str, variables: Mapping[str, str]) -> _Result:
        try:
            return _Reader(self, text.removeprefix("\ufeff"), variables).read_to(_END)
        except _SyntaxError as error:
            raise ImportRefusedError(f"failed to process {quote(text)}: {error}") from error


class _SyntaxError(ValueError):
    """Why a text cannot be read."""


class _Result(NamedTuple):
    """A text that was read, whole and divided into words."""

    text: str
    words: tuple[str, ...]


class _Words:
    """Collects words: a space ends one, unless it was quoted."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._word = ""
        self._in_word = False

    def add(self, text: str) -> None:
        for character in text:
            if character not in SPACE:
                self.add_raw(character)
            elif self._in_word and self._word:
                self._found.append(self._word)
                self._word, self._in_word = "", False

    def add_raw(self, text: str) -> None:
        self._word += text
        self._in_word = True

    def all(self) -> tuple[str, ...]:
        return (*self._found, self._word) if self._word else tuple(self._found)


class _Reader:
    """Reads one text from the left to the right."""

    def __init__(self, lexer: Lexer, text: str, variables: Mapping[str, str]) -> None:
        self._lexer = lexer
        self._text = text
        self._at = 0
        self._variables = variables
        self._raw_escapes = lexer.keeps_escapes

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        character = self._peek()
        self._at += 1
        return character

    def read_to(self, stop: str, *, raw_escapes: bool | None = None) -> _Result:
        """Read up to a character, which is consumed, or to the end if it is empty."""
        before = self._raw_escapes
        self._raw_escapes = self._lexer.keeps_escapes if raw_escapes is None else raw_escapes
        try:
            return self._read_to(stop)
        finally:
            self._raw_escapes = before

    def _read_to(self, stop: str) -> _Result:
        parts: list[str] = []
        words = _Words()
        while (character := self._peek()) != _END:
            if stop and character == stop:
                self._next()
                return _Result("".join(parts), words.all())
            self._take(character, parts, words)
        if stop:
            raise _SyntaxError(f"unexpected end of statement while looking for matching {stop}")
        return _Result("".join(parts), words.all())

    def _take(self, character: str, parts: list[str], words: _Words) -> None:
        if character == "$":
            value = self._dollar()
            parts.append(value)
            words.add(value)
        elif character in "'\"" or (character == "<" and self._lexer.trims):
            value = self._quoted(character)
            parts.append(value)
            words.add_raw(value)
        elif character == self._lexer.escape:
            self._escaped(parts, words)
        else:
            parts.append(self._next())
            words.add(character)

    def _quoted(self, character: str) -> str:
        if character == "<":
            return self._heredoc_mark()
        return self._single_quoted() if character == "'" else self._double_quoted()

    def _escaped(self, parts: list[str], words: _Words) -> None:
        mark = self._next()
        if self._raw_escapes:
            parts.append(mark)
            words.add_raw(mark)
        character = self._next()
        if character != _END:
            parts.append(character)
            words.add_raw(character)

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise _SyntaxError(
                "unexpected end of statement while looking for matching single-quote"
            )
        content = self._text[self._at + 1 : end]
        self._at = end + 1
        return f"'{content}'" if self._lexer.keeps_quotes else content

    def _double_quoted(self) -> str:
        self._next()
        parts: list[str] = []
        while (character := self._peek()) != '"':
            if character == _END:
                raise _SyntaxError(
                    "unexpected end of statement while looking for matching double-quote"
                )
            parts.append(self._dollar() if character == "$" else self._in_double_quotes())
        self._next()
        content = "".join(parts)
        return f'"{content}"' if self._lexer.keeps_quotes else content

    def _in_double_quotes(self) -> str:
        character = self._next()
        escape = self._lexer.escape
        if character != escape:
            return character
        kept = escape if self._raw_escapes else ""
        following = self._peek()
        if following == _END:
            return kept
        return kept + (self._next() if following in ('"', "$", escape) else character)

    def _heredoc_mark(self) -> str:
        self._next()
        if self._peek() != "<":
            return "<"
        self._next()
        start = self._at
        while self._peek() in tuple(_HEREDOC_BLANKS):
            self._next()
        return "<<" + self._text[start : self._at]

    def _dollar(self) -> str:
        self._next()
        if self._peek() != "{":
            name = self._name()
            return self._value_or(name, f"${name}") if name else "$"
        self._next()
        following = self._peek()
        if following == _END:
            raise _SyntaxError("syntax error: missing '}'")
        if following in _BAD_STARTS:
            raise _SyntaxError("syntax error: bad substitution")
        return self._substitution(self._name())

    def _value_or(self, name: str, reference: str) -> str:
        unset = reference if self._lexer.keeps_unset else ""
        return self._variables.get(name, unset)

    def _name(self) -> str:
        first = self._peek()
        if first.isdecimal():
            return self._take_while(str.isdecimal)
        if first != _END and first in _SPECIAL:
            return self._next()
        return self._take_while(_is_name_character)

    def _take_while(self, is_wanted: Callable[[str], bool]) -> str:
        start = self._at
        while (character := self._peek()) != _END and is_wanted(character):
            self._at += 1
        return self._text[start : self._at]

    def _substitution(self, name: str) -> str:
        mark = self._next()
        if mark == "}":
            return self._value_or(name, f"${{{name}}}")
        if not self._lexer.trims:
            return self._old_modified(name, mark)
        if mark == "/":
            return self._replaced(name)
        if mark == ":":
            return self._modified(name, ":", self._next())
        if mark and mark in "+-?#%":
            return self._modified(name, "", mark)
        raise _SyntaxError(f"unsupported modifier ({mark or _NO_CHARACTER}) in substitution")

    def _old_modified(self, name: str, mark: str) -> str:
        if mark not in (":", "?"):
            raise _SyntaxError("missing ':' in substitution")
        colon = ":" if mark == ":" else ""
        modifier = self._next() if colon else mark
        word = self._word_to_brace()
        if modifier not in ("+", "-", "?"):
            shown = modifier or _NO_CHARACTER
            raise _SyntaxError(f"unsupported modifier ({shown}) in substitution")
        return self._choose(name, colon, modifier, word)

    def _modified(self, name: str, colon: str, modifier: str) -> str:
        shown = f"{colon}{modifier or _NO_CHARACTER}"
        is_trimming = modifier in ("#", "%")
        if colon and is_trimming:
            raise _SyntaxError(f"unsupported modifier ({shown}) in substitution")
        word = self._word_to_brace(raw_escapes=is_trimming)
        if self._lexer.keeps_unset and name not in self._variables:
            return f"${{{name}{shown}{word}}}"
        if is_trimming:
            return _trimmed(self._variables.get(name, ""), modifier, word)
        if modifier not in ("+", "-", "?"):
            raise _SyntaxError(f"unsupported modifier ({shown}) in substitution")
        return self._choose(name, colon, modifier, word)

    def _word_to_brace(self, *, raw_escapes: bool = False) -> str:
        try:
            return self.read_to("}", raw_escapes=raw_escapes).text
        except _SyntaxError as error:
            if self._peek() == _END:
                raise _SyntaxError("syntax error: missing '}'") from error
            raise

    def _choose(self, name: str, colon: str, modifier: str, word: str) -> str:
        """The value of ``${name-word}``, ``${name+word}`` or ``${name?word}``."""
        value = self._variables.get(name)
        is_missing = value is None or (bool(colon) and not value)
        if modifier == "+":
            return "" if is_missing else word
        if not is_missing:
            return value or ""
        if modifier == "-":
            return word
        what = "unset" if value is None else "empty"
        raise _SyntaxError(f"{name}: {word or f'is not allowed to be {what}'}")

    def _replaced(self, name: str) -> str:
        replaces_all = self._peek() == "/"
        if replaces_all:
            self._next()
        pattern = self._part_to("/", "syntax error: missing '/' in ${}")
        replacement = self._part_to("}", "syntax error: missing '}'")
        value = self._variables.get(name)
        if value is None and self._lexer.keeps_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        expression = _expression(pattern, ".*")
        if replaces_all:
            return expression.sub(partial(_expanded, replacement), value or "")
        return expression.sub(lambda _: replacement, value or "", count=1)

    def _part_to(self, stop: str, missing: str) -> str:
        try:
            return self.read_to(stop, raw_escapes=True).text
        except _SyntaxError as error:
            if self._peek() == _END:
                raise _SyntaxError(missing) from error
            raise


def _is_name_character(character: str) -> bool:
    return character.isalpha() or character.isdecimal() or character == "_"


def _trimmed(value: str, modifier: str, word: str) -> str:
    """A value without what matches a pattern at its start (``#``) or end (``%``)."""
    is_greedy = word.startswith(modifier)
    pattern = word[1:] if is_greedy else word
    star = ".*" if is_greedy else ".*?"
    if modifier == "#":
        return _without_start(value, pattern, star)
    # A search from the right: both are reversed.
    return _without_start(value[::-1], _reversed_pattern(pattern), star)[::-1]


def _without_start(value: str, pattern: str, star: str) -> str:
    match = _expression(pattern, star).match(value)
    return value if match is None else value[match.end() :]


def _reversed_pattern(pattern: str) -> str:
    """A pattern from the right to the left, with escapes kept together."""
    return "".join(reversed(re.findall(r"\\.|.", pattern, re.DOTALL)))


def _expression(pattern: str, star: str) -> re.Pattern[str]:
    """The regular expression of a pattern of the shell, without bracket expressions."""
    try:
        return re.compile("".join(_expression_parts(pattern, star)))
    except _SyntaxError as error:
        raise _SyntaxError(f"invalid pattern ({pattern}) in substitution: {error}") from error


def _expression_parts(pattern: str, star: str) -> Iterator[str]:
    characters = iter(range(len(pattern)))
    for at in characters:
        character = pattern[at]
        following = pattern[at + 1 : at + 2]
        if character == "*":
            yield star
        elif character == "?":
            yield "."
        elif character != "\\":
            yield re.escape(character)
        elif following and following in "*?\\":
            next(characters)
            yield re.escape(following)
        elif following not in ("}", "/"):
            raise _SyntaxError(f"invalid escape '\\{following or _NO_CHARACTER}'")


def _expanded(replacement: str, match: re.Match[str]) -> str:
    """A replacement with references to groups replaced, of which there is only the whole match."""
    return _GROUP.sub(lambda found: _group(found[0], match), replacement)


def _group(reference: str, match: re.Match[str]) -> str:
    if reference == "$$":
        return "$"
    return match[0] if reference.strip("${}") == "0" else ""
