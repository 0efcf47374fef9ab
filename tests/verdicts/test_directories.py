"""What engines print for directories, as recorded of podman 4.3.1 and Docker 20.10."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks.masking import masked
from checker.plugins import load_plugins
from checker.session import Session
from checker.testing.archive import Archive, build, nested, skopeo_dir, wrapped
from checker.testing.tar import Member, file
from checker.verdicts import Verdict, VerdictOutcome
from tests.sessions import new_session

ACCEPTS, REJECTS = VerdictOutcome.ACCEPTS, VerdictOutcome.REJECTS
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session()


def verdicts(session: Session, made: Archive, folder: Path) -> dict[str, Verdict]:
    path = folder / "image"
    made.write_directory(path)
    # Podman 4 derives a name from the path, in which capital letters are not valid.
    found = session.classify(path, name="image").verdicts
    return {f"{one.engine} {one.action}": one for one in found}


def with_manifest(change: Change) -> Archive:
    made = skopeo_dir()
    manifest = json.loads(content_of(made, "manifest.json"))
    change(manifest)
    return with_content(made, "manifest.json", json.dumps(manifest).encode())


def content_of(made: Archive, name: str) -> bytes:
    return next(member.content for member in made.members if member.name == name)


def with_content(made: Archive, name: str, content: bytes) -> Archive:
    members = (
        replace(member, content=content) if member.name == name else member
        for member in made.members
    )
    return replace(made, members=tuple(members))


def without(made: Archive, name: str) -> Archive:
    members = tuple(member for member in made.members if member.name != name)
    return replace(made, members=members)


def as_index(*, with_instance: bool) -> Archive:
    made = skopeo_dir()
    manifest = content_of(made, "manifest.json")
    digest = sha256(manifest).hexdigest()
    descriptor = {
        "mediaType": MANIFEST_TYPE,
        "digest": f"sha256:{digest}",
        "size": len(manifest),
        "platform": {"os": "linux", "architecture": "amd64"},
    }
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [descriptor]}
    made = with_content(made, "manifest.json", json.dumps(index).encode())
    instance: tuple[Member, ...] = (file(f"{digest}.manifest.json", manifest),)
    return replace(made, members=(*made.members, *(instance if with_instance else ())))


class Recorded(NamedTuple):
    """A directory and the last line that podman load printed for it; None if it was loaded."""

    made: Archive
    dir_error: str | None


NAMES = skopeo_dir().names
CONFIG, LAYER = NAMES["config"], NAMES["layer0"]
RECORDED = {
    "sound": Recorded(skopeo_dir(), None),
    "another size": Recorded(with_manifest(lambda m: m["layers"][0].update(size=1)), None),
    "no media type": Recorded(with_manifest(lambda m: m.pop("mediaType")), None),
    "no version": Recorded(without(skopeo_dir(), "version"), None),
    "an index": Recorded(as_index(with_instance=True), None),
    "an index alone": Recorded(
        as_index(with_instance=False),
        "fetching target platform image selected from image index: open <tmp>/{hex}.manifest.json: "
        "no such file or directory",
    ),
    "an artifact": Recorded(
        with_manifest(lambda m: m["config"].update(mediaType="application/x")),
        "parsing image configuration: unsupported image-specific operation on artifact with type "
        '"application/x"',
    ),
    "cut JSON": Recorded(
        with_content(
            skopeo_dir(), "manifest.json", content_of(skopeo_dir(), "manifest.json")[:-20]
        ),
        "unexpected end of JSON input",
    ),
    "no config": Recorded(
        without(skopeo_dir(), CONFIG),
        f"parsing image configuration: open <tmp>/{CONFIG}: no such file or directory",
    ),
    "another config": Recorded(
        with_content(skopeo_dir(), CONFIG, b"{}"),
        "parsing image configuration: Download config.json digest sha256:{hex} does not match "
        f"expected sha256:{CONFIG}",
    ),
    "no layer": Recorded(
        without(skopeo_dir(), LAYER),
        f"reading blob sha256:{LAYER}: open <tmp>/{LAYER}: no such file or directory",
    ),
    "another layer": Recorded(
        with_content(skopeo_dir(), LAYER, b"x" * 100),
        'writing blob: storing blob to file "<tmp>/1": happened during read: Digest did not match, '
        f"expected sha256:{LAYER}, got sha256:{{hex}}",
    ),
    "schema 1": Recorded(
        with_content(skopeo_dir(), "manifest.json", b'{"schemaVersion":1}'),
        "no FSLayers in manifest",
    ),
    "docker save": Recorded(
        build("docker-archive"),
        "json: cannot unmarshal array into Go value of type manifest.Schema1",
    ),
    "nothing": Recorded(Archive("", ()), "open <tmp>/manifest.json: no such file or directory"),
    "OCI layout": Recorded(build("oci-layout"), None),
    "docker save 25": Recorded(build("docker-oci-archive"), None),
}
REFUSED = (
    "Error: payload does not match any of the supported image formats: "
    "* oci: initializing source oci:<tmp>:: open <tmp>/index.json: no such file or directory "
    '* oci-archive: creating temp directory: untarring file "<tmp>": read <tmp>: is a directory '
    '* docker-archive: detecting compression for file "<tmp>": detecting compression: read <tmp>: '
    "is a directory "
    "* dir: {}"
)


def without_paths(message: str) -> str:
    """Recordings hide what is below temporary directories."""
    return masked(message.replace("{hex}", "0" * 64)).replace("<path>/index.json", "<path>")


@pytest.mark.parametrize("name", RECORDED)
def test_podman_load(name: str, session: Session, tmp_path: Path) -> None:
    made, error = RECORDED[name]
    found = verdicts(session, made, tmp_path)
    verdict = found["podman-4 load"]
    assert verdict.outcome is (ACCEPTS if error is None else REJECTS)
    assert found["podman-5 load"].outcome is verdict.outcome
    if error is not None:
        said = without_paths((verdict.message or "").partition("Error: ")[2])
        expected = without_paths(REFUSED.format(error).partition("Error: ")[2])
        assert shortened(said) == shortened(expected)


def shortened(message: str) -> str:
    """Version 4 is recorded without what is below a directory."""
    words = message.replace("<path>/<hex>.manifest.json", "<path>").replace(
        "<path>/<hex>", "<path>"
    )
    return words.replace("<path>/manifest.json", "<path>").replace("<path>/<n>", "<path>")


# What skopeo copy printed for dir: where podman load printed another beginning.
SKOPEO = {
    "an index alone": "copying system image from manifest list: determining manifest MIME type for "
    "dir:<tmp>: open <tmp>/{hex}.manifest.json: no such file or directory",
    "an artifact": None,
    "cut JSON": "initializing image from source dir:<tmp>: unexpected end of JSON input",
    "no config": f"reading config blob sha256:{CONFIG}: open <tmp>/{CONFIG}: no such file or "
    "directory",
    "another config": f"reading config blob sha256:{CONFIG}: Download config.json digest "
    f"sha256:{{hex}} does not match expected sha256:{CONFIG}",
    "another layer": "writing blob: happened during read: Digest did not match, expected "
    f"sha256:{LAYER}, got sha256:{{hex}}",
    "schema 1": "initializing image from source dir:<tmp>: no FSLayers in manifest",
    "docker save": "initializing image from source dir:<tmp>: json: cannot unmarshal array into Go "
    "value of type manifest.Schema1",
    "docker save 25": "initializing image from source dir:<tmp>: json: cannot unmarshal array into "
    "Go value of type manifest.Schema1",
    "nothing": "determining manifest MIME type for dir:<tmp>: open <tmp>/manifest.json: no such "
    "file or directory",
    "OCI layout": "determining manifest MIME type for dir:<tmp>: open <tmp>/manifest.json: no such "
    "file or directory",
}


@pytest.mark.parametrize("name", RECORDED)
def test_skopeo_dir(name: str, session: Session, tmp_path: Path) -> None:
    made, error = RECORDED[name]
    verdict = verdicts(session, made, tmp_path)["skopeo-1 dir"]
    expected = SKOPEO.get(name, error)
    assert verdict.outcome is (ACCEPTS if expected is None else REJECTS)
    if expected is not None:
        said = (verdict.message or "").partition("msg=")[2]
        assert without_paths(said) == without_paths(f'"{expected}"')


LAYOUTS = {"OCI layout", "docker save 25"}


@pytest.mark.parametrize("name", RECORDED)
def test_skopeo_oci(name: str, session: Session, tmp_path: Path) -> None:
    verdict = verdicts(session, RECORDED[name].made, tmp_path)["skopeo-1 oci"]
    assert verdict.outcome is (ACCEPTS if name in LAYOUTS else REJECTS)
    if name not in LAYOUTS:
        assert verdict.message == (
            'level=fatal msg="initializing source oci:<tmp>:: open <tmp>/index.json: no such file '
            'or directory"'
        )


def test_files_are_not_copied_from_directories(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(build("oci-archive").tar())
    asked = {(one.engine, one.action) for one in session.classify(path).verdicts}
    assert not asked & {("skopeo-1", "oci"), ("skopeo-1", "dir")}
    for action in ("oci", "dir"):
        checked = new_session({"engine": [f"skopeo-1:{action}"]}).check(path)
        (verdict,) = checked.required_verdicts
        assert verdict.outcome is REJECTS
        assert checked.failures()


@pytest.mark.parametrize("name", RECORDED)
def test_engines_that_read_files(name: str, session: Session, tmp_path: Path) -> None:
    found = verdicts(session, RECORDED[name].made, tmp_path)
    for title, verdict in found.items():
        if title not in ("podman-4 load", "podman-5 load", "skopeo-1 oci", "skopeo-1 dir"):
            assert verdict.outcome is REJECTS, title
            assert (verdict.message or "").rstrip('"').endswith(": is a directory"), title


@pytest.mark.parametrize(
    ("made", "reason", "advice"),
    [
        (build("layer"), "it is a single layer, a changeset with whiteouts", ""),
        (wrapped(build("oci-archive"), "image"), "the image is in image/", "podman load -i "),
        (wrapped(build("docker-archive"), "image"), "the image is in image/", " | docker load"),
        (
            *(wrapped(build("docker-archive"), "im\x1bage"), "the image is in "),
            r"tar -C image/$'im\033age' -c . | docker load",
        ),
        (wrapped(build("docker-archive"), "im\x1bage"), "the image is in ", "checker convert "),
        (nested(build("oci-archive"), "a.tar"), "a file in this directory: a.tar", "podman load"),
        (
            nested(build("docker-archive"), "a\x1b.tar"),
            "a file in this directory",
            r"docker load -i image/$'a\033.tar'",
        ),
        (wrapped(build("export"), "a/b"), "it has no manifest.json", "docker import - name:tag"),
        (
            *(wrapped(build("export"), "a/\x1b"), "it has no manifest.json"),
            r"tar -C image/$'a/\033' -c . | docker import - name:tag",
        ),
    ],
)
def test_what_is_said_of_a_directory(
    made: Archive, reason: str, advice: str, session: Session, tmp_path: Path
) -> None:
    made.write_directory(tmp_path / "image")
    found = session.classify(tmp_path / "image", name="image").classification
    assert found is not None
    assert reason in found.loadable_reason
    assert any(advice in each for each in found.advice) if advice else found.advice == ()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("root.tar", "podman import root.tar name:tag"),
        ("root:1.tar", "podman import - name:tag < ./root:1.tar"),
    ],
)
def test_podman_imports_what_docker_refuses(
    name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = load_plugins()
    podman = tuple(one for one in plugins.engines if one.name.startswith("podman-"))
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(build("export").tar())
    session = Session(plugins=plugins._replace(engines=podman))
    assert session.classify(name).restore_command == command
