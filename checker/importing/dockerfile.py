"""The lines of a Dockerfile: instructions with flags and arguments, not yet what they mean.

Source: BuildKit as vendored in moby 20.10.24 and 29.7.2, frontend/dockerfile/parser: parser.go,
line_parsers.go, split_command.go, directives.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from checker.importing.errors import ImportRefusedError
from checker.importing.go_text import (
    SPACE,
    GoError,
    decode_json,
    decode_json_prefix,
    quote,
)
from checker.importing.words import Lexer
from checker.model.untrusted import utf8
from checker.records import NamedTuple

LONGEST_LINE = 65_535
"""Bytes of a line (Go, bufio.MaxScanTokenSize)."""

_BLANK = re.compile(r"[\t\v\f\r ]+")
_DIRECTIVE = re.compile(rf"#[{SPACE}]*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*\Z", re.ASCII)
_HEREDOC = re.compile(r"([0-9]*)<<(-?)\s*([^<]*)", re.ASCII)
_WITH_HEREDOCS = frozenset({"add", "copy", "run"})
_NOT_STRINGS = "when using JSON array syntax, arrays must be comprised of strings only"
_ESCAPES = ("\\", "`")
# ONBUILD in ONBUILD, which is refused anyway.
_DEEPEST = 100


class Syntax(NamedTuple):
    """What differs between versions of the parser.

    Attributes:
        directives: The parser directives that are known.
        lowers_names: Whether names of instructions become lower case.
        reads_json_prefix: Whether text after a JSON array is ignored; else the whole is not JSON.
        has_heredocs: Whether ``<<EOF`` begins a here-document.
        escapes_in_flags: Whether flags use the escape character of the parser directive.
    """

    directives: frozenset[str]
    lowers_names: bool
    reads_json_prefix: bool
    has_heredocs: bool
    escapes_in_flags: bool


class Heredoc(NamedTuple):
    """A here-document: its name and the lines before its end."""

    name: str
    content: str


class Instruction(NamedTuple):
    """One instruction.

    Attributes:
        name: Its name as written, in lower case in old versions.
        flags: Words with ``--`` before the arguments.
        arguments: Its arguments; names and values of ENV and LABEL alternate.
        is_json: Whether the arguments were a JSON array.
        original: Its line, with continuation lines joined.
        heredocs: Its here-documents.
        inner: The instruction in it, of ONBUILD.
    """

    name: str
    flags: tuple[str, ...]
    arguments: tuple[str, ...]
    is_json: bool
    original: str
    heredocs: tuple[Heredoc, ...] = ()
    inner: Instruction | None = None


class Parsed(NamedTuple):
    """The instructions of a text, and the escape character that it chose."""

    instructions: tuple[Instruction, ...]
    escape: str


def parse_lines(text: str, syntax: Syntax) -> Parsed:
    """The instructions of a text in the syntax of Dockerfiles.

    Raises:
        ImportRefusedError: The syntax is not valid.
    """
    return _Parser(text, syntax).parse()


class _Parser:
    """Parses one text, line by line.

    Args:
        text: The text.
        syntax: The version of the parser.
    """

    def __init__(self, text: str, syntax: Syntax) -> None:
        lines = text.removeprefix("\ufeff").split("\n")
        self._lines = iter(lines[:-1] if lines[-1] == "" else lines)
        self._syntax = syntax
        self._escape = "\\"
        self._seen: set[str] = set()
        self._may_be_directive = True
        self._too_long = False

    def parse(self) -> Parsed:
        found = tuple(self._instructions())
        if not found:
            raise ImportRefusedError("file with no instructions")
        if self._too_long:
            raise ImportRefusedError(
                f"dockerfile line greater than max allowed size of {LONGEST_LINE}"
            )
        return Parsed(found, self._escape)

    def _instructions(self) -> Iterator[Instruction]:
        while (line := self._next_line()) is not None:
            whole = self._logical_line(line.lstrip(SPACE))
            if whole is not None:
                yield self._with_heredocs(self._instruction(whole))

    def _next_line(self) -> str | None:
        line = None if self._too_long else next(self._lines, None)
        if line is not None and len(line.encode("utf-8", "replace")) > LONGEST_LINE:
            self._too_long = True
            return None
        return line

    def _logical_line(self, line: str) -> str | None:
        """A line with those that continue it; None if it is empty or a comment."""
        start, goes_on = self._without_continuation(self._without_comment(line.rstrip("\r")))
        if not start and not goes_on:
            return None
        parts = [start]
        while goes_on and (line_read := self._next_line()) is not None:
            kept = self._without_comment(line_read.rstrip("\r"))
            if kept.strip(SPACE):
                part, goes_on = self._without_continuation(kept)
                parts.append(part)
        return "".join(parts)

    def _without_comment(self, line: str) -> str:
        self._note_directive(line)
        return "" if line.lstrip(SPACE).startswith("#") else line

    def _note_directive(self, line: str) -> None:
        match = _DIRECTIVE.match(line) if self._may_be_directive else None
        name = "" if match is None else match[1].lower()
        if match is None or name not in self._syntax.directives:
            self._may_be_directive = False
            return
        if name in self._seen:
            raise ImportRefusedError(f"only one {name} parser directive can be used")
        self._seen.add(name)
        if name == "escape":
            self._set_escape(match[2])

    def _set_escape(self, value: str) -> None:
        if value not in _ESCAPES:
            raise ImportRefusedError(f"invalid escape token '{value}' does not match ` or \\")
        self._escape = value

    def _without_continuation(self, line: str) -> tuple[str, bool]:
        stripped = line.rstrip("\t ")
        escape = self._escape
        # A doubled escape character at the end is not a continuation.
        if stripped.endswith(escape) and not stripped.endswith(escape * 2):
            return stripped[:-1], True
        return line, False

    def _instruction(self, line: str, depth: int = 0) -> Instruction:
        parts = _BLANK.split(line.strip(SPACE), maxsplit=1)
        name = parts[0].lower() if self._syntax.lowers_names else parts[0]
        flags: tuple[str, ...] = ()
        rest = ""
        if len(parts) > 1:
            escape = self._escape if self._syntax.escapes_in_flags else "\\"
            flags, rest = _split_flags(parts[1], escape)
        rest = rest.strip(SPACE)
        if name.lower() == "onbuild" and rest and depth < _DEEPEST:
            inner = self._instruction(rest, depth + 1)
            return Instruction(name, flags, (inner.name, *inner.arguments), False, line, (), inner)
        parse = _ARGUMENTS.get(name.lower(), _ignored)
        arguments, is_json = parse(rest, self._syntax, self._escape)
        return Instruction(name, flags, arguments, is_json, line)

    def _with_heredocs(self, instruction: Instruction) -> Instruction:
        line = instruction.original
        if not (self._syntax.has_heredocs and "<<" in line and _may_have_heredocs(instruction)):
            return instruction
        found = tuple(map(self._read_heredoc, _heredoc_starts(line)))
        return instruction._replace(heredocs=found)

    def _read_heredoc(self, start: _HeredocStart) -> Heredoc:
        content: list[str] = []
        while (line := self._next_line()) is not None:
            end = line.rstrip("\r")
            if (end.lstrip("\t") if start.chomps else end) == start.name:
                return Heredoc(start.name, "".join(content))
            content.append(f"{line}\n")
        raise ImportRefusedError("unterminated heredoc")


# --- flags


def _split_flags(text: str, escape: str) -> tuple[tuple[str, ...], str]:
    """The words with ``--`` at the start of a text, and the rest.

    The source goes through bytes as if each were a character, so that the flags of a text that is
    not ASCII change.
    """
    source = utf8(text).decode("latin-1")
    flags, at = _FlagReader(source, escape).read()
    rest = source[at:].encode("latin-1").decode("utf-8", "surrogateescape")
    return flags, rest


class _FlagReader:
    """Reads the flags at the start of a text."""

    def __init__(self, text: str, escape: str) -> None:
        self._text = text
        self._escape = escape
        self._at = 0

    def read(self) -> tuple[tuple[str, ...], int]:
        """The flags, and where the rest begins."""
        flags: list[str] = []
        while True:
            start = self._skip_space()
            if not self._text.startswith("--", start):
                return tuple(flags), start
            word = self._word()
            if word == "--":
                return tuple(flags), self._at
            flags.append(word)

    def _skip_space(self) -> int:
        while self._at < len(self._text) and self._text[self._at] in SPACE:
            self._at += 1
        return self._at

    def _word(self) -> str:
        word = ""
        mark = ""
        while self._at < len(self._text):
            character = self._text[self._at]
            if not mark and character in SPACE:
                break
            self._at += 1
            if character == mark:
                mark = ""
            elif not mark and character in "'\"":
                mark = character
            elif character == self._escape:
                word += self._text[self._at : self._at + 1]
                self._at += 1
            else:
                word += character
        return word


# --- arguments


def _ignored(rest: str, syntax: Syntax, escape: str) -> tuple[tuple[str, ...], bool]:
    del rest, syntax, escape
    return (), False


def _whole(rest: str, syntax: Syntax, escape: str) -> tuple[tuple[str, ...], bool]:
    del syntax, escape
    return ((rest,) if rest else ()), False


def _split_words(rest: str, syntax: Syntax, escape: str) -> tuple[tuple[str, ...], bool]:
    del syntax, escape
    return (tuple(_BLANK.split(rest)) if rest else ()), False


def _json_or_whole(rest: str, syntax: Syntax, escape: str) -> tuple[tuple[str, ...], bool]:
    found = _json_strings(rest, syntax)
    return _whole(rest, syntax, escape) if found is None else (found, True)


def _json_or_words(rest: str, syntax: Syntax, escape: str) -> tuple[tuple[str, ...], bool]:
    found = _json_strings(rest, syntax)
    return _split_words(rest, syntax, escape) if found is None else (found, True)


def _json_strings(text: str, syntax: Syntax) -> tuple[str, ...] | None:
    """The strings of a JSON array; None if the text is not one."""
    if not text.lstrip(SPACE).startswith("["):
        return None
    decode = decode_json_prefix if syntax.reads_json_prefix else decode_json
    try:
        values = decode(text)
    except GoError:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ImportRefusedError(_NOT_STRINGS)
    return tuple(values)


def _health(rest: str, syntax: Syntax, escape: str) -> tuple[tuple[str, ...], bool]:
    match = re.match(rf"([^{SPACE}]+)[{SPACE}]*", rest)
    if match is None:
        return (), False
    command, is_json = _json_or_whole(rest[match.end() :], syntax, escape)
    return (match[1], *command), is_json


def _pairs(keyword: str) -> _ArgumentParser:
    def parse(rest: str, syntax: Syntax, escape: str) -> tuple[tuple[str, ...], bool]:
        del syntax
        words = _quoted_words(rest, escape)
        if words and "=" not in words[0]:
            return _old_pair(rest, keyword), False
        return tuple(part for word in words for part in _pair(word)), False

    return parse


def _old_pair(rest: str, keyword: str) -> tuple[str, ...]:
    parts = _BLANK.split(rest, maxsplit=1)
    if len(parts) < 2:
        raise ImportRefusedError(f"{keyword} must have two arguments")
    return tuple(parts)


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise ImportRefusedError(
            f"Syntax error - can't find = in {quote(word)}. Must be of the form: name=value"
        )
    return name, value


def _quoted_words(text: str, escape: str) -> list[str]:
    """The words of a text; quotes, which keep spaces inside, stay in them."""
    words: list[str] = []
    word, mark, has_quotes = "", "", False
    characters = iter(text)
    for character in characters:
        if not mark and character in SPACE:
            words += [word] if word or has_quotes else []
            word, has_quotes = "", False
            continue
        if not mark and character in "'\"":
            mark, has_quotes = character, True
        elif character == mark:
            mark = ""
        elif character == escape and mark != "'":
            # An escape character at the very end is dropped.
            following = next(characters, None)
            word += "" if following is None else character + following
            continue
        word += character
    return words + ([word] if word or has_quotes else [])


_ArgumentParser = Callable[[str, Syntax, str], tuple[tuple[str, ...], bool]]
_ARGUMENTS: dict[str, _ArgumentParser] = {
    "add": _json_or_words,
    "cmd": _json_or_whole,
    "copy": _json_or_words,
    "entrypoint": _json_or_whole,
    "env": _pairs("ENV"),
    "expose": _split_words,
    "from": _split_words,
    "healthcheck": _health,
    "label": _pairs("LABEL"),
    "maintainer": _whole,
    "run": _json_or_whole,
    "shell": _json_or_whole,
    "stopsignal": _whole,
    "user": _whole,
    "volume": _json_or_words,
    "workdir": _whole,
}


# --- here-documents


class _HeredocStart(NamedTuple):
    """Where a here-document begins: its name, and whether tabs before its end are ignored."""

    name: str
    chomps: bool


def _may_have_heredocs(instruction: Instruction) -> bool:
    found = instruction.inner or instruction
    return found.name.lower() in _WITH_HEREDOCS and not found.is_json


def _heredoc_starts(line: str) -> list[_HeredocStart]:
    lexer = Lexer(keeps_quotes=True, keeps_escapes=True, keeps_unset=True)
    try:
        words = lexer.words(line, {})
    except ImportRefusedError:
        return []
    return [start for word in words if (start := _heredoc_start(word)) is not None]


def _heredoc_start(word: str) -> _HeredocStart | None:
    match = _HEREDOC.fullmatch(word)
    if match is None or not match[3]:
        return None
    names = Lexer(keeps_unset=True).words(match[3], {})
    return _HeredocStart(names[0], bool(match[2])) if len(names) == 1 else None
