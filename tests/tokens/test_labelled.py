"""How many tokens are found, and how much else, where rules look for secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from checker import Finding, Severity, check
from checker.model.token_forms import TOKENS as FORMS
from checker.testing.archive import build
from checker.testing.image import Image
from checker.testing.tar import file
from tests.tokens.labelled import TOKENS, Sample, look_alikes, tokens

SECRETS = tuple(tokens())
OTHERS = tuple(look_alikes())
RECALL, PRECISION = 0.90, 0.98


def in_environment(samples: Sequence[Sample]) -> Image:
    settings = [f"{sample.name}={sample.value}" for sample in samples]
    return Image(layers=((),), config={"config": {"Env": settings}})


def in_labels(samples: Sequence[Sample]) -> Image:
    labels = {f"{sample.name}.{i}": sample.value for i, sample in enumerate(samples)}
    return Image(layers=((),), config={"config": {"Labels": labels}})


def in_history(samples: Sequence[Sample]) -> Image:
    steps = [
        f"RUN /bin/sh -c export {one.name}='{one.value}' && make # buildkit" for one in samples
    ]
    history = [{"created_by": step, "empty_layer": True} for step in steps]
    return Image(layers=((),), config={"history": history})


def in_files(samples: Sequence[Sample]) -> Image:
    files = tuple(
        file(f"srv/{i}/.env", f"{sample.name}={sample.value}\n") for i, sample in enumerate(samples)
    )
    return Image(layers=(files,))


# As people write settings in text files; the name says nothing about the value.
_LINES = (
    ("etc/app{0}.conf", "# settings\n{1} = {2}\n"),
    ("app/{0}/settings.yaml", "app:\n  {1}: {2}\n"),
    ("srv/{0}/config.json", '{{"{1}": "{2}"}}\n'),
    ("opt/{0}/run.sh", "#!/bin/sh\nexport {1}='{2}'\nexec app\n"),
    ("home/me/{0}/client.py", "VALUE = 1\n\n{1} = Client('{2}', retries=3)\n"),
    ("root/{0}/.bash_history", "ls\n{1}={2} app --now\n"),
    ("code/{0}/pom.xml", "<settings>\n  <{1}>{2}</{1}>\n</settings>\n"),
)


def in_text_files(samples: Sequence[Sample]) -> Image:
    lines = [(*_LINES[i % len(_LINES)], i, sample) for i, sample in enumerate(samples)]
    files = tuple(
        file(path.format(i), text.format(i, sample.name, sample.value))
        for path, text, i, sample in lines
    )
    return Image(layers=(files,))


class Place(NamedTuple):
    """Where values are, the rule that looks there, and how a finding names the value."""

    rule: str
    image: Callable[[Sequence[Sample]], Image]
    number: str


PLACES = {
    "environment": Place("HYG006", in_environment, r"^/config/Env/(\d+)$"),
    "labels": Place("HYG007", in_labels, r"(\d+)$"),
    "history": Place("HYG008", in_history, r"^/history/(\d+)"),
    "files": Place("HYG014", in_files, r"^srv/(\d+)/"),
    "text files": Place("HYG021", in_text_files, r"^\D+(\d+)"),
}


def found(samples: Sequence[Sample], place: Place, directory: Path) -> list[Sample]:
    """The samples for which the rule warns."""
    path = directory / "a.tar"
    path.write_bytes(build("docker-archive", place.image(samples)).tar())
    findings = check(path, {"select": [place.rule]}).findings
    numbers = {number_in(one, place) for one in findings if one.severity is Severity.WARNING}
    told = "\n".join(one.message for one in findings)
    assert not [sample for sample in samples if sample.value in told]
    return [sample for i, sample in enumerate(samples) if i in numbers]


def number_in(finding: Finding, place: Place) -> int:
    where = finding.location.path or finding.location.pointer or ""
    matched = re.search(place.number, where)
    assert matched is not None, finding
    return int(matched[1])


def kinds_of(samples: Sequence[Sample]) -> set[str]:
    return {sample.kind for sample in samples}


def test_the_set_is_large_enough() -> None:
    assert len(SECRETS) >= 300
    assert len(kinds_of(SECRETS)) >= 60
    assert len(OTHERS) >= 300
    assert len({sample.value for sample in SECRETS}) == len(SECRETS)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_recall_and_precision(place: Place, tmp_path: Path) -> None:
    right = found(SECRETS, place, tmp_path)
    wrong = found(OTHERS, place, tmp_path)
    missed = [sample for sample in SECRETS if sample not in right]
    recall, precision = len(right) / len(SECRETS), len(right) / (len(right) + len(wrong))
    assert recall >= RECALL, missed
    assert precision >= PRECISION, wrong


def test_every_form_has_samples() -> None:
    """Private keys and registry credentials are not tokens, and have cases of their own."""
    without = {
        form.kind for form in FORMS if not any(list(form.find(sample.value)) for sample in SECRETS)
    }
    assert without == {"a private key", "registry credentials"}
    assert len(TOKENS) >= len(FORMS) - 2
