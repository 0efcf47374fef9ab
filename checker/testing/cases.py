"""Rule cases as data: archives that a rule must pass, and archives that it must fail.

A file ``tests/cases/<bundle>/<rule-name>.toml`` holds the cases of one rule::

    # tests/cases/checker_archive/bad-header-checksum.toml
    [[pass]]
    name = "a docker save archive"
    base = "docker-archive"

    [[fail]]
    name = "junk in the checksum of manifest.json"
    base = "docker-archive"
    edits = [{ raw = { member = "manifest.json", field = "chksum", text = "junk" } }]
    findings = [{ message = "checksum", member = "manifest.json", offset = "header:manifest.json" }]

    [[fail]]
    name = "a bad header in layer 1, all digests right"
    base = "oci-archive"
    [fail.layer_edits]
    1 = [{ raw = { member = "bin/app", field = "chksum", hex = "3130" } }]
    [[fail.findings]]
    layer = 1
    digest = "{layer1.digest}"
    offset = "header:bin/app"
    severity = "error"

    [[fail]]
    name = "the config blob is not the one that the manifest names"
    base = "docker-oci-archive"
    edits = [{ set = { member = "{config}", pointer = "/os", value = "windows" } }]

The archive
    ``base``: ``docker-archive``, ``podman-archive``, ``crane-archive``, ``legacy``,
    ``oci-archive``, ``oci-layout`` (a directory), ``docker-oci-archive``, ``rootfs``, ``export``,
    ``layer``, ``empty`` (a tar without members) or ``raw`` (no bytes at all, to be appended to).
    ``platforms = ["linux/amd64", "linux/arm64/v8"]`` creates an image for each in a nested index;
    with ``flat = true`` in ``index.json`` itself. ``images = [{…}, {…}]`` creates several images.
    ``directory = true`` writes the members to a directory instead of a tar.
    ``wrapped = "top"`` puts all into a directory, ``nested = "image.tar"`` into another tar.
    ``file = "image.tar.gz"`` is the name of the file, by default ``archive.tar``.

The image (in the case itself, or in a table of ``images``), before digests are computed
    ``tags``, ``os``, ``architecture``, ``variant``, ``compression``. ``layers`` is a list of lists
    of entries; without it the layers are those of the sample image: a static ``/bin/app`` as
    entrypoint, ``etc/passwd``, ``etc/os-release``. ``without = ["bin/app"]`` leaves entries out,
    ``entries`` adds some to the last layer. ``config`` and ``manifest`` are merge patches;
    ``config_edits``, ``manifest_edits`` and ``index_edits`` (of a nested index) are lists of edits
    of that document; ``layer_edits`` (of the plain tar) and ``blob_edits`` (of the stored layer)
    are tables of such lists by the number of the layer.

Artifacts beside the images (in the case itself), with right digests, listed in ``index.json``
    ``artifacts`` is a list of tables: ``type`` (the ``artifactType``), ``config_type`` (by default
    that of the empty config) and ``config`` (its JSON), ``subject`` (a digest), ``layers``,
    ``manifest`` (further members of the manifest), and ``annotations`` and ``platform`` of its
    descriptor. A layer has a content as an entry has, its media ``type`` and ``annotations``. An
    object ``{ base64 = … }`` or ``{ base64url = … }`` in a JSON value becomes the encoded JSON of
    its value, as in a DSSE envelope or a JWS.

An entry
    ``path`` and its content: ``text``, ``hex``, ``json``, ``cose`` (the JSON that is the payload of
    a COSE signature), ``zeros`` (a number of bytes) or
    ``elf = { machine = "arm64", interpreter = "/lib/ld.so", needed = ["libc.so.6"], size = 4096,
    gap = 0 }`` (see ``checker.testing.elf``), with
    ``compress = "gzip"`` compressed. Further ``type`` (``file``, ``dir``, ``symlink``,
    ``hardlink``, ``char``, ``block``, ``fifo``, ``contiguous``, ``whiteout``, ``opaque``, ``pax``,
    ``pax-global``, or one character), ``link``, ``mode``, ``uid``, ``gid``, ``mtime``, ``uname``,
    ``gname``, ``major``, ``minor``, ``pax``, ``long_names`` (``pax`` or ``gnu``) and ``raw``, a
    table of header fields, text or ``{ hex = "…" }``. A path that ends in a slash is a directory,
    an entry with a ``link`` a symbolic link, unless ``type`` says otherwise. In a directory, type
    ``s`` is a socket.

Faults: ``edits``, in order, after the digests were computed
    Of members: ``remove = "M"``; ``add = { an entry, at = "end" }`` (or ``"start"``, or ``before =
    "M"``); ``move = { member, at }``; ``rename = { member, to }``; ``change = { member, mode }``;
    ``replace = { member, text }``, ``cut = { member, at = bytes }``, ``extend = { member, text }``,
    ``prepend = { member, hex }``; in JSON ``set = { member, pointer, value }``, ``null = { member,
    pointer }``, ``unset = { member, pointer }``; ``raw = { member, field, hex }``;
    ``end_blocks = 0``.
    Then of bytes: ``truncate = N`` (below 0: from the end), ``append = { zeros = 512 }``,
    ``flip = { at = N, mask = 1 }``, ``insert = { at = N, hex }``, ``pad = 20`` (blocks a record),
    ``compress = "gzip"``, ``drop = N`` (the bytes before N), ``damage = "lf-to-crlf"`` (what
    happens in transport; the names are in ``checker.testing.damage``). ``truncate``, ``drop``,
    ``flip`` and ``insert`` also take ``member`` with ``at`` bytes ``from`` its ``"header"``,
    ``"data"``, ``"start"`` (with extended headers) or ``"end"``.
    A member is named by its name, its number, or a placeholder. ``append = { text, compress =
    "gzip" }`` adds a second gzip stream, ``insert = { hex }`` something in front of everything.
    Edits of a document or blob have no ``member``: ``set``, ``null``, ``unset``, ``replace``,
    ``append``, ``prepend``, ``truncate``, ``flip``, ``compress``, ``encode = "utf-16"`` (an
    encoding of Python), and ``substitute = { old, new }`` (of the first occurrence of a
    text, where ``set`` cannot say it: a number such as ``1e400``). The last two are also edits of a
    member.

Placeholders, in member names, JSON values, texts and expectations
    ``{config}``, ``{manifest}``, ``{layer0}``: the members; ``{config.digest}``,
    ``{layer0.diff_id}``: digests; ``{config.hex}``: one without its algorithm; ``{index}``,
    ``{index.digest}``: the nested index; ``{image1.layer0}``: of the second image; ``{inner}``: the
    nested archive; ``{artifact0}``, ``{artifact0.layer0}``, ``{artifact0.config}``: of the first
    artifact, with ``.digest`` and ``.hex``. In docker archives ``{manifest}`` is
    ``manifest.json``, and ``{v1.0}`` the v1 directory of the base layer.

What is expected: ``findings``, of failing cases
    Each table must match a finding of the rule, and each finding must match a table; without
    ``findings`` any finding is accepted. Keys: ``message`` (a part of it), ``member``, ``offset``,
    ``layer``, ``path``, ``pointer``, ``digest``, ``image``, ``severity``, ``count`` (the number of
    matching findings). ``offset`` is a number or a place such as ``"header:etc/passwd"``,
    ``"data:…"``, ``"start:…"`` or ``"end"`` (the end marker); with ``layer``, inside that layer.

Also ``options`` (options of the check), ``note``, and a table ``[defaults]`` for all cases.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from checker.testing.archive import (
    COMPRESSIONS,
    Archive,
    build,
    flat_platforms,
    multi_platform,
    nested,
    with_nested_index,
    wrapped,
)
from checker.testing.artifacts import ARTIFACT_KEYS, LAYER_KEYS, with_artifacts
from checker.testing.edits import (
    BYTE_EDITS,
    ENTRY_KEYS,
    TAR_EDITS,
    Draft,
    Operation,
    Table,
    edit_bytes,
    edit_folder,
    edit_tar,
    fill,
    member_from,
    normalise,
)
from checker.testing.elf import MACHINES
from checker.testing.image import (
    Image,
    Layer,
    config_blob,
    layer_blobs,
    manifest_blob,
    sample_image,
)
from checker.typing_names import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from checker.checks.finding import Finding
    from checker.testing.tar import Member

Kind = Literal["pass", "fail"]
Places: TypeAlias = "Mapping[tuple[int | None, str], int]"
"""Offsets in bytes by layer (None: in the archive itself) and place."""

_IMAGE_KEYS = frozenset(
    {
        *("tags", "os", "architecture", "variant", "compression", "layers", "entries", "without"),
        *("config", "config_edits", "manifest", "manifest_edits", "layer_edits", "blob_edits"),
    }
)
_ARCHIVE_KEYS = _IMAGE_KEYS | {
    *("base", "images", "platforms", "flat", "wrapped", "nested", "index_edits", "edits", "file"),
    *("artifacts", "directory"),
}
_DEFAULT_KEYS = _ARCHIVE_KEYS | {"options"}
_CASE_KEYS = _DEFAULT_KEYS | {"name", "note", "findings"}
_BASES = frozenset(
    {
        *("docker-archive", "podman-archive", "crane-archive", "legacy", "oci-archive"),
        *("oci-layout", "docker-oci-archive", "rootfs", "export", "layer", "empty", "raw"),
    }
)
_FILE = "archive.tar"
_FOLDERS = frozenset({"oci-layout"})


class CaseError(ValueError):
    """An invalid case file; the message states the file, the case and the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The expected fields of a finding; None for any value.

    Attributes:
        message: A part of the message.
        member: Name of the archive member.
        offset: Offset in bytes, or a place such as ``header:manifest.json``.
        layer: Position of the layer.
        path: Path inside the root filesystem.
        pointer: JSON pointer.
        digest: Digest of the blob.
        image: Label of the image.
        severity: ``error``, ``warning`` or ``note``.
        count: Number of findings that must match.
    """

    message: str | None = None
    member: str | None = None
    offset: int | str | None = None
    layer: int | None = None
    path: str | None = None
    pointer: str | None = None
    digest: str | None = None
    image: str | None = None
    severity: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """The archive of a case.

    Attributes:
        archive: The members, if the case is a directory; otherwise None.
        data: The bytes, if the case is a file; otherwise None.
        names: Values of placeholders.
        offsets: Offsets of places, for expectations that refer to a place.
        file: Name of the file.
    """

    archive: Archive | None
    data: bytes | None
    names: Mapping[str, str] = field(hash=False)
    offsets: Places = field(hash=False)
    file: str = _FILE

    def write(self, directory: Path) -> Path:
        """Write the archive into a directory and return the path of the file or directory."""
        if self.data is not None:
            path = directory / self.file
            path.write_bytes(self.data)
            return path
        path = directory / "archive"
        if self.archive is not None:
            self.archive.write_directory(path)
        return path

    def offset(self, expected: Expected) -> int | None:
        """The expected offset as a number.

        Raises:
            ValueError: The place does not exist.
        """
        if expected.offset is None or isinstance(expected.offset, int):
            return expected.offset
        key = (expected.layer, fill(expected.offset, self.names))
        if key not in self.offsets:
            where = "the archive" if key[0] is None else f"layer {key[0]}"
            raise ValueError(f"there is no place {key[1]!r} in {where}")
        return self.offsets[key]


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one rule.

    Attributes:
        rule: Name of the rule: the name of the file.
        bundle: Name of the plugin: the name of the directory.
        name: Name of the case.
        kind: ``pass``: the rule has no findings; ``fail``: it has the expected ones.
        options: Options of the check.
        expected: The expected findings of a failing case; empty: any finding.
        source: The case file.
        table: The case as in the file, with the defaults.
    """

    rule: str
    bundle: str
    name: str
    kind: Kind
    options: Mapping[str, Any] = field(hash=False)
    expected: tuple[Expected, ...]
    source: Path
    table: Mapping[str, Any] = field(hash=False, repr=False)

    @property
    def id(self) -> str:
        """A name for test reports: bundle, rule, kind and name."""
        return f"{self.bundle}/{self.rule}:{self.kind}:{self.name}"

    def build(self) -> Built:
        """Build the archive.

        Raises:
            CaseError: A value in the file is invalid.
        """
        try:
            return _build_case(self.table)
        except (ValueError, TypeError) as error:
            raise CaseError(f"{self.source}: {self.kind} case {self.name!r}: {error}") from error


def load_cases(path: Path) -> list[Case]:
    """Read the cases of a file, or of all ``*.toml`` files below a directory.

    Raises:
        CaseError: A file is not TOML, has an unknown key, or no cases.
        FileNotFoundError: The path does not exist.
    """
    files = sorted(path.rglob("*.toml")) if path.is_dir() else [path]
    return [case for each in files for case in _load_file(each)]


def matches(finding: Finding, expected: Expected, built: Built) -> bool:
    """Whether a finding matches an expectation.

    Raises:
        ValueError: The expectation has an unknown place or placeholder.
    """
    return not list(_differences(finding, expected, built))


def explain_mismatch(case: Case, findings: Sequence[Finding], built: Built) -> str | None:
    """Why the findings of the case's rule differ from the expected ones; None if they do not.

    Raises:
        ValueError: An expectation has an unknown place or placeholder.
    """
    if case.kind == "pass":
        return _report("no finding was expected", findings) if findings else None
    if not findings:
        return "a finding was expected, but there is none"
    if not case.expected:
        return None
    problems = [*_unmet(case.expected, findings, built), *_stray(case.expected, findings, built)]
    return "\n".join(problems) or None


def _unmet(
    expected: Iterable[Expected], findings: Sequence[Finding], built: Built
) -> Iterator[str]:
    for each in expected:
        found = sum(matches(finding, each, built) for finding in findings)
        if each.count is not None and found != each.count:
            yield _report(f"{found} findings, not {each.count}, match {_shown(each)}", findings)
        elif not found:
            near = [
                f"{finding.message!r}: {'; '.join(_differences(finding, each, built))}"
                for finding in findings
            ]
            yield "\n  ".join((f"no finding matches {_shown(each)}", *near))


def _stray(
    expected: Sequence[Expected], findings: Iterable[Finding], built: Built
) -> Iterator[str]:
    for finding in findings:
        if not any(matches(finding, each, built) for each in expected):
            yield _report("a finding was not expected", [finding])


def _report(headline: str, findings: Iterable[Finding]) -> str:
    lines = [f"{f.severity}: {f.message!r} at {f.location}" for f in findings]
    return "\n  ".join((headline + ":", *lines))


def _shown(expected: Expected) -> str:
    given = {f.name: getattr(expected, f.name) for f in fields(expected)}
    return ", ".join(f"{key}={value!r}" for key, value in given.items() if value is not None)


def _differences(finding: Finding, expected: Expected, built: Built) -> Iterator[str]:
    if expected.message is not None and fill(expected.message, built.names) not in finding.message:
        yield f"message lacks {fill(expected.message, built.names)!r}"
    if expected.severity is not None and finding.severity != expected.severity:
        yield f"severity is {finding.severity}, not {expected.severity}"
    wanted: dict[str, Any] = {
        key: fill(value, built.names)
        for key in ("member", "path", "pointer", "digest", "image")
        if (value := getattr(expected, key)) is not None
    }
    numbers = {"offset": built.offset(expected), "layer": expected.layer}
    wanted |= {key: value for key, value in numbers.items() if value is not None}
    for key, value in wanted.items():
        actual = getattr(finding.location, key)
        if actual != value:
            yield f"{key} is {actual!r}, not {value!r}"


# --- reading case files


def _load_file(path: Path) -> list[Case]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CaseError(f"{path}: {error}") from error
    try:
        return _cases(path, document)
    except ValueError as error:
        raise CaseError(f"{path}: {error}") from error


def _cases(path: Path, document: Table) -> list[Case]:
    _check_keys(document, frozenset({"pass", "fail", "defaults"}), "file")
    defaults = document.get("defaults", {})
    _check_keys(defaults, _DEFAULT_KEYS, "defaults")
    kinds: tuple[Kind, Kind] = ("pass", "fail")
    cases = [
        _case(path, kind, {**defaults, **table})
        for kind in kinds
        for table in document.get(kind, [])
    ]
    names = [(case.kind, case.name) for case in cases]
    twice = sorted({name for kind, name in names if names.count((kind, name)) > 1})
    if twice:
        raise ValueError(f"two cases have the name {twice[0]!r}")
    if not cases:
        raise ValueError("there are no cases: add [[pass]] and [[fail]] tables")
    return cases


def _case(path: Path, kind: Kind, table: Table) -> Case:
    name = table.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"a {kind} case has no name")
    where = f"{kind} case {name!r}"
    _check_keys(table, _CASE_KEYS, where)
    if kind == "pass" and "findings" in table:
        raise ValueError(f"{where}: a case that passes has no findings")
    _check_archive(table, where)
    return Case(
        rule=path.stem,
        bundle=path.parent.name,
        name=name,
        kind=kind,
        options=table.get("options", {}),
        expected=tuple(_expected(each, where) for each in table.get("findings", [])),
        source=path,
        table=table,
    )


def _expected(table: Table, where: str) -> Expected:
    _check_keys(table, frozenset(each.name for each in fields(Expected)), f"{where}: findings")
    return Expected(**table)


def _check_keys(table: Any, known: frozenset[str], where: str) -> None:
    if not isinstance(table, Mapping):
        raise ValueError(f"{where}: a table was expected, not {table!r}")  # noqa: TRY004 -- becomes CaseError
    for key in table:
        if key not in known:
            raise ValueError(f"{where}: unknown key {key!r}; known: {', '.join(sorted(known))}")


def _check_archive(table: Table, where: str) -> None:
    base = table.get("base")
    if base not in _BASES:
        raise ValueError(f"{where}: base is {base!r}, not one of {', '.join(sorted(_BASES))}")
    file = table.get("file", _FILE)
    if not isinstance(file, str) or not file or "/" in file:
        raise ValueError(f"{where}: file is the name of a file, not {file!r}")
    if "images" in table and (clash := sorted(_IMAGE_KEYS & set(table))):
        raise ValueError(f"{where}: {clash[0]!r} belongs in the tables of images")
    for number, image in enumerate(table.get("images", [])):
        _check_keys(image, _IMAGE_KEYS, f"{where}: images {number}")
    for number, artifact in enumerate(table.get("artifacts", [])):
        _check_keys(artifact, ARTIFACT_KEYS, f"{where}: artifact {number}")
        for layer in artifact.get("layers", []):
            _check_keys(layer, LAYER_KEYS, f"{where}: artifact {number}: layer")
    for image in (table, *table.get("images", [])):
        _check_image(image, where)
    _check_edits(table.get("edits", []), TAR_EDITS, f"{where}: edits")
    _check_edits(table.get("index_edits", []), BYTE_EDITS, f"{where}: index_edits")


def _check_image(table: Table, where: str) -> None:
    for entries in (*table.get("layers", []), table.get("entries", [])):
        for entry in entries:
            _check_keys(entry, ENTRY_KEYS, f"{where}: entry")
            if "path" not in entry:
                raise ValueError(f"{where}: an entry has no path: {entry!r}")
    for key in ("config_edits", "manifest_edits"):
        _check_edits(table.get(key, []), BYTE_EDITS, f"{where}: {key}")
    for key, known in (("layer_edits", TAR_EDITS), ("blob_edits", BYTE_EDITS)):
        for number, edits in table.get(key, {}).items():
            _check_edits(edits, known, f"{where}: {key} {number}")


def _check_edits(edits: Any, known: Mapping[str, Operation], where: str) -> None:
    for number, edit in enumerate(edits):
        try:
            name, table = normalise(edit, known)
        except ValueError as error:
            raise ValueError(f"{where}: edit {number}: {error}") from error
        if name == "add":
            _check_keys(table, known[name].keys, f"{where}: edit {number}: add")


# --- building the archive


@dataclass(frozen=True, slots=True)
class _Drafted:
    """An image, and the offsets of places in its layers."""

    image: Image
    offsets: Places


def _build_case(table: Table) -> Built:
    base = table["base"]
    drafted = _images(table)
    archive = _archive(table, [each.image for each in drafted])
    archive = _around(table, with_artifacts(archive, table.get("artifacts", ())))
    draft = Draft(archive.members, archive.names)
    inner = drafted[0].offsets if drafted else {}
    if (base in _FOLDERS or table.get("directory", False)) and "nested" not in table:
        edited = edit_folder(draft, table.get("edits", []))
        folder = replace(archive, members=edited.members)
        return Built(folder, None, archive.names, inner)
    if base == "raw":
        draft = replace(draft, data=b"")
    edited = edit_tar(draft, table.get("edits", []))
    offsets: Places = {(None, place): at for place, at in edited.places().items()}
    return Built(
        None, edited.written(), archive.names, {**inner, **offsets}, table.get("file", _FILE)
    )


def _around(table: Table, archive: Archive) -> Archive:
    if "wrapped" in table:
        archive = wrapped(archive, table["wrapped"])
    return nested(archive, table["nested"]) if "nested" in table else archive


def _archive(table: Table, images: Sequence[Image]) -> Archive:
    base = table["base"]
    if base == "raw":
        return Archive("raw", ())
    if "platforms" not in table:
        if "index_edits" in table:
            raise ValueError("index_edits needs platforms; edit index.json with edits")
        return build(base, *images)
    if base not in {"oci-archive", "oci-layout"}:
        raise ValueError(f"platforms needs the base oci-archive or oci-layout, not {base}")
    if table.get("flat", False):
        return flat_platforms(*images)
    archive = multi_platform(*images)
    if "index_edits" not in table:
        return archive
    index = next(m.content for m in archive.members if m.name == archive.names["index"])
    return with_nested_index(images, edit_bytes(index, table["index_edits"], archive.names))


def _images(table: Table) -> list[_Drafted]:
    base = table["base"]
    if "images" in table:
        return [_image(each, base) for each in table["images"]]
    if "platforms" in table:
        return [_image({**table, **_platform(each)}, base) for each in table["platforms"]]
    if base in {"empty", "raw", "layer"} and not _IMAGE_KEYS & set(table):
        return []
    return [_image(table, base)]


def _platform(text: str) -> dict[str, str]:
    parts = text.split("/")
    if len(parts) not in {2, 3}:
        raise ValueError(f"a platform is os/architecture or os/architecture/variant, not {text!r}")
    return dict(zip(("os", "architecture", "variant"), parts, strict=False))


def _image(table: Table, base: str) -> _Drafted:
    architecture = table.get("architecture", "amd64")
    layers = _layers(table, architecture)
    drafts = [Draft(layer) for layer in layers]
    layer_edits = _numbered(table, "layer_edits", len(layers))
    edited = {n: edit_tar(drafts[n], edits) for n, edits in layer_edits.items()}
    drafts = [edited.get(n, draft) for n, draft in enumerate(drafts)]
    # Bytes if there are edits, otherwise entries: root filesystems can be merged from entries.
    contents: list[Layer] = [
        draft.written() if n in edited else draft.members for n, draft in enumerate(drafts)
    ]
    image = Image(
        layers=tuple(contents),
        config=table.get("config", {}),
        manifest=table.get("manifest", {}),
        tags=tuple(table.get("tags", ("sample:1",))),
        os=table.get("os", "linux"),
        architecture=architecture,
        variant=table.get("variant", ""),
        compression=table.get("compression", COMPRESSIONS.get(base)),
    )
    offsets: Places = {
        (n, place): at for n, draft in enumerate(drafts) for place, at in draft.places().items()
    }
    return _Drafted(_with_documents(_with_blobs(image, table), table), offsets)


def _layers(table: Table, architecture: str) -> list[tuple[Member, ...]]:
    if "layers" in table:
        layers = [tuple(map(member_from, entries)) for entries in table["layers"]]
    else:
        sample = sample_image(architecture if architecture in MACHINES else "amd64")
        layers = [layer for layer in sample.layers if isinstance(layer, tuple)]
    without = set(table.get("without", ()))
    missing = without - {member.name for layer in layers for member in layer}
    if missing:
        raise ValueError(f"without: no entry has the path {min(missing)!r}")
    layers = [tuple(m for m in layer if m.name not in without) for layer in layers]
    if "entries" in table:
        layers[-1:] = [(*layers[-1], *map(member_from, table["entries"]))]
    return layers


def _numbered(table: Table, key: str, count: int) -> dict[int, Sequence[Any]]:
    edits = table.get(key, {})
    for number in edits:
        if not number.isdecimal() or int(number) >= count:
            raise ValueError(f"{key}: there is no layer {number}; the layers are 0 to {count - 1}")
    return {int(number): each for number, each in edits.items()}


def _with_blobs(image: Image, table: Table) -> Image:
    edits = _numbered(table, "blob_edits", len(image.layers))
    if not edits:
        return image
    blobs = layer_blobs(image, image.compression or "none")
    stored = {n: edit_bytes(blobs[n].data, each, {}) for n, each in edits.items()}
    return replace(image, stored=stored)


def _with_documents(image: Image, table: Table) -> Image:
    if "config_edits" in table:
        data = edit_bytes(config_blob(image).data, table["config_edits"], {})
        image = replace(image, config_bytes=data)
    if "manifest_edits" in table:
        config, layers = config_blob(image), layer_blobs(image, image.compression or "none")
        manifest = manifest_blob(image, config, layers)
        data = edit_bytes(manifest.data, table["manifest_edits"], {})
        image = replace(image, manifest_bytes=data)
    return image
