"""Whether an archive can be loaded and imported, why not, and what wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

import pytest

from checker import Classification, Loadable, Session, VerdictOutcome
from checker.plugins import LoadedPlugins, load_plugins
from checker.testing.archive import Archive, build, nested, sample, wrapped
from checker.testing.cases import Case
from checker.testing.tar import Member, compress, file, write_tar

DAMAGED = [{"compress": "gzip"}, {"flip": {"at": -6, "mask": 1}}]


class Classified(NamedTuple):
    """An archive, whether it can be loaded, and what the reason names."""

    name: str
    table: Mapping[str, Any]
    loadable: Loadable
    reason: str


def docker(**table: Any) -> dict[str, Any]:
    return {"base": "docker-archive", **table}


CASES = (
    Classified("sound", docker(), Loadable.YES, ""),
    Classified("damaged gzip", docker(edits=DAMAGED), Loadable.DEPENDS, "docker-[0-9.]+"),
    Classified(
        "a damaged header",
        docker(edits=[{"raw": {"member": "manifest.json", "field": "chksum", "text": "junk"}}]),
        Loadable.NO,
        r"archive is damaged at byte \d+",
    ),
    Classified(
        "a layer that is not a tar",
        docker(edits=[{"replace": {"member": "{layer1}", "text": "x" * 2000}}]),
        Loadable.NO,
        "layer 1 .*tar",
    ),
    Classified(
        "a layer in damaged gzip",
        docker(blob_edits={"1": DAMAGED}),
        Loadable.DEPENDS,
        "docker-[0-9.]+",
    ),
    Classified(
        "a layer that is missing",
        docker(edits=[{"remove": "{layer1}"}]),
        Loadable.NO,
        "layer 1 ",
    ),
    Classified(
        "a layer too few in the config",
        docker(config_edits=[{"unset": {"pointer": "/rootfs/diff_ids/1"}}]),
        Loadable.NO,
        "2 .*1 ",
    ),
    Classified(
        "no diff_ids",
        docker(config_edits=[{"unset": {"pointer": "/rootfs/diff_ids"}}]),
        Loadable.NO,
        "diff_ids",
    ),
    Classified(
        "another diff_id",
        docker(
            config_edits=[
                {"set": {"pointer": "/rootfs/diff_ids/0", "value": "sha256:" + "0" * 64}},
            ]
        ),
        Loadable.NO,
        "layer 0 .*sha256:0000",
    ),
    Classified(
        "a config that is missing", docker(edits=[{"remove": "{config}"}]), Loadable.NO, "config"
    ),
    Classified("zstd", docker(edits=[{"compress": "zstd"}]), Loadable.DEPENDS, "zstd"),
    Classified(
        "encrypted layers",
        {
            "base": "oci-archive",
            "blob_edits": {str(layer): [{"replace": {"text": "x" * 500}}] for layer in (0, 1)},
            "manifest_edits": [
                {
                    "set": {
                        "pointer": f"/layers/{layer}/mediaType",
                        "value": "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
                    }
                }
                for layer in (0, 1)
            ],
        },
        Loadable.NO,
        "layer 0 .*encrypted.*private key",
    ),
    Classified(
        "manifest.json in UTF-16",
        docker(edits=[{"encode": {"member": "manifest.json", "encoding": "utf-16"}}]),
        Loadable.NO,
        "utf-16",
    ),
    Classified("an OCI archive", {"base": "oci-archive"}, Loadable.DEPENDS, "classic store"),
    Classified("a root filesystem", {"base": "rootfs"}, Loadable.NO, ""),
)


@pytest.fixture(scope="module")
def plugins() -> LoadedPlugins:
    return load_plugins()


def classified(table: Mapping[str, Any], plugins: LoadedPlugins, folder: Path) -> Classification:
    case = Case("", "", "classified", "pass", {}, (), Path(__file__), table)
    path = case.build().write(folder)
    found = Session(plugins=plugins).classify(path).classification
    assert found is not None
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_loadable(case: Classified, plugins: LoadedPlugins, tmp_path: Path) -> None:
    found = classified(case.table, plugins, tmp_path)
    assert found.loadable is case.loadable
    assert re.search(case.reason, found.loadable_reason.lower()), found.loadable_reason


@pytest.mark.parametrize(
    ("engine", "table"),
    [
        ("docker-28", docker(edits=[{"compress": "zstd"}])),
        ("docker-29-containerd", {"base": "oci-archive"}),
    ],
)
def test_what_depends_on_the_engine_and_those_that_are_asked(
    engine: str, table: Mapping[str, Any], plugins: LoadedPlugins, tmp_path: Path
) -> None:
    asked = tuple(each for each in plugins.engines if each.name == engine)
    found = classified(table, plugins._replace(engines=asked), tmp_path)
    assert found.loadable is Loadable.YES
    without = classified(table, plugins._replace(engines=()), tmp_path)
    assert without.loadable is Loadable.DEPENDS


@pytest.mark.parametrize(
    ("table", "word"),
    [
        (docker(edits=DAMAGED), "archive is damaged"),
        (docker(blob_edits={"1": DAMAGED}), "layer 1 .*is damaged"),
    ],
)
def test_damage_without_engines(
    table: Mapping[str, Any], word: str, plugins: LoadedPlugins, tmp_path: Path
) -> None:
    found = classified(table, plugins._replace(engines=()), tmp_path)
    assert found.loadable is Loadable.NO
    assert re.search(word, found.loadable_reason), found.loadable_reason


CREATED = {"org.opencontainers.image.created": "2024-01-01T00:00:00Z"}
NAMED = {"io.containerd.image.name": "docker.io/library/app:1"}


def hybrid(annotations: Mapping[str, str]) -> dict[str, Any]:
    """An archive of both formats as a tool other than Docker's classic store writes it."""
    index = {"member": "index.json", "pointer": "/manifests/0/annotations", "value": annotations}
    sources = {"member": "manifest.json", "pointer": "/0/LayerSources"}
    edits = [{"set": index}, {"unset": sources}, {"remove": "repositories"}]
    return {"base": "docker-oci-archive", "edits": edits}


REMOVED = docker(edits=[{"remove": "{layer0}"}])


@pytest.mark.parametrize(
    ("table", "lacks"),
    [
        (REMOVED, "layer 0 of sample:1"),
        (docker(edits=[{"remove": "{layer0}"}, {"remove": "{layer1}"}]), None),
        (docker(), None),
    ],
)
def test_who_loads_an_archive_without_its_lower_layers(
    table: Mapping[str, Any], lacks: str | None, plugins: LoadedPlugins, tmp_path: Path
) -> None:
    advice = " ".join(classified(table, plugins, tmp_path).advice)
    assert ("on a host that already stores these layers" in advice) is (lacks is not None)
    assert (lacks or "") in advice


INDEX = {"base": "oci-archive"}
SECOND = {"tags": ["other:2"], "architecture": "arm64"}
SEVERAL = {**INDEX, "images": [{}, {"tags": ["other:2"], "layers": [[{"path": "a"}]]}]}


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (SEVERAL, "sample:1|1"),
        ({**SEVERAL, "edits": [{"remove": "{layer0}"}]}, "other:2|2"),
        (INDEX, None),
        (
            {
                **SEVERAL,
                "edits": [
                    {
                        "set": {
                            "member": "index.json",
                            "pointer": f"/manifests/{number}/annotations",
                            "value": {"org.opencontainers.image.ref.name": "same"},
                        }
                    }
                    for number in (0, 1)
                ],
            },
            None,
        ),
        ({**INDEX, "images": [{"architecture": "s390x"}, {**SECOND}]}, None),
        ({**INDEX, "images": [{"architecture": "s390x"}, {"tags": ["b:2"]}]}, "b:2|2"),
        ({**SEVERAL, "edits": [{"remove": "{layer0}"}, {"remove": "{image1.layer0}"}]}, None),
    ],
    ids=["two", "one sound", "one", "same name", "other platforms", "one platform", "none sound"],
)
def test_one_of_several_images_is_copied_by_its_name(
    table: Mapping[str, Any], name: str | None, plugins: LoadedPlugins, tmp_path: Path
) -> None:
    advice = " ".join(classified(table, plugins, tmp_path).advice)
    found = re.search(r"skopeo copy oci-archive:\S*archive\.tar:(\S+) docker-archive:", advice)
    assert (found is not None) is (name is not None), advice
    assert found is None or re.fullmatch(name or "", found[1]), advice


ENCRYPTED_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"


def encrypted(**table: Any) -> dict[str, Any]:
    kind = {"pointer": "/layers/0/mediaType", "value": ENCRYPTED_TYPE}
    noise = [{"replace": {"text": "encrypted " * 50}}]
    return {**table, "manifest_edits": [{"set": kind}], "blob_edits": {"0": noise}}


@pytest.mark.parametrize("base", ["oci-archive", "docker-oci-archive"])
def test_engines_say_that_layers_are_encrypted(
    base: str, plugins: LoadedPlugins, tmp_path: Path
) -> None:
    case = Case("", "", "encrypted", "pass", {}, (), Path(__file__), encrypted(base=base))
    checked = Session(plugins=plugins).classify(case.build().write(tmp_path))
    words = "layer 0 of sample:1 is encrypted, and needs the private key of a recipient"
    for engine, action in (
        ("podman-4", "load"),
        ("podman-5", "load"),
        ("containerd-2", "ctr import"),
        ("docker-29-containerd", "load"),
    ):
        verdict = checked.verdict(engine, action)
        assert verdict is not None
        assert verdict.outcome is not VerdictOutcome.ACCEPTS
        reason = verdict.reason.replace("docker.io/library/", "")
        assert words in reason, reason
    copied = checked.verdict("skopeo-1", "oci-archive")
    assert copied is not None
    assert "stays encrypted without --decryption-key" in copied.reason
    assert checked.classification is not None
    assert not checked.classification.advice


WITHOUT_VERSIONS = [{"remove": "{v1.0}/VERSION"}, {"remove": "{v1.1}/VERSION"}]


@pytest.mark.parametrize(
    ("table", "producer"),
    [
        (docker(edits=WITHOUT_VERSIONS), None),
        (docker(edits=[{"remove": "{v1.0}/VERSION"}]), None),
        (REMOVED, "docker save (Docker 24 or earlier)"),
        (
            docker(edits=[{"remove": "{layer0}"}, {"remove": "{v1.0}/VERSION"}]),
            "docker save (Docker 24 or earlier)",
        ),
        (docker(edits=[*WITHOUT_VERSIONS, {"remove": "{layer0}"}]), None),
        (
            docker(
                edits=WITHOUT_VERSIONS,
                layers=[[{"path": "nix/store/x-hello/bin/hello", "text": "x", "mode": 0o755}]] * 2,
            ),
            "Nix dockerTools",
        ),
    ],
)
def test_the_producer_of_directories_by_id(
    table: Mapping[str, Any], producer: str | None, plugins: LoadedPlugins, tmp_path: Path
) -> None:
    assert classified(table, plugins, tmp_path).producer == producer


@pytest.mark.parametrize(
    ("table", "producer"),
    [
        ({"base": "docker-oci-archive"}, "docker save"),
        (hybrid(NAMED | CREATED), "buildkit|buildx"),
        (hybrid(NAMED), "containerd"),
        (hybrid({}), "containerd"),
        ({"base": "podman-archive"}, "podman|skopeo"),
        ({"base": "legacy"}, "docker"),
    ],
)
def test_the_producer(
    table: Mapping[str, Any], producer: str, plugins: LoadedPlugins, tmp_path: Path
) -> None:
    found = classified(table, plugins, tmp_path).producer
    assert found is not None
    assert re.search(producer, found.lower()), found


def classified_tar(members: Sequence[Member], plugins: LoadedPlugins, path: Path) -> Classification:
    path.write_bytes(write_tar(members))
    found = Session(plugins=plugins).classify(path).classification
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("inner", "engine"), [("docker-archive", "docker-28"), ("oci-archive", "podman-5")]
)
def test_several_images_in_one_archive(
    inner: str, engine: str, plugins: LoadedPlugins, tmp_path: Path
) -> None:
    path = tmp_path / "archive.tar"
    members = [file(f"images/{name}.tar", sample(inner)) for name in "abcde"]
    found = classified_tar(members, plugins, path)
    assert found.loadable_reason == (
        "5 images are files inside this archive: "
        "images/a.tar, images/b.tar, images/c.tar and 2 more"
    )
    for name, advice in zip("abc", found.advice, strict=True):
        member = f"images/{name}.tar"
        assert advice.startswith(
            f"Extract {member} first: `tar -xf {quote(str(path))} -- {member} && "
            f"checker check --engine {engine} {member} && "
        )


def test_a_root_filesystem_that_is_a_file_in_an_archive(
    plugins: LoadedPlugins, tmp_path: Path
) -> None:
    path = tmp_path / "archive.tar"
    member = file("x/root fs.tar.gz", compress(sample("export"), "gzip"))
    found = classified_tar([member], plugins, path)
    [advice] = found.advice
    assert advice == (
        "It contains the archive x/root fs.tar.gz, extract it: "
        f"`tar -xf {quote(str(path))} -- 'x/root fs.tar.gz' && checker check 'x/root fs.tar.gz'`"
    )


SURROUNDED: Mapping[str, Archive] = {
    "in a directory": wrapped(build("docker-archive")),
    "in a member": nested(build("docker-archive")),
    "a root in a directory": wrapped(build("export"), "rootfs"),
    "a root in a member": nested(build("export")),
}


@pytest.mark.parametrize("is_damaged", [False, True])
@pytest.mark.parametrize("name", SURROUNDED)
def test_no_command_for_an_archive_that_cannot_be_read_to_its_end(
    name: str, *, is_damaged: bool, plugins: LoadedPlugins, tmp_path: Path
) -> None:
    data = SURROUNDED[name].tar()
    path = tmp_path / "archive.tar"
    path.write_bytes(data[:-1500] if is_damaged else data)
    checked = Session(plugins=plugins).check(path)
    assert checked.classification is not None
    fixes = [one.fix.change for one in checked.findings if one.fix is not None]
    assert bool(checked.classification.advice) is not is_damaged
    assert (None in fixes) is is_damaged or name == "a root in a member"


def test_an_import_that_only_some_versions_of_docker_take(
    plugins: LoadedPlugins, tmp_path: Path
) -> None:
    # Docker 25 and later refuse the attribute.
    entry = {"path": "srv/a", "text": "x", "pax": {"SCHILY.xattr.com.apple.quarantine": "x"}}
    found = classified({"base": "rootfs", "entries": [entry]}, plugins, tmp_path)
    assert found.restore == f"podman import {tmp_path / 'archive.tar'} name:tag"


def test_no_conversion_that_is_not_written(plugins: LoadedPlugins, tmp_path: Path) -> None:
    # containerd does not read bzip2, and would load the layers without it.
    layers = [[{"path": f"srv/{number}", "text": "x"}] for number in range(126)]
    table = {"base": "oci-archive", "compression": "bzip2", "layers": layers}
    found = classified(table, plugins, tmp_path)
    assert found.conversion is None


def test_no_conversion_of_an_image_in_a_damaged_member(
    plugins: LoadedPlugins, tmp_path: Path
) -> None:
    inner = compress(sample(), "gzip")[:-300]
    found = classified_tar([file("image.tar.gz", inner)], plugins, tmp_path / "archive.tar")
    assert not any("checker convert" in advice for advice in found.advice)
