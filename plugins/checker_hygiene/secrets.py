"""What looks like a secret: by the name that a value has, by its form, or both.

A warning must have hardly any false alarm. A value counts only if its form is that of a known
token, or if its name ends like that of a secret and the value can be one: no path, no reference to
a variable, no placeholder, no switch. Values never leave this module.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import NamedTuple

# What a part of a name ends in if the whole names a secret.
_SECRET_ENDS = ("PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "SECRETKEY")
_SECRET_WORDS = frozenset(
    {
        *("PASS", "PWD", "PSW", "CREDENTIAL", "CREDENTIALS"),
        *("DBPASS", "DBPWD", "PGPASS", "ROOTPASS", "SSHPASS", "USERPASS"),
    }
)
_PASSWORD_ENDS = ("PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD", "PSW")
# Such a name is that of a password and of nothing else: RENDER_PASS and TLS_SECRET are not.
_CLEAR_ENDS = ("PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "PSW")
# What stands before KEY if the key is a secret one.
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
# What may stand behind: MYSQL_PASSWORD_PROD, TOKEN_2, SECRET_KEY_BASE.
_TRAILERS = frozenset({"PROD", "PRODUCTION", "STAGING", "DEV", "ROOT", "ADMIN", "BASE", "VALUE"})
# Words that say that the value is no secret, or not a real one.
_HARMLESS = frozenset(
    {
        *("ALLOW", "EMPTY", "RANDOM", "REQUIRE", "REQUIRED", "DISABLE", "DISABLED", "ENABLE"),
        *("ENABLED", "PUBLIC", "PUB", "GPG", "PGP", "EXAMPLE", "SAMPLE", "DUMMY", "FAKE", "MOCK"),
        *("ASKPASS", "NOPASSWD", "NOPASSWORD", "BYPASS", "SKIP", "IGNORE", "USE", "MIN", "MAX"),
    }
)
# Names of the working directory.
_FOLDERS = frozenset({"PWD", "OLDPWD", "INIT_CWD"})
_SHORTEST = 6
# Of keys and tokens, which nobody thinks up.
_SHORTEST_KEY = 8
_LONGEST_VALUE = 16_384

MOST_NAMES = 10_000
"""How many variables or labels are looked at; a hostile config can have millions."""


class _Token(NamedTuple):
    """A form that only secrets have: what it is, what it must contain, and the whole form."""

    kind: str
    marks: tuple[str, ...]
    pattern: str


_TOKENS = (
    _Token(
        "a private key",
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
    ),
    _Token("an access key id of AWS", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    _Token(
        "a token of GitHub",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,100})",
    ),
    _Token(
        "a token of GitLab",
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-", "glft-"),
        r"\bgl(?:pat|dt|rt|cbt|ptt|soat|ft)-[\w-]{20}",
    ),
    _Token("a token of Slack", ("xox",), r"\bxox[abeprs]-\d[\w-]{20}"),
    _Token(
        "a webhook of Slack",
        ("hooks.slack.com/services/",),
        r"hooks\.slack\.com/services/T\w{6,12}/B\w{6,12}/\w{20}",
    ),
    _Token("a secret key of Stripe", ("k_live_",), r"\b[rs]k_live_[A-Za-z0-9]{20}"),
    _Token("an API key of Google", ("AIza",), r"\bAIza[\w-]{35}"),
    _Token("a token of npm", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}"),
    _Token("a token of PyPI", ("pypi-AgEI",), r"\bpypi-AgEIcHlwaS5vcmc[\w-]{30}"),
    _Token("a key of SendGrid", ("SG.",), r"\bSG\.[\w-]{22}\.[\w-]{43}"),
    _Token("a token of Hugging Face", ("hf_",), r"\bhf_[A-Za-z0-9]{34}\b"),
    _Token("a token of Docker Hub", ("dckr_",), r"\bdckr_(?:pat|oat)_[\w-]{20}"),
    _Token("a key of Anthropic", ("sk-ant-",), r"\bsk-ant-[a-z]+\d\d-[\w-]{40}"),
    _Token("a key of OpenAI", ("sk-",), r"\bsk-(?:proj-)?[A-Za-z0-9]{40}"),
    _Token("a token of HashiCorp Vault", ("hvs.", "hvb."), r"\bhv[sb]\.[\w-]{24}"),
    _Token("a token of DigitalOcean", ("_v1_",), r"\bdo[opr]_v1_[0-9a-f]{64}"),
    _Token("a token of Grafana", ("glsa_", "glc_"), r"\bgl(?:sa|c)_[A-Za-z0-9_+/=]{32}"),
    _Token("a token of Sentry", ("sntrys_", "sntryu_"), r"\bsntry[su]_[\w+/=.-]{32}"),
    _Token("a token of Shopify", ("shp",), r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _Token("a token of Terraform", (".atlasv1.",), r"\b\w{14}\.atlasv1\.[\w-]{60}"),
    _Token("a key of RubyGems", ("rubygems_",), r"\brubygems_[0-9a-f]{48}"),
    _Token("a client secret of Google", ("GOCSPX-",), r"\bGOCSPX-[\w-]{28}"),
    _Token(
        "a key of Azure",
        ("AccountKey=", "SharedAccessKey="),
        r"\b(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{40,90}={1,2}",
    ),
    _Token(
        "credentials for a registry",
        ('"auth"',),
        r'"auth"\s*:\s*"(?=[A-Za-z0-9+/]{0,400}[A-Z0-9])[A-Za-z0-9+/]{8,400}={0,2}"',
    ),
    _Token("a key of age", ("AGE-SECRET-KEY-1",), r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}"),
)
# What every name that may be that of a secret has in it.
_NAME_MARKS = ("PASS", "PWD", "PSW", "SECRET", "TOKEN", "KEY", "CREDENTIAL")
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
# Paths, URLs without a password, references to stores of secrets, public keys and certificates,
# code that reads a variable.
_REFERENCES = (
    r"[$`]|@[/.]|~?\.{0,2}/[\w./ @-]*$|[A-Za-z]:\\|[\w.+-]+://"
    r"|(?-i:[a-z][a-z_-]*(?:/[a-z0-9_.-]+)+$)|(?:id|name|type|src|source)="
    r"|[\w./-]+\.(?:json|pem|p8|p12|pfx|key|crt|cer|der|pub|asc|jks|txt|ya?ml|toml|conf|ini|env)$"
    r"|(?:file|arn|vault|ssm|env|op|secret|secretref|keyvault|projects?|ref\+\w+):|base64:$"
    r"|ENC[(\[]|@Microsoft\.|!vault|(?:process\.|os\.|import\.meta\.)?env(?:iron)?[.\[(]"
    r"|ssh-\w+ |ecdsa-|-----BEGIN (?:PUBLIC|CERTIFICATE|RSA PUBLIC)"
)
# One or a few words with a small number behind, as names of things have; what was drawn at random
# has numbers or capital letters inside.
_NAME_LIKE = (
    r"(?:[-_./:]?(?:[A-Za-z][a-z]{0,14}(?:[A-Z][a-z]{1,14}){0,4}|[A-Z]{2,15}|\d)\d{0,2}(?![A-Za-z0-9]))"
    r"{1,8}"
)
# A password among settings: jdbc:…?password=…, Server=…;Password=…, -D…keyStorePassword=…
_SETTING = (
    r"(?:^|[;?&,\s-])[\w.]{0,80}?(?:password|passwd|pwd)\s{0,2}=\s{0,2}"
    r"(?P<password>[^;&,\s\"']{1,200})"
)
# The form of a driver for Go: user:password@tcp(host:port)/name
_DRIVER = r"^[\w.-]{1,80}:(?P<password>[^@\s]{1,200})@(?:tcp|unix)\("


class Suspicion(NamedTuple):
    """Why a value is taken for a secret.

    Attributes:
        reason: A clause that follows what holds the value; the value is not in it.
        is_sure: Whether it can hardly be anything else; if not, it is a password that everybody
            knows.
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
    """Whether a name is that of a secret, and a value can hardly be anything else than one."""
    judged = _judge(name_words(name), value) if is_secret_name(name) else None
    return judged is not None and judged.is_sure


def _judge(words: list[str], value: str) -> Suspicion | None:
    """What a value is that stands under the name of a secret."""
    if _is_stand_in(value):
        return None
    is_password = any(word.endswith(_PASSWORD_ENDS) for word in words)
    if len(value) < _SHORTEST or _matcher(_WEAK).fullmatch(value):
        easy = Suspicion("is a password that is easy to guess", is_sure=False)
        return easy if is_password else None
    if not any(word.endswith(_CLEAR_ENDS) for word in words):
        if len(value) < _SHORTEST_KEY and not is_password:
            return None
        if is_mere_words(value):
            return Suspicion(
                "has the name of a secret and a value of mere words, which may only name one",
                is_sure=False,
            )
    return Suspicion(
        f"has the name of a secret and a value of {len(value)} characters", is_sure=True
    )


def suspect_text(value: str) -> Suspicion | None:
    """Whether a text holds something that has the form of a secret, whatever its name is."""
    value = value[:_LONGEST_VALUE]
    for token in _TOKENS:
        if any(mark in value for mark in token.marks):
            found = _exactly(token.pattern).search(value)
            if found is not None and "EXAMPLE" not in found.group():
                return Suspicion(f"holds {token.kind}", is_sure=True)
    if "://" not in value or "@" not in value:
        return None
    for match in _userinfo().finditer(value):
        if is_plausible(match["password"]) and match["password"] != match["user"]:
            return Suspicion("holds a URL with a password", is_sure=True)
    return None


def _setting_with_password(value: str) -> Suspicion | None:
    """A value that is a list of settings, with a password among them."""
    found = chain(
        _matcher(_SETTING).finditer(value) if "=" in value else (),
        _matcher(_DRIVER).finditer(value) if "@" in value else (),
    )
    for match in found:
        if is_plausible(match["password"]):
            return Suspicion("holds a setting with a password", is_sure=True)
    return None


def is_secret_name(name: str) -> bool:
    """Whether a name ends like the name of a secret: ``DB_PASSWORD``, ``apiKey``."""
    upper = name.upper()
    if upper in _FOLDERS or not any(mark in upper for mark in _NAME_MARKS):
        return False
    words = name_words(name)
    while words and (words[-1].isdecimal() or words[-1] in _TRAILERS):
        words.pop()
    # The domain in front of a key, as in com.example.password, says nothing about the value.
    if not words or _HARMLESS.intersection(name_words(name.rpartition(".")[2])):
        return False
    last = words[-1]
    if last == "KEY":
        return len(words) > 1 and words[-2] in _SECRET_KEYS
    return last in _SECRET_WORDS or last.endswith(_SECRET_ENDS)


def is_mere_words(value: str) -> bool:
    """Whether a value is made of words with at most small numbers behind, as a name is."""
    return _exactly(_NAME_LIKE).fullmatch(value) is not None


def is_plausible(value: str) -> bool:
    """Whether a value, known to stand where a secret does, is one: no placeholder, not weak."""
    return (
        len(value) >= _SHORTEST and not _is_stand_in(value) and not _matcher(_WEAK).fullmatch(value)
    )


def name_words(name: str) -> list[str]:
    """The words of a name, in upper case: ``dbPassword`` and ``DB_PASSWORD`` are the same."""
    return [word.upper() for word in _words().findall(name[:200])]


def _is_stand_in(value: str) -> bool:
    """Whether a value stands for something else, or for nothing."""
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


@cache
def _userinfo() -> re.Pattern[str]:
    return re.compile(
        r"\b[a-z][a-z0-9+.-]{1,30}://(?P<user>[^\s:/@'\"]{0,80}):(?P<password>[^\s/@'\"]{1,200})@"
    )


@cache
def _words() -> re.Pattern[str]:
    return re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
