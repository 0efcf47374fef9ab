"""RFS026: programs in the directories of PATH that cannot be started."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, RootfsEntry, Severity
from checker.records import NamedTuple
from checker.starting.lookup import Lookup, describe_missing, is_executable, look_up
from checker.starting.scripts import Shebang, shebang_of
from checker_rootfs.command import START_CONTENT, process_in, programs_in_path
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.places import is_windows, name_of, place_of, shown

_ENV = "/usr/bin/env"
_RELATED = 20
# An interpreter is looked up in each directory of PATH.
_LOOKUPS = 300
_LEFT_OUT = "not all interpreters of programs were looked up"


class _Needy(NamedTuple):
    """A program and the interpreter or loader that it needs."""

    placed: RootfsEntry
    script: Shebang | None
    interpreter: str


class UnrunnableProgram(Check):
    """A program in a directory of PATH cannot be started.

    What it means:
        For every executable in the directories of PATH, the interpreter in its first line, or its
        loader, is looked up in the root filesystem. A script whose first line ends in CR LF is a
        warning: the kernel looks for an interpreter with a carriage return in its name. A missing
        interpreter or loader is one note for all programs that need it, since packages often
        contain scripts for languages that are not installed. The program that the image starts is
        checked by missing-interpreter.

    Why it matters:
        Calling the program fails with "no such file or directory", although it exists. A missing
        loader shows that programs were copied from an image with another C library.

    How to fix it:
        Convert the line endings, install the interpreter, or remove the programs. To keep LF line
        endings in a git repository:

            # .gitattributes
            * text=auto eol=lf

    References:
        - execve(2), "Interpreter scripts"; ld.so(8)
        - melange, linter "lddcheck"
    """

    id = "RFS026"
    name = "unrunnable-program"
    severity = Severity.NOTE
    since = "0.1.0"
    reads = START_CONTENT
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the head of each program; look up each interpreter once."""
        if is_windows(rootfs):
            return
        process = process_in(rootfs)
        missing: dict[str, list[RootfsEntry]] = {}
        known: dict[str, str | None] = {}
        most = max(1, self.context.limits.lookups // _LOOKUPS)
        for needy in _needy(self, rootfs):
            script = needy.script
            if script is not None and (script.interpreter + script.argument).endswith("\r"):
                yield self._report_line_end(rootfs, needy.placed)
                continue
            for word in _words(needy):
                if word not in known and len(known) >= most:
                    self.leave_out(_LEFT_OUT)
                    continue
                if word not in known:
                    known[word] = _problem(rootfs, look_up(rootfs, process, word))
                if known.get(word) is not None:
                    missing.setdefault(word, []).append(needy.placed)
        for word, programs in missing.items():
            yield self._report_missing(rootfs, word, known[word] or "", programs)

    def _report_line_end(self, rootfs: Rootfs, placed: RootfsEntry) -> Finding:
        entry = placed.entry
        return self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} is a script whose first line ends in CR LF; the carriage "
            "return becomes part of the interpreter's name or argument",
            at=place_of(rootfs, entry),
            severity=Severity.WARNING,
            fix=fix_in_root(
                rootfs, "remove the carriage returns", "sed", "-i", r"s/\r$//", f"/{entry.path}"
            ),
        )

    def _report_missing(
        self, rootfs: Rootfs, word: str, problem: str, programs: list[RootfsEntry]
    ) -> Finding:
        first = programs[0]
        count = f"{len(programs)} programs" if len(programs) > 1 else "1 program"
        verb = "that need" if len(programs) > 1 else "that needs"
        return self.finding(
            first.layer,
            f'{name_of(rootfs)} has {count} {verb} "{word}", {problem}: '
            f"{', '.join(placed.entry.path for placed in programs[:_RELATED])}"
            + (", …" if len(programs) > _RELATED else ""),
            at=place_of(rootfs, first.entry),
            related=(
                placed.layer.location._replace(**place_of(rootfs, placed.entry))
                for placed in programs[1:_RELATED]
            ),
        )


def _needy(check: Check, rootfs: Rootfs) -> Iterator[_Needy]:
    """The programs in the directories of PATH that need an interpreter or a loader."""
    for row, head in programs_in_path(check, rootfs):
        script = shebang_of(head) if b"\n" in head else None
        elf = rootfs.elf(row)
        loader = None if elf is None else elf.interpreter
        interpreter = loader if script is None else script.interpreter
        if interpreter is not None:
            yield _Needy(row, script, interpreter)


def _words(needy: _Needy) -> tuple[str, ...]:
    """The files that a program needs to run."""
    script = needy.script
    interpreter = needy.interpreter
    if script is None or interpreter != _ENV:
        # The kernel does not search PATH for a bare name.
        return (interpreter if "/" in interpreter else f"./{interpreter}",)
    name = script.argument
    if not name or name.startswith("-") or "=" in name or " " in name:
        return (_ENV,)
    return (_ENV, name)


def _problem(rootfs: Rootfs, lookup: Lookup) -> str | None:
    """Why an interpreter cannot run; None if it can."""
    if not lookup.is_known:
        return None
    if lookup.found is None:
        return describe_missing(rootfs, lookup)
    if is_executable(lookup.found.entry):
        return None
    return f"but {shown(rootfs, lookup.found)} is not an executable file"
