"""Random faults, as edits of case files (:mod:`checker.testing.edits`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

from benchmarks.differential.rules import Edit, Fault, Place, rule_faults
from checker.testing.cases import Built
from checker.testing.tar import FIELDS

Table: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """The archive that faults are added to.

    Attributes:
        table: The case so far.
        names: Values of placeholders.
        members: The names of the members, in order.
        contents: Their contents by name.
    """

    table: Table
    names: Mapping[str, str]
    members: tuple[str, ...]
    contents: Mapping[str, bytes]

    def image_place(self, random: Random) -> Place:
        """Path of the table of one of the images."""
        if "images" in self.table:
            return ("images", random.randrange(len(self.table["images"])))
        return ()

    def document(self, name: str) -> Any:
        """The JSON in a member; None if there is none."""
        try:
            return json.loads(self.contents.get(name, b""))
        except ValueError:
            return None


FaultMaker: TypeAlias = Callable[[Random, Site], Fault]
"""Draws a fault, which may not be applicable to the archive."""

_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.5, 2**70, "", "x", " ", "../x", "/etc/passwd", "é\x00"),
    *([], {}, [None], [1], ["x"], {"x": "y"}, [[]], {"x": {}}, "sha256:abc", "sha256:" + "0" * 64),
)
_BY_KEY: Mapping[str, tuple[Any, ...]] = {
    "mediaType": (
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.empty.v1+json",
        "application/octet-stream",
        "text/plain",
    ),
    "os": ("linux", "Linux", "windows", "", "plan9"),
    "architecture": ("amd64", "arm64", "", "x86_64", "AMD64"),
    "variant": ("v8", "v7", "", "v1"),
    "created": ("2023-11-14T22:13:20Z", "2023-11-14", "", "2023-11-14T22:13:20+01:00"),
    "type": ("layers", "layer", ""),
    "imageLayoutVersion": ("1.0.0", "1.1.0", "1.0", ""),
    "schemaVersion": (1, 2, 3, "2"),
    "digest": ("{config.digest}", "{layer0.digest}", "{manifest.digest}", "sha512:" + "0" * 128),
    "Cmd": ("/bin/app", ["/bin/app"], [1]),
    "Entrypoint": ("/bin/app", ["/bin/app"], {}),
    "Env": (["A=b"], ["A"], ["=b"], {"A": "b"}),
    "RepoTags": (["app"], ["APP:1"], ["app:1", "app:1"], ["app@sha256:" + "1" * 64], ["app:1:2"]),
    "Config": ("{config}", "./{config}", "/{config}", "../{config}", "manifest.json", "blobs"),
    "Layers": (["{layer0}"], ["{layer0}", "{layer0}"], [], ["{config}"], ["./{layer0}"]),
    "parent": ("", "x"),
}
_NEW_KEYS: tuple[tuple[str, Any], ...] = (
    ("subject", {"mediaType": "x", "digest": "sha256:" + "0" * 64, "size": 1}),
    ("artifactType", "application/x"),
    ("manifests", []),
    ("layers", []),
    ("config", {}),
    ("fsLayers", []),
    ("history", []),
    ("Parent", "sha256:" + "0" * 64),
    ("platform", {"os": "linux", "architecture": "arm64"}),
    ("annotations", {"org.opencontainers.image.ref.name": "other:1"}),
    ("os.version", 1),
    ("extra", "x"),
)
_ENDS: tuple[Edit, ...] = ({"text": "x"}, {"text": "{}"}, {"text": "\n"}, {"zeros": 3})
_STARTS: tuple[Edit, ...] = ({"hex": "efbbbf"}, {"text": " \n"}, {"text": "x"})
_WHOLE = ("", "null", "[]", "{}", '"x"', "[null]", "[{}]", "{", "[[", "no json", "1")
_RAW = ("20", "00", "37", "373737373737", "7a7a", "ffffffffffffffffffffffff", "80000000", "2d31")
_TYPES = ("file", "hardlink", "symlink", "char", "dir", "contiguous", "S", "Z", "pax-global", "D")


_AT_TOP = ("manifest.json", "index.json", "oci-layout", "repositories")


def _pointers(value: Any, pointer: str = "") -> Iterator[str]:
    """Every place in a document (RFC 6901)."""
    yield pointer
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, below in pairs:
        escaped = str(key).replace("~", "~0").replace("/", "~1")
        yield from _pointers(below, f"{pointer}/{escaped}")


def _at(document: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def _json_edit(random: Random, document: Any) -> tuple[str, dict[str, Any]]:
    """An edit of a document: another value, a removal, a new key, a duplicate key."""
    pointer = random.choice(list(_pointers(document)))
    key = pointer.rpartition("/")[2]
    value = _at(document, pointer)
    match random.randrange(8):
        case 0:
            return "unset", {"pointer": pointer}
        case 1:
            return "null", {"pointer": pointer}
        case 2 if isinstance(value, list) and value:
            return "set", {"pointer": pointer, "value": [*value, random.choice(value)]}
        case 3 if isinstance(value, list):
            return "set", {"pointer": pointer, "value": value[:-1]}
        case 4 if isinstance(value, dict):
            name, new = random.choice(_NEW_KEYS)
            return "set", {"pointer": f"{pointer}/{name}", "value": new}
        case 5 if isinstance(value, dict):
            changed = {k.swapcase(): v for k, v in value.items()}
            return "set", {"pointer": pointer, "value": changed}
        case 6 | 7 if key in _BY_KEY:
            return "set", {"pointer": pointer, "value": random.choice(_BY_KEY[key])}
    return "set", {"pointer": pointer, "value": random.choice(_ODD_VALUES)}


def _text_edit(random: Random, size: int, *, in_member: bool) -> tuple[str, dict[str, Any]]:
    """An edit of bytes: truncated, with data before or after, or replaced."""
    cut, extend = ("cut", "extend") if in_member else ("truncate", "append")
    match random.randrange(4):
        case 0:
            return cut, {"at": random.randrange(size + 1)}
        case 1:
            return extend, dict(random.choice(_ENDS))
        case 2:
            return "prepend", dict(random.choice(_STARTS))
    return "replace", {"text": random.choice(_WHOLE)}


def _document_name(random: Random, site: Site) -> str:
    documents = ("{config}", "{manifest}", "{v1.0}/json", "{index}", "{image1.config}")
    return random.choice(_known(site, *documents, *_AT_TOP))


def _known(site: Site, *names: str) -> list[str]:
    """Those of the names that are members; possibly none."""
    known = [name for name in names if _filled(name, site) in site.contents]
    return known or ["manifest.json"]


def _filled(name: str, site: Site) -> str:
    placeholder, brace, rest = name.removeprefix("{").partition("}")
    return site.names.get(placeholder, "") + rest if brace else name


def _document_in_place(random: Random, site: Site) -> Fault:
    """A document is changed, and references by digest no longer match."""
    name = _document_name(random, site)
    document = site.document(_filled(name, site))
    operation, edit = _json_edit(random, document)
    return Fault(("edits",), {operation: {"member": name, **edit}})


def _bytes_of_document(random: Random, site: Site) -> Fault:
    name = _document_name(random, site)
    size = len(site.contents.get(_filled(name, site), b""))
    operation, edit = _text_edit(random, size, in_member=True)
    return Fault(("edits",), {operation: {"member": name, **edit}})


def _config(random: Random, site: Site) -> Fault:
    """The config is changed, and all digests are updated."""
    document = site.document(site.names.get("config", ""))
    operation, edit = _json_edit(random, document)
    return Fault((*site.image_place(random), "config_edits"), {operation: edit})


def _manifest(random: Random, site: Site) -> Fault:
    document = site.document(site.names.get("manifest", ""))
    operation, edit = _json_edit(random, document)
    return Fault((*site.image_place(random), "manifest_edits"), {operation: edit})


def _bytes_of_config(random: Random, site: Site) -> Fault:
    size = len(site.contents.get(site.names.get("config", ""), b""))
    operation, edit = _text_edit(random, size, in_member=False)
    place = random.choice(("config_edits", "manifest_edits"))
    return Fault((*site.image_place(random), place), {operation: edit})


def _nested_index(random: Random, site: Site) -> Fault:
    document = site.document(site.names.get("index", ""))
    operation, edit = _json_edit(random, document)
    return Fault(("index_edits",), {operation: edit})


def _odd_path(random: Random, paths: tuple[str, ...]) -> str:
    known = random.choice(paths or ("etc/passwd",))
    plain = known.rstrip("/")
    return random.choice(
        (
            *(known, known, plain, f"./{known}", f"/{known}", f"{plain}/below", f"{plain}/"),
            *(
                "new",
                "new/file",
                "../new",
                "a/../../new",
                "new//file",
                "",
                ".",
                "/",
                "..",
                "new/..",
            ),
            *(
                "n" * 120,
                f"{'d/' * 80}n",
                "new\udcff",
                "new\nline",
                "name:colon",
                ".wh.",
                "a/.wh..",
            ),
            *(".wh..wh.plnk/1.1", ".wh..wh.aufs", ".wh.new", "new/.wh..wh..opq"),
        )
    )


def _odd_link(random: Random, paths: tuple[str, ...]) -> str:
    known = random.choice(paths or ("etc/passwd",))
    return random.choice(
        (
            *(known, known, f"/{known}", f"./{known}", f"../{known}", "missing", "../../missing"),
            *("", ".", "..", "../../../etc", "/", "a/../../x", "n" * 150),
        )
    )


def _entry(random: Random, paths: tuple[str, ...]) -> dict[str, Any]:
    """An entry, unusual or not, in addition to those with the given paths."""
    path = _odd_path(random, paths)
    return random.choice(
        (
            {"path": path, "text": "new", "type": "file"},
            {"path": path, "text": "new", "type": "file", "long_names": "gnu"},
            {"path": path, "type": "dir"},
            {"path": path, "type": "symlink", "link": _odd_link(random, paths)},
            {"path": path, "type": "hardlink", "link": _odd_link(random, paths)},
            # Never instead of a document: an engine that opens it would wait for a writer.
            {"path": random.choice(("new", "new/file", ".wh.new")), "type": "fifo"},
            {"path": path, "type": random.choice(("char", "block")), "major": 250, "minor": 250},
            {"path": path, "type": random.choice(("contiguous", "S", "Z", "D", "V")), "text": "x"},
            {"path": path, "type": "whiteout"} if path else {"path": "new", "type": "whiteout"},
            {"path": random.choice(paths or ("new",)).rstrip("/"), "type": "whiteout"},
            {"path": path.rpartition("/")[0], "type": "opaque"},
            {"path": "pax_global_header", "type": "pax-global", "text": "18 comment=global\n"},
            {"path": path, "text": "new", "pax": random.choice(_PAX)},
            {"path": path, "text": "new", "mode": random.choice((0, 0o4755, 0o7777))},
            {"path": path, "text": "new", "uid": random.choice((0, 65534, 2**20))},
        )
    )


_PAX: tuple[Mapping[str, str], ...] = (
    {"SCHILY.xattr.user.name": "value"},
    {"SCHILY.xattr.security.capability": "\x01\x00\x00\x02"},
    {"SCHILY.xattr.trusted.overlay.opaque": "y"},
    {"SCHILY.xattr.unknown.name": "value"},
    {"size": "x"},
    {"size": "-1"},
    {"path": ""},
    {"path": "pax/name"},
    {"linkpath": "other"},
    {"mtime": "1.5"},
    {"mtime": "x"},
    {"uid": "4294967296"},
    {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"},
    {"comment": "x"},
    {"VENDOR.key": "é"},
)


def _tar_edit(random: Random, paths: tuple[str, ...]) -> Edit:
    """An edit of one member of a tar."""
    member = random.randrange(max(1, len(paths)))
    name = paths[member] if paths else ""
    match random.randrange(9):
        case 0:
            return {"remove": member}
        case 1 | 2:
            where = random.choice(({"at": "start"}, {"at": "end"}, {"before": name}))
            return {"add": {**_entry(random, paths), **where}}
        case 3:
            return {"rename": {"member": member, "to": _odd_path(random, paths)}}
        case 4:
            return {"move": {"member": member, "at": random.choice(("start", "end"))}}
        case 5:
            change = {"type": random.choice(_TYPES), "link": _odd_link(random, paths)}
            return {"change": {"member": member, **change}}
        case 6:
            field, value = random.choice(list(FIELDS)), random.choice(_RAW)
            return {"raw": {"member": member, "field": field, "hex": value}}
        case 7:
            return {"change": {"member": member, "pax": dict(random.choice(_PAX))}}
    return {"end_blocks": random.choice((0, 0, 1, 3))}


def _stream_edit(random: Random, size: int) -> Edit:
    """An edit of arbitrary bytes of a tar."""
    place = random.randrange(max(1, size))
    block = place // 512 * 512
    match random.randrange(8):
        case 0 | 1:
            return {"truncate": {"at": random.choice((place, block, 0, min(size, 511)))}}
        case 2 | 3:
            return {"flip": {"at": place, "mask": random.choice((1, 0x80, 0xFF))}}
        case 4:
            more = random.choice(
                ({"zeros": 512}, {"zeros": 10}, {"text": "junk"}, {"hex": "ff" * 512})
            )
            return {"append": more}
        case 5:
            more = random.choice(({"zeros": 512}, {"zeros": 1024}, {"hex": "ff" * 512}))
            return {"insert": {"at": block, **more}}
        case 6:
            return {
                "append": {"text": "more", "compress": random.choice(("gzip", "zstd", "bzip2"))}
            }
    return {"compress": random.choice(("gzip", "bzip2", "xz", "zstd"))}


def _member(random: Random, site: Site) -> Fault:
    return Fault(("edits",), _tar_edit(random, site.members))


def _link_instead(random: Random, site: Site) -> Fault:
    """A file becomes a link."""
    member = random.choice(_known(site, "{config}", "{layer0}", "{layer1}", *_AT_TOP))
    kind = random.choice(("symlink", "hardlink"))
    links = ("{layer0}", "{config}", "../{layer0}", "missing", "/{config}", "index.json")
    change = {"type": kind, "link": random.choice(links)}
    return Fault(("edits",), {"change": {"member": member, **change}})


def _blob_gone(random: Random, site: Site) -> Fault:
    names = _known(site, "{config}", "{layer0}", "{layer1}", "{manifest}", "{v1.0}/json")
    return Fault(("edits",), {"remove": random.choice(names)})


def _stream(random: Random, site: Site) -> Fault:
    size = sum(512 + len(content) for content in site.contents.values())
    return Fault(("edits",), _stream_edit(random, size))


def _layer_paths(random: Random, site: Site, place: Place) -> tuple[int, tuple[str, ...]]:
    image: Any = site.table
    for step in place:
        image = image[step]
    layers = image.get("layers")
    if layers is None:
        paths = ("bin/", "etc/", "etc/group", "etc/passwd", "home/", "tmp/", "usr/", "usr/bin/")
        return random.randrange(2), paths
    if not layers:
        return 0, ()
    number = random.randrange(len(layers))
    return number, tuple(entry["path"] for entry in layers[number])


def _layer_entry(random: Random, site: Site) -> Fault:
    place = site.image_place(random)
    number, paths = _layer_paths(random, site, place)
    return Fault((*place, "layer_edits", str(number)), _tar_edit(random, paths))


def _layer_stream(random: Random, site: Site) -> Fault:
    """The tar of a layer is changed, and its diffID is updated."""
    place = site.image_place(random)
    number, _ = _layer_paths(random, site, place)
    return Fault((*place, "layer_edits", str(number)), _stream_edit(random, 4096))


def _layer_blob(random: Random, site: Site) -> Fault:
    """A stored layer is changed, and its digest is updated, but not its diffID."""
    place = site.image_place(random)
    number, _ = _layer_paths(random, site, place)
    size = len(site.contents.get(site.names.get(f"layer{number}", ""), b""))
    edit = _stream_edit(random, size)
    if "insert" in edit:
        edit = {"prepend": {k: v for k, v in edit["insert"].items() if k != "at"}}
    return Fault((*place, "blob_edits", str(number)), edit)


def _blob_in_place(random: Random, site: Site) -> Fault:
    """A blob is changed, and its name and descriptor no longer match."""
    member = random.choice(_known(site, "{config}", "{layer0}", "{layer1}", "{manifest}"))
    size = len(site.contents.get(_filled(member, site), b""))
    operation = random.choice(("cut", "extend"))
    edit: Edit = {"at": random.randrange(size + 1)} if operation == "cut" else random.choice(_ENDS)
    return Fault(("edits",), {operation: {"member": member, **edit}})


MAKERS: Mapping[FaultMaker, int] = {
    _document_in_place: 5,
    _bytes_of_document: 2,
    _config: 4,
    _manifest: 3,
    _bytes_of_config: 1,
    _nested_index: 1,
    _member: 5,
    _link_instead: 2,
    _blob_gone: 1,
    _stream: 3,
    _layer_entry: 6,
    _layer_stream: 2,
    _layer_blob: 2,
    _blob_in_place: 1,
}
"""The kinds of faults and their weights."""


def draw_fault(random: Random, site: Site) -> Fault:
    """Draw a fault of any kind."""
    (maker,) = random.choices(list(MAKERS), list(MAKERS.values()))
    return maker(random, site)


def draw_rule_fault(random: Random, site: Site) -> Fault:
    """Draw a fault of one of the fail cases of the rules."""
    fault = random.choice(rule_faults())
    if not fault.is_of_image:
        return fault
    return fault._replace(place=(*site.image_place(random), *fault.place))


def site_of(table: Table, built: Built, members: Mapping[str, bytes]) -> Site:
    """The target of faults, for a case and its built archive."""
    return Site(table, built.names, tuple(members), members)
