"""The example ``release-gate`` lets a signed archive pass, and no other.

With ``CHECKER_RENEW_SNAPSHOTS=1`` in the environment its page is written again; read the diff.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from checker.testing.archive import Archive, oci_archive
from checker.testing.artifacts import with_artifacts
from checker.testing.image import sample_image
from tests.cli.distributions import install
from tests.docs.test_transcripts import BLOCK, ran
from tests.pytest_plugin.running import terminal
from tests.signing import signers
from tests.signing.signers import Artifact, private_key, write_key

EXAMPLE = Path(__file__).parents[2] / "examples" / "release-gate"
NAME = "registry.example.org/team/app:1.2"
KEY = private_key("p256", "of the example")
SBOM = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "app",
    "documentNamespace": "https://example.org/app",
    "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: example"]},
    "packages": [{"name": "zlib", "SPDXID": "SPDXRef-1", "downloadLocation": "NOASSERTION"}],
}


class Gate(NamedTuple):
    """A copy of the example, with its plugin installed in a directory of its own."""

    project: Path
    installed: Path

    def run(self, archive: Archive) -> subprocess.CompletedProcess[str]:
        self.project.joinpath("app.tar").write_bytes(archive.tar())
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "gate.sh", "app.tar"],
            cwd=self.project,
            env={**terminal(), "PATH": path, "PYTHONPATH": str(self.installed)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("distributions") / "checker-registries"
    install(EXAMPLE / "plugin", folder)
    return folder


@pytest.fixture
def gate(plugin: Path, tmp_path: Path) -> Gate:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    write_key(project, KEY, "release.pub")
    return Gate(project, plugin)


def signature(archive: Archive, name: str = "of the example") -> Artifact:
    digest = archive.names["manifest.digest"]
    return signers.cosign(private_key("p256", name), digest=digest, attached_to=digest)


def sbom(archive: Archive) -> Artifact:
    digest = archive.names["manifest.digest"]
    statement = signers.statement(digest, "https://spdx.dev/Document", SBOM)
    return signers.attestation(KEY, statement, attached_to=digest)


def release(name: str = NAME) -> Archive:
    return oci_archive(replace(sample_image(), tags=(name,)))


def complete(archive: Archive) -> Archive:
    return with_artifacts(archive, [signature(archive), sbom(archive)])


def test_a_signed_release_passes(gate: Gate) -> None:
    done = gate.run(complete(release()))
    assert done.returncode == 0, done.stdout
    told = "settings of checker_registries: registries require-version"
    assert told in " ".join(done.stdout.split())
    assert " passed" in done.stdout
    assert done.stdout.endswith("images may be from: registry.example.org mirror.example.org\n")
    suites = ET.parse(gate.project / "checker.xml").getroot()
    passed = {case.get("name") for case in suites.iter("testcase") if len(case) == 0}
    names = " ".join(filter(None, passed))
    assert all(rule in names for rule in ("POL001", "POL002", "POL003", "POL004", "REG001"))


REFUSED: dict[str, tuple[Callable[[], Archive], str]] = {
    "nobody signed it": (
        lambda: with_artifacts(release(), [sbom(release())]),
        "has no signature in the archive; one by release.pub is required",
    ),
    "somebody else signed it": (
        lambda: with_artifacts(release(), [signature(release(), "other"), sbom(release())]),
        "but none by release.pub: cosign: it does not verify with the given key",
    ),
    "it has no SBOM": (
        lambda: with_artifacts(release(), [signature(release())]),
        "an SBOM is attached to every image: ",
    ),
    "it is from another registry": (
        lambda: complete(release("other.example.org/app:1.2")),
        "is not from one of registry.example.org, mirror.example.org",
    ),
    "it has no version": (
        lambda: complete(release("mirror.example.org/app:stable")),
        "the tag of mirror.example.org/app:stable is no version",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_other_archives_do_not(why: str, gate: Gate) -> None:
    make, message = REFUSED[why]
    done = gate.run(make())
    assert done.returncode == 1, done.stdout
    assert message in " ".join(done.stdout.split())


def test_the_plugin_passes_its_own_test(plugin: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    done = subprocess.run(
        [*command, f"--rootdir={tmp_path}", str(EXAMPLE / "plugin" / "tests")],
        env={"PYTHONPATH": str(plugin), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_the_page_says_what_the_gate_says(plugin: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    page = EXAMPLE / "README.md"
    text = page.read_text("utf-8")
    (session,) = BLOCK.findall(text)
    printed = "".join(ran(session, project, paths=(plugin,)))
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS") == "1":
        page.write_text(text.replace(session, printed), "utf-8")
        session = printed
    assert printed == session


def test_the_example_has_no_private_key() -> None:
    for path in filter(Path.is_file, EXAMPLE.rglob("*")):
        assert b"PRIVATE KEY" not in path.read_bytes(), path
