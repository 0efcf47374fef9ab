"""Files of the root filesystem: whether they are there, and what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from checker import ContentRequest, Entry, Rootfs, RootfsEntry
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    CONTIGUOUS,
    DIRECTORY,
    FIFO,
    GNU_SPARSE,
    HARD_LINK,
    REGULAR,
    SYMLINK,
    clean_path,
)
from checker.records import NamedTuple
from checker.starting.accounts import ACCOUNTS, GROUP, PASSWD, read_accounts
from checker_policy.looked_up import (
    SEARCHED,
    Found,
    content_of,
    digest_of,
    find,
    request,
)
from checker_policy.parts import Keys, Problem
from checker_policy.patterns import Glob, Pattern, read_patterns
from checker_policy.values import Value, listed, size_words

_KINDS: Mapping[str, str] = {
    **dict.fromkeys((REGULAR, CONTIGUOUS, GNU_SPARSE, HARD_LINK), "file"),
    DIRECTORY: "directory",
    SYMLINK: "symlink",
    CHARACTER_DEVICE: "character-device",
    BLOCK_DEVICE: "block-device",
    FIFO: "fifo",
}
_FILE, _SYMLINK = "file", "symlink"
_EXECUTABLE = 0o111
_MODE = re.compile(r"[0-7]{3,4}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9]{1,10}")
_KEYS = (
    *("path", "exists", "kind", "mode", "mode-without", "owner", "min-size", "max-size"),
    *("executable", "sha256", "matches", "must-not-match", "layer"),
)
_LAYERS = {"base": 0, "top": -1}


class FileTest(NamedTuple):
    """What files must be.

    Attributes:
        globs: Which files, as paths or patterns.
        exists: Whether there must be any.
        kinds: The valid kinds; any if empty.
        modes: The valid permission bits; any if empty.
        mode_without: Permission bits that must not be set.
        owner: User and group, by id or name; None for any.
        sizes: The smallest and the largest size in bytes.
        executable: Whether anybody may execute it; None if that does not matter.
        sha256: The valid digests of the content; any if empty.
        matches: What the content must match.
        excludes: What the content must not match.
        layers: The valid layers, from 0 (the base) or from -1 (the top); any if empty.
    """

    globs: tuple[Glob, ...]
    exists: bool = True
    kinds: tuple[str, ...] = ()
    modes: tuple[int, ...] = ()
    mode_without: int = 0
    owner: tuple[str | None, str | None] = (None, None)
    sizes: tuple[int | None, int | None] = (None, None)
    executable: bool | None = None
    sha256: tuple[str, ...] = ()
    matches: tuple[Pattern, ...] = ()
    excludes: tuple[Pattern, ...] = ()
    layers: tuple[int, ...] = ()

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content that it needs."""
        found: list[ContentRequest | None] = []
        for glob in self.globs:
            if self.matches or self.excludes:
                found.append(request(glob))
            if self.sha256:
                found.append(request(glob, limit=0, digests=True))
        names = [ACCOUNTS] if any(self.owner) else []
        return (*(each for each in found if each is not None), *names)

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Find what is wrong with the files."""
        for glob in self.globs:
            yield from self._of_glob(rootfs, glob)

    def _of_glob(self, rootfs: Rootfs, glob: Glob) -> Iterator[Problem]:
        is_found = False
        for found in self._found(rootfs, glob):
            is_found = True
            if not self.exists:
                yield _problem(found, f"/{found.path} must not exist")
                continue
            for message in self._of_file(rootfs, found):
                yield _problem(found, f"/{found.path} {message}")
        if self.exists and not is_found:
            words = "does not exist" if glob.is_path else "matches nothing"
            yield Problem(f"/{glob.text} {words}", {"path": glob.text})

    def _found(self, rootfs: Rootfs, glob: Glob) -> Iterator[Found]:
        """The files to look at: the first one, and those of which something may be wrong."""
        follow = self.exists and _SYMLINK not in self.kinds
        found = find(rootfs, glob, follow=follow)
        is_of_modes = self == FileTest(self.globs, mode_without=self.mode_without)
        if glob.is_path or not is_of_modes:
            yield from found
            return
        yield from islice(found, 1)
        matches = glob.matcher()
        for placed in rootfs.with_mode(self.mode_without):
            if matches(placed.path):
                yield Found(placed.path, placed)

    def _of_file(self, rootfs: Rootfs, found: Found) -> Iterator[str]:
        entry = found.entry
        kind = _kind_of(entry)
        if self.kinds and kind not in self.kinds:
            yield f"is a {kind}, expected {listed(self.kinds)}"
        if entry is not None:
            yield from self._of_entry(rootfs, entry)
        elif self.modes or any(self.owner):
            yield "has no entry in any layer, so that mode and owner are not known"
        yield from self._of_size(rootfs, found)
        yield from self._of_layer(rootfs, found)
        if self.matches or self.excludes:
            yield from self._of_content(rootfs, found)
        if self.sha256:
            yield from self._of_digest(rootfs, found)

    def _of_entry(self, rootfs: Rootfs, entry: Entry) -> Iterator[str]:
        if not entry.is_symlink:  # whose mode means nothing
            yield from self._of_mode(entry.mode & 0o7777)
        owners = ((self.owner[0], entry.uid, PASSWD), (self.owner[1], entry.gid, GROUP))
        for wanted_id, found_id, file in owners:
            if wanted_id is not None and found_id not in _ids(rootfs, file, wanted_id):
                whose = "user" if file == PASSWD else "group"
                yield f"belongs to {whose} {found_id}, expected {wanted_id}"

    def _of_mode(self, mode: int) -> Iterator[str]:
        if self.modes and mode not in self.modes:
            yield f"has mode {mode:04o}, expected {listed(f'{one:04o}' for one in self.modes)}"
        if mode & self.mode_without:
            yield f"has mode {mode:04o}, of which {mode & self.mode_without:04o} must not be set"
        if self.executable is not None and bool(mode & _EXECUTABLE) is not self.executable:
            wanted = "must be executable" if self.executable else "must not be executable"
            yield f"has mode {mode:04o}, but {wanted}"

    def _of_size(self, rootfs: Rootfs, found: Found) -> Iterator[str]:
        least, most = self.sizes
        if least is None and most is None:
            return
        file = None if found.placed is None else rootfs.file_of(found.placed)
        size = 0 if file is None else file.entry.size
        if least is not None and size < least:
            yield f"has {size_words(size)}, at least {size_words(least)} are required"
        if most is not None and size > most:
            yield f"has {size_words(size)}, at most {size_words(most)} are allowed"

    def _of_layer(self, rootfs: Rootfs, found: Found) -> Iterator[str]:
        if not self.layers or found.placed is None:
            return
        count = len(rootfs.layers)
        wanted = [layer + count if layer < 0 else layer for layer in self.layers]
        position = found.placed.layer.position
        if position not in wanted:
            yield f"is in layer {position}, expected {listed(map(str, wanted))}"

    def _of_content(self, rootfs: Rootfs, found: Found) -> Iterator[str]:
        content = content_of(rootfs, found)
        if content is None:
            yield _unknown_words(found)
            return
        part = "" if content.is_whole else f" in its first {size_words(SEARCHED)}"
        for each in self.matches:
            if not each.is_in(content.text):
                yield f'does not match "{each.text}"{part}'
        for each in self.excludes:
            if each.is_in(content.text):
                yield f'matches "{each.text}"'
            elif not content.is_whole:
                yield f'was searched for "{each.text}" only{part}'

    def _of_digest(self, rootfs: Rootfs, found: Found) -> Iterator[str]:
        digest = digest_of(rootfs, found)
        if digest is None:
            yield _unknown_words(found)
        elif digest not in self.sha256:
            yield f"has the SHA-256 {digest}, expected {listed(self.sha256)}"


def _unknown_words(found: Found) -> str:
    """Why the content of a file is not known, in words."""
    kind = _kind_of(found.entry)
    if kind != _FILE:
        return f"is a {kind} and has no content"
    placed: RootfsEntry | None = found.placed
    end = "" if placed is None else placed.path
    if end and end.rpartition("/")[2] != found.path.rpartition("/")[2]:
        return f"is a symlink whose content was not read; name /{end} instead"
    return "has content that was not read; see the limit content"


def _problem(found: Found, message: str) -> Problem:
    layer = None if found.placed is None else found.placed.layer
    return Problem(message, {"path": found.path}, layer)


def _kind_of(entry: Entry | None) -> str:
    return _KINDS.get(entry.kind, entry.kind_name) if entry is not None else "directory"


def _ids(rootfs: Rootfs, file: str, wanted: str) -> frozenset[int]:
    """The ids that a user or group can have, given by id or by name."""
    if _ID.fullmatch(wanted):
        return frozenset({int(wanted)})
    accounts = read_accounts(rootfs, file)
    lines = () if accounts is None or accounts.lines is None else accounts.lines
    texts = (line.fields[2] for line in lines if line.name == wanted and len(line.fields) > 2)
    found = frozenset(int(each) for each in texts if _ID.fullmatch(each))
    return found or frozenset({0} if wanted == "root" else ())


def read_glob(value: Value) -> Glob:
    """A path in the root filesystem, or a pattern of them; a slash at the beginning is optional.

    Raises:
        SettingsError: It is none.
    """
    text = value.text()
    if "\0" in text or ".." in text.split("/"):
        value.fail("must be a path in the root filesystem, without ..")
    return Glob(clean_path(text))


def _mode(value: Value) -> int:
    if not isinstance(value.raw, str) or _MODE.fullmatch(value.raw) is None:
        value.fail('must be permission bits as a string, such as "0755"')
    return int(value.raw, 8)


def _owner(value: Value) -> tuple[str | None, str | None]:
    if type(value.raw) is int:
        return str(value.number()), None
    user, _, group = value.text().partition(":")
    return user or None, group or None


def _digest(value: Value) -> str:
    text = value.text().removeprefix("sha256:").lower()
    if _SHA256.fullmatch(text) is None:
        value.fail("must be a SHA-256 of 64 hexadecimal digits")
    return text


def _layer(value: Value) -> int:
    if isinstance(value.raw, str):
        return _LAYERS[value.choice(tuple(_LAYERS))]
    return value.number(least=-1000)


def _file(value: Value) -> FileTest:
    found = value.table(_KEYS)
    if "path" not in found:
        value.fail("must have a path")
    globs = tuple(read_glob(item) for item in found["path"].one_or_more())
    kinds = (*dict.fromkeys(_KINDS.values()),)
    test = FileTest(
        globs=globs,
        exists="exists" not in found or found["exists"].truth(),
        kinds=tuple(each.choice(kinds) for each in _several(found, "kind")),
        modes=tuple(_mode(each) for each in _several(found, "mode")),
        mode_without=_mode(found["mode-without"]) if "mode-without" in found else 0,
        owner=_owner(found["owner"]) if "owner" in found else (None, None),
        sizes=(_size(found, "min-size"), _size(found, "max-size")),
        executable=found["executable"].truth() if "executable" in found else None,
        sha256=tuple(_digest(each) for each in _several(found, "sha256")),
        matches=read_patterns(found["matches"]) if "matches" in found else (),
        excludes=read_patterns(found["must-not-match"]) if "must-not-match" in found else (),
        layers=tuple(_layer(each) for each in _several(found, "layer")),
    )
    others = [key for key in found if key not in ("path", "exists")]
    if not test.exists and others:
        found[others[0]].fail("cannot be required of a file that must not exist")
    _require_readable(test, found)
    return test


def _several(found: Mapping[str, Value], key: str) -> tuple[Value, ...]:
    return found[key].one_or_more() if key in found else ()


def _size(found: Mapping[str, Value], key: str) -> int | None:
    return found[key].size() if key in found else None


def _require_readable(test: FileTest, found: Mapping[str, Value]) -> None:
    """Refuse patterns of paths whose content cannot be asked for before the archive is read.

    Raises:
        SettingsError: There is one.
    """
    for glob in test.globs:
        if (test.matches or test.excludes) and request(glob) is None:
            found["path"].fail(f'"{glob.text}" must begin with a directory to search content')
        if test.sha256 and request(glob, digests=True) is None:
            found["path"].fail(f'"{glob.text}" must end with the name of a file for sha256')


class Files(NamedTuple):
    """What several files must be."""

    tests: tuple[FileTest, ...]

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content that they need."""
        return tuple(each for test in self.tests for each in test.reads)

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Find what is wrong with the files."""
        for test in self.tests:
            yield from test.of_root(rootfs)


def _files(value: Value) -> Files:
    tests = tuple(_file(item) for item in value.items())
    return Files(tests or value.fail("must not be empty"))


KEYS: Keys = {"files": _files}
