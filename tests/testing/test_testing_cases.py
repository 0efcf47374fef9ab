"""Rule cases as data: what the vocabulary makes, what it refuses, how findings are compared."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from checker.checks.finding import Finding, Severity
from checker.model.location import Location
from checker.testing import cases as cases_module
from checker.testing.archive import build, sample
from checker.testing.cases import (
    Built,
    Case,
    CaseError,
    Expected,
    explain_mismatch,
    load_cases,
    matches,
)
from checker.testing.edits import BYTE_EDITS, TAR_EDITS, Draft, edit_bytes, edit_tar
from checker.testing.tar import Member, compress, directory, file, offsets, symlink, write_tar

if TYPE_CHECKING:
    from pathlib import Path

A, B = file("a", b"first"), file("b", b'{"x":[1,2]}')
AB = write_tar([A, B])


def load(tmp_path: Path, text: str) -> list[Case]:
    path = tmp_path / "checker_bundle" / "some-rule.toml"
    path.parent.mkdir()
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_cases(path)


def built(tmp_path: Path, body: str) -> Built:
    (case,) = load(tmp_path, f'[[fail]]\nname = "one"\n{textwrap.dedent(body)}')
    return case.build()


def tar_files(data: bytes | None) -> dict[str, bytes]:
    assert data is not None
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        return {
            info.name: handle.read()
            for info in tar
            if info.isfile() and (handle := tar.extractfile(info)) is not None
        }


def member(result: Built, name: str) -> bytes:
    """The content of the member that a placeholder names."""
    return tar_files(result.data)[result.names.get(name, name)]


# --- loading


def test_a_file_gives_its_cases(tmp_path: Path) -> None:
    passing, failing = load(
        tmp_path,
        """
        [defaults]
        base = "docker-archive"
        [[fail]]
        name = "bad"
        note = "as seen in the wild"
        options = { as_action = "import" }
        findings = [{ message = "said", count = 2 }]
        [[pass]]
        name = "good"
        base = "empty"
        """,
    )
    assert passing.id == "checker_bundle/some-rule:pass:good"
    assert (passing.kind, passing.expected, passing.options) == ("pass", (), {})
    assert (failing.rule, failing.bundle) == ("some-rule", "checker_bundle")
    assert failing.options == {"as_action": "import"}
    assert failing.expected == (Expected(message="said", count=2),)
    assert failing.build().data == sample("docker-archive")
    assert passing.build().data == bytes(1024)


def test_a_folder_gives_the_cases_of_all_its_files(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.toml").write_text('[[pass]]\nname = "x"\nbase = "raw"\n')
    assert [case.rule for case in load_cases(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[pass]", "Expected"),
        ("", "there are no cases"),
        ("[[passes]]", "file: unknown key 'passes'; known: defaults, fail, pass"),
        ("[defaults]\nname = 'x'", "defaults: unknown key 'name'"),
        ("[[pass]]\nbase = 'raw'", "a pass case has no name"),
        ("[[pass]]\nname = 'x'\nbase = 'zip'", "pass case 'x': base is 'zip', not one of crane"),
        ("[[pass]]\nname = 'x'", "pass case 'x': base is None"),
        (
            "[[pass]]\nname = 'x'\nbase = 'empty'\nfile = 'a/b.tar'",
            "file is the name of a file, not 'a/b.tar'",
        ),
        ("[[pass]]\nname = 'x'\nbase = 'raw'\nedit = []", "pass case 'x': unknown key 'edit'"),
        (
            "[[pass]]\nname = 'x'\nbase = 'raw'\n[[pass]]\nname = 'x'\nbase = 'raw'",
            "two cases have the name 'x'",
        ),
        ("[[pass]]\nname = 'x'\nbase = 'raw'\nfindings = []", "has no findings"),
        (
            "[[fail]]\nname = 'x'\nbase = 'raw'\nfindings = [{ text = 'y' }]",
            "fail case 'x': findings: unknown key 'text'",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'raw'\nfindings = ['y']",
            "findings: a table was expected, not 'y'",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'raw'\nedits = [{ delete = 'y' }]",
            "edits: edit 0: unknown key 'delete'; operations here: remove, add",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'raw'\nedits = [{ remove = 'y', add = {} }]",
            "an edit is a table with one key",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'raw'\nedits = [{ set = { member = 'y', value = 1 } }]",
            "set: the key 'pointer' is missing",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'raw'\nedits = [{ append = { word = 'y' } }]",
            "append: unknown key 'word'",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'raw'\nindex_edits = [{ remove = 'y' }]",
            "index_edits: edit 0: unknown key 'remove'",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'rootfs'\nlayer_edits = { 0 = [{ cat = 1 }] }",
            "layer_edits 0: edit 0: unknown key 'cat'",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'rootfs'\nentries = [{ name = 'y' }]",
            "entry: unknown key 'name'",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'rootfs'\nlayers = [[{ text = 'y' }]]",
            "an entry has no path",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'rootfs'\nimages = [{}]\ntags = []",
            "'tags' belongs in the tables of images",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'rootfs'\nimages = [{ base = 'raw' }]",
            "images 0: unknown key 'base'",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'oci-archive'\nartifacts = [{ base = 'raw' }]",
            "artifact 0: unknown key 'base'",
        ),
        (
            "[[fail]]\nname = 'x'\nbase = 'raw'\nartifacts = [{ layers = [{ path = 'a' }] }]",
            "artifact 0: layer: unknown key 'path'",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CaseError, match=re.escape(message)) as caught:
        load(tmp_path, text)
    assert "some-rule.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("base = 'docker-archive'\nedits = [{ remove = 'x' }]", "there is no member 'x'; members:"),
        ("base = 'docker-archive'\nedits = [{ remove = 99 }]", "there is no member 99, only 11"),
        ("base = 'docker-archive'\nedits = [{ remove = '{x}' }]", "unknown placeholder {x}"),
        ("base = 'docker-archive'\nedits = [{ truncate = 999999 }]", "is outside 24576 bytes"),
        ("base = 'raw'\nedits = [{ append = { hex = 'xy' } }]", "edit 0: non-hexadecimal"),
        ("base = 'raw'\nedits = [{ flip = 0 }]", "byte 0 is outside 0 bytes"),
        ("base = 'raw'\nedits = [{ append = { hex = '', text = '' } }]", "give one of hex, text"),
        ("base = 'rootfs'\nedits = [{ end_blocks = 0 }, { append = 'x' }, { remove = 0 }]",
         "edit 2: edits of members come before edits of bytes"),
        ("base = 'rootfs'\nedits = [{ append = 'x' }, { end_blocks = 0 }]", "comes before edits"),
        ("base = 'rootfs'\nedits = [{ add = { path = 'x', at = 'top' } }]",
         "at is 'start' or 'end'"),
        ("base = 'rootfs'\nedits = [{ flip = { member = 0, from = 'x' } }]", "no place 'x:bin/'"),
        ("base = 'rootfs'\nentries = [{ path = 'x', type = 'door' }]",
         "unknown type 'door'; known"),
        ("base = 'rootfs'\nwithout = ['x']", "without: no entry has the path 'x'"),
        ("base = 'rootfs'\nlayer_edits = { 0 = [{ truncate = 5 }] }", "cannot be merged"),
        ("base = 'rootfs'\nlayer_edits = { 2 = [] }", "there is no layer 2; the layers are 0 to 1"),
        ("base = 'rootfs'\nindex_edits = [{ unset = '/x' }]", "index_edits needs platforms"),
        ("base = 'rootfs'\nplatforms = ['linux/amd64']", "platforms needs the base oci-archive"),
        ("base = 'oci-archive'\nplatforms = ['linux']", "a platform is os/architecture"),
        ("base = 'oci-layout'\nedits = [{ remove = 0 }, { truncate = 5 }]",
         "edit 1: truncate is only applicable to tars"),
        ("base = 'oci-archive'\nconfig_edits = [{ substitute = { old = 'none', new = '' } }]",
         "there is no text 'none'"),
        ("base = 'rootfs'\nartifacts = [{}]", "artifacts need a layout with index.json"),
        ("base = 'empty'\ntags = []", "an empty archive has no images"),
        ("base = 'oci-archive'\ncompression = 'rar'", "unknown compression 'rar'"),
        ("base = 'oci-archive'\nconfig_edits = [{ unset = '/none' }]", "'/none' does not exist"),
        ("base = 'oci-archive'\nconfig_edits = [{ unset = '/os/x' }]",
         "'x' of '/os/x' does not exist: its"),
        ("base = 'oci-archive'\nconfig_edits = [{ unset = '/a/b' }]",
         "'a' of '/a/b' does not exist"),
        ("base = 'oci-archive'\nconfig_edits = [{ unset = 'os' }]", "begins with a slash: 'os'"),
        ("base = 'oci-archive'\nconfig_edits = [{ unset = '/history/9' }]",
         "'9' of '/history/9' does not exist"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_file_and_case(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(CaseError, match=re.escape(message)) as caught:
        built(tmp_path, body)
    assert "some-rule.toml: fail case 'one': " in str(caught.value)


# --- the vocabulary of edits


def renamed(name: str) -> Member:
    return file(name, A.content)


TAR_EXAMPLES: list[tuple[dict[str, Any], bytes]] = [
    ({"remove": "a"}, write_tar([B])),
    ({"remove": -1}, write_tar([A])),
    ({"add": {"path": "c", "text": "x"}}, write_tar([A, B, file("c", "x")])),
    ({"add": {"path": "c/", "at": "start"}}, write_tar([directory("c"), A, B])),
    ({"add": {"path": "c", "link": "a", "before": "b"}}, write_tar([A, symlink("c", "a"), B])),
    ({"move": {"member": "a"}}, write_tar([B, A])),
    ({"rename": {"member": "a", "to": "c"}}, write_tar([renamed("c"), B])),
    ({"change": {"member": "a", "mode": 0o600}}, write_tar([file("a", b"first", mode=0o600), B])),
    ({"set": {"member": "b", "pointer": "/x/0", "value": 3}},
     write_tar([A, file("b", '{"x":[3,2]}')])),
    ({"set": {"member": "b", "pointer": "/x/-", "value": 3}},
     write_tar([A, file("b", '{"x":[1,2,3]}')])),
    ({"null": {"member": "b", "pointer": "/x"}}, write_tar([A, file("b", '{"x":null}')])),
    ({"unset": {"member": "b", "pointer": "/x/0"}}, write_tar([A, file("b", '{"x":[2]}')])),
    ({"replace": {"member": "b", "json": {"y": [1]}}}, write_tar([A, file("b", '{"y":[1]}')])),
    ({"replace": {"member": "b", "text": "z", "compress": "gzip"}},
     write_tar([A, file("b", compress(b"z", "gzip"))])),
    ({"cut": {"member": "a", "at": 2}}, write_tar([file("a", b"fi"), B])),
    ({"extend": {"member": "a", "text": "!"}}, write_tar([file("a", b"first!"), B])),
    ({"prepend": {"member": "a", "hex": "efbbbf"}},
     write_tar([file("a", b"\xef\xbb\xbffirst"), B])),
    ({"encode": {"member": "a", "encoding": "utf-16-be"}},
     write_tar([file("a", "first".encode("utf-16-be")), B])),
    ({"substitute": {"member": "b", "old": "1", "new": "1e400"}},
     write_tar([A, file("b", '{"x":[1e400,2]}')])),
    ({"raw": {"member": "a", "field": "magic", "hex": "00"}},
     write_tar([Member("a", b"first", raw={"magic": b"\0"}), B])),
    ({"end_blocks": 1}, AB[:-512]),
    ({"truncate": 700}, AB[:700]),
    ({"truncate": -1}, AB[:-1]),
    ({"truncate": {"member": "b"}}, AB[:1024]),
    ({"truncate": {"member": "b", "from": "data", "at": 3}}, AB[: 1536 + 3]),
    ({"flip": 0}, b"`" + AB[1:]),
    ({"flip": {"member": "a", "from": "data", "mask": 255}}, AB[:512] + b"\x99" + AB[513:]),
    ({"insert": {"member": "b", "zeros": 512}}, AB[:1024] + bytes(512) + AB[1024:]),
    ({"append": {"text": "junk"}}, AB + b"junk"),
    ({"append": "junk"}, AB + b"junk"),
    ({"pad": 20}, AB + bytes(10240 - len(AB))),
    ({"compress": "gzip"}, compress(AB, "gzip")),
]  # fmt: skip

BYTE_EXAMPLES: list[tuple[dict[str, Any], bytes]] = [
    ({"set": {"pointer": "/b~1c", "value": "{name}"}}, b'{"a":[1],"b/c":"filled"}'),
    ({"set": {"pointer": "", "value": [1]}}, b"[1]"),
    ({"null": "/a"}, b'{"a":null}'),
    ({"unset": "/a/0"}, b'{"a":[]}'),
    ({"replace": "{name} {other}"}, b"filled {other}"),
    ({"append": {"zeros": 2}}, b'{"a":[1]}\0\0'),
    ({"prepend": "x"}, b'x{"a":[1]}'),
    ({"truncate": 2}, b'{"'),
    ({"flip": {"at": -1, "mask": 0x20}}, b'{"a":[1]]'),
    ({"compress": "zstd"}, compress(b'{"a":[1]}', "zstd")),
    ({"encode": "utf-16"}, '{"a":[1]}'.encode("utf-16")),
    ({"substitute": {"old": "1", "new": "{name}"}}, b'{"a":[filled]}'),
]


@pytest.mark.parametrize(("edit", "wanted"), TAR_EXAMPLES)
def test_an_edit_of_a_tar(edit: dict[str, Any], wanted: bytes) -> None:
    assert edit_tar(Draft((A, B)), [edit]).written() == wanted


@pytest.mark.parametrize(("edit", "wanted"), BYTE_EXAMPLES)
def test_an_edit_of_a_document(edit: dict[str, Any], wanted: bytes) -> None:
    assert edit_bytes(b'{"a":[1]}', [edit], {"name": "filled"}) == wanted


def test_every_operation_has_an_example_and_is_documented() -> None:
    assert {key for edit, _ in TAR_EXAMPLES for key in edit} == set(TAR_EDITS)
    assert {key for edit, _ in BYTE_EXAMPLES for key in edit} == set(BYTE_EDITS)
    documented = cases_module.__doc__ or ""
    assert [name for name in (*TAR_EDITS, *BYTE_EDITS) if f"``{name}" not in documented] == []


def test_edits_work_one_upon_the_other() -> None:
    edits = [{"remove": "b"}, {"rename": {"member": "a", "to": "b"}}, {"truncate": 515}]
    assert edit_tar(Draft((A, B)), edits).written() == write_tar([renamed("b")])[:515]


# --- what a case makes


def test_an_edit_in_place_leaves_the_digests_behind(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        """
        base = "docker-oci-archive"
        edits = [{ set = { member = "{config}", pointer = "/os", value = "windows" } }]
        """,
    )
    config = member(result, "config")
    assert json.loads(config)["os"] == "windows"
    assert hashlib.sha256(config).hexdigest() != result.names["config.digest"][7:]


def test_a_change_of_the_image_takes_the_digests_along(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        """
        base = "oci-archive"
        tags = ["one:1", "two:2"]
        config = { config = { User = "nobody" } }
        config_edits = [{ unset = "/history" }]
        manifest = { annotations = { a = "b" } }
        manifest_edits = [{ unset = "/mediaType" }]
        """,
    )
    config, manifest = member(result, "config"), json.loads(member(result, "manifest"))
    assert json.loads(config)["config"]["User"] == "nobody"
    assert "history" not in json.loads(config)
    assert manifest["config"]["digest"] == "sha256:" + hashlib.sha256(config).hexdigest()
    assert (manifest["annotations"], "mediaType" in manifest) == ({"a": "b"}, False)
    index = json.loads(member(result, "index.json"))
    assert [each["digest"] for each in index["manifests"]] == [result.names["manifest.digest"]] * 2


def test_a_fault_inside_a_layer_has_right_digests(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        """
        base = "oci-archive"
        layer_edits = { 1 = [{ raw = { member = "bin/app", field = "chksum", text = "junk" } }] }
        """,
    )
    layer = gzip.decompress(member(result, "layer1"))
    config = json.loads(member(result, "config"))
    at = result.offset(Expected(layer=1, offset="header:bin/app"))
    assert at is not None
    assert layer[at + 148 : at + 152] == b"junk"
    assert config["rootfs"]["diff_ids"][1] == "sha256:" + hashlib.sha256(layer).hexdigest()


def test_a_fault_of_a_blob_has_its_own_digest_and_the_diff_id_of_the_tar(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        'base = "oci-archive"\nblob_edits = { 0 = [{ append = "junk" }] }\n'
        'manifest_edits = [{ set = { pointer = "/layers/0/mediaType", value = "x/y" } }]',
    )
    blob, manifest = member(result, "layer0"), json.loads(member(result, "manifest"))
    assert blob.endswith(b"junk")
    assert manifest["layers"][0]["digest"] == "sha256:" + hashlib.sha256(blob).hexdigest()
    assert (manifest["layers"][0]["size"], manifest["layers"][0]["mediaType"]) == (len(blob), "x/y")
    plain = gzip.decompress(blob[:-4])
    assert result.names["layer0.diff_id"] == "sha256:" + hashlib.sha256(plain).hexdigest()


def test_layers_are_made_of_entries(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        """
        base = "layer"
        layers = [[
            { path = "bin/" },
            { path = "bin/sh", elf = { machine = "arm64", interpreter = "/ld.so", size = 900 } },
            { path = "bin/ash", type = "hardlink", link = "bin/sh" },
            { path = "bin/ln", link = "sh" },
            { path = "dev/null", type = "char", major = 1, minor = 3, mode = 0o666 },
            { path = "etc/motd", type = "whiteout" },
            { path = "var/", type = "opaque" },
            { path = "own", uid = 5, gid = 6, uname = "u", gname = "g", mtime = 7 },
            { path = "noted", pax = { a = "b" } },
            { path = "odd", type = "Z", raw = { magic = "wrong", version = { hex = "ff" } } },
        ]]
        """,
    )
    assert result.data is not None
    with tarfile.open(fileobj=io.BytesIO(result.data), mode="r:") as tar:
        found = {info.name: info for info in tar}
    assert list(found) == ["bin", "bin/sh", "bin/ash", "bin/ln", "dev/null", "etc/.wh.motd",
                           "var/.wh..wh..opq", "own", "noted", "odd"]  # fmt: skip
    assert (found["bin/sh"].mode, found["bin/sh"].size) == (0o755, 900)
    assert found["bin/ash"].islnk()
    assert found["bin/ln"].issym()
    assert (found["dev/null"].devmajor, found["dev/null"].mode) == (1, 0o666)
    own = found["own"]
    assert (own.uid, own.gid, own.uname, own.gname, own.mtime) == (5, 6, "u", "g", 7)
    assert found["noted"].pax_headers == {"a": "b"}
    assert found["odd"].type == b"Z"
    start = found["odd"].offset
    assert result.data[start + 257 : start + 265] == b"wrong\0\xff\0"


def test_the_sample_can_be_varied(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        """
        base = "rootfs"
        architecture = "arm64"
        without = ["etc/passwd"]
        entries = [{ path = "etc/note", text = "hi" }]
        """,
    )
    files = tar_files(result.data)
    assert files["etc/note"] == b"hi"
    assert "etc/passwd" not in files
    assert files["bin/app"][18:20] == b"\xb7\0"


def test_an_architecture_without_an_executable_keeps_that_of_the_sample(tmp_path: Path) -> None:
    result = built(tmp_path, 'base = "oci-archive"\narchitecture = "vax"')
    assert json.loads(member(result, "config"))["architecture"] == "vax"


def test_platforms_lie_below_a_nested_index(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        """
        base = "oci-archive"
        platforms = ["linux/amd64", "linux/arm64/v8"]
        index_edits = [{ set = { pointer = "/manifests/1/platform/os", value = "plan9" } }]
        """,
    )
    index = member(result, "index")
    (top,) = json.loads(member(result, "index.json"))["manifests"]
    assert top["digest"] == result.names["index.digest"]
    assert top["digest"] == "sha256:" + hashlib.sha256(index).hexdigest()
    assert [each["platform"] for each in json.loads(index)["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "plan9", "variant": "v8"},
    ]
    assert json.loads(member(result, "image1.config"))["variant"] == "v8"


def test_platforms_can_lie_flat(tmp_path: Path) -> None:
    result = built(
        tmp_path, 'base = "oci-archive"\nflat = true\nplatforms = ["linux/386", "linux/arm/v7"]'
    )
    listed = json.loads(member(result, "index.json"))["manifests"]
    assert [each["platform"]["architecture"] for each in listed] == ["386", "arm"]
    assert "index" not in result.names


def test_artifacts_have_right_digests_and_are_listed(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        """
        base = "oci-archive"
        [[fail.artifacts]]
        type = "application/vnd.example"
        subject = "{manifest.digest}"
        [[fail.artifacts.layers]]
        type = "text/plain"
        annotations = { a = "b" }
        json = { base64 = { d = "{config.digest}" } }
        [[fail.artifacts]]
        subject = "{artifact0.digest}"
        platform = { os = "x", architecture = "y" }
        """,
    )
    first, second = (json.loads(member(result, f"artifact{number}")) for number in (0, 1))
    assert first["artifactType"] == "application/vnd.example"
    assert first["subject"]["digest"] == result.names["manifest.digest"]
    assert first["subject"]["size"] == len(member(result, "manifest"))
    content = member(result, "artifact0.layer0")
    assert json.loads(base64.b64decode(json.loads(content))) == {"d": result.names["config.digest"]}
    assert first["layers"] == [
        {
            "mediaType": "text/plain",
            "digest": "sha256:" + hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "annotations": {"a": "b"},
        }
    ]
    assert second["subject"]["digest"] == result.names["artifact0.digest"]
    listed = json.loads(member(result, "index.json"))["manifests"]
    assert [each["digest"] for each in listed[1:]] == [
        result.names["artifact0.digest"],
        result.names["artifact1.digest"],
    ]
    assert listed[2]["platform"] == {"os": "x", "architecture": "y"}


def test_several_images(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        'base = "docker-archive"\nimages = [{ tags = ["a:1"] }, { tags = [], os = "freebsd" }]',
    )
    entries = json.loads(member(result, "manifest.json"))
    assert [entry["RepoTags"] for entry in entries] == [["a:1"], None]
    assert json.loads(member(result, "image1.config"))["os"] == "freebsd"


def test_wrapped_and_nested(tmp_path: Path) -> None:
    result = built(tmp_path, 'base = "oci-archive"\nwrapped = "deep"\nnested = "in.tar"')
    inner = tar_files(tar_files(result.data)["in.tar"])
    assert "deep/index.json" in inner
    assert result.names["inner"] == "in.tar"


def test_a_changeset_is_that_of_the_archive_by_default(tmp_path: Path) -> None:
    assert built(tmp_path, 'base = "layer"').data == build("layer").tar()


def test_raw_bytes(tmp_path: Path) -> None:
    result = built(tmp_path, 'base = "raw"\nedits = [{ append = "<html>" }, { compress = "gzip" }]')
    assert result.data == compress(b"<html>", "gzip")


def test_a_file_is_written(tmp_path: Path) -> None:
    path = built(tmp_path, 'base = "empty"').write(tmp_path)
    assert path.read_bytes() == bytes(1024)


def test_a_layout_is_written_as_a_folder(tmp_path: Path) -> None:
    result = built(
        tmp_path,
        """
        base = "oci-layout"
        edits = [{ remove = "{config}" }, { cut = { member = "oci-layout", at = 3 } }]
        """,
    )
    path = result.write(tmp_path)
    assert result.data is None
    assert (path / "oci-layout").read_bytes() == b'{"i'
    assert (path / result.names["layer0"]).is_file()
    assert not (path / result.names["config"]).exists()


# --- findings against expectations

RESULT = Built(None, b"", {"layer0.digest": "sha256:ab"}, {(None, "header:a"): 512, (0, "end"): 9})


def finding(message: str = "a checksum is wrong", **place: Any) -> Finding:
    return Finding(
        rule="ARC003",
        name="some-rule",
        severity=Severity.ERROR,
        message=message,
        location=Location(archive="x.tar", **place),
    )


@pytest.mark.parametrize(
    ("expected", "place"),
    [
        (Expected(), {}),
        (Expected(message="checksum"), {}),
        (Expected(severity="error"), {}),
        (Expected(member="a", offset=512), {"member": "a", "offset": 512}),
        (Expected(offset="header:a"), {"offset": 512}),
        (Expected(layer=0, offset="end"), {"layer": 0, "offset": 9}),
        (Expected(digest="{layer0.digest}"), {"digest": "sha256:ab"}),
        (Expected(path="p", pointer="/x", image="i"), {"path": "p", "pointer": "/x", "image": "i"}),
    ],
)
def test_a_finding_meets_an_expectation(expected: Expected, place: dict[str, Any]) -> None:
    assert matches(finding(**place), expected, RESULT)


@pytest.mark.parametrize(
    "expected",
    [
        Expected(message="magic"),
        Expected(severity="warning"),
        Expected(member="a"),
        Expected(offset=0),
        Expected(offset="header:a"),
        Expected(layer=0),
        Expected(digest="{layer0.digest}"),
        Expected(path="p"),
        Expected(pointer="/x"),
        Expected(image="i"),
    ],
)
def test_a_finding_misses_an_expectation(expected: Expected) -> None:
    assert not matches(finding(), expected, RESULT)


def test_an_expectation_of_nowhere_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="there is no place 'header:z' in the archive"):
        matches(finding(), Expected(offset="header:z"), RESULT)
    with pytest.raises(ValueError, match="there is no place 'header:a' in layer 1"):
        matches(finding(), Expected(layer=1, offset="header:a"), RESULT)


def explain(tmp_path: Path, kind: str, body: str, *findings: Finding) -> str | None:
    (case,) = load(tmp_path, f'[[{kind}]]\nname = "one"\nbase = "raw"\n{body}')
    return explain_mismatch(case, findings, case.build())


@pytest.mark.parametrize(
    ("kind", "body", "findings"),
    [
        ("pass", "", []),
        ("fail", "", [finding()]),
        ("fail", "findings = [{ message = 'a' }]", [finding("a"), finding("aa")]),
        ("fail", "findings = [{ message = 'a', count = 2 }]", [finding("a"), finding("aa")]),
        ("fail", "findings = [{ message = 'a' }, { message = 'b' }]", [finding("b"), finding("a")]),
    ],
)
def test_what_is_expected_needs_no_explanation(
    tmp_path: Path, kind: str, body: str, findings: list[Finding]
) -> None:
    assert explain(tmp_path, kind, body, *findings) is None


@pytest.mark.parametrize(
    ("kind", "body", "findings", "text"),
    [
        ("pass", "", [finding("a")], "no finding was expected:\n  error: 'a' at"),
        ("fail", "", [], "a finding was expected, but there is none"),
        ("fail", "findings = [{ message = 'b' }]", [finding("a")], "'a': message lacks 'b'"),
        ("fail", "findings = [{ offset = 3 }]", [finding("a")], "'a': offset is None, not 3"),
        ("fail", "findings = [{ severity = 'note' }]", [finding("a")], "is error, not note"),
        ("fail", "findings = [{ count = 2 }]", [finding("a")], "1 findings, not 2, match count=2"),
        (
            "fail",
            "findings = [{ message = 'a' }]",
            [finding("a"), finding("b")],
            "a finding was not expected:\n  error: 'b'",
        ),
    ],
)
def test_a_mismatch_is_explained(
    tmp_path: Path, kind: str, body: str, findings: list[Finding], text: str
) -> None:
    assert text in (explain(tmp_path, kind, body, *findings) or "")


def test_the_example_in_the_documentation_works(tmp_path: Path) -> None:
    text = (cases_module.__doc__ or "").split("::\n", 1)[1].split("\nThe archive\n", 1)[0]
    loaded = load(tmp_path, text)
    assert [case.kind for case in loaded] == ["pass", "fail", "fail", "fail"]
    places = [
        built_case.offset(expected)
        for case in loaded
        for built_case in (case.build(),)
        for expected in case.expected
    ]
    manifest = [m.name for m in build("docker-archive").members].index("manifest.json")
    assert places == [offsets(build("docker-archive").members)[manifest].header, 512]
