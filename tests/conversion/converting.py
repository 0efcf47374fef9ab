"""What the tests of conversions share."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

import checker_schemas
from checker import Archive, CheckedArchive
from checker.cli import main
from tests.sessions import new_session

SCHEMA = Path(checker_schemas.__file__).parent / "reports" / "convert.json"
FORMS = ("docker-archive", "oci-archive", "docker-oci-archive", "oci-layout", "rootfs")
IMAGE_FORMS = FORMS[:4]


class Facts(NamedTuple):
    """What must stay the same of an image, whatever its form.

    Attributes:
        id: Digest of its config.
        diff_ids: Digests of its uncompressed layers.
        names: Its names, in their short form.
    """

    id: str
    diff_ids: tuple[str, ...]
    names: frozenset[str]


def facts_of(archive: Archive) -> set[Facts]:
    """The facts of the images of an archive."""
    return {
        Facts(
            "" if image.config is None else image.config.blob.digest,
            tuple(layer.blob.diff_id or "" for layer in image.layers if layer.blob is not None),
            frozenset(name.removeprefix("docker.io/library/") for name in image.names),
        )
        for image in archive.images
    }


def converted(source: Path, target: Path, form: str, *options: str) -> Path:
    """Convert an archive; the path of the result."""
    assert main(["convert", str(source), str(target), "--to", form, *options]) == 0
    return target


def converted_json(
    capsys: pytest.CaptureFixture[str], source: Path, target: Path, form: str, *options: str
) -> dict[str, Any]:
    """Convert an archive; what the command says as JSON."""
    capsys.readouterr()
    converted(source, target, form, "--json", *options)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(found)
    return found


def checked(path: Path) -> CheckedArchive:
    """The result of a check, which all rules and engines took part in."""
    with new_session() as session:
        found = session.check(path)
    assert found.is_whole
    return found


def entries_of(data: bytes) -> dict[str, tuple[Any, ...]]:
    """Each path of a tar with what is extracted there, as another reader sees it.

    Hard links count as the content that they link to.
    """
    found: dict[str, tuple[Any, ...]] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            path = member.name.removeprefix("./").rstrip("/")
            if member.islnk():
                found[path] = found[member.linkname.removeprefix("./")]
                continue
            file = archive.extractfile(member) if member.isreg() else None
            content = b"" if file is None else file.read()
            kind = member.type if not member.isreg() else tarfile.REGTYPE
            found[path] = kind, member.mode, member.uid, member.gid, member.linkname, content
    return found
