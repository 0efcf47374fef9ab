"""A secret that is anywhere in an archive is in no field of any report."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.checks.finding import Finding, Severity
from checker.checks.fix import Change, Command, DockerfileEdit, DocumentEdit, Fix
from checker.masking import MASK, Mask, masked_run
from checker.model.leaks import may_contain_secrets
from checker.model.location import Location
from checker.model.token_forms import TOKENS
from checker.plugins import load_plugins
from checker.reports.output import builtin_reports
from checker.results import Run
from checker.session import Session
from checker.testing.archive import build
from checker.testing.image import Image, config_blob, sample_image
from checker.testing.tar import file, write_tar
from tests.effort import examples, part
from tests.mutations import places, put

PASSWORD = "Zq7!vX\"k'2\\wT9@uR"
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
AWS = "AKIA" + "ABCDEFGH23456723"
NAMED = f"DB_PASSWORD={PASSWORD}"
URL_PASSWORD = "tR5kWq8zLm2x"
URL = f"https://deploy:{URL_PASSWORD}@git.example.com/app.git"
CURL = f"curl -u deploy:{URL_PASSWORD} https://example.com"


class Hidden(NamedTuple):
    """A value in a document, and the secret in it."""

    value: object
    secret: str


HIDDEN = (
    Hidden(TOKEN, TOKEN),
    Hidden(AWS, AWS),
    Hidden(URL, URL_PASSWORD),
    Hidden(CURL, URL_PASSWORD),
    Hidden(f"DB_PASSWORD={URL_PASSWORD}", URL_PASSWORD),
    Hidden({"DB_PASSWORD": URL_PASSWORD}, URL_PASSWORD),
    Hidden({"DB_PASSWORD": [URL_PASSWORD]}, URL_PASSWORD),
    Hidden({TOKEN: {}}, TOKEN),
    Hidden(["--password", URL_PASSWORD], URL_PASSWORD),
    Hidden(["DB_PASSWORD", URL_PASSWORD], URL_PASSWORD),
    Hidden([NAMED], PASSWORD),
    Hidden(NAMED, PASSWORD),
    Hidden(f"{'word ' * 100}{TOKEN}", TOKEN),
    Hidden(f"../../{TOKEN}/x", TOKEN),
)


def config() -> Any:
    document = json.loads(config_blob(sample_image()).data)
    document["config"] |= {
        "Cmd": ["a"],
        "Labels": {"org.opencontainers.image.url": "x"},
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {"/data": {}},
        "StopSignal": "SIGTERM",
        "Shell": ["/bin/sh"],
        "OnBuild": ["RUN a"],
        "Healthcheck": {"Test": ["CMD", "/bin/app"], "Interval": 1},
        "ArgsEscaped": False,
    }
    return document | {"author": "a", "variant": "v8", "os.version": "1", "os.features": ["a"]}


CONFIG = config()
PLACES = tuple(places(CONFIG))


@pytest.fixture(scope="module")
def session() -> Session:
    return Session({"jobs": 1}, plugins=load_plugins())


def reports(session: Session, archive: bytes) -> Iterator[str]:
    checked = session.check(io.BytesIO(archive), name="a.tar")
    assert [result.traceback for result in checked.results if result.traceback] == []
    run = masked_run(Run("check", "1", archives=(checked,)))
    yield repr((checked.findings, checked.results, checked.verdicts, checked.classification))
    yield from (report.render(run) for report in builtin_reports())


def assert_hidden(session: Session, archive: bytes, secret: str) -> None:
    for text in reports(session, archive):
        squeezed = "".join(text.split())
        assert secret not in squeezed
        for spelled in (json.dumps(secret)[1:-1], repr(secret)[1:-1], secret[:8]):
            assert spelled not in squeezed


@settings(deadline=None, max_examples=examples(150))
@given(
    place=st.sampled_from(PLACES),
    hidden=st.sampled_from(HIDDEN),
    kind=st.sampled_from(["docker-archive", "oci-archive"]),
)
def test_any_place_of_a_config(
    session: Session, place: tuple[str | int, ...], hidden: Hidden, kind: str
) -> None:
    document = json.dumps(put(CONFIG, place, hidden.value)).encode()
    archive = build(kind, Image(layers=sample_image().layers, config_bytes=document)).tar()
    assert_hidden(session, archive, hidden.secret)


SETTINGS = (
    *("Env", "Labels", "Cmd", "Entrypoint", "User", "WorkingDir", "StopSignal", "OnBuild"),
    *("Volumes", "ExposedPorts", "Healthcheck", "Shell"),
)


@pytest.mark.parametrize(
    ("place", "hidden"),
    [(place, hidden) for turn, place in enumerate(SETTINGS) for hidden in part(HIDDEN, turn)],
)
def test_settings_of_the_wrong_type(session: Session, place: str, hidden: Hidden) -> None:
    document = json.dumps(put(CONFIG, ("config", place), hidden.value)).encode()
    archive = build("oci-archive", Image(layers=sample_image().layers, config_bytes=document))
    assert_hidden(session, archive.tar(), hidden.secret)


@pytest.mark.parametrize("key", ["Config", "RepoTags", "Layers", "x"])
@pytest.mark.parametrize("hidden", HIDDEN[:5])
def test_places_of_other_documents(session: Session, key: str, hidden: Hidden) -> None:
    manifest = json.dumps([{"Config": "a", "RepoTags": [], "Layers": [], key: hidden.value}])
    members = build("docker-archive").members
    changed = (
        file("manifest.json", manifest) if member.name == "manifest.json" else member
        for member in members
    )
    assert_hidden(session, write_tar(tuple(changed)), hidden.secret)
    image = Image(layers=sample_image().layers, manifest={"annotations": {"a": hidden.value}})
    assert_hidden(session, build("oci-archive", image).tar(), hidden.secret)


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "rootfs"])
@pytest.mark.parametrize("path", ["app/settings.yaml", f"app/{TOKEN}.yaml", ".env"])
def test_text_files(session: Session, kind: str, path: str) -> None:
    secrets = (TOKEN, AWS, URL_PASSWORD)
    text = f"a: b\ntoken: {TOKEN}\nkey: {AWS}\nAPI_TOKEN={URL_PASSWORD}\nurl: {URL}\n"
    base = sample_image().layers[0]
    lower, upper = (*base, file(path, text)), (file("bin/app", "x"), file(path, "a: b\n"))
    for layers in ((lower,), (lower, upper)) if kind != "rootfs" else ((lower,),):
        archive = build(kind, Image(layers=layers)).tar()
        rules = {one.rule for one in session.check(io.BytesIO(archive), name="a.tar").findings}
        assert rules & {"HYG014", "HYG015", "HYG021"}
        for secret in secrets:
            assert_hidden(session, archive, secret)


def test_what_is_not_secret_stays() -> None:
    mask = Mask(None)
    finding = Finding(
        "ARC001",
        "not-a-tar",
        Severity.NOTE,
        "layer 2 of app:1: content hashes to sha256:" + "0" * 64,
        Location(archive=f"{TOKEN}.tar", path="etc/passwd"),
    )
    assert mask.all(finding) == finding
    assert mask.all(finding._replace(message=f"x {TOKEN} y")).message == f"x {MASK} y"


@given(st.text(min_size=16, max_size=40), st.text(), st.integers(12, 60))
def test_a_known_secret_that_is_cut(secret: str, around: str, cut: int) -> None:
    known = Mask.knowing([secret])
    assert known.text(f"{around}{secret}"[: len(around) + cut]).count(secret[:12]) == 0


@pytest.mark.parametrize(
    "change",
    [
        Command(f"rm -r data/{TOKEN}"),
        DockerfileEdit(f"RUN chmod go-w /data/{TOKEN}"),
        DocumentEdit("index.json", "/annotations", {"x": TOKEN}),
    ],
)
def test_no_command_or_edit_has_a_mask_in_place_of_a_name(change: Change) -> None:
    """A shell takes ``***`` for all names, and a document would get it as a value."""
    fix = Mask.knowing(()).all(Fix(f"correct {TOKEN}", change))
    assert fix == Fix(f"correct {MASK}")


def test_a_command_without_secrets_is_kept() -> None:
    fix = Fix("let only the owner write to it", Command("chmod go-w /data/app"))
    assert Mask.knowing((TOKEN,)).all(fix) == fix


_PIECES = st.sampled_from([mark for form in TOKENS for mark in form.marks]) | st.text(
    "aA1-_:/@ \u212akey\u00e9", max_size=12
)


@given(st.lists(st.lists(_PIECES, max_size=4).map("".join), min_size=1, max_size=4))
@settings(max_examples=examples(300))
def test_texts_are_ruled_out_together_only_if_each_is(texts: list[str]) -> None:
    if not may_contain_secrets("\n".join(texts)):
        assert not any(map(may_contain_secrets, texts))
