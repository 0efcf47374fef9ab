"""Detection of secrets in commands: assignments, options, and the arguments of known programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache

from checker.model.secrets import (
    MARKS,
    is_plain_words,
    is_plausible,
    is_secret,
    suspect_text,
)
from checker.model.token_forms import may_contain_tokens
from checker.patterns import pattern
from checker.records import NamedTuple

# Many expressions in scripts look like assignments; a secret has none of these characters.
_NO_SECRET = frozenset("\\*|()[]{}<>$`;,?")
_ASSIGNMENT = pattern(
    r"(?<![\w.$/])(?P<name>[A-Za-z_-][\w.-]{0,80})="
    r"(?P<value>\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'|[^\s\"';&|)]{1,400})"
)
_OPTION = pattern(
    r"--(?P<name>(?:[a-z]{1,20}-)?(?:password|passwd|passphrase|token|secret|api-?key))"
    r"(?:\s+|\",?\s*(?=\"))(?P<value>\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'|[^\s\"';&|)-][^\s\"';&|)]{0,400})",
    re.IGNORECASE,
)


# One of these is in each name of such an option.
_OPTION_NAMES = ("passw", "passphrase", "token", "secret", "api")


class Leak(NamedTuple):
    """A secret in a command.

    Attributes:
        reason: What the command does with it; it does not contain the value.
        value: The secret; empty if only its form is known.
    """

    reason: str
    value: str


def leaks_of(text: str, passed: AbstractSet[str] = frozenset()) -> Iterator[Leak]:
    """The secrets that a command exposes.

    Args:
        text: The command, or several.
        passed: Names that are known not to be those of secrets.
    """
    # Words after -D select build options: -Dsecret=libsecret, -Dpassword=keyring.
    assigned = [
        (name.lstrip("-"), value)
        for name, value in assignments(text)
        if not (name.startswith("-D") and is_plain_words(value))
    ]
    found = [
        *(
            Leak(f"sets {name} to a value that looks like a secret", value.strip("\"'"))
            for name, value in assigned
            if name not in passed and _is_assigned_secret(name, value)
        ),
        *(
            Leak(
                f"passes a value that looks like a secret to the option --{match['name'].lower()}",
                match["value"].strip("\"'"),
            )
            for match in _options(text)
            if _is_assigned_secret(match["name"], match["value"])
        ),
        *_shaped(text),
    ]
    yield from found
    # A token with a name that was reported or accepted would be reported twice.
    if not found and passed.isdisjoint(name for name, _ in assigned):
        suspicion = suspect_text(text)
        if suspicion is not None:
            yield Leak(suspicion.reason, "")


def _shaped(text: str) -> Iterator[Leak]:
    lowered = text.lower()
    for mark, described, shape in _SHAPES:
        if mark in lowered and any(part in text for part in _PARTS.get(mark, ("",))):
            matches = re.finditer(shape, text)
            yield from (
                Leak(described, match["value"].strip("\"'"))
                for match in matches
                if _is_secret(match["value"])
            )


def assignments(text: str) -> Iterator[tuple[str, str]]:
    """The names and values that a command sets, values with their quotes."""
    if "=" in text:
        yield from ((match["name"], match["value"]) for match in _ASSIGNMENT.finditer(text))


def _is_assigned_secret(name: str, value: str) -> bool:
    value = value.strip("\"'")
    return is_secret(name, value) and not _NO_SECRET.intersection(value)


def _is_secret(value: str) -> bool:
    value = value.strip("\"'")
    return is_plausible(value) and not _NO_SECRET.intersection(value)


_SHAPES = (
    (
        "curl",
        "passes a user name and password to curl",
        r"\bcurl\b[^|;&\n]{0,200}?\s(?:-u|--user)[ =]?[\"']?\S{1,80}?:(?P<value>[^\s\"']{1,200})",
    ),
    (
        "authorization:",
        "sends an Authorization header with a value that looks like a secret",
        r"(?i:authorization):\s*(?:(?i:bearer|basic|token)\s+)(?P<value>[\w+/=.~-]{1,400})",
    ),
    (
        "chpasswd",
        "sets a password with chpasswd",
        r"\b[\w.-]{1,40}:(?P<value>[^\s:|\"'$]{1,200})[\"']?\s*\|\s*(?:\S{0,40}/)?chpasswd",
    ),
    (
        "passwd",
        "sets a password with passwd",
        (
            r"\b(?:echo|printf)\s+(?:-\w+\s+)?[\"']?(?P<value>[^\s\\|\"'$]{1,200})[^|;&\n]{0,200}"
            r"\|\s*(?:\S{0,40}/)?passwd\b"
        ),
    ),
    (
        "login",
        "logs in with a password",
        r"\blogin\b(?=\s)[^|;&\n]{0,200}?\s-p[ =]?[\"']?(?P<value>[^\s\"'-][^\s\"']{0,200})",
    ),
    (
        "mysql",
        "passes a password to mysql",
        r"\bmysql(?:admin|dump|import|check)?\s(?:[^|;&\n]{0,200}?\s)?-p[\"']?(?P<value>(?![\d:]+\b)[^\s\"']{1,200})",
    ),
    (
        "redis-cli",
        "passes a password to redis-cli",
        r"\bredis-cli\b[^|;&\n]{0,200}?\s(?:-a|--pass)\s+[\"']?(?P<value>[^\s\"']{1,200})",
    ),
    (
        "sshpass",
        "passes a password to sshpass",
        r"\bsshpass\s+-p\s*[\"']?(?P<value>[^\s\"']{1,200})",
    ),
    (
        "pass:",
        "passes a passphrase to openssl",
        r"\s-pass(?:in|out)?\s+[\"']?pass:(?P<value>[^\s\"']{1,200})",
    ),
    (
        "pass",
        "passes a password to keytool",
        r"\s-(?:store|key|srcstore|deststore|destkey)pass\s+[\"']?(?P<value>[^\s\"']{1,200})",
    ),
    (
        "machine",
        "writes a netrc password",
        r"\bmachine\s+\S{1,200}\s+login\s+\S{1,200}\s+password\s+(?P<value>[^\s\"'\\]{1,200})",
    ),
    (
        "identified",
        "sets a database password",
        r"(?i:\bidentified\s+(?:with\s+\w{1,40}\s+)?(?:by|as)\s+)\\?['\"](?P<value>[^'\"\\]{1,200})",
    ),
    (
        "password",
        "sets a database password",
        (
            r"(?i:\b(?:create|alter)\s+(?:user|role)\s[^;'\"\n]{0,200}?\bpassword\s+)"
            r"\\?['\"](?P<value>[^'\"\\]{1,200})"
        ),
    ),
    (
        "aws",
        "passes a secret key to aws configure",
        (
            r"\bconfigure\s+set\s+(?:\S{0,80}\.)?aws_s(?:ecret_access_key|ession_token)\s+[\"']?"
            r"(?P<value>[\w+/=]{1,400})"
        ),
    ),
    (
        "_auth",
        "sets an npm registry token",
        r":_auth(?:Token)?\s+[\"']?(?P<value>[^\s\"']{1,400})",
    ),
    (
        "-token:",
        "sends a header with a value that looks like a secret",
        r"(?i:\b(?:private|job|deploy|vault|auth|access|x-[\w-]{1,40})-token):\s*(?P<value>[\w+/=.~-]{8,400})",
    ),
    (
        "-api",
        "sends a header with a value that looks like a secret",
        r"(?i:\bx-[\w-]{0,40}api(?:-?key)?):\s*(?P<value>[\w+/=.~-]{8,400})",
    ),
    (
        "://",
        "contains a URL with a token",
        # The key in a Sentry address is public.
        r"\bhttps?://(?P<value>(?=\w{0,200}\d)(?=\w{0,200}[A-Za-z])\w{20,200})@(?!\S{0,80}sentry)",
    ),
)

# What else a text with a shape contains one of, where its mark is in many texts.
_PARTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("chpasswd", "passwd"), ("|",)),
    "pass": ("storepass", "keypass"),
}


def _options(text: str) -> Iterator[re.Match[str]]:
    if "--" not in text:
        return iter(())
    # Without regard to case, other characters than those of ASCII can stand for these.
    lowered = text.lower() if text.isascii() else None
    if lowered is not None and not any(name in lowered for name in _OPTION_NAMES):
        return iter(())
    return _OPTION.finditer(text)


def may_contain_secrets(text: str) -> bool:
    """Whether it is worth to look for secrets in a text; most texts are ruled out at once."""
    return _is_marked(text) or may_contain_tokens(text)


def _is_marked(text: str) -> bool:
    # Ten times as fast as without regard to case, which matters since every text is looked at.
    if text.isascii():
        lowered = text.lower()
        return any(mark in lowered for mark in _lowered_marks())
    return _any_mark().search(text) is not None


@cache
def _any_mark() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _lowered_marks())), re.IGNORECASE)


@cache
def _lowered_marks() -> Sequence[str]:
    return sorted({mark.lower() for mark in (*MARKS, *(mark for mark, _, _ in _SHAPES))})
