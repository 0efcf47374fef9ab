"""The bytecode of the modules that runs import, in one file beside that of the package.

A run imports some 400 modules. To look for each on ``sys.path`` and to read its file in
``__pycache__`` takes as long as to execute it. So the bytecode of modules that were imported once
is kept in one file, which is used as Python uses its own: only for a source of the same size and
time.
"""

from __future__ import annotations

import marshal
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from types import CodeType, ModuleType

    # The file, its size in bytes and time in seconds, its file in __pycache__, and whether it is
    # the source of a package.
    Source = tuple[str, int, int, str | None, bool]
    # A source, where its bytecode begins, and the bytes of that.
    Modules = Mapping[str, tuple[Source, int, int]]
    # The directories on sys.path that have some packages and modules of the highest level.
    Places = dict[str, str]
    _Header = tuple[str, Places, Modules]

# With the version, since what bytecode means can change in any of them.
_FORMAT = f"1, Python {sys.version}"
_LENGTH = 8  # bytes of each of the two numbers in front: the length of all, and of the index
_LOWEST = 0xFFFF_FFFF  # what .pyc files keep of sizes and times
_STANDARD_STREAMS = (0, 1, 2)
_MODULE_SUFFIXES = (".py", ".pyc", ".so", ".pyd")


class KeptModules:
    """Finds modules in the file, before Python looks for them anywhere else.

    A package must be in the same directory on ``sys.path`` as when the file was written: what was
    installed later may have to be found first.

    Args:
        path: The file; empty for none.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._imported_before = frozenset(sys.modules)
        self._file = _open(path)
        self._modules, self._begin = _index_of(self._file)

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How Python imports a module; None for one that is not in the file, or has changed."""
        if name not in self._modules:
            return None
        source, place, size = self._modules[name]
        code = self._code(place, size) if _is_unchanged(source) else None
        if code is None:
            return None
        path, _, _, cached, is_package = source
        loader = _Loader(name, path, code)
        spec = ModuleSpec(name, loader, origin=path, is_package=is_package)
        spec.has_location = True
        spec.cached = cached
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(path)]
        return spec

    def keep(self) -> None:
        """Write the file again if the run has imported modules that are not in it.

        If it cannot be written, the next start takes as long as this one, and nothing else happens.
        """
        try:
            self._keep()
        except (OSError, ImportError, MemoryError, SyntaxError, ValueError):
            return

    def _keep(self) -> None:
        specs = dict(self._found_elsewhere())
        if not specs or not _is_for_writing(self._path):
            return
        known = {
            name: (source, bytecode)
            for name, (source, place, size) in self._modules.items()
            if name not in specs
            and _is_unchanged(source)
            and len(bytecode := self._bytecode(place, size)) == size
        }
        added = {name: _compiled(spec) for name, spec in specs.items()}
        _write(self._path, _file({**known, **added}))

    def _code(self, place: int, size: int) -> CodeType | None:
        """What some bytecode is of; None if it cannot be read."""
        bytecode = self._bytecode(place, size)
        if len(bytecode) != size:
            return None
        code: CodeType = marshal.loads(bytecode)  # noqa: S302 - as trusted as __pycache__
        return code

    def _bytecode(self, place: int, size: int) -> bytes:
        """Some bytecode; less if it cannot be read."""
        try:
            return os.pread(self._file, size, self._begin + place)
        except OSError:
            return b""

    def _found_elsewhere(self) -> Iterator[tuple[str, ModuleSpec]]:
        """The modules that Python has found itself since, and has a source of."""
        for name, module in [*sys.modules.items()]:
            spec = getattr(module, "__spec__", None)
            if name in self._imported_before or not isinstance(spec, ModuleSpec):
                continue
            if type(spec.loader) is SourceFileLoader:
                yield name, spec


class _Loader(SourceFileLoader):
    """Loads a module whose code is at hand, and is otherwise the loader of its source."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code: CodeType | None = code

    def get_code(self, name: str) -> CodeType | None:
        # It is not kept, nor is the bytecode: those of a run are some megabytes.
        code, self._code = self._code, None
        return super().get_code(name) if code is None else code


def use_kept_modules() -> KeptModules:
    """Let Python import from the file what is in it."""
    modules = KeptModules(_place())
    sys.meta_path.insert(0, modules)
    return modules


def _place() -> str:
    """Beside the bytecode of the package; empty if that has none, as in a zip archive.

    It is empty with ``python -m`` too, where the modules of the working directory come first.
    """
    spec = sys.modules["checker"].__spec__
    if sys.modules["__main__"].__spec__ is not None or spec is None or spec.cached is None:
        return ""
    directory, name = os.path.split(spec.cached)
    return os.path.join(directory, name.replace("__init__", "modules").replace(".pyc", ".bin"))


def _places_of(packages: Collection[str]) -> Places:
    """The first directory on ``sys.path`` that has each of some packages."""
    found: dict[str, str] = {}
    for directory in sys.path:
        for name in _names_in(directory):
            package = _package(name)
            if package in packages and (name == package or name.endswith(_MODULE_SUFFIXES)):
                found.setdefault(package, directory)
    return found


def _names_in(directory: str) -> Sequence[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return ()


def _package(name: str) -> str:
    return name.partition(".")[0]


def _is_unchanged(source: Source) -> bool:
    try:
        status = os.stat(source[0])
    except OSError:
        return False
    return status.st_size == source[1] and int(status.st_mtime) == source[2]


def _source(spec: ModuleSpec) -> Source:
    path = spec.origin or ""
    status = os.stat(path)
    is_package = spec.submodule_search_locations is not None
    # Seconds, as in .pyc files: the layers of images keep no more of a time.
    return path, status.st_size, int(status.st_mtime), spec.cached, is_package


def _compiled(spec: ModuleSpec) -> tuple[Source, bytes]:
    """A source and its bytecode; a source that is changed meanwhile is another one."""
    source = _source(spec)
    kept = _kept_by_python(source)
    if kept is not None:
        return source, kept
    loader = spec.loader
    code = loader.get_code(spec.name) if isinstance(loader, SourceFileLoader) else None
    return source, marshal.dumps(code)


def _kept_by_python(source: Source) -> bytes | None:
    """The bytecode in ``__pycache__``; None if it is not that of this source at this place."""
    from importlib.util import MAGIC_NUMBER

    path, size, seconds, cached, _ = source
    numbers = (0, seconds & _LOWEST, size & _LOWEST)
    header = MAGIC_NUMBER + b"".join(number.to_bytes(4, "little") for number in numbers)
    try:
        with open(cached or "", "rb") as file:
            data = file.read()
    except OSError:
        return None
    # Functions have the path of their source, for tracebacks.
    is_kept = data.startswith(header) and os.fsencode(path) in data
    return data[len(header) :] if is_kept else None


def _open(path: str) -> int:
    """A descriptor of the file, which stays open; -1 if it cannot be used."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1
    if file in _STANDARD_STREAMS:  # a closed one, in whose place it would be read or written
        os.close(file)
        return -1
    return file


def _index_of(file: int) -> tuple[Modules, int]:
    """What the file has, and where its bytecode begins.

    It has nothing if it was written for something else, or not to its end.
    """
    try:
        front = os.pread(file, 2 * _LENGTH, 0)
        if int.from_bytes(front[:_LENGTH]) != os.fstat(file).st_size:
            return {}, 0
        index = os.pread(file, int.from_bytes(front[_LENGTH:]), 2 * _LENGTH)
        header: _Header = marshal.loads(index)  # noqa: S302 - as trusted as __pycache__
        version, places, modules = header
        if version == _FORMAT:
            now = _places_of(places)
            moved = {package for package in places if places[package] != now.get(package)}
            if moved:
                modules = {name: modules[name] for name in modules if _package(name) not in moved}
            return modules, 2 * _LENGTH + len(index)
    except (OSError, EOFError, TypeError, ValueError, OverflowError):
        pass
    return {}, 0


def _file(found: Mapping[str, tuple[Source, bytes]]) -> bytes:
    """The content of the file."""
    modules = {}
    size = 0
    for name, (source, bytecode) in found.items():
        modules[name] = (source, size, len(bytecode))
        size += len(bytecode)
    index = marshal.dumps((_FORMAT, _places_of(set(map(_package, found))), modules))
    front = (2 * _LENGTH + len(index) + size).to_bytes(_LENGTH) + len(index).to_bytes(_LENGTH)
    return b"".join((front, index, *(bytecode for _, bytecode in found.values())))


def _is_for_writing(path: str) -> bool:
    return not sys.dont_write_bytecode and os.access(os.path.dirname(path), os.W_OK)


def _write(path: str, content: bytes) -> None:
    """Write the file at once, so that another run sees all of it or nothing."""
    unfinished = f"{path}.{os.getpid()}"
    try:
        with open(unfinished, "xb") as file:
            file.write(content)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
