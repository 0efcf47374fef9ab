"""Secrets in the content of text files: what has the form of one, and in which line it is.

Names of settings are no reason here: in sources and in settings of the system they mostly name what
is not a secret. What counts is a form that only secrets have, in more than its first characters, as
sources and documentation name the beginnings.

Most files are ruled out with a few passes in C: tokens are long runs of characters with a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice

from checker.model.secrets import is_example, passwords_in_urls
from checker.model.token_forms import IN_ONE_RUN, REGISTRY_CREDENTIALS, TokenForm
from checker.patterns import pattern
from checker.records import NamedTuple

# All tokens but those with blanks are in one run of such characters, of so many at least.
_IN_WORDS = b"_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_IN_RUNS = b"+/=.~:@%&?$-" + _IN_WORDS
_RUNS = bytes(code if code in _IN_RUNS else ord(" ") for code in range(256))
_LONG = pattern(rb" [^ ]{20,}")
# Most tokens begin with their marks, at the beginning of a word.
_WORDS = bytes(code if code in _IN_WORDS else ord(" ") for code in range(256))
_START = 3
_INSIDE = frozenset((b"Q~", b"AZDO", b"NRAL", b"k_live_"))
# Tokens without a mark are that long, and contain one of these; digests do not.
_SHORTEST_UNMARKED = 34
_UNMARKED_PARTS = (b".", b"SK", b"cio", b"oy2")
_ONE_DIGIT = bytes(ord("0") if code in b"0123456789" else code for code in range(256))
# Begins the only tokens that are letters throughout, those of Hugging Face.
_LETTERS = b"hf_"
_MOST = 50
_MOST_COMPARED = 8 * 1024
# A key in PEM form with the beginning of its content, as it is or quoted.
_KEY = pattern(
    r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:\\[nr]|[\s\"'+,\\]){0,80}"
    r"(?:[\w-]{1,30}: [^\n\\]{1,100}(?:\\[nr]|\s){1,40}){0,4}"
    r"(?P<content>[A-Za-z0-9+/=]{40})"
)
_ARMOR = b"-----BEGIN "
_BEGIN_KEY = b"PRIVATE KEY"
_AUTH = b'"auth"'
_FEW_CHARACTERS = 8
_FEW_RUNS = 500
# An unencrypted key of OpenSSH begins with its format and the cipher "none".
_OPENSSH = b"OPENSSH PRIVATE KEY"
_OPENSSH_PLAIN = b"b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"
# The last colon that can be before a password decides: others would make the password longer. So
# each place is tried once, also in a text that is full of colons.
_URL = pattern(rb"://(?>[^\s/@'\"]{0,80}:(?=[^\s/@'\"]))[^\s/@'\"]{1,200}+@")
_COMMENT = pattern(r"\s*(?:#|//|/?\*|;|--|<!--|rem\b)", re.IGNORECASE)
_EXAMPLE_HOST = pattern(
    r"[\w.-]{0,200}\bexample\b|(?:host|hostname|server|servername|proxy|domain|ip|address)\b"
    r"(?![.-])|[<{$%\[]",
    re.IGNORECASE,
)
# Of the first of several hosts, as in a://b:80,c:d@e.
_PORT = pattern(r"\d{1,5},")
# Letters and digits in their order, which no issuer gives.
_IN_ORDER = tuple(
    row[start : start + 8]
    for row in ("abcdefghijklmnopqrstuvwxyz", "01234567890", "abcdef0123456789", "fedcba987654")
    for start in range(len(row) - 7)
)


class TextSecret(NamedTuple):
    """A secret in a text file.

    Attributes:
        line: Number of the line that it begins in, from 1.
        what: What it is, with an article; it does not contain the value.
        is_sure: Whether everyone can use it; a key with a passphrase is an exception.
    """

    line: int
    what: str
    is_sure: bool


def token_runs(content: bytes) -> bytes:
    """The parts of a file that may be tokens, separated by spaces; empty for most files."""
    if content.startswith(_ARMOR):  # certificates and keys, which are runs throughout
        return b""
    text = b" " + content.translate(_RUNS)
    # One byte is found in a run many times faster than any of ten.
    both = zip(_LONG.findall(text), _LONG.findall(text.translate(_ONE_DIGIT)), strict=True)
    # Hostile files repeat a run thousands of times.
    runs = list(dict.fromkeys(run[1:] for run, same in both if b"0" in same or _LETTERS in run))
    if not runs:
        return b""
    joined = b" ".join(runs)
    marks = _found_of(_possible_marks(joined), joined)
    found = _containing(runs, marks)
    parts = _found_of(_UNMARKED_PARTS, joined)
    long = _containing([run for run in runs if len(run) >= _SHORTEST_UNMARKED], parts)
    if long and (unmarked := _unmarked(b" ".join(long))) is not None:
        found += filter(unmarked.search, long)
    return b" ".join(dict.fromkeys(found))


def _found_of(parts: Iterable[bytes], text: bytes) -> list[bytes]:
    """Those of some parts that are in a text."""
    # One character is found many times faster than several.
    return [part for part in parts if part[-1:] in text and part[:1] in text and part in text]


def _containing(runs: Sequence[bytes], parts: Sequence[bytes]) -> list[bytes]:
    """The runs that contain one of some parts."""
    if not parts:
        return []
    # To compile a pattern takes as long as to look for the parts in so many runs.
    if len(runs) < _FEW_RUNS:
        return [run for run in runs if any(part in run for part in parts)]
    return list(filter(re.compile(b"|".join(map(re.escape, parts))).search, runs))


def secrets_in(content: bytes, runs: bytes | None = None) -> tuple[TextSecret, ...]:
    """The secrets in a file, by line, at most 50; none in a file that is not text.

    Of what looks like tokens, so many bytes are compared with all forms as 200 tokens have.

    Args:
        content: The whole file.
        runs: What ``token_runs`` says of it, if that is known.
    """
    if b"\0" in content:
        return ()
    like_tokens = (token_runs(content) if runs is None else runs)[:_MOST_COMPARED]
    found = islice(_found(content, like_tokens), _MOST)
    return tuple(sorted(set(found)))


def clues_in(contents: Sequence[bytes]) -> tuple[bytes, ...]:
    """What those of some files contain that have secrets, and few others; mostly nothing.

    A file with a secret contains at least one of the clues.
    """
    plain = [content for content in contents if not content.startswith(_ARMOR)]
    joined = b"\n".join(plain)
    clues = token_runs(joined).split()
    if _BEGIN_KEY in joined or len(plain) < len(contents):
        clues.append(_BEGIN_KEY)
    # One character is found many times faster than several.
    if b'"' in joined and _AUTH in joined:
        clues.append(_AUTH)
    if b"@" in joined and b"://" in joined and _URL.search(joined) is not None:
        clues.append(b"://")
    return tuple(clues)


def has_passphrase(key: bytes) -> bool:
    """Whether a private key in PEM form is encrypted, by its first bytes."""
    if _OPENSSH in key:
        return _OPENSSH_PLAIN not in key.replace(b"\n", b"").replace(b"\r", b"")
    return b"ENCRYPTED" in key


def _found(content: bytes, runs: bytes) -> Iterator[TextSecret]:
    if runs:
        yield from _tokens(content, runs.decode("ascii"))
    if _BEGIN_KEY in content:
        yield from _keys(content)
    if _AUTH in content:
        yield from _registry_credentials(content)
    if b"@" in content and b"://" in content:
        yield from _urls(content)


def _tokens(content: bytes, runs: str) -> Iterator[TextSecret]:
    taken: list[tuple[int, int]] = []
    for form in IN_ONE_RUN:
        for match in form.find(runs):
            start, end = match.span()
            # Of two forms that fit, the first names what was found.
            if any(start < after and before < end for before, after in taken):
                continue
            if not is_example(match[0]) and not _is_in_order(match[0]):
                taken.append((start, end))
                place = content.find(match[0].encode("ascii"))
                yield TextSecret(_line(content, place), form.kind, is_sure=True)


def _keys(content: bytes) -> Iterator[TextSecret]:
    # Latin 1 has a character for each byte, so that places are the same.
    for match in _KEY.finditer(content.decode("latin-1")):
        if len(set(match["content"])) < _FEW_CHARACTERS:
            continue
        key = content[match.start() : match.end() + 40].replace(b"\\n", b"\n")
        if has_passphrase(key):
            what, is_sure = "a private key with a passphrase", False
        else:
            what, is_sure = "a private key", True
        yield TextSecret(_line(content, match.start()), what, is_sure)


def _registry_credentials(content: bytes) -> Iterator[TextSecret]:
    for match in REGISTRY_CREDENTIALS.find(content.decode("latin-1")):
        if _is_user_and_password(match[0].rpartition('"auth"')[2].strip(' \t\r\n:"')):
            place = _line(content, match.start())
            yield TextSecret(place, REGISTRY_CREDENTIALS.kind, is_sure=True)


def _is_user_and_password(encoded: str) -> bool:
    # Imported here, as hardly any file has such credentials.
    import base64
    import binascii

    try:
        plain = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    user, colon, password = plain.partition(b":")
    return bool(user and colon and password) and plain.isascii()


def _urls(content: bytes) -> Iterator[TextSecret]:
    if _URL.search(content) is None:
        return
    text = content.decode("latin-1")
    for match in passwords_in_urls(text):
        start = content.rfind(b"\n", 0, match.start()) + 1
        before = text[start : match.start()]
        if (
            _COMMENT.match(before) is None
            and _EXAMPLE_HOST.match(text, match.end()) is None
            and _PORT.match(match["password"]) is None
        ):
            yield TextSecret(_line(content, match.start()), "a URL with a password", is_sure=True)


def _line(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1


def _is_in_order(token: str) -> bool:
    lowered = token.lower()
    return any(part in lowered for part in _IN_ORDER)


def _possible_marks(runs: bytes) -> Iterator[bytes]:
    """The marks of tokens that may be in some runs, by the first characters of their words."""
    by_start, inside = _marks()
    starts = {word[:_START] for word in runs.translate(_WORDS).split()}
    yield from inside
    for start in starts.intersection(by_start):
        yield from by_start[start]


@cache
def _marks() -> tuple[Mapping[bytes, Sequence[bytes]], Sequence[bytes]]:
    """Marks by the first characters of the word that a token begins with; those inside of one."""
    by_start: dict[bytes, list[bytes]] = {}
    inside = []
    for mark in (mark.encode("ascii") for form in IN_ONE_RUN for mark in form.marks):
        start = mark.translate(_WORDS).partition(b" ")[0][:_START]
        if not start or mark[:1] == b"_" or mark in _INSIDE:
            inside.append(mark)
        else:
            by_start.setdefault(start, []).append(mark)
    return by_start, inside


def _unmarked(runs: bytes) -> re.Pattern[bytes] | None:
    """Matches the tokens without a mark that some runs have; None if they have none."""
    text = runs.decode("ascii")
    forms = tuple(form for form in IN_ONE_RUN if not form.marks and form.is_possible_in(text))
    found = _matching(forms) if forms else None
    return found if found is not None and found.search(runs) is not None else None


@cache
def _matching(forms: tuple[TokenForm, ...]) -> re.Pattern[bytes]:
    """Matches the tokens that have one of some forms."""
    return re.compile("|".join(f"(?:{form.pattern})" for form in forms).encode("ascii"))
