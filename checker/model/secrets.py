"""Detection of secrets: by the name of a value, by its form, or both.

Warnings must have hardly any false positives. A value is reported only if its form is that of a
known token, or if its name ends like that of a secret and the value is plausible: not a path, a
reference to a variable, a placeholder or a switch. Values never leave this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain

from checker.model.token_forms import MARKS as TOKEN_MARKS
from checker.model.token_forms import PRIVATE_KEY, tokens_in
from checker.patterns import pattern
from checker.records import NamedTuple

# Ends of the words in a name of a secret.
_SECRET_ENDS = ("PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "SECRETKEY")
_SECRET_WORDS = frozenset(
    {
        *("PASS", "PWD", "PSW", "CREDENTIAL", "CREDENTIALS"),
        *("DBPASS", "DBPWD", "PGPASS", "ROOTPASS", "SSHPASS", "USERPASS"),
    }
)
_PASSWORD_ENDS = ("PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD", "PSW")
# Such a name can only be that of a password, unlike RENDER_PASS and TLS_SECRET.
_CLEAR_ENDS = ("PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "PSW")
# Words before KEY if the key is secret.
_SECRET_KEYS = frozenset(
    {
        *(
            "API",
            "ACCESS",
            "SECRET",
            "PRIVATE",
            "MASTER",
            "ENCRYPTION",
            "AUTH",
            "ACCOUNT",
            "SHARED",
        ),
        *("STORAGE", "APP", "APPLICATION", "SERVICE", "JWT", "HMAC", "DEPLOY"),
        *("SIGNING", "SESSION", "COOKIE", "FERNET", "SUBSCRIPTION", "WEBHOOK", "LICENSE", "AES"),
    }
)
# Words that may follow: MYSQL_PASSWORD_PROD, TOKEN_2, SECRET_KEY_BASE.
_TRAILERS = frozenset({"PROD", "PRODUCTION", "STAGING", "DEV", "ROOT", "ADMIN", "BASE", "VALUE"})
# Words that mark a value as not secret, or not a real one.
_HARMLESS = frozenset(
    {
        *("ALLOW", "EMPTY", "RANDOM", "REQUIRE", "REQUIRED", "DISABLE", "DISABLED", "ENABLE"),
        *("ENABLED", "PUBLIC", "PUB", "GPG", "PGP", "EXAMPLE", "SAMPLE", "DUMMY", "FAKE", "MOCK"),
        *("ASKPASS", "NOPASSWD", "NOPASSWORD", "BYPASS", "SKIP", "IGNORE", "USE", "MIN", "MAX"),
    }
)
# Names of the working directory.
_WORKING_DIRECTORIES = frozenset({"PWD", "OLDPWD", "INIT_CWD"})
_SHORTEST = 6
# Of keys and tokens, which are generated.
_SHORTEST_KEY = 8
_LONGEST_VALUE = 16_384


# Every name of a secret contains one of these.
_NAME_MARKS = ("PASS", "PWD", "PSW", "SECRET", "TOKEN", "KEY", "CREDENTIAL")
MARKS = frozenset((*TOKEN_MARKS, *_NAME_MARKS, "://", "@", "PASSWD"))
"""What a text with a secret in it contains at least one of, in any case of letters, unless it may
contain tokens (``token_forms.may_contain_tokens``)."""
_PLACEHOLDERS = (
    r"change.?(?:me|it|this)|example|placeholder|replace|redact|dummy|fixme|todo|sample|insert"
    r"|not.?set|undefined|not.?real|not.?used|unused|invalid|fake|\byour\b|your[-_ ]"
    r"|my[-_]?(?:secret|password|token|key)\b"
    r"|random.?string|precompile|insecure|temporary|evaluation|\bonly\b"
    r"|not[-_ ](?:a|the|for)[-_ ]|for[-_ ](?:build|test|asset|precomp)|[-_]here$"
    r"|\bx{3}\b|_xxx\b|(.)\1{7}"
    r"|x{4}|\*{3}|\.{3}|<|>|\{\{|[$#]\{|\$\(|%\(|%[A-Z_]+%|%%\w+%%|__\w+__"
)
_SWITCHES = (
    r"true|false|yes|no|on|off|none|null|nil|void|auto|default|required|optional|enabled|disabled"
    r"|unset|empty|prompt|plain|basic|bearer"
)
_WEAK = (
    r"password|passwd|pass|secret|token|admin|administrator|root|toor|user|guest|test|testing|dev"
    r"|postgres|mysql|redis|rabbitmq|mongo|mongodb|elastic|oracle|docker|demo|letmein|qwerty|\d{1,8}"
    r"|[a-z_-]{0,20}(?:password|passwd|passphrase|passwordless)\d{0,4}|(?:my|top|super)[-_]?secret[a-z_-]*"
    r"|x-(?:oauth-basic|access-token|token-auth)|anonymous(?:@\S*)?|minioadmin|mypass"
)
# Paths, URLs without a password, references to secret stores, public keys and certificates, code
# that reads a variable.
_REFERENCES = (
    r"[$`]|@[/.]|~?\.{0,2}/[\w./ @-]*$|[A-Za-z]:\\|[\w.+-]+://"
    r"|(?-i:[a-z][a-z_-]*(?:/[a-z0-9_.-]+)+$)|(?:id|name|type|src|source)="
    r"|[\w./-]+\.(?:json|pem|p8|p12|pfx|key|crt|cer|der|pub|asc|jks|txt|ya?ml|toml|conf|ini|env)$"
    r"|(?:file|arn|vault|ssm|env|op|secret|secretref|keyvault|projects?|ref\+\w+):|base64:$"
    r"|ENC[(\[]|@Microsoft\.|!vault|(?:process\.|os\.|import\.meta\.)?env(?:iron)?[.\[(]"
    r"|ssh-\w+ |ecdsa-|-----BEGIN (?:PUBLIC|CERTIFICATE|RSA PUBLIC)"
)
_REPEATED = r"([A-Za-z0-9*])\1{7}"
# A few words with small numbers at the end, as in identifiers; generated values have digits or
# upper case letters inside.
_NAME_LIKE = (
    r"(?:[-_./:]?(?:[A-Za-z][a-z]{0,14}(?:[A-Z][a-z]{1,14}){0,4}|[A-Z]{2,15}|\d)\d{0,2}(?![A-Za-z0-9]))"
    r"{1,8}"
)
# A password in settings: jdbc:…?password=…, Server=…;Password=…, -D…keyStorePassword=…
_SETTING = (
    r"(?:^|[;?&,\s-])[\w.]{0,80}?(?:password|passwd|pwd)\s{0,2}=\s{0,2}"
    r"(?P<password>[^;&,\s\"']{1,200})"
)
# The form of Go drivers: user:password@tcp(host:port)/name
_DRIVER = r"^[\w.-]{1,80}:(?P<password>[^@\s]{1,200})@(?:tcp|unix)\("
_USERINFO = pattern(
    r"\b[a-z][a-z0-9+.-]{1,30}://(?P<user>[^\s:/@'\"]{0,80}+):(?P<password>[^\s/@'\"]{1,200}+)@"
)
_WORDS = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Suspicion(NamedTuple):
    """Why a value is considered a secret.

    Attributes:
        reason: A clause that follows the name of the value; it does not contain the value.
        is_sure: Whether it is hardly anything else; if not, it is a weak password or may be an
            identifier.
    """

    reason: str
    is_sure: bool


def suspect(name: str, value: str) -> Suspicion | None:
    """Whether a named value is a secret.

    Args:
        name: Name of a variable or label.
        value: Its value.
    """
    value = value[:_LONGEST_VALUE].strip()
    known = suspect_text(value) or _setting_with_password(value)
    if known is not None or not is_secret_name(name):
        return known
    return _judge(name_words(name), value)


def is_secret(name: str, value: str) -> bool:
    """Whether a name is that of a secret, and the value is hardly anything else."""
    judged = _judge(name_words(name), value) if is_secret_name(name) else None
    return judged is not None and judged.is_sure


def _judge(words: list[str], value: str) -> Suspicion | None:
    """What the value of a name of a secret is."""
    if _is_stand_in(value):
        return None
    is_password = any(word.endswith(_PASSWORD_ENDS) for word in words)
    if len(value) < _SHORTEST or _matcher(_WEAK).fullmatch(value):
        weak = Suspicion("is a weak password", is_sure=False)
        return weak if is_password else None
    if not any(word.endswith(_CLEAR_ENDS) for word in words):
        if len(value) < _SHORTEST_KEY and not is_password:
            return None
        if is_plain_words(value):
            return Suspicion(
                "has the name of a secret and a value of plain words, which may be an identifier",
                is_sure=False,
            )
    return Suspicion(
        f"has the name of a secret and a value of {len(value)} characters", is_sure=True
    )


def suspect_text(value: str) -> Suspicion | None:
    """Whether a text contains something in the form of a secret, regardless of its name."""
    value = value[:_LONGEST_VALUE]
    for form, found in tokens_in(value):
        if not is_example(found.group()):
            return Suspicion(f"contains {form.kind}", is_sure=True)
    if next(passwords_in_urls(value), None) is not None:
        return Suspicion("contains a URL with a password", is_sure=True)
    return None


def passwords_in_urls(text: str) -> Iterator[re.Match[str]]:
    """The URLs in a text with a plausible password, up to the ``@`` that follows it."""
    if "://" in text and "@" in text:
        for match in _USERINFO.finditer(text):
            if is_plausible(match["password"]) and match["password"] != match["user"]:
                yield match


def secret_parts(value: str) -> Iterator[str]:
    """The parts of a text that are secrets by their form: tokens, keys, passwords in URLs."""
    value = value[:_LONGEST_VALUE]
    for form, found in tokens_in(value):
        # A key in PEM form goes on up to its end mark.
        end = _end_of_key(value, found.end()) if form is PRIVATE_KEY else found.end()
        yield value[found.start() : end]
    passwords = (
        _USERINFO.finditer(value) if "://" in value and "@" in value else (),
        _matcher(_SETTING).finditer(value) if "=" in value else (),
        _matcher(_DRIVER).finditer(value) if "@" in value else (),
    )
    for found in chain.from_iterable(passwords):
        if is_plausible(found["password"]):
            yield found["password"]


def is_example(token: str) -> bool:
    """Whether a token stands for another one in a text: ``ghp_xxxx``, ``AKIAIOSFODNN7EXAMPLE``."""
    return "EXAMPLE" in token or _exactly(_REPEATED).search(token) is not None


def _end_of_key(value: str, start: int) -> int:
    end = value.find("-----END", start)
    return len(value) if end < 0 else end


def _setting_with_password(value: str) -> Suspicion | None:
    """A value that is a list of settings that include a password."""
    found = chain(
        _matcher(_SETTING).finditer(value) if "=" in value else (),
        _matcher(_DRIVER).finditer(value) if "@" in value else (),
    )
    for match in found:
        if is_plausible(match["password"]):
            return Suspicion("contains a setting with a password", is_sure=True)
    return None


def is_secret_name(name: str) -> bool:
    """Whether a name ends like the name of a secret: ``DB_PASSWORD``, ``apiKey``."""
    upper = name.upper()
    if upper in _WORKING_DIRECTORIES or not any(mark in upper for mark in _NAME_MARKS):
        return False
    words = name_words(name)
    while words and (words[-1].isdecimal() or words[-1] in _TRAILERS):
        words.pop()
    # The domain before a key, as in com.example.password, is irrelevant.
    if not words or _HARMLESS.intersection(name_words(name.rpartition(".")[2])):
        return False
    last = words[-1]
    if last == "KEY":
        return len(words) > 1 and words[-2] in _SECRET_KEYS
    return last in _SECRET_WORDS or last.endswith(_SECRET_ENDS)


def is_plain_words(value: str) -> bool:
    """Whether a value consists of words, with small numbers at most, as an identifier does."""
    return _exactly(_NAME_LIKE).fullmatch(value) is not None


def is_plausible(value: str) -> bool:
    """Whether a value in the place of a secret is one: not a placeholder and not weak."""
    return (
        len(value) >= _SHORTEST and not _is_stand_in(value) and not _matcher(_WEAK).fullmatch(value)
    )


def name_words(name: str) -> list[str]:
    """The words of a name, in upper case: equal for ``dbPassword`` and ``DB_PASSWORD``."""
    return [word.upper() for word in _WORDS.findall(name[:200])]


def _is_stand_in(value: str) -> bool:
    """Whether a value is a placeholder, a reference, a switch or empty."""
    return (
        not value
        or len(set(value)) == 1
        or any(character.isspace() for character in value)
        or _matcher(_SWITCHES).fullmatch(value) is not None
        or _matcher(_REFERENCES).match(value) is not None
        or _matcher(_PLACEHOLDERS).search(value) is not None
    )


@cache
def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@cache
def _exactly(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
