"""Well-known files with credentials, and the patterns that confirm their content.

The name of a file alone is not sufficient: ``key.pem`` may be a public key, ``.npmrc`` may refer to
a variable. Each file is therefore identified by its name and its content.

Sources: the documentation of the programs that write these files; the lists of names in dockle,
pkg/assessor/credential, without those that caused false positives (certificates, settings).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from checker.checks.listing import first_few
from checker.model.text_secrets import has_passphrase
from checker.records import NamedTuple
from checker_hygiene.secrets import is_plausible, suspect

_PRIVATE_KEY = r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_JSON_KEY = (
    r'"(?:private_key|client_secret|refresh_token|secret_key|password)"\s*:\s*"([^"]{1,400})'
)
_DOCKER = r'"(?:auth|identitytoken|registrytoken)"\s*:\s*"([^"]{1,4000})'
_CARGO = r'^\s*token\s*=\s*"([^"]{1,400})"'
_TERRAFORM = r'"?token"?\s*[:=]\s*"([^"]{1,400})"'
_GIT = r"^\w+://[^\s:/@]{1,200}:([^\s@]{1,400})@"
_VARIABLES = "variables"


class Kind(NamedTuple):
    """A kind of file with credentials.

    Attributes:
        what: Description of the content, for messages.
        pattern: Confirms the content; a group in it is a value, which must be a plausible secret.
    """

    what: str
    pattern: str


class Credential(NamedTuple):
    """A credential that a file contains.

    Attributes:
        what: Description for messages, without the value.
        is_sure: Whether everyone can use it; a key with a passphrase is an exception.
    """

    what: str
    is_sure: bool


def _kinds() -> Iterator[tuple[str, Kind]]:
    key = Kind("a private key", _PRIVATE_KEY)
    for name in (
        *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"),
        *(".ssh/identity", "server.key", "client.key", "private.key", "ssl.key", "tls.key"),
        *("ca.key", "private.pem", "privkey.pem", "private_key.pem", "private-key.pem", "key.pem"),
        *("server-key.pem", "client-key.pem", "ca-key.pem", "server.pem", "client.pem"),
        *("deploy_key", "deploy.key", "privatekey.pem"),
    ):
        yield name, key
    google = Kind("an account key", _JSON_KEY)
    for name in (
        *("credentials.json", "credential.json", "service-account.json", "service_account.json"),
        *("serviceaccount.json", "gcloud/application_default_credentials.json"),
    ):
        yield name, google
    variables = Kind("variables with secrets", _VARIABLES)
    for name in (
        *(".env", ".env.local", ".env.production", ".env.prod", ".env.staging"),
        *(".env.development", ".env.dev"),
    ):
        yield name, variables
    docker = Kind("registry credentials", _DOCKER)
    for name in (
        ".docker/config.json",
        ".dockercfg",
        "containers/auth.json",
        "containers/0/auth.json",
    ):
        yield name, docker
    yield from _single_kinds()


def _single_kinds() -> Iterator[tuple[str, Kind]]:
    yield (
        ".aws/credentials",
        Kind("an AWS secret key", r"aws_secret_access_key\s*=\s*(\S{1,200})"),
    )
    yield ".boto", Kind("a secret key", r"^\s*\w*secret_access_key\s*=\s*(\S{1,200})")
    yield ".s3cfg", Kind("a secret key", r"^\s*secret_key\s*=\s*(\S{1,200})")
    npm = r"^[^#;\n]{0,200}(?:_authToken|_password|_auth)\s*=\s*\"?([^\s\"]{1,400})"
    yield ".npmrc", Kind("an npm registry token", npm)
    yield (
        ".yarnrc.yml",
        Kind("an npm registry token", r"npmAuthToken:\s*\"?([^\s\"]{1,400})"),
    )
    yield ".pypirc", Kind("a package index password", r"^\s*password\s*[=:]\s*(\S{1,400})")
    netrc = Kind("a password", r"\bpassword\s+(\S{1,400})")
    yield ".netrc", netrc
    yield "_netrc", netrc
    pgpass = r"^[^#:\n]{0,200}:[^:\n]{0,200}:[^:\n]{0,200}:[^:\n]{0,200}:(\S{1,200})"
    yield ".pgpass", Kind("a database password", pgpass)
    yield ".my.cnf", Kind("a database password", r"^\s*password\s*=\s*\"?([^\s\"]{1,200})")
    yield ".git-credentials", Kind("a git password", _GIT)
    yield ".config/git/credentials", Kind("a git password", _GIT)
    yield ".config/gh/hosts.yml", Kind("a GitHub token", r"oauth_token:\s*(\S{1,200})")
    kube = r"^\s*(?:client-key-data|token|password):\s*\"?([^\s\"]{1,4000})"
    yield ".kube/config", Kind("cluster credentials", kube)
    yield "kubeconfig", Kind("cluster credentials", kube)
    yield "k3s.yaml", Kind("cluster credentials", kube)
    rclone = r"^\s*(?:secret_access_key|pass|password|client_secret|token)\s*=\s*(\S{1,400})"
    yield "rclone.conf", Kind("cloud storage credentials", rclone)
    dotnet = (
        r"(?i:(?:\bpassword|\bpwd)\s*=\s*|\"[\w:]{0,60}(?:password|secret|apikey)\"\s*:\s*\")"
        r"([^;\"\s]{1,200})"
    )
    for name in ("appsettings.json", "appsettings.Production.json"):
        yield name, Kind("a setting with a password", dotnet)
    yield ".terraformrc", Kind("a Terraform token", _TERRAFORM)
    yield "credentials.tfrc.json", Kind("a Terraform token", _TERRAFORM)
    yield ".vault-token", Kind("a Vault token", r"\A((?:hvs\.|s\.)[\w.-]{20,200})\s*\Z")
    yield ".composer/auth.json", Kind("Composer credentials", r'"[\w.-]+"\s*:\s*"([^"]{8,400})"')
    yield ".m2/settings.xml", Kind("a Maven repository password", r"<password>([^<{$]{1,200})<")
    yield ".gem/credentials", Kind("a RubyGems API key", r"^:\w*api_key:\s*(\S{1,200})")
    yield ".cargo/credentials", Kind("a crate registry token", _CARGO)
    yield ".cargo/credentials.toml", Kind("a crate registry token", _CARGO)
    yield (
        "wp-config.php",
        Kind(
            "a database password",
            r"""define\(\s*['"]DB_PASSWORD['"]\s*,\s*['"]([^'"]{1,200})""",
        ),
    )
    yield (
        "database.yml",
        Kind("a database password", r"^\s*password:\s*[\"']?([^\s\"'<]{1,200})"),
    )
    yield "secrets.yml", Kind("a Rails key", r"secret_key_base:\s*([0-9a-f]{30,200})")
    yield "config/master.key", Kind("a Rails key", r"\A([0-9a-f]{32})\s*\Z")
    yield "secret_token.rb", Kind("a Rails key", r"secret_\w+\s*=\s*['\"]([0-9a-f]{30,200})")
    yield "settings.py", Kind("a Django key", r"^SECRET_KEY\s*=\s*['\"]([^'\"]{20,200})['\"]")
    yield "password.txt", Kind("a password", r"\A\s*(\S{1,200})\s*\Z")
    yield (
        "carrierwave.rb",
        Kind(
            "an AWS secret key",
            r"aws_secret_access_key['\"]?\s*(?:=>|:|=)\s*['\"]([^'\"]{1,200})",
        ),
    )
    omniauth = r"\bprovider\s+:?\w+\s*,\s*['\"][^'\"]{1,200}['\"]\s*,\s*['\"]([^'\"]{8,200})"
    yield "omniauth.rb", Kind("an OAuth secret", omniauth)
    jenkins = r"<(?:password|privateKey|passphrase|secret)>(\{[\w+/=]{20,4000}\}|[^<\s]{1,200})<"
    yield "credentials.xml", Kind("Jenkins credentials", jenkins)
    # Last, because earlier names end in the same way.
    settings = (
        r"^\s*[\"']?[\w.-]{0,80}(?:password|passwd|secret|token|secret_?(?:access_?)?key)[\"']?"
        r"\s*[:=]\s*[\"']?([^\s\"',]{1,400})"
    )
    yield "credentials", Kind("a password or token", settings)
    yield "credential", Kind("a password or token", settings)


CREDENTIALS: Mapping[str, Kind] = MappingProxyType(dict(_kinds()))
"""The kind of a file, by the end of its path."""


def _by_name(ends: Iterable[str]) -> dict[str, list[str]]:
    """Ends of paths by their last part."""
    by_name: dict[str, list[str]] = {}
    for end in ends:
        by_name.setdefault(end.rpartition("/")[2], []).append(end)
    return by_name


# A layer may have a hundred thousand files, nearly all with other names.
_ENDS_BY_NAME: Mapping[str, list[str]] = MappingProxyType(_by_name(CREDENTIALS))


def credential_in(path: str, head: bytes) -> Credential | None:
    """The credential that a file contains; None if its content does not confirm one.

    Args:
        path: Its path.
        head: Its first bytes.
    """
    slashed = f"/{path}"
    ends = _ENDS_BY_NAME.get(slashed.rpartition("/")[2], ())
    kind = next((CREDENTIALS[end] for end in ends if slashed.endswith(f"/{end}")), None)
    if kind is None:
        return None
    text = head.decode("utf-8", "replace")
    if kind.pattern == _VARIABLES:
        return _credential_in_variables(text)
    if not any(_is_secret(match) for match in _compiled(kind.pattern).finditer(text)):
        return None
    if kind.pattern == _PRIVATE_KEY and has_passphrase(head):
        return Credential(f"{kind.what} with a passphrase", is_sure=False)
    return Credential(kind.what, is_sure=True)


def _is_secret(match: re.Match[str]) -> bool:
    """Whether a match has no value, or a plausible one."""
    if not match.re.groups:
        return True
    value = match[1].strip("\"'")
    # A private key in JSON contains spaces and line ends.
    return "PRIVATE KEY" in value or is_plausible(value)


def _credential_in_variables(text: str) -> Credential | None:
    names = []
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        suspicion = suspect(name.strip(), value.strip().strip("\"'")) if equals else None
        if suspicion is not None and suspicion.is_sure and not name.startswith("#"):
            names.append(name.strip())
    if not names:
        return None
    return Credential(f"a value for {first_few(names, 3)}", is_sure=True)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)
