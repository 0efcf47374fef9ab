"""What Docker's classic store says of archives, in the words of its daemons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checker.model.limits import Limits
from checker.plugins import load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.cases import Case
from checker.verdicts import Engine, Host, Question, Storage, Verdict, VerdictOutcome

LOADS = ("docker-20.10 load", "docker-28 load", "docker-29-graphdriver load")
IMPORTS = ("docker-20.10 import", "docker-28 import", "docker-29-graphdriver import")
TAKEN = ""
NOTHING = "-"
"""Exit status 0, and nothing comes of it."""
DAEMON = "Error response from daemon: "
MISFIT = "json: cannot unmarshal"
UNDECODED = "invalid archive: failed to decode manifest.json: "
NO_MANIFEST = "invalid archive: does not contain a manifest.json"


class Told(NamedTuple):
    """A case: how the archive is made, and what 20.10, 28 and 29 print (or TAKEN, NOTHING).

    Attributes:
        name: The name.
        table: How the archive is made.
        texts: What they print.
        on_overlay: What they print with overlay2, if that is not the same as with vfs.
    """

    name: str
    table: Mapping[str, Any]
    texts: tuple[str, str, str]
    on_overlay: tuple[str, str, str] | None = None


def same(text: str) -> tuple[str, str, str]:
    return (text, text, text)


def unpacking(text: str, newest: str | None = None) -> tuple[str, str, str]:
    """An error while the archive is unpacked, which the oldest version wraps."""
    return (f"Error processing tar file(exit status 1): {text}", text, newest or text)


def in_layer(text: str, newest: str | None = None) -> tuple[str, str, str]:
    """An error while a layer is extracted, which the oldest version wraps."""
    return (f"ApplyLayer exit status 1 stdout:  stderr: {text}", text, newest or text)


def docker(*edits: Mapping[str, Any], **table: Any) -> dict[str, Any]:
    return {"base": "docker-archive", "edits": list(edits), **table}


def with_member(**entry: Any) -> dict[str, Any]:
    return docker({"add": {**entry, "at": "end"}})


def with_entry(*entries: Mapping[str, Any]) -> dict[str, Any]:
    return {"base": "docker-archive", "entries": list(entries)}


def with_config(**patch: Any) -> dict[str, Any]:
    return {"base": "docker-archive", "config": patch}


def with_manifest(text: str) -> dict[str, Any]:
    return docker({"replace": {"member": "manifest.json", "text": text}})


NO_CAPABILITY = {"SCHILY.xattr.security.capability": "\x01\x00\x00\x02"}
LINK_BELOW_FILE = {
    "base": "docker-archive",
    "layers": [
        [{"path": name, "text": "x"} for name in "abc"],
        [{"path": "b/d", "type": "hardlink", "link": "c"}],
    ],
}
LOAD_CASES = (
    Told("docker save", docker(), same(TAKEN)),
    Told("podman save", {"base": "podman-archive"}, same(TAKEN)),
    Told("crane", {"base": "crane-archive"}, same(TAKEN)),
    Told("both formats", {"base": "docker-oci-archive"}, same(TAKEN)),
    Told("before 2015", {"base": "legacy"}, (TAKEN, TAKEN, NO_MANIFEST)),
    Told(
        "an OCI archive",
        {"base": "oci-archive"},
        (
            "open <tmp>/blobs/json: no such file or directory",
            "open <tmp>/blobs/json: no such file or directory",
            NO_MANIFEST,
        ),
    ),
    Told(
        "nothing in it",
        {"base": "empty"},
        (
            "open <tmp>/repositories: no such file or directory",
            "open <tmp>/repositories: no such file or directory",
            NO_MANIFEST,
        ),
    ),
    Told(
        "too deep",
        docker(wrapped="image"),
        (
            "open <tmp>/image/json: no such file or directory",
            "open <tmp>/image/json: no such file or directory",
            NO_MANIFEST,
        ),
    ),
    Told(
        "zstd",
        docker({"compress": "zstd"}),
        ("Error processing tar file(exit status 1): archive/tar: invalid tar header", TAKEN, TAKEN),
    ),
    Told("gzip", docker({"compress": "gzip"}), same(TAKEN)),
    Told("xz", docker({"compress": "xz"}), same(TAKEN)),
    Told(
        "few bytes of no tar",
        {"base": "raw", "edits": [{"append": {"text": "no"}}]},
        unpacking("unexpected EOF"),
    ),
    Told(
        "many bytes of no tar",
        {"base": "raw", "edits": [{"append": {"text": "no tar" * 100}}]},
        unpacking("archive/tar: invalid tar header"),
    ),
    Told("no images", with_manifest("[]"), same(NOTHING)),
    Told(
        "null for images",
        with_manifest("null"),
        (
            NOTHING,
            "invalid manifest, manifest cannot be null (but can be [])",
            "invalid manifest, manifest cannot be null (but can be [])",
        ),
    ),
    Told(
        "an object for images",
        with_manifest("{}"),
        (
            "json: cannot unmarshal object into Go value of type []tarexport.manifestItem",
            "json: cannot unmarshal object into Go value of type []tarexport.manifestItem",
            f"{UNDECODED}{MISFIT} object into Go value of type []tarexport.manifestItem",
        ),
    ),
    Told(
        "a missing config",
        docker({"remove": "{config}"}),
        same("open <tmp>/{config}: no such file or directory"),
    ),
    Told(
        "a missing layer",
        {"base": "crane-archive", "edits": [{"remove": "{layer0}"}]},
        same("open <tmp>/{layer0}: no such file or directory"),
    ),
    Told(
        "no config named",
        docker({"unset": {"member": "manifest.json", "pointer": "/0/Config"}}),
        same("read <tmp>: is a directory"),
    ),
    Told(
        "no layers named",
        docker({"null": {"member": "manifest.json", "pointer": "/0/Layers"}}),
        same("invalid manifest, layers length mismatch: expected 0, got 2"),
    ),
    Told(
        "layers swapped",
        {
            "base": "docker-oci-archive",
            "edits": [
                {
                    "set": {
                        "member": "manifest.json",
                        "pointer": "/0/Layers",
                        "value": ["{layer1}", "{layer0}"],
                    }
                }
            ],
        },
        same('invalid diffID for layer 0: expected "{layer0.diff_id}", got "{layer1.diff_id}"'),
    ),
    Told(
        "a name without a tag",
        docker({"set": {"member": "manifest.json", "pointer": "/0/RepoTags", "value": ["app"]}}),
        same('invalid tag "app"'),
    ),
    Told(
        "a name in capitals",
        docker({"set": {"member": "manifest.json", "pointer": "/0/RepoTags", "value": ["App:1"]}}),
        (
            "invalid reference format: repository name must be lowercase",
            "invalid reference format: repository name (library/App) must be lowercase",
            "invalid reference format: repository name (library/App) must be lowercase",
        ),
    ),
    Told("no rootfs", with_config(rootfs=None), same("invalid image JSON, no RootFS key")),
    Told("for windows", with_config(os="windows"), same("cannot load windows image on linux")),
    Told("for another architecture", with_config(architecture="arm64"), same(TAKEN)),
    Told(
        "a number for the architecture",
        with_config(architecture=1),
        (
            "json: cannot unmarshal number into Go struct field Image.architecture of type string",
            f"{MISFIT} number into Go struct field Image.V1Image.architecture of type string",
            f"{MISFIT} number into Go struct field Image.V1Image.architecture of type string",
        ),
    ),
    Told(
        "a string for Cmd",
        with_config(config={"Cmd": "app"}),
        (
            TAKEN,
            TAKEN,
            f"{MISFIT} string into Go struct field Config.V1Image.config.Cmd of type []string",
        ),
    ),
    Told(
        "a number for Cmd",
        with_config(config={"Cmd": 5}),
        (
            f"{MISFIT} number into Go struct field Config.config.Cmd of type string",
            f"{MISFIT} number into Go struct field Config.V1Image.config.Cmd of type string",
            f"{MISFIT} number into Go struct field Config.V1Image.config.Cmd of type []string",
        ),
    ),
    Told(
        "a number for a time",
        with_config(created=5),
        (
            r'parsing time "5" as "\"2006-01-02T15:04:05Z07:00\"": cannot parse "5" as "\""',
            "Time.UnmarshalJSON: input is not a JSON string",
            "Time.UnmarshalJSON: input is not a JSON string",
        ),
    ),
    Told(
        "a range of ports",
        with_config(config={"ExposedPorts": {"8000-8010/tcp": {}}}),
        (TAKEN, TAKEN, "invalid port '8000-8010': invalid syntax"),
    ),
    Told(
        "too much history",
        with_config(history=[{}, {}, {}]),
        same("too many non-empty layers in History section"),
    ),
    Told(
        "a byte order mark",
        docker({"prepend": {"member": "{config}", "hex": "efbbbf"}}),
        same("invalid character 'ï' looking for beginning of value"),
    ),
    Told(
        "a name that leads out",
        with_member(path="../up", text="x"),
        (TAKEN, TAKEN, 'invalid entry name "../up"'),
    ),
    Told(
        "an absolute name that leads out, with a tab",
        with_member(path="/../u\tp", text="x"),
        (TAKEN, TAKEN, r'invalid entry name "/../u\tp"'),
    ),
    Told(
        "a hard link to nothing",
        with_member(path="h", type="hardlink", link="not/there"),
        unpacking(
            "link /not/there /h: no such file or directory",
            "linkat not/there h: no such file or directory",
        ),
    ),
    Told(
        "an unknown type",
        with_member(path="q", type="Q"),
        unpacking("unhandled tar header type 81"),
    ),
    Told(
        "a file for a folder",
        docker(
            {"add": {"path": "f", "text": "x", "at": "end"}},
            {"add": {"path": "f/g", "text": "x", "at": "end"}},
        ),
        unpacking("open /f/g: not a directory", "openat f/g: not a directory"),
    ),
    Told("a dangling link", with_member(path="d", link="nowhere"), same(TAKEN)),
    Told(
        "a name twice in a layer",
        {
            "base": "docker-archive",
            "layers": [[{"path": "t", "text": "12"}, {"path": "./t", "text": "12"}]],
        },
        (
            'ApplyLayer duplicates of file paths not supported stdout: {"layerSize":4} stderr:',
            "duplicates of file paths not supported",
            "duplicates of file paths not supported",
        ),
        on_overlay=(
            "Error processing tar file(duplicates of file paths not supported):",
            "duplicates of file paths not supported",
            "duplicates of file paths not supported",
        ),
    ),
    Told(
        "a whiteout of a file below",
        with_entry({"path": "etc/passwd", "type": "whiteout"}),
        same(TAKEN),
    ),
    Told("an opaque folder", with_entry({"path": "etc", "type": "opaque"}), same(TAKEN)),
    Told(
        "a whiteout of the root",
        with_entry({"path": ".wh.", "text": ""}),
        in_layer("unlinkat .//: device or resource busy", "RemoveAll .: invalid argument"),
        on_overlay=(
            unpacking('failed to mknod("/", S_IFCHR, 0): file exists')[0],
            "failed to mknod('/', S_IFCHR, 0): file exists",
            'invalid whiteout entry ".wh."',
        ),
    ),
    Told(
        "a hard link to a file of a lower layer",
        {
            "base": "docker-archive",
            "layers": [
                [{"path": "a", "text": "x"}],
                [{"path": "b", "type": "hardlink", "link": "a"}],
            ],
        },
        same(TAKEN),
        on_overlay=unpacking(
            "link /a /b: no such file or directory", "linkat a b: no such file or directory"
        ),
    ),
    Told(
        "a hard link below a file, to a late entry of the layer below",
        LINK_BELOW_FILE,
        in_layer("link /c /b/d: not a directory", "linkat c b/d: not a directory"),
        on_overlay=unpacking(
            "link /c /b/d: no such file or directory", "linkat c b/d: no such file or directory"
        ),
    ),
    Told(
        "a hard link to a file that an opaque marker removed",
        {
            "base": "docker-archive",
            "layers": [
                [{"path": "d/a", "text": "x"}],
                [
                    {"path": "d", "type": "opaque"},
                    {"path": "b", "type": "hardlink", "link": "d/a"},
                ],
            ],
        },
        in_layer(
            "link /d/a /b: no such file or directory", "linkat d/a b: no such file or directory"
        ),
        on_overlay=unpacking(
            "link /d/a /b: no such file or directory", "linkat d/a b: no such file or directory"
        ),
    ),
    Told(
        "a capability of the root that cannot be set",
        with_entry({"path": "./", "type": "dir", "pax": NO_CAPABILITY}),
        (
            "ApplyLayer exit status 1 stdout:  stderr: invalid argument",
            'lsetxattr /: xattr "security.capability": invalid argument',
            TAKEN,
        ),
        on_overlay=same(TAKEN),
    ),
    Told(
        "an absolute name in a directory of aufs, of a type that cannot be extracted",
        with_entry({"path": "/.wh..wh.aufs/a", "type": "contiguous"}),
        (
            "ApplyLayer exit status 1 stdout:  stderr: unhandled tar header type 55",
            "unhandled tar header type 55",
            TAKEN,
        ),
        on_overlay=unpacking("unhandled tar header type 55"),
    ),
    Told(
        "a parent that leads out",
        with_entry({"path": "out", "link": "../.."}, {"path": "out/x", "text": "x"}),
        (TAKEN, TAKEN, "statat out: path escapes from parent"),
    ),
)

IMPORT_CASES = (
    Told("a root filesystem", {"base": "rootfs"}, same(TAKEN)),
    Told("an image", docker(), same(NOTHING)),
    Told("nothing in it", {"base": "empty"}, same(NOTHING)),
    Told("zero bytes", {"base": "raw"}, same(NOTHING)),
    Told(
        "a name twice",
        {
            "base": "layer",
            "layers": [[{"path": "t", "text": "12"}, {"path": "t", "text": "12"}]],
        },
        (
            DAEMON
            + 'ApplyLayer duplicates of file paths not supported stdout: {"layerSize":4} stderr:',
            DAEMON + "duplicates of file paths not supported",
            DAEMON + "duplicates of file paths not supported",
        ),
        on_overlay=(
            DAEMON + "Error processing tar file(duplicates of file paths not supported):",
            DAEMON + "duplicates of file paths not supported",
            DAEMON + "duplicates of file paths not supported",
        ),
    ),
    Told(
        "an entry without a name",
        {
            "base": "rootfs",
            "edits": [{"add": {"path": "", "type": "file", "text": "x", "at": "end"}}],
        },
        (
            DAEMON
            + "ApplyLayer exit status 1 stdout:  stderr: unlinkat .//: device or resource busy",
            DAEMON + "unlinkat .//: device or resource busy",
            TAKEN,
        ),
        on_overlay=same(TAKEN),
    ),
)


@pytest.fixture(scope="module")
def engines() -> Mapping[str, Engine]:
    return {f"{engine.name} {engine.action}": engine for engine in load_plugins().engines}


def verdicts(
    told: Told,
    names: tuple[str, ...],
    engines: Mapping[str, Engine],
    folder: Path,
    storage: Storage = Storage.OVERLAY,
) -> tuple[list[Verdict], Mapping[str, str]]:
    case = Case("", "", told.name, "pass", {}, (), Path(__file__), told.table)
    built = case.build()
    archive = read_archive(str(built.write(folder)), ReadOptions())
    question = Question(archive, Host(storage=storage), "image.tar")
    return [engines[name].judge(question) for name in names], built.names


def texts_on(told: Told, storage: Storage) -> tuple[str, str, str]:
    return (told.on_overlay if storage is Storage.OVERLAY else None) or told.texts


def short(verdict: Verdict) -> str:
    if verdict.outcome is VerdictOutcome.ACCEPTS:
        return TAKEN
    return verdict.message or NOTHING


def filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


@pytest.mark.parametrize("told", LOAD_CASES, ids=lambda told: told.name)
@pytest.mark.parametrize("storage", Storage)
def test_load(told: Told, storage: Storage, engines: Mapping[str, Engine], tmp_path: Path) -> None:
    found, names = verdicts(told, LOADS, engines, tmp_path, storage)
    wanted = [filled(text, names) for text in texts_on(told, storage)]
    assert [short(each) for each in found] == wanted


@pytest.mark.parametrize("told", IMPORT_CASES, ids=lambda told: told.name)
@pytest.mark.parametrize("storage", Storage)
def test_import(
    told: Told, storage: Storage, engines: Mapping[str, Engine], tmp_path: Path
) -> None:
    found, names = verdicts(told, IMPORTS, engines, tmp_path, storage)
    wanted = [filled(text, names) for text in texts_on(told, storage)]
    assert [short(each) for each in found] == wanted


def test_a_root_filesystem_given_to_load_is_named(
    engines: Mapping[str, Engine], tmp_path: Path
) -> None:
    told = Told("a root filesystem", {"base": "rootfs"}, same(""))
    found, _ = verdicts(told, LOADS, engines, tmp_path)
    assert {each.reason for each in found} == {
        "it is a root filesystem (docker export), not an image"
    }
    assert {each.outcome for each in found} == {VerdictOutcome.REJECTS}


def test_a_refusal_names_the_hard_link_and_not_its_target(
    engines: Mapping[str, Engine], tmp_path: Path
) -> None:
    told = Told("a hard link below a file", LINK_BELOW_FILE, same(""))
    found, _ = verdicts(told, LOADS, engines, tmp_path)
    assert all("the entry 'b/d' of" in each.reason for each in found)


def test_xz_needs_its_program_on_the_host(engines: Mapping[str, Engine], tmp_path: Path) -> None:
    told = Told("xz", docker({"compress": "xz"}), same(TAKEN))
    found, _ = verdicts(told, LOADS, engines, tmp_path)
    assert all(any("xz" in condition for condition in each.conditions) for each in found)


def test_what_was_not_read_is_a_condition(engines: Mapping[str, Engine], tmp_path: Path) -> None:
    case = Case("", "", "limited", "pass", {}, (), Path(__file__), docker())
    path = case.build().write(tmp_path)
    archive = read_archive(str(path), ReadOptions(limits=Limits(entries=1)))
    for name in (*LOADS, *IMPORTS):
        verdict = engines[name].judge(Question(archive, Host(), "image.tar"))
        assert any("--limit" in condition for condition in verdict.conditions), name
