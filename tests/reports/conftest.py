"""Runs to report: real archives, read for real, with findings and results made up around them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.checks.fix import Fix
from checker.model.archive import Archive
from checker.model.location import Location
from checker.reading.archive import ReadOptions, read_archive
from checker.results import CheckedArchive, Plugin, PluginProblem, Run
from checker.testing.archive import build, nested
from checker.testing.image import Image, sample_image
from checker.testing.tar import compress, directory, file, symlink, write_tar
from checker.verdicts import Classification, Loadable, Verdict, VerdictOutcome

HOSTILE = "a\x1b[2J\x1b]0;owned\x07\r\n\t\x7f\x9b\u202efdp\u2028\u200b\udcff\udce4\ud800 \u0430.tar"
"""Escape codes, line ends, C1, reading direction, line separator, broken UTF-8, a half pair."""

HOSTILE_MEMBER = HOSTILE.replace("\ud800", "")
"""As much of it as a tar can hold."""

PLUGINS = (
    Plugin("checker_archive", "1.0", "archive-checker", 10),
    Plugin("house_rules", "2.1", "acme-house-rules", 3),
)
PROBLEM = PluginProblem(
    "broken_rules",
    "0.3",
    "acme-broken-rules",
    "cannot be loaded: ModuleNotFoundError: No module named 'acme_core'",
)


def result(
    rule: str, name: str, outcome: Outcome, reason: str | None = None, traceback: str | None = None
) -> Result:
    bundle = "checker_" + {"ARC": "archive", "OCI": "oci", "LYR": "layers"}.get(rule[:3], "rootfs")
    return Result(rule, name, bundle, outcome, 0.0012345, reason, traceback)


PASSED = (
    result("ARC001", "not-a-tar", Outcome.PASSED),
    result("ARC003", "bad-header-checksum", Outcome.PASSED),
    result("LYR001", "diff-id-mismatch", Outcome.PASSED),
    result(
        "OCI002",
        "digest-mismatch",
        Outcome.SKIPPED,
        reason="the archive has no image manifest",
    ),
)


def read(path: str, content: bytes) -> Archive:
    Path(path).write_bytes(content)
    return read_archive(path, ReadOptions(jobs=1))


def loads(path: str, producer: str | None = "docker save, Docker 24 or earlier") -> Classification:
    return Classification(
        producer=producer,
        loadable=Loadable.YES,
        loadable_reason="manifest.json lists an image whose config and layers exist",
        importable=False,
        importable_reason="it contains an image: docker import exits 0 but creates a root "
        "filesystem of manifest.json and the layer files, which cannot run",
        keeps_layers=True,
        keeps_metadata=True,
        restore=f"docker load -i {shlex.quote(path)}",
    )


def imports(path: str) -> Classification:
    advice = (
        "The command to start is lost with the metadata; restore it with "
        f"`docker import --change 'CMD [\"/bin/app\"]' {shlex.quote(path)} rootfs:latest`."
    )
    return Classification(
        producer="docker export",
        loadable=Loadable.NO,
        loadable_reason="it has no manifest.json and no index.json, so load finds no image",
        importable=True,
        importable_reason="it is a root filesystem",
        keeps_layers=False,
        keeps_metadata=False,
        restore=f"docker import {shlex.quote(path)} rootfs:latest",
        advice=(advice,),
    )


def depends(path: str) -> Classification:
    return Classification(
        producer="skopeo",
        loadable=Loadable.DEPENDS,
        loadable_reason="Docker takes an OCI archive from version 25 on, Podman always did",
        importable=False,
        importable_reason="it holds an image",
        keeps_layers=True,
        keeps_metadata=True,
        restore=f"podman load -i {shlex.quote(path)}",
    )


def clean() -> Run:
    archive = read("image.tar", build("docker-archive").tar())
    checked = CheckedArchive(
        path="image.tar", archive=archive, classification=loads("image.tar"), results=PASSED
    )
    return Run(command="check", version="1.0", plugins=PLUGINS, archives=(checked,))


def rootfs() -> Run:
    path = "my backups/rootfs of the web server.tar.gz"
    Path("my backups").mkdir()
    archive = read(path, compress(build("export").tar(), "gzip"))
    finding = Finding(
        rule="ENG002",
        name="metadata-lost",
        severity=Severity.NOTE,
        message="an export has no config: CMD, ENTRYPOINT, ENV, USER and WORKDIR are not in it",
        location=Location(archive=path),
    )
    checked = CheckedArchive(
        path=path,
        archive=archive,
        classification=imports(path),
        findings=(finding,),
        results=(*PASSED, result("ENG002", "metadata-lost", Outcome.FAILED)),
    )
    return Run(command="check", version="1.0", plugins=PLUGINS, archives=(checked,))


def findings() -> Run:
    path = "image.tar"
    archive = read(path, build("oci-archive").tar())
    image = archive.images[0]
    layer = image.layers[1]
    digest = "sha256:" + "0a" * 32
    mismatch = Finding(
        rule="OCI002",
        name="digest-mismatch",
        severity=Severity.ERROR,
        message=f"{layer.label} hashes to {layer.blob.digest if layer.blob else ''}, the manifest "
        f"says {digest}",
        location=layer.location,
        related=(image.location._replace(pointer="/layers/1/digest"),),
        fix=Fix("write the archive again: its content is not what was pushed"),
    )
    duplicates = tuple(
        Finding(
            rule="LYR003",
            name="duplicate-path",
            severity=Severity.WARNING,
            message=f"etc/conf.d/{number} comes twice in {layer.label}; engines that use tar-split "
            "refuse such a layer, the others take the last one",
            location=layer.location._replace(path=f"etc/conf.d/{number}", offset=512 * number),
        )
        for number in range(20)
    )
    note = Finding(
        rule="ARC008",
        name="odd-padding",
        severity=Severity.NOTE,
        message="9,728 zero bytes follow the end marker",
        location=Location(archive=path, offset=1024),
        fix=Fix("no action is needed; `tar --record-size=512 -cf image.tar directory` avoids it"),
    )
    waived = note._replace(rule="ARC009", name="old-format", waived="the builder is from 2009")
    checked = CheckedArchive(
        path=path,
        archive=archive,
        classification=depends(path),
        findings=(mismatch, *duplicates, note, waived),
        results=(
            result("ARC001", "not-a-tar", Outcome.PASSED),
            result("ARC008", "odd-padding", Outcome.FAILED),
            result("ARC009", "old-format", Outcome.FAILED),
            result("LYR003", "duplicate-path", Outcome.FAILED),
            result("OCI002", "digest-mismatch", Outcome.FAILED),
        ),
    )
    return Run(command="check", version="1.0", plugins=PLUGINS, archives=(checked,))


def crash() -> Run:
    run = clean()
    error = "IndexError: list index out of range"
    crashed = result(
        "RFS003",
        "entrypoint-missing",
        Outcome.ERROR,
        reason=error,
        traceback="Traceback (most recent call last):\n"
        '  File "entrypoint_missing.py", line 41, in check_rootfs\n'
        f"    first = words[0]\n{error}\n",
    )
    checked = run.archives[0]._replace(
        classification=None,
        results=(*PASSED, crashed),
        crashes=("checker_engines cannot classify the archive: KeyError: 'docker'",),
    )
    return run._replace(archives=(checked,))


def unreadable() -> Run:
    checked = CheckedArchive(
        path="missing.tar", error="missing.tar: cannot be read: No such file or directory"
    )
    return Run(command="check", version="1.0", problems=(PROBLEM, PROBLEM), archives=(checked,))


def not_a_tar() -> Run:
    archive = read("notes.tar", b"This is a text, whatever it is called.\n" * 40)
    finding = Finding(
        rule="ARC001",
        name="not-a-tar",
        severity=Severity.ERROR,
        message="the first 512 bytes are no tar header, and nothing says how they are compressed",
        location=Location(archive="notes.tar", offset=0),
    )
    checked = CheckedArchive(
        path="notes.tar",
        archive=archive,
        findings=(finding,),
        results=(result("ARC001", "not-a-tar", Outcome.FAILED),),
    )
    return Run(command="check", version="1.0", archives=(checked,))


def hostile() -> Run:
    base = sample_image()
    image = replace(
        base,
        layers=(*base.layers, (directory("tmp"), symlink(f"tmp/{HOSTILE_MEMBER}", "x\x1by"))),
        tags=("app\x1b[31m:1", "\u202eapp:2"),
        architecture="amd\x1b64",
    )
    members = build("oci-archive", image).members
    archive = read("hostile.tar", write_tar((*members, file(HOSTILE_MEMBER, "x"))))
    name = archive.entries.name(len(archive.entries) - 1)
    finding = Finding(
        rule="ARC007",
        name="escaping-name",
        severity=Severity.ERROR,
        message=f"member {name} of {HOSTILE} would end up elsewhere",
        location=Location(
            archive=HOSTILE,
            member=name,
            digest=HOSTILE,
            image=archive.images[0].location.image,
            layer=2,
            path=HOSTILE,
            pointer=f"/{HOSTILE}",
        ),
        related=(Location(archive=HOSTILE, member="b" * 4000),),
        fix=Fix(f"remove {HOSTILE}"),
    )
    checked = CheckedArchive(
        path=HOSTILE,
        archive=archive,
        classification=loads(HOSTILE, HOSTILE),
        findings=(finding, finding._replace(rule="ARC008", name="other", waived=HOSTILE)),
        results=(
            result("ARC007", "escaping-name", Outcome.FAILED),
            result("ARC009", "more", Outcome.SKIPPED, reason=HOSTILE),
            result("ARC010", "most", Outcome.ERROR, reason=HOSTILE, traceback=f"x\n{HOSTILE}"),
        ),
        crashes=(HOSTILE,),
    )
    unread = CheckedArchive(path=f"{HOSTILE}.gz", error=f"{HOSTILE} cannot be opened")
    problem = PROBLEM._replace(message=HOSTILE)
    return Run(command="check", version="1.0", problems=(problem,), archives=(checked, unread))


_VERDICTS = (
    Verdict(
        engine="docker-28",
        action="load",
        outcome=VerdictOutcome.ACCEPTS,
        reason="manifest.json and all files that it lists exist",
        command="docker load -i many.tar",
    ),
    Verdict(
        engine="skopeo-1",
        action="oci-archive",
        outcome=VerdictOutcome.REJECTS,
        reason="it requires index.json, which is missing",
        message="open index.json: no such file or directory",
        conditions=("nothing else",),
        rules=("OCI003",),
    ),
)


def images() -> Run:
    several = [_tagged(number) for number in range(12)]
    archive = read("many.tar", build("docker-archive", *several).tar())
    checked = CheckedArchive(
        path="many.tar",
        archive=archive,
        classification=loads("many.tar"),
        verdicts=_VERDICTS,
        required_verdicts=_VERDICTS,
        results=PASSED,
    )
    return Run(command="check", version="1.0", archives=(checked,))


def _tagged(number: int) -> Image:
    image = sample_image("arm64", "v8")
    tags = () if number == 1 else (f"registry.example.org/team/app:{number}",)
    return replace(image, tags=tags, config={"author": str(number)})


def several() -> Run:
    inner = nested(build("docker-archive"))
    wrapped = CheckedArchive(
        path="download.tar",
        archive=read("download.tar", inner.tar()),
        classification=loads("download.tar", None)._replace(
            loadable=Loadable.NO,
            loadable_reason="the image archive is inside the tar, as image.tar",
            restore="tar -xOf download.tar image.tar | docker load",
        ),
    )
    archives = (
        *(findings().archives + clean().archives + unreadable().archives + crash().archives),
        wrapped,
    )
    return Run(command="check", version="1.0", plugins=PLUGINS, archives=archives)


def classify() -> Run:
    return several()._replace(command="classify")


def nothing_fails() -> Run:
    return findings()._replace(fail_on=None)


def notes_fail() -> Run:
    return findings()._replace(fail_on=Severity.NOTE)


SAMPLES: Mapping[str, Callable[[], Run]] = {
    "clean": clean,
    "rootfs": rootfs,
    "findings": findings,
    "crash": crash,
    "unreadable": unreadable,
    "not-a-tar": not_a_tar,
    "hostile": hostile,
    "images": images,
    "several": several,
    "classify": classify,
    "nothing-fails": nothing_fails,
    "notes-fail": notes_fail,
}


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """All runs by name; their archives are read once."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, make in SAMPLES.items():
            patch.chdir(tmp_path_factory.mktemp(name))
            made[name] = make()
    return made


@pytest.fixture(params=sorted(SAMPLES))
def named(request: pytest.FixtureRequest, samples: Mapping[str, Run]) -> tuple[str, Run]:
    """Each of the runs, with its name."""
    return request.param, samples[request.param]


@pytest.fixture
def run(named: tuple[str, Run]) -> Run:
    """Each of the runs."""
    return named[1]
