r"""The forms of tokens, keys and passwords that only secrets have.

Each is described by what its issuer says of it: a fixed beginning, the alphabet and the length. A
form without a mark that nothing else has is left out: it would be found in digests and identifiers.

Sources: the documentation of the issuers on the formats of their tokens, as of 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain

from checker.records import NamedTuple

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class TokenForm(NamedTuple):
    """A form that only secrets have.

    Attributes:
        kind: What it is, with an article.
        marks: What a text with one of them contains at least one of.
        pattern: A regular expression for it.
        part: For a form without a mark: what it contains, which others contain as well.
    """

    kind: str
    marks: tuple[str, ...]
    pattern: str
    part: str = ""

    def may_be_in(self, text: str) -> bool:
        """Whether a text has a mark of this form, or the form itself if it has no mark."""
        if self.marks:
            return any(mark in text for mark in self.marks)
        return self.part in text and _compiled(self.pattern).search(text) is not None

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """The places in a text that have this form."""
        if self.may_be_in(text):
            yield from _compiled(self.pattern).finditer(text)


PRIVATE_KEY = TokenForm(
    "a private key",
    ("PRIVATE KEY",),
    r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
)
"""The first line of a private key in PEM form; the key goes on up to its end mark."""

REGISTRY_CREDENTIALS = TokenForm(
    "registry credentials",
    ('"auth"',),
    r'"auth"\s*:\s*"(?=[A-Za-z0-9+/]{0,400}[A-Z0-9])[A-Za-z0-9+/]{8,400}={0,2}"',
)
"""User and password of a registry as Docker and Podman write them, in Base64."""

_CODE = (
    TokenForm(
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,100})",
    ),
    TokenForm(
        "a GitLab token",
        (
            *("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-", "glft-", "glimt-"),
            *("glagent-", "gloas-", "glffct-", "GR1348941"),
        ),
        r"\b(?:gl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent|oas|ffct)-|GR1348941)[\w-]{20}",
    ),
    TokenForm("a Bitbucket app password", ("ATBB",), r"\bATBB[A-Za-z0-9]{24}[A-F0-9]{8}\b"),
    TokenForm("an Atlassian token", ("ATATT3xFfGF0",), r"\bATATT3xFfGF0[\w-]{100,250}=[0-9A-F]{8}"),
    TokenForm("an Azure DevOps token", ("AZDO",), r"\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\b"),
    TokenForm("a Buildkite token", ("bkua_",), r"\bbkua_[0-9a-f]{40}\b"),
    TokenForm("a CircleCI token", ("CCIPAT_",), r"\bCCIPAT_[A-Za-z0-9]{22}_[0-9a-f]{40}\b"),
    TokenForm("a SonarQube token", ("sqp_", "squ_", "sqa_"), r"\bsq[pua]_[0-9a-f]{40}\b"),
    TokenForm(
        "a JetBrains token", ("perm-",), r"\bperm-[\w+/=]{4,200}\.[\w+/=]{4,100}\.[\w+/=]{30}"
    ),
    TokenForm("a Sentry token", ("sntrys_", "sntryu_"), r"\bsntry[su]_[\w+/=.-]{32}"),
    TokenForm("a Postman key", ("PMAK-",), r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b"),
    TokenForm("a Linear key", ("lin_api_",), r"\blin_api_[A-Za-z0-9]{40}\b"),
    TokenForm("a Figma token", ("figd_",), r"\bfigd_[\w-]{40}"),
    TokenForm("a Notion token", ("ntn_",), r"\bntn_[A-Za-z0-9]{43,50}\b"),
    TokenForm("an Airtable token", (), r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}\b", "pat"),
    TokenForm(
        "a Harness token",
        (),
        r"\bpat\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}\b",
        "pat.",
    ),
)
_PACKAGES = (
    TokenForm("an npm token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}"),
    TokenForm("a PyPI token", ("pypi-AgEI",), r"\bpypi-AgEIcHlwaS5vcmc[\w-]{30}"),
    TokenForm("a RubyGems key", ("rubygems_",), r"\brubygems_[0-9a-f]{48}"),
    TokenForm("a crates.io token", (), r"\bcio[A-Za-z0-9]{32}\b", "cio"),
    TokenForm("a NuGet key", (), r"\boy2[a-z0-9]{43}\b", "oy2"),
    TokenForm("a Clojars token", ("CLOJARS_",), r"\bCLOJARS_[0-9a-z]{60}\b"),
    TokenForm("a Docker Hub token", ("dckr_",), r"\bdckr_(?:pat|oat)_[\w-]{20}"),
    TokenForm(
        "an Artifactory token",
        ("AKCp", "cmVmdGtu"),
        r"\b(?:AKCp[A-Za-z0-9]{69}|cmVmdGtu[A-Za-z0-9]{56})",
    ),
)
_CLOUDS = (
    TokenForm("an AWS access key ID", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    TokenForm("an Amazon Bedrock key", ("ABSK",), r"\bABSK[A-Za-z0-9+/]{109}"),
    TokenForm("a Google API key", ("AIza",), r"\bAIza[\w-]{35}"),
    TokenForm("a Google client secret", ("GOCSPX-",), r"\bGOCSPX-[\w-]{28}"),
    TokenForm("a Google access token", ("ya29.",), r"\bya29\.[\w-]{50}"),
    TokenForm("a Google refresh token", ("1//0",), r"\b1//0[\w-]{40}"),
    TokenForm(
        "an Azure key",
        ("AccountKey=", "SharedAccessKey="),
        r"\b(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{40,90}={1,2}",
    ),
    TokenForm(
        "an Azure client secret", ("Q~",), r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])"
    ),
    TokenForm(
        "an Azure shared access signature", ("sig=",), r"[?&]sig=[A-Za-z0-9%+/]{40,60}(?:%3[Dd]|=)"
    ),
    TokenForm("an Alibaba Cloud key ID", ("LTAI",), r"\bLTAI[A-Za-z0-9]{20}\b"),
    TokenForm("a Tencent Cloud key ID", ("AKID",), r"\bAKID[A-Za-z0-9]{32}\b"),
    TokenForm("a Yandex Cloud key", ("AQVN",), r"\bAQVN[\w-]{35,38}\b"),
    TokenForm("a DigitalOcean token", ("_v1_",), r"\bdo[opr]_v1_[0-9a-f]{64}"),
    TokenForm("a Cloudflare key", ("v1.0-",), r"\bv1\.0-[0-9a-f]{24}-[0-9a-f]{146}\b"),
    TokenForm("a Fly.io token", ("fm1_", "fm2_", "fm1r_"), r"\bfm(?:1r?|2)_[A-Za-z0-9+/]{100}"),
    TokenForm("a Heroku key", ("HRKU-",), r"\bHRKU-AA[\w-]{58}"),
    TokenForm("a Netlify token", ("nfp_",), r"\bnfp_[A-Za-z0-9]{36}"),
    TokenForm("a Supabase token", ("sbp_",), r"\bsbp_[0-9a-f]{40}\b"),
    TokenForm("a PlanetScale token", ("pscale_",), r"\bpscale_(?:tkn|pw|oauth)_[\w=.-]{32}"),
    TokenForm("a Databricks token", ("dapi",), r"\bdapi[0-9a-f]{32}(?:-\d)?\b"),
    TokenForm(
        "a Tailscale key", ("tskey-",), r"\btskey-[a-z]{2,12}-[0-9A-Za-z]{8,20}-[0-9A-Za-z]{20,40}"
    ),
    TokenForm("an OpenShift token", ("sha256~",), r"\bsha256~[\w-]{43}"),
)
_SECRET_STORES = (
    TokenForm("a HashiCorp Vault token", ("hvs.", "hvb."), r"\bhv[sb]\.[\w-]{24}"),
    TokenForm("a Terraform token", (".atlasv1.",), r"\b\w{14}\.atlasv1\.[\w-]{60}"),
    TokenForm("a Pulumi token", ("pul-",), r"\bpul-[0-9a-f]{40}\b"),
    TokenForm(
        "a Doppler token",
        ("dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."),
        r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}\b",
    ),
    TokenForm(
        "an Infisical token",
        (),
        r"\bst\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}\b",
        "st.",
    ),
    TokenForm("a 1Password token", ("ops_eyJ",), r"\bops_eyJ[A-Za-z0-9+/]{200}"),
    TokenForm("an age key", ("AGE-SECRET-KEY-1",), r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}"),
)
_MESSAGES = (
    TokenForm("a Slack token", ("xox",), r"\bxox[abeprs](?:\.xox[bp])?-\d[\w-]{20}"),
    TokenForm(
        "a Slack app token", ("xapp-",), r"\bxapp-\d-[A-Z0-9]{8,12}-\d{10,14}-[0-9a-f]{60,64}"
    ),
    TokenForm(
        "a Slack webhook",
        ("hooks.slack.com/services/",),
        r"hooks\.slack\.com/services/T\w{6,12}/B\w{6,12}/\w{20}",
    ),
    TokenForm(
        "a Discord webhook",
        ("/api/webhooks/",),
        r"\bdiscord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,80}",
    ),
    TokenForm(
        "a Discord token",
        (),
        r"\b[MNO][A-Za-z0-9_-]{23,25}\.[\w-]{6}\.[\w-]{27,38}\b",
        ".",
    ),
    TokenForm(
        "a Teams webhook",
        (".webhook.office.com/",),
        rf"\.webhook\.office\.com/webhookb2/{_UUID}@{_UUID}/IncomingWebhook/[0-9a-f]{{32}}/{_UUID}",
    ),
    TokenForm("a Telegram token", (":AA",), r"\b\d{8,10}:AA[\w-]{33}\b"),
    TokenForm("a Twilio key", (), r"\bSK[0-9a-f]{32}\b", "SK"),
    TokenForm("a SendGrid key", ("SG.",), r"\bSG\.[\w-]{22}\.[\w-]{43}"),
    TokenForm("a Mailgun key", ("key-",), r"\bkey-[0-9a-f]{32}\b"),
    TokenForm("a Mailchimp key", ("-us",), r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    TokenForm("a Brevo key", ("xkeysib-",), r"\bxkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}\b"),
)
_BUSINESS = (
    TokenForm(
        "a Stripe secret key",
        ("k_live_", "whsec_"),
        r"\b(?:[rs]k_live_[A-Za-z0-9]{20}|whsec_[A-Za-z0-9]{32})",
    ),
    TokenForm("a Square token", ("sq0atp-", "sq0csp-"), r"\bsq0(?:atp-[\w-]{22}|csp-[\w-]{43})"),
    TokenForm(
        "a Braintree token",
        ("access_token$production$",),
        r"\baccess_token\$production\$[0-9a-z]{16}\$[0-9a-f]{32}\b",
    ),
    TokenForm("a Plaid token", ("access-production-",), rf"\baccess-production-{_UUID}\b"),
    TokenForm("a Shopify token", ("shp",), r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    TokenForm("a Shippo token", ("shippo_live_",), r"\bshippo_live_[0-9a-f]{40}\b"),
    TokenForm("a Duffel token", ("duffel_live_",), r"\bduffel_live_[\w-]{43}"),
    TokenForm("an EasyPost key", ("EZAK",), r"\bEZAK[A-Za-z0-9]{54}\b"),
    TokenForm("a HubSpot token", ("pat-na", "pat-eu"), rf"\bpat-(?:na|eu)\d-{_UUID}\b"),
    TokenForm("a Typeform token", ("tfp_",), r"\btfp_[\w=.-]{59}"),
    TokenForm("a Contentful token", ("CFPAT-",), r"\bCFPAT-[\w-]{43}"),
    TokenForm("a ReadMe key", ("rdme_",), r"\brdme_[0-9a-z]{70}\b"),
)
_OBSERVERS = (
    TokenForm("a Grafana token", ("glsa_", "glc_"), r"\bgl(?:sa|c)_[A-Za-z0-9_+/=]{32}"),
    TokenForm("a New Relic key", ("NRAK-", "NRAL"), r"\bNRAK-[A-Z0-9]{27}\b|\b[0-9a-f]{36}NRAL\b"),
    TokenForm(
        "a Dynatrace token", ("dt0c01.", "dt0s"), r"\bdt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}\b"
    ),
    TokenForm("a Prefect key", ("pnu_", "pnb_"), r"\bpn[ub]_[A-Za-z0-9]{36}\b"),
)
_MODELS = (
    TokenForm("a Hugging Face token", ("hf_",), r"\bhf_[A-Za-z0-9]{34}\b"),
    TokenForm("an Anthropic key", ("sk-ant-",), r"\bsk-ant-[a-z]+\d\d-[\w-]{40}"),
    TokenForm(
        "an OpenAI key", ("sk-",), r"\bsk-(?:[A-Za-z0-9]{40}|(?:proj|svcacct|admin)-[\w-]{40})"
    ),
    TokenForm("a Replicate token", ("r8_",), r"\br8_[A-Za-z0-9]{37}\b"),
    TokenForm("a Groq key", ("gsk_",), r"\bgsk_[A-Za-z0-9]{52}\b"),
    TokenForm("a Perplexity key", ("pplx-",), r"\bpplx-[A-Za-z0-9]{48}\b"),
    TokenForm("an xAI key", ("xai-",), r"\bxai-[A-Za-z0-9]{80}\b"),
    TokenForm("a LangSmith key", ("lsv2_",), r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b"),
    TokenForm("a Pinecone key", ("pcsk_",), r"\bpcsk_[A-Za-z0-9]{4,6}_[A-Za-z0-9]{60,64}\b"),
)

_WITH_BLANKS = (PRIVATE_KEY, REGISTRY_CREDENTIALS)
IN_ONE_RUN = (
    *_CLOUDS,
    *_CODE,
    *_PACKAGES,
    *_SECRET_STORES,
    *_MESSAGES,
    *_BUSINESS,
    *_OBSERVERS,
    *_MODELS,
)
"""The forms of tokens that are one run of characters without blanks and quotes."""

TOKENS: tuple[TokenForm, ...] = (*_WITH_BLANKS, *IN_ONE_RUN)
"""All forms; of two that fit, the first names what was found."""

MARKS = tuple(chain.from_iterable(form.marks for form in _WITH_BLANKS))
"""What a text contains at least one of that has a form with blanks in it."""

_MARKS_IN_RUNS = tuple(chain.from_iterable(form.marks for form in IN_ONE_RUN))
_UNMARKED = tuple(form for form in IN_ONE_RUN if not form.marks)

# All other forms are in such a run of characters, which texts in a language hardly ever have.
_LENGTH_OF_RUN = 20
_RUN = rf"[\w+/=.~:@%&?$-]{{{_LENGTH_OF_RUN}}}"
_WHOLE_RUN = rf"{_RUN}\S*"


def tokens_in(text: str) -> Iterator[tuple[TokenForm, re.Match[str]]]:
    """What in a text has the form of a secret, form by form."""
    forms = TOKENS if _compiled(_RUN).search(text) else _WITH_BLANKS
    return ((form, found) for form in forms for found in form.find(text))


def may_contain_tokens(text: str) -> bool:
    """Whether a text has a form that is one run of characters; the others have ``MARKS``."""
    if len(text) < _LENGTH_OF_RUN:
        return False
    runs = " ".join(_compiled(_WHOLE_RUN).findall(text))
    if not runs:
        return False
    return any(mark in runs for mark in _MARKS_IN_RUNS) or any(
        form.may_be_in(runs) for form in _UNMARKED
    )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
