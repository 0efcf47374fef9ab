"""Made-up tokens of many issuers, and what looks like them and is no secret.

A token is described by its parts, as its issuer does: a text as it is, or an alphabet and a number
of characters. None of them was ever issued.
"""

from __future__ import annotations

import base64
import hashlib
import random
import string
import uuid
from collections.abc import Callable, Iterator
from typing import NamedTuple

EACH = 5
"""Samples of each kind."""

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
DIGITS = string.digits
URL64 = f"{ALNUM}-_"
B64 = f"{ALNUM}+/"
BASE32 = string.ascii_uppercase + "234567"

Part = str | tuple[str, int]


class Sample(NamedTuple):
    """A value and what it is.

    Attributes:
        kind: What it is.
        name: The name of a variable with it, which says nothing about it.
        value: The value.
    """

    kind: str
    name: str
    value: str


def _uuid(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


# Issuer and kind -> the parts of a token.
TOKENS: dict[str, tuple[Part, ...]] = {
    "1Password service account": ("ops_eyJ", (B64, 320)),
    "age identity": ("AGE-SECRET-KEY-1", ("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    "Airtable personal access token": ("pat", (ALNUM, 14), ".", (HEX, 64)),
    "Alibaba Cloud AccessKey ID": ("LTAI", (ALNUM, 20)),
    "Amazon Bedrock API key": ("ABSK", (B64, 124)),
    "Anthropic API key": ("sk-ant-api03-", (URL64, 93), "AA"),
    "Artifactory API key": ("AKCp", (ALNUM, 69)),
    "Artifactory reference token": ("cmVmdGtu", (ALNUM, 56)),
    "Atlassian API token": ("ATATT3xFfGF0", (URL64, 171), "=", (UPPER[:26][:6] + DIGITS, 8)),
    "AWS access key ID": ("AKIA", (BASE32, 16)),
    "AWS temporary access key ID": ("ASIA", (BASE32, 16)),
    "Azure client secret": ((ALNUM, 3), "8Q~", (f"{ALNUM}_~.-", 34)),
    "Azure DevOps personal access token": ((ALNUM, 76), "AZDO", (ALNUM, 4)),
    "Azure service bus connection": (
        "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=",
        (B64, 43),
        "=",
    ),
    "Azure shared access signature": (
        "https://a.blob.core.windows.net/c?sv=2022-11-02&se=2030-01-01&sig=",
        (ALNUM, 42),
        "%3D",
    ),
    "Azure storage connection": (
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=",
        (B64, 86),
        "==",
    ),
    "Bitbucket app password": ("ATBB", (ALNUM, 24), ("ABCDEF0123456789", 8)),
    "Braintree access token": ("access_token$production$", (LOWER, 16), "$", (HEX, 32)),
    "Brevo API key": ("xkeysib-", (HEX, 64), "-", (ALNUM, 16)),
    "Buildkite user token": ("bkua_", (HEX, 40)),
    "CircleCI personal token": ("CCIPAT_", (ALNUM, 22), "_", (HEX, 40)),
    "Clojars deploy token": ("CLOJARS_", (LOWER, 60)),
    "Cloudflare origin CA key": ("v1.0-", (HEX, 24), "-", (HEX, 146)),
    "Contentful management token": ("CFPAT-", (URL64, 43)),
    "crates.io token": ("cio", (ALNUM, 32)),
    "Databricks token": ("dapi", (HEX, 32)),
    "DigitalOcean personal token": ("dop_v1_", (HEX, 64)),
    "Discord bot token": ("M", (ALNUM, 25), ".", (URL64, 6), ".", (URL64, 38)),
    "Discord webhook": ("https://discord.com/api/webhooks/", (DIGITS, 18), "/", (URL64, 68)),
    "Docker Hub access token": ("dckr_pat_", (URL64, 27)),
    "Doppler service token": ("dp.st.prd.", (ALNUM, 43)),
    "Duffel token": ("duffel_live_", (URL64, 43)),
    "Dynatrace token": ("dt0c01.", (UPPER, 24), ".", (UPPER, 64)),
    "EasyPost key": ("EZAK", (ALNUM, 54)),
    "Figma token": ("figd_", (URL64, 40)),
    "Fly.io token": ("fm2_", (B64, 160)),
    "GitHub app token": ("ghs_", (ALNUM, 36)),
    "GitHub fine-grained token": ("github_pat_", (ALNUM, 22), "_", (ALNUM, 59)),
    "GitHub personal token": ("ghp_", (ALNUM, 36)),
    "GitLab deploy token": ("gldt-", (URL64, 20)),
    "GitLab personal token": ("glpat-", (URL64, 20)),
    "GitLab runner registration": ("GR1348941", (URL64, 20)),
    "Google API key": ("AIza", (URL64, 35)),
    "Google OAuth access token": ("ya29.", (URL64, 180)),
    "Google OAuth client secret": ("GOCSPX-", (URL64, 28)),
    "Google OAuth refresh token": ("1//0", (URL64, 60)),
    "Grafana service account": ("glsa_", (ALNUM, 32), "_", (HEX, 8)),
    "Groq key": ("gsk_", (ALNUM, 52)),
    "Harness token": ("pat.", (URL64, 22), ".", (HEX, 24), ".", (ALNUM, 20)),
    "HashiCorp Vault token": ("hvs.", (URL64, 90)),
    "Heroku key": ("HRKU-AA", (URL64, 58)),
    "HubSpot private app": ("pat-na1-", ("UUID", 1)),
    "Hugging Face token": ("hf_", (string.ascii_letters, 34)),
    "Infisical service token": ("st.", (HEX, 24), ".", (HEX, 32), ".", (HEX, 32)),
    "JetBrains Hub token": ("perm-", (ALNUM, 12), ".", (ALNUM, 8), ".", (ALNUM, 36)),
    "LangSmith key": ("lsv2_pt_", (HEX, 32), "_", (HEX, 10)),
    "Linear key": ("lin_api_", (ALNUM, 40)),
    "Mailchimp key": ((HEX, 32), "-us", (DIGITS, 2)),
    "Mailgun key": ("key-", (HEX, 32)),
    "MongoDB address": ("mongodb+srv://app:", (ALNUM, 20), "@c0.example.net/db"),
    "Netlify token": ("nfp_", (ALNUM, 36)),
    "New Relic user key": ("NRAK-", (UPPER, 27)),
    "New Relic license": ((HEX, 36), "NRAL"),
    "Notion token": ("ntn_", (DIGITS, 11), (ALNUM, 35)),
    "npm token": ("npm_", (ALNUM, 36)),
    "NuGet key": ("oy2", (LOWER, 43)),
    "OpenAI key": ("sk-", (ALNUM, 20), "T3BlbkFJ", (ALNUM, 20)),
    "OpenAI project key": ("sk-proj-", (URL64, 74), "T3BlbkFJ", (URL64, 74)),
    "OpenShift token": ("sha256~", (URL64, 43)),
    "Perplexity key": ("pplx-", (ALNUM, 48)),
    "Pinecone key": ("pcsk_", (ALNUM, 5), "_", (ALNUM, 63)),
    "Plaid access token": ("access-production-", ("UUID", 1)),
    "PlanetScale token": ("pscale_tkn_", (URL64, 43)),
    "PostgreSQL address": ("postgres://app:", (ALNUM, 24), "@db.example.net:5432/app"),
    "Postman key": ("PMAK-", (HEX, 24), "-", (HEX, 34)),
    "Prefect key": ("pnu_", (ALNUM, 36)),
    "Pulumi token": ("pul-", (HEX, 40)),
    "PyPI token": ("pypi-AgEIcHlwaS5vcmc", (URL64, 130)),
    "ReadMe key": ("rdme_", (LOWER, 70)),
    "Replicate token": ("r8_", (ALNUM, 37)),
    "RubyGems key": ("rubygems_", (HEX, 48)),
    "SendGrid key": ("SG.", (URL64, 22), ".", (URL64, 43)),
    "Sentry user token": ("sntryu_", (HEX, 64)),
    "Shippo token": ("shippo_live_", (HEX, 40)),
    "Shopify access token": ("shpat_", (HEX, 32)),
    "Slack app token": ("xapp-1-A", (UPPER, 10), "-", (DIGITS, 13), "-", (HEX, 64)),
    "Slack bot token": ("xoxb-", (DIGITS, 12), "-", (DIGITS, 13), "-", (ALNUM, 24)),
    "Slack webhook": (
        "https://hooks.slack.com/services/T",
        (UPPER, 10),
        "/B",
        (UPPER, 10),
        "/",
        (ALNUM, 24),
    ),
    "SonarQube token": ("sqp_", (HEX, 40)),
    "Square access token": ("sq0atp-", (URL64, 22)),
    "Square client secret": ("sq0csp-", (URL64, 43)),
    "Stripe restricted key": ("rk_live_", (ALNUM, 99)),
    "Stripe secret key": ("sk_live_", (ALNUM, 24)),
    "Stripe webhook secret": ("whsec_", (ALNUM, 32)),
    "Supabase access token": ("sbp_", (HEX, 40)),
    "Tailscale auth key": ("tskey-auth-k", (ALNUM, 11), "CNTRL-", (ALNUM, 32)),
    "Teams webhook": (
        "https://x.webhook.office.com/webhookb2/",
        *(("UUID", 1), "@", ("UUID", 1), "/IncomingWebhook/", (HEX, 32), "/", ("UUID", 1)),
    ),
    "Telegram bot token": ((DIGITS[1:], 1), (DIGITS, 9), ":AA", (URL64, 33)),
    "Tencent Cloud SecretId": ("AKID", (ALNUM, 32)),
    "Terraform Cloud token": ((ALNUM, 14), ".atlasv1.", (ALNUM, 67)),
    "Twilio API key": ("SK", (HEX, 32)),
    "Typeform token": ("tfp_", (ALNUM, 44), "_", (ALNUM, 14)),
    "xAI key": ("xai-", (ALNUM, 80)),
    "Yandex Cloud API key": ("AQVN", (URL64, 36)),
}


def _made(parts: tuple[Part, ...], source: random.Random) -> str:
    return "".join(
        part
        if isinstance(part, str)
        else _uuid(source)
        if part[0] == "UUID"
        else "".join(source.choices(part[0], k=part[1]))
        for part in parts
    )


def tokens() -> Iterator[Sample]:
    """The tokens, the same in every run."""
    for kind, parts in TOKENS.items():
        for number in range(EACH):
            source = random.Random(f"{kind}/{number}")
            yield Sample(kind, f"VALUE_{number}", _made(parts, source))


Make = Callable[[random.Random], str]


def _digest(length: int) -> Make:
    return lambda source: "".join(source.choices(HEX, k=length))


def _of(*parts: Part) -> Make:
    return lambda source: _made(parts, source)


def _base64(count: int) -> Make:
    return lambda source: base64.b64encode(source.randbytes(count)).decode()


def _words(separator: str) -> Make:
    words = ("build", "image", "layer", "token", "secret", "release", "config", "access")
    return lambda source: separator.join(source.choices(words, k=5))


# Name of a variable -> what makes its value.
LOOK_ALIKES: dict[str, Make] = {
    "GIT_COMMIT": _digest(40),
    "IMAGE_DIGEST": lambda source: f"sha256:{_digest(64)(source)}",
    "CHECKSUM": _digest(64),
    "MD5": _digest(32),
    "SHORT_SHA": _digest(12),
    "REQUEST_ID": _uuid,
    "TENANT": _uuid,
    "INTEGRITY": lambda source: f"sha512-{_base64(64)(source)}",
    "GO_SUM": lambda source: f"h1:{_base64(32)(source)}",
    "ICON": _base64(90),
    "GPG_KEY": lambda source: _digest(40)(source).upper(),
    "PYTHON_GET_PIP_SHA256": _digest(64),
    "SSH_HOST_KEY": lambda source: f"ssh-ed25519 {_base64(51)(source)} build@host",
    "STRIPE_PUBLISHABLE": _of("pk_live_", (ALNUM, 24)),
    "STRIPE_TEST": _of("pk_test_", (ALNUM, 24)),
    "SENTRY_DSN": lambda source: f"https://{_digest(32)(source)}@o123.ingest.sentry.io/456",
    "ANALYTICS": _of("UA-", (DIGITS, 8), "-1"),
    "TAG_MANAGER": _of("GTM-", (UPPER, 7)),
    "MEASUREMENT": _of("G-", (UPPER, 10)),
    "ECR_IMAGE": _of((DIGITS, 12), ".dkr.ecr.eu-west-1.amazonaws.com/app:", (HEX, 7)),
    "ROLE": _of("arn:aws:iam::", (DIGITS, 12), ":role/deploy-", (LOWER, 8)),
    "SECRET_REFERENCE": _of(
        "arn:aws:secretsmanager:eu-west-1:", (DIGITS, 12), ":secret:app-", (ALNUM, 6)
    ),
    "SLUG": _words("-"),
    "MODULE": _words("."),
    "CLASS": lambda source: "".join(map(str.capitalize, _words(" ")(source).split())),
    "CONSTANT": lambda source: _words("_")(source).upper(),
    "LIBRARY": lambda source: (
        f"/usr/lib/x86_64-linux-gnu/lib{_words('_')(source)}.so.{source.randrange(9)}"
    ),
    "ADDRESS": lambda source: f"https://example.net/{_words('/')(source)}?id={_uuid(source)}",
    "DATABASE": lambda source: f"postgres://app@db.example.net:5432/{_words('_')(source)}",
    "DATABASE_PASSWORDLESS": lambda source: (
        f"postgres://app:${{DB_{_words('_')(source).upper()}}}@db/app"
    ),
    "PROXY": lambda source: f"http://proxy-{source.randrange(99)}.example.net:3128",
    "TIMESTAMP": lambda source: (
        f"2026-{source.randrange(1, 13):02}-01T00:00:00.{source.randrange(10**9):09}Z"
    ),
    "VERSION": lambda source: (
        f"{source.randrange(20)}.{source.randrange(20)}.0-rc.{_digest(7)(source)}+build.{source.randrange(999)}"
    ),
    "HEX_PREFIX": lambda source: f"sk-{_digest(20)(source)}",
    "HF_HUB_HOME": lambda source: f"hf_hub_download_{_words('_')(source)}",
    "NPM_CONFIG": lambda source: f"npm_config_{_words('_')(source)}",
    "NPM_SHORT": _of("npm_", (ALNUM, 20)),
    "GITHUB_PLACEHOLDER": _of(f"ghp_{'x' * 36}"),
    "GITHUB_SHORT": _of("ghp_", (ALNUM, 30)),
    "AWS_EXAMPLE": _of("AKIA", (BASE32, 9), "EXAMPLE"),
    "AWS_LONG": _of("AKIA", (UPPER, 30)),
    "GOOGLE_SHORT": _of("AIza", (URL64, 20)),
    "SLACK_TEXT": lambda source: f"xoxo-{_words('-')(source)}",
    "SLACK_CHANNEL": _of("https://example.slack.com/archives/C", (UPPER, 10)),
    "SENDGRID_VERSION": lambda source: f"SG.{source.randrange(9)}.{source.randrange(99)}",
    "TELEGRAM_CHAT": _of("-100", (DIGITS, 10)),
    "RATIO": lambda source: f"{source.randrange(10**9)}:AAAA",
    "PATCH": lambda source: f"patch-{_digest(32)(source)}",
    "PATH_OF": lambda source: f"pat{_words('/')(source)}.{_digest(64)(source)}",
    "TWILIO_ACCOUNT": _of("AC", (HEX, 32)),
    "TWILIO_MESSAGE": _of("SM", (HEX, 32)),
    "LAYER": lambda source: f"{_digest(64)(source)}/layer.tar",
    "JAVA_OPTS": lambda source: (
        f"-Xmx{source.randrange(9)}g -Djavax.net.ssl.trustStore=/etc/{_words('/')(source)}.jks"
    ),
    "PUBLIC_KEY": lambda source: (
        f"-----BEGIN PUBLIC KEY-----{_base64(91)(source)}-----END PUBLIC KEY-----"
    ),
    "CERTIFICATE": lambda source: (
        f"-----BEGIN CERTIFICATE-----{_base64(300)(source)}-----END CERTIFICATE-----"
    ),
    "FINGERPRINT": lambda source: f"SHA256:{_base64(32)(source).rstrip('=')}",
    "MAC": lambda source: ":".join(_digest(2)(source) for _ in range(6)),
    "ETAG": lambda source: f'W/"{_digest(32)(source)}"',
    "COLOUR": lambda source: f"#{_digest(6)(source)}",
    "LICENSE_TEXT": lambda source: f"SPDX-License-Identifier-{_words('-')(source)}",
    "NODE_MODULE": lambda source: f"pscale_{_words('_')(source)}",
    "DOPPLER_CONFIG": lambda source: f"dp.{_words('.')(source)}",
    "PASSWORD_FILE": lambda source: f"/run/secrets/{_words('_')(source)}",
    "VAULT_PATH": lambda source: f"vault:secret/data/{_words('/')(source)}#value",
    "HASHED": lambda source: hashlib.sha1(source.randbytes(8), usedforsecurity=False).hexdigest(),
}


def look_alikes() -> Iterator[Sample]:
    """What is no secret, the same in every run."""
    for name, make in LOOK_ALIKES.items():
        for number in range(EACH):
            source = random.Random(f"{name}/{number}")
            yield Sample(name, f"{name}_{number}" if number else name, make(source))
