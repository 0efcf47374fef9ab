"""Whether the loader finds the libraries that a program needs, and those that they need in turn.

Sources: ld.so(8); glibc 2.36, elf/dl-load.c, _dl_map_object; musl 1.2.5, ldso/dynlink.c,
load_library; System V ABI, chapter 5, "Shared Object Dependencies".
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import partial

from checker.model.changesets import stack_of
from checker.model.content import ContentRequest
from checker.model.elf import ElfFile, Machine
from checker.model.entries import Entries, clean_path
from checker.model.rootfs import Rootfs, RootfsEntry
from checker.patterns import pattern
from checker.records import NamedTuple
from checker.starting.identity import Identity, closed_directory, may_read
from checker.starting.ld_cache import CachedLibrary, read_cache, read_directories, read_musl_path
from checker.starting.obstacle import Budget, Cause, Obstacle
from checker.starting.process import Process

_CACHE = "etc/ld.so.cache"
# Names of the loaders of glibc, by which their content is asked for.
_LOADERS = frozenset(
    {
        *("ld-linux-x86-64.so.2", "ld-linux.so.2", "ld-linux-aarch64.so.1", "ld-linux-armhf.so.3"),
        *("ld-linux.so.3", "ld64.so.1", "ld64.so.2", "ld-linux-riscv64-lp64d.so.1"),
        *("ld-linux-loongarch-lp64d.so.1", "ld.so.1"),
        # Before glibc 2.34 these are links to files with the version in their name.
        *(f"ld-2.{minor}.so" for minor in range(17, 34)),
    }
)
_MUSL_MACHINES = ("x86_64", "aarch64", "armhf", "arm", "i386", "riscv64", "powerpc64le", "s390x")
_MUSL_PATHS = frozenset(f"etc/ld-musl-{machine}.path" for machine in _MUSL_MACHINES)

LOADERS = (
    ContentRequest(endings=_LOADERS, limit=512 * 1024),
    ContentRequest(paths=frozenset({_CACHE, *_MUSL_PATHS}), limit=1 << 20),
)
"""What loaders search: directories compiled into them, the cache, the list of musl."""

_MUSL_DIRECTORIES = ("/lib", "/usr/local/lib", "/usr/lib")
# musl's loader is the C library itself, and provides these names (ldso/dynlink.c).
_OF_MUSL = ("libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet.")
# Libraries that runtimes for graphics cards add to the container when it starts.
_INJECTED = (
    *("libcuda.", "libcudadebugger.", "libnvidia-", "libnv", "libGLX_nvidia", "libEGL_nvidia"),
)
_TRIPLETS = {
    62: "x86_64-linux-gnu",
    183: "aarch64-linux-gnu",
    40: "arm-linux-gnueabihf",
    3: "i386-linux-gnu",
    243: "riscv64-linux-gnu",
    21: "powerpc64le-linux-gnu",
    22: "s390x-linux-gnu",
    258: "loongarch64-linux-gnu",
}
# Search paths that libraries inherit from each other are copied: so many directories a lookup.
_DIRECTORIES_PER_LOOKUP = 20
# To look a path up takes as long as to search its last part in so many paths.
_PATHS_PER_LOOKUP = 50


class Library(NamedTuple):
    """A loaded file.

    Attributes:
        path: Its absolute path, as the loader names it.
        placed: The file.
        elf: What was read of it.
        is_program: Whether it is the program itself.
        inherited: Directories in which what it needs is searched as well, its own first: those of
            its search path, and of what needs it.
    """

    path: str
    placed: RootfsEntry
    elf: ElfFile
    is_program: bool = False
    inherited: tuple[str, ...] = ()


class Loader(NamedTuple):
    """The dynamic loader of a program.

    Attributes:
        path: Its absolute path, as the program names it.
        placed: The file.
        is_musl: Whether it is that of musl.
        directories: The directories that it searches last.
        cache: The libraries in its cache, by name; None if they are not known.
        is_known: Whether it surely searches nowhere else.
    """

    path: str
    placed: RootfsEntry
    is_musl: bool
    directories: tuple[str, ...]
    cache: Mapping[str, tuple[str, ...]] | None
    is_known: bool


class Search(NamedTuple):
    """What libraries are searched for.

    Attributes:
        rootfs: The root.
        process: The process with its environment.
        identity: The user.
        loader: The loader.
        program: The program.
        budget: How many paths may be looked up.
    """

    rootfs: Rootfs
    process: Process
    identity: Identity
    loader: Loader
    program: Library
    budget: Budget


def is_provided_by_musl(name: str) -> bool:
    """Whether musl's loader provides a library itself."""
    return name.startswith(_OF_MUSL)


def is_injected(name: str) -> bool:
    """Whether runtimes for graphics cards add a library when a container starts."""
    return name.startswith(_INJECTED)


def library_obstacles(search: Search) -> Iterator[Obstacle]:
    """What the loader cannot load, or may not: libraries, and those that they need in turn."""
    layers = search.rootfs.layers
    base = layers[0].entries if layers else None
    yield from base.cached(_Answers).of(search) if base else _Loading(search).obstacles()


class _Answer(NamedTuple):
    """What came of a search, and what it took of the budget.

    Attributes:
        obstacles: What the loader cannot load.
        left: What was left of the budget before.
        cost: What it took.
    """

    obstacles: tuple[Obstacle, ...]
    left: int
    cost: int

    def is_same_with(self, budget: Budget) -> bool:
        """Whether a search with another budget has the same answer."""
        return budget.left == self.left or self.cost < min(budget.left, self.left)


class _Answers:
    """The answer that took most among those for images on one base.

    Rules and verdicts ask for the same, and so do images that differ in other settings only.
    """

    def __init__(self, _base: Entries) -> None:
        self._question: Hashable = None
        self._answer = _Answer((), 0, 0)

    def of(self, search: Search) -> tuple[Obstacle, ...]:
        """The answer; a known one spends what it took to find it."""
        budget, question = search.budget, _question(search)
        if question == self._question and self._answer.is_same_with(budget):
            budget.spend(self._answer.cost)
            return self._answer.obstacles
        left = budget.left
        found = tuple(_Loading(search).obstacles())
        answer = _Answer(found, left, left - budget.left)
        # Entries belong to one image, and limits are told of each root.
        is_of_image = any(each.found is not None for each in found) or search.rootfs.reached
        if answer.cost > self._answer.cost and not is_of_image:
            self._question, self._answer = question, answer
        return found


def _question(search: Search) -> Hashable:
    """What the answer depends on, besides the budget."""
    process, program, loader = search.process, search.program, search.loader
    return (
        stack_of(search.rootfs.layers),
        *(program.path, id(program.placed.layer.entries), program.placed.position),
        *(loader.path, id(loader.placed.layer.entries), loader.placed.position),
        *(search.identity, process.directory, process.environment.get("LD_LIBRARY_PATH")),
    )


class _Loading:
    """The libraries of one program, in the order in which they are loaded."""

    def __init__(self, search: Search) -> None:
        self._rootfs = search.rootfs
        self._process = search.process
        self._identity = search.identity
        self._loader = search.loader
        self._program = search.program._replace(is_program=True)
        self._budget = search.budget
        self._loaded = {search.loader.path.rpartition("/")[2]}
        own_name = search.rootfs.elf(search.loader.placed)
        if own_name is not None and own_name.soname:
            self._loaded.add(own_name.soname)
        environment = search.process.environment.get("LD_LIBRARY_PATH", "")
        is_secure = is_privileged(search.program, search.identity)
        self._environment = () if is_secure else _split(environment)

    def obstacles(self) -> Iterator[Obstacle]:
        pending = deque([self._inheriting(self._program, ())])
        missing: dict[str, Library] = {}
        while pending:
            library = pending.popleft()
            if library.elf.needed is None:
                yield _unread(library)
                continue
            for name in library.elf.needed:
                if name in self._loaded or (self._loader.is_musl and is_provided_by_musl(name)):
                    continue
                self._loaded.add(name)
                if not self._budget.spend():
                    yield _too_much(self._program)
                    return
                found = self._find(name, library)
                if isinstance(found, Obstacle):
                    yield found
                elif found is None:
                    missing[name] = library
                else:
                    pending.append(found)
                    if found.elf.soname:
                        self._loaded.add(found.elf.soname)
        yield from self._missing(missing)

    def _find(self, name: str, needed_by: Library) -> Library | Obstacle | None:
        """Load a library; None if it is nowhere that the loader searches."""
        obstacle: Obstacle | None = None
        for path in self._paths(name, needed_by):
            if not self._budget.spend():
                return _too_much(self._program)
            placed = self._rootfs.resolve(path)
            if placed is None or placed.entry.is_directory:
                continue
            found = self._open(name, path, placed, needed_by)
            if isinstance(found, Library):
                return found
            if found is not None:
                obstacle = obstacle or found
                if found.cause is not Cause.PERMISSION:
                    return found
        return obstacle

    def _open(
        self, name: str, path: str, placed: RootfsEntry, needed_by: Library
    ) -> Library | Obstacle | None:
        """Open a file; None if the loader tries the next one, as it is for another machine."""
        file = self._rootfs.file_of(placed)
        if file is None:
            return None
        if self._is_closed(path, file):
            reason = f"user {self._identity.uid} cannot read {path}, which {_name(needed_by)} needs"
            return self._failure(name, "Permission denied", reason, placed)
        elf = self._rootfs.elf(placed)
        if elf is not None:
            if elf.machine == self._program.elf.machine:
                return self._inheriting(Library(path, placed, elf), needed_by.inherited)
            # The loader of glibc goes on to the next directory.
            reason = f"{path} was built for {elf.machine}"
            what = "Exec format error"
            is_last = self._loader.is_musl
            return self._failure(name, what, reason, placed, Cause.LIBRARY) if is_last else None
        head = self._rootfs.content(file)
        if head is None:
            reason = f"{path} was not read, so that what it needs is not known"
            return Obstacle(Cause.LIBRARY, reason, "", is_certain=False, path=placed.path)
        what = "file too short" if file.entry.size < 64 else "invalid ELF header"
        return self._failure(name, what, f"{path} is not an ELF file", placed, Cause.LIBRARY)

    def _is_closed(self, path: str, file: RootfsEntry) -> bool:
        if self._identity.is_root:
            return False
        closed = closed_directory(self._rootfs, self._identity, path)
        return closed is not None or not may_read(self._identity, file.entry)

    def _failure(
        self,
        name: str,
        what: str,
        reason: str,
        placed: RootfsEntry | None,
        cause: Cause = Cause.PERMISSION,
    ) -> Obstacle:
        message = (
            f"Error loading shared library {name}: {what}"
            if self._loader.is_musl
            else f"error while loading shared libraries: {name}: {what}"
        )
        path = None if placed is None else placed.path
        return Obstacle(cause, reason, message, path=path, found=placed)

    def _missing(self, missing: dict[str, Library]) -> Iterator[Obstacle]:
        """What is not found, and where else in the root it is."""
        elsewhere = self._find_elsewhere(missing)
        for name, needed_by in missing.items():
            yield self._describe_missing(name, _name(needed_by), elsewhere.get(_base(name)))

    def _describe_missing(self, name: str, by: str, elsewhere: str | None) -> Obstacle:
        if is_injected(name):
            reason = f"{name}, which {by} needs, is expected from the runtime of a graphics card"
            return Obstacle(Cause.LIBRARY, reason, "", is_certain=False)
        what = "No such file or directory"
        if not self._loader.is_musl:
            what = f"cannot open shared object file: {what}"
        if elsewhere is None:
            reason = f"library {name}, which {by} needs, is not in the root"
            return self._failure(name, what, reason, None, Cause.LIBRARY)
        reason = f"library {name}, which {by} needs, is at /{elsewhere}"
        if not self._loader.is_known or "hwcaps" in elsewhere:
            reason += ", which the loader may not search"
            return Obstacle(Cause.LIBRARY, reason, "", is_certain=False, path=elsewhere)
        reason += ", where the loader does not search"
        return self._failure(name, what, reason, None, Cause.LIBRARY)._replace(path=elsewhere)

    def _find_elsewhere(self, names: Iterable[str]) -> dict[str, str]:
        """Where else in the root libraries for the same machine are, by the end of their path."""
        found: dict[str, str] = {}
        bases = sorted(map(_base, names))
        # All paths are searched once.
        if not bases or not self._budget.spend(len(self._rootfs) // _PATHS_PER_LOOKUP):
            return found
        for row in self._rootfs.named(*bases):
            end = self._rootfs.resolve(row.path)
            elf = None if end is None else self._rootfs.elf(end)
            is_other = elf is not None and elf.machine != self._program.elf.machine
            if end is not None and not is_other:
                found.setdefault(_base(row.path), row.path)
        return found

    def _paths(self, name: str, needed_by: Library) -> Iterator[str]:
        """Where the loader looks for a library, in order."""
        if "/" in name:
            yield self._process.absolute(name)
            return
        directories = self._musl_search if self._loader.is_musl else self._glibc_search
        seen: set[str] = set()
        for directory in directories(name, needed_by):
            path = f"{directory.rstrip('/')}/{name}" if directory[-1:] != "\0" else directory[:-1]
            if path not in seen:
                seen.add(path)
                yield self._process.absolute(path)

    def _inheriting(self, library: Library, inherited: tuple[str, ...]) -> Library:
        """A library with the directories that it inherits, and passes on."""
        elf = library.elf
        own = elf.runpath or elf.rpath if self._loader.is_musl else elf.rpath
        if elf.runpath is not None and not self._loader.is_musl:
            own = None
        if own:
            inherited = (*self._expanded(library, own), *inherited)
            if not self._budget.spend(len(inherited) // _DIRECTORIES_PER_LOOKUP):
                inherited = ()  # nothing more is looked up
        return library._replace(inherited=inherited)

    def _musl_search(self, name: str, needed_by: Library) -> Iterator[str]:
        del name
        yield from self._environment
        yield from needed_by.inherited
        yield from self._loader.directories

    def _glibc_search(self, name: str, needed_by: Library) -> Iterator[str]:
        if needed_by.elf.runpath is None:
            yield from needed_by.inherited
        yield from self._environment
        yield from self._expanded(needed_by, needed_by.elf.runpath)
        # A whole path, and not a directory.
        yield from (f"{path}\0" for path in (self._loader.cache or {}).get(name, ()))
        yield from self._loader.directories

    def _expanded(self, library: Library, search: str | None) -> Iterator[str]:
        """The directories of a search path of a file, with its tokens replaced."""
        for directory in _split(search or ""):
            if "$" not in directory:
                yield directory
                continue
            yield _TOKEN.sub(partial(self._value, library), directory)

    def _value(self, library: Library, token: re.Match[str]) -> str:
        """What a token in a search path stands for."""
        name = token[1] or token[2]
        if name == "ORIGIN":
            return self._origin(library)
        return self._lib() if name == "LIB" else _PLATFORMS.get(library.elf.machine.number, "")

    def _origin(self, library: Library) -> str:
        """The directory of a file: of the program, links followed, as /proc/self/exe is."""
        if library.is_program:
            return f"/{library.placed.path}".rpartition("/")[0]
        return library.path.rpartition("/")[0]

    def _lib(self) -> str:
        """What ``$LIB`` is: the last part of the loader's own directories."""
        first = next(iter(self._loader.directories), "/lib64")
        return first.strip("/").removeprefix("usr/")


_TOKEN = pattern(r"\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)\b)")
_PLATFORMS = {62: "x86_64", 183: "aarch64", 3: "i686", 21: "power9", 22: "z13"}


def is_privileged(program: Library, identity: Identity) -> bool:
    """Whether a program gains rights, so that loaders ignore the environment (AT_SECURE)."""
    entry = program.placed.entry
    if "security.capability" in entry.xattrs:
        return True
    gains_user = bool(entry.mode & 0o4000) and entry.uid != identity.uid
    gains_group = bool(entry.mode & 0o2000) and entry.gid not in identity.gids
    return gains_user or gains_group


def find_loader(rootfs: Rootfs, path: str, placed: RootfsEntry, machine: Machine) -> Loader:
    """The loader of a program.

    Args:
        rootfs: The root.
        path: Its absolute path, as the program names it.
        placed: The file.
        machine: What the program was built for.
    """
    if "ld-musl" in path:
        directories = _musl_directories(rootfs, path)
        return Loader(path, placed, True, directories or (), None, directories is not None)
    own = read_directories(_content(rootfs, placed) or b"")
    cache = _read_cache(rootfs)
    directories = own or tuple(_usual_directories(placed, machine))
    return Loader(path, placed, False, directories, cache, bool(own) and cache is not None)


def _musl_directories(rootfs: Rootfs, loader: str) -> tuple[str, ...] | None:
    """The directories of musl's own list, else the usual ones; None if the list is not known."""
    machine = loader.rpartition("ld-musl-")[2].partition(".so")[0]
    placed = rootfs.resolve(f"etc/ld-musl-{machine}.path")
    if placed is None:
        return _MUSL_DIRECTORIES
    content = _content(rootfs, placed)
    return None if content is None else read_musl_path(content)


def _usual_directories(placed: RootfsEntry, machine: Machine) -> Iterator[str]:
    """The directories that some loader of glibc searches last: its own, those of distributions."""
    yield f"/{placed.path}".rpartition("/")[0]
    triplet = _TRIPLETS.get(machine.number)
    names = ("lib64", "lib") if machine.bits == 64 else ("lib",)
    for name in (f"lib/{triplet}", *names) if triplet else names:
        yield f"/{name}"
        yield f"/usr/{name}"


def _read_cache(rootfs: Rootfs) -> Mapping[str, tuple[str, ...]] | None:
    placed = rootfs.resolve(_CACHE)
    if placed is None:
        return {}
    # Several images may have the same file.
    known = placed.layer.entries.cached(_no_caches)
    if placed.position not in known:
        content = _content(rootfs, placed)
        libraries = None if content is None else read_cache(content)
        known[placed.position] = None if libraries is None else _by_name(libraries)
    return known[placed.position]


def _no_caches(entries: Entries) -> dict[int, Mapping[str, tuple[str, ...]] | None]:
    """Where the caches of loaders in a layer are kept, by position."""
    del entries
    return {}


def _by_name(libraries: tuple[CachedLibrary, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for library in libraries:
        found.setdefault(library.name, []).append(library.path)
    return {name: tuple(paths) for name, paths in found.items()}


def _content(rootfs: Rootfs, placed: RootfsEntry) -> bytes | None:
    """The whole content of a file; None if not all of it was kept."""
    file = rootfs.file_of(placed)
    content = None if file is None else rootfs.content(file)
    if file is None or content is None or len(content) < file.entry.size:
        return None
    return content


def _split(search: str) -> tuple[str, ...]:
    """The directories of a search path of loaders; an empty one is the working directory."""
    if not search:
        return ()
    return tuple(each or "." for each in search.replace(";", ":").split(":"))


def _name(library: Library) -> str:
    return f"/{clean_path(library.path)}"


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _unread(library: Library) -> Obstacle:
    reason = f"the libraries that {_name(library)} needs could not be read"
    return Obstacle(Cause.LIBRARY, reason, "", is_certain=False, path=library.placed.path)


def _too_much(program: Library) -> Obstacle:
    reason = f"{_name(program)} needs too many libraries to look up all of them"
    return Obstacle(Cause.TOO_MUCH, reason, "", is_certain=False, path=program.placed.path)
