"""RFS019: malformed or conflicting lines of passwd, group or shadow."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, Severity
from checker.records import NamedTuple
from checker_rootfs.accounts import (
    ACCOUNTS,
    GROUP,
    PASSWD,
    SHADOW,
    AccountFile,
    Line,
    is_hash,
    read_accounts,
)
from checker_rootfs.places import is_windows, place_of, shown

_FIELDS = {PASSWD: 7, GROUP: 4, SHADOW: 9}
# The positions of the fields with IDs.
_NUMBERS = {PASSWD: (2, 3), GROUP: (2,), SHADOW: ()}
_LARGEST = 2**32 - 2
_DIGITS = 10
_ID = 2
# BSD has a second root user with another shell.
_SECOND_ROOTS = frozenset({"toor"})


class _Problem(NamedTuple):
    """What is wrong with a line, and the severity."""

    line: Line
    text: str
    severity: Severity


class MalformedAccountFile(Check):
    """A line of etc/passwd, etc/group or etc/shadow is malformed or conflicts with another.

    What it means:
        Warnings: lines with too few or too many fields, IDs that are not numbers, empty names,
        lines that end in CR LF, a name that is defined twice, and a user other than root with the
        ID 0. An ID that two names share is a note, as is a short line of etc/shadow.

    Why it matters:
        Programs skip such a line, or each reads it differently: the user does not exist for one
        program and has another ID for the next. For a repeated name the first line is used, so a
        change to the second has no effect. Two names with one ID are the same user to the kernel,
        and a second user with the ID 0 is root. A carriage return becomes part of the name of the
        shell.

    How to fix it:
        Edit accounts with ``adduser``, ``usermod`` and ``groupadd``, and check the files with
        ``pwck -r`` and ``grpck -r``. Scripts that append to etc/passwd should check first whether
        the name exists:

            id app >/dev/null 2>&1 || adduser -D app

    References:
        - passwd(5), group(5), shadow(5)
        - dockle, DKL-LI-0002
    """

    id = "RFS019"
    name = "malformed-account-file"
    severity = Severity.WARNING
    since = "0.1.0"
    reads = (ACCOUNTS,)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check each line of the three files."""
        if is_windows(rootfs):
            return
        for path in _FIELDS:
            accounts = read_accounts(rootfs, path)
            if accounts is not None and accounts.lines is not None:
                for problem in _problems(path, accounts.lines):
                    yield self._report(rootfs, accounts, problem)

    def _report(self, rootfs: Rootfs, accounts: AccountFile, problem: _Problem) -> Finding:
        placed = accounts.placed
        return self.finding(
            placed.layer,
            f"{shown(rootfs, placed)}, line {problem.line.number}: {problem.text}",
            at=place_of(rootfs, placed.entry),
            severity=problem.severity,
        )


def _problems(path: str, lines: tuple[Line, ...]) -> Iterator[_Problem]:
    sound: list[Line] = []
    yield from _line_ends(lines)
    for line in lines:
        if _ends_in_cr(line):
            continue
        text = _malformation(path, line)
        if text is None:
            sound.append(line)
        else:
            is_short = path == SHADOW and "field" in text
            yield _Problem(line, text, Severity.NOTE if is_short else Severity.WARNING)
    yield from _repeated_names(path, sound)
    if path != SHADOW:
        yield from _repeated_ids(path, sound)


def _line_ends(lines: tuple[Line, ...]) -> Iterator[_Problem]:
    ending = [line for line in lines if _ends_in_cr(line)]
    if ending:
        count = "it ends" if len(ending) == 1 else f"this and {len(ending) - 1} more lines end"
        text = f"{count} in CR LF; the carriage return becomes part of the last field"
        yield _Problem(ending[0], text, Severity.WARNING)


def _ends_in_cr(line: Line) -> bool:
    return line.fields[-1].endswith("\r")


def _malformation(path: str, line: Line) -> str | None:
    wanted = _FIELDS[path]
    if not line.name.strip():
        return "the name is empty"
    if len(line.fields) != wanted:
        count = "1 field" if len(line.fields) == 1 else f"{len(line.fields)} fields"
        return f'"{line.name}" has {count}, expected {wanted}'
    for position in _NUMBERS[path]:
        value = line.fields[position]
        is_number = value.isascii() and value.isdigit() and len(value) <= _DIGITS
        if not is_number or int(value) > _LARGEST:
            # A field too few before it puts the password hash in its place.
            shown = "a password hash" if is_hash(value) else f'"{value}"'
            return f'"{line.name}" has the ID {shown}, which is not a number up to {_LARGEST}'
    return None


def _repeated_names(path: str, lines: list[Line]) -> Iterator[_Problem]:
    first: dict[str, Line] = {}
    for line in lines:
        before = first.setdefault(line.name, line)
        if before is not line:
            what = "group" if path == GROUP else "user"
            text = f'the {what} "{line.name}" is already defined in line {before.number}'
            yield _Problem(line, text, Severity.WARNING)


def _repeated_ids(path: str, lines: list[Line]) -> Iterator[_Problem]:
    first: dict[int, Line] = {}
    for line in lines:
        number = int(line.fields[_ID])
        before = first.setdefault(number, line)
        if before.name != line.name and line.name not in _SECOND_ROOTS:
            is_root = path == PASSWD and number == 0
            text = f'"{line.name}" has the ID {number}, the same as "{before.name}"'
            yield _Problem(line, text, Severity.WARNING if is_root else Severity.NOTE)
