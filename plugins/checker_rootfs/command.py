"""The program that an image starts, for the rules about it; ``checker.starting`` decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from checker import Archive, Check, Config, Entries, Rootfs, RootfsEntry
from checker.model.elf import Machine
from checker.model.entries import clean_path
from checker.records import NamedTuple
from checker.starting.lookup import Lookup, is_executable, is_mounted, look_up, look_up_file
from checker.starting.obstacle import Budget, Cause, Obstacle
from checker.starting.process import Process, pointer_of_word, process_of
from checker.starting.scripts import shebang_of
from checker.starting.start import NOT_LOOKED_UP, READS, obstacles
from checker_rootfs.places import is_wasm, is_windows
from checker_rootfs.scopes import WITH_CONFIGS

START_CONTENT = READS
"""What rules about the started program need to have been read."""

# Of so many lookups one is for an executable that is examined.
_LOOKUPS_OF_PROGRAM = 10
_NOT_EXAMINED = "not all executables were examined"
_EXECUTABLE = 0o111
_NO_PROCESS = Process()


# Several rules ask, and a program may need thousands of libraries.
_known: WeakKeyDictionary[Rootfs, tuple[Obstacle, ...]] = WeakKeyDictionary()
_starts: WeakKeyDictionary[Rootfs, Start | None] = WeakKeyDictionary()
_executables: WeakKeyDictionary[Rootfs, _Executables] = WeakKeyDictionary()


class ConfigCheck(Check):
    """A check of a root filesystem against the config of its image; it is skipped for flat ones."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is a flat root filesystem."""
        return WITH_CONFIGS.skip_reason(archive)


class Start(NamedTuple):
    """The program that an image starts.

    Attributes:
        config: The config of the image.
        label: The name of the image in messages.
        process: The process.
        program: The program, looked up.
    """

    config: Config
    label: str
    process: Process
    program: Lookup

    @property
    def pointer(self) -> str:
        """JSON pointer of the first word of the command line."""
        return self.pointer_of(0)

    def pointer_of(self, position: int) -> str:
        """JSON pointer of a word of the command line."""
        return pointer_of_word(self.config.settings, self.process, position)


class _Executables(NamedTuple):
    """The executables of a root that are examined.

    Attributes:
        most: How many may be examined.
        found: Each with its head.
        is_cut: Whether there are more.
        in_path: Those in the directories of PATH, except the started program.
    """

    most: int
    found: tuple[tuple[RootfsEntry, bytes], ...]
    is_cut: bool
    in_path: tuple[tuple[RootfsEntry, bytes], ...]


def find_start(rootfs: Rootfs) -> Start | None:
    """The program that the image of a root starts.

    Returns:
        None if that cannot be determined: a flat root, an image without a config or command, an
        image for Windows or WebAssembly, or a program on a filesystem that engines mount.
    """
    if rootfs not in _starts:
        _starts[rootfs] = _find_start(rootfs)
    return _starts[rootfs]


def _find_start(rootfs: Rootfs) -> Start | None:
    image = rootfs.image
    config = None if image is None else image.config
    if image is None or config is None or is_windows(rootfs) or is_wasm(rootfs):
        return None
    process = process_of(config)
    if not process.arguments:
        return None
    program = look_up(rootfs, process, process.arguments[0])
    return None if is_mounted(program.path) else Start(config, image.label, process, program)


def find_obstacles(
    check: Check, rootfs: Rootfs, start: Start, *causes: Cause
) -> Iterator[Obstacle]:
    """Why the image surely does not start, on a host of that architecture.

    Args:
        check: The rule that asks; it tells if not all paths were looked up.
        rootfs: The root filesystem.
        start: The program that the image starts.
        causes: What the obstacles are about.
    """
    found = _known.get(rootfs)
    if found is None:
        architecture = start.config.architecture or ""
        budget = _shared_budget(rootfs, check.context.limits.lookups)
        found = tuple(obstacles(rootfs, start.process, architecture, budget))
        _known[rootfs] = found
    if any(each.cause is Cause.TOO_MUCH for each in found):
        check.leave_out(NOT_LOOKED_UP)
    return (each for each in found if each.cause in causes and each.is_certain)


def _shared_budget(rootfs: Rootfs, lookups: int) -> Budget:
    """What may be looked up, for all images that share their largest layer."""
    largest = max((layer.entries for layer in rootfs.layers), key=len, default=None)
    return Budget(lookups) if largest is None else largest.cached(_budgets).of(lookups)


class _Budgets:
    """The budgets of images with the same largest layer, by what may be looked up."""

    def __init__(self) -> None:
        self._known: dict[int, Budget] = {}

    def of(self, lookups: int) -> Budget:
        return self._known.setdefault(lookups, Budget(lookups))


def _budgets(_entries: Entries) -> _Budgets:
    return _Budgets()


def process_in(rootfs: Rootfs) -> Process:
    """The process of the image of a root, or one without any settings for a flat root."""
    config = rootfs.config
    return _NO_PROCESS if config is None else process_of(config)


def program_run(rootfs: Rootfs, start: Start) -> RootfsEntry | None:
    """The program that the kernel runs: the started one, or the interpreter of a script."""
    placed = start.program.found
    if placed is None or not is_executable(placed.entry):
        return None
    head = rootfs.content(placed)
    script = None if head is None else shebang_of(head)
    if script is None:
        return placed
    return look_up_file(rootfs, start.process, script.interpreter).found


def programs_in_path(check: Check, rootfs: Rootfs) -> tuple[tuple[RootfsEntry, bytes], ...]:
    """The executables in the directories of PATH and their heads, except the started program."""
    return _examined(check, rootfs).in_path


def executables(check: Check, rootfs: Rootfs) -> tuple[tuple[RootfsEntry, bytes], ...]:
    """The visible executables whose heads were kept; the rule tells if there are too many."""
    return _examined(check, rootfs).found


def _examined(check: Check, rootfs: Rootfs) -> _Executables:
    most = check.context.limits.lookups // _LOOKUPS_OF_PROGRAM
    examined = _executables.get(rootfs)
    if examined is None or examined.most != most:
        examined = _executables[rootfs] = _find_executables(rootfs, most)
    if examined.is_cut:
        check.leave_out(_NOT_EXAMINED)
    return examined


def _find_executables(rootfs: Rootfs, most: int) -> _Executables:
    found: list[tuple[RootfsEntry, bytes]] = []
    is_cut = False
    for layer, position, head in rootfs.kept_contents(_EXECUTABLE):
        is_cut = len(found) >= most
        if is_cut:
            break
        found.append((RootfsEntry(layer, position), head))
    return _Executables(most, tuple(found), is_cut, tuple(_in_path(rootfs, found)))


def _in_path(
    rootfs: Rootfs, programs: list[tuple[RootfsEntry, bytes]]
) -> Iterator[tuple[RootfsEntry, bytes]]:
    directories = {
        end
        for path in process_in(rootfs).search_path
        if (end := rootfs.follow(clean_path(path))) is not None
    }
    start = find_start(rootfs)
    started = None if start is None else start.program.found
    apart = None if started is None else started.path
    for row, head in programs:
        path = row.path
        if path.rpartition("/")[0] in directories and path != apart:
            yield row, head


def count_machines(check: Check, rootfs: Rootfs) -> Counter[Machine]:
    """The number of visible executables by machine, of the first thousands."""
    found = (rootfs.elf(placed) for placed, _ in executables(check, rootfs))
    return Counter(elf.machine for elf in found if elf is not None)
