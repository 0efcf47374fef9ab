"""Which tests run a line, from one run of all tests without a mutant."""

from __future__ import annotations

import ast
import json
import sqlite3
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from coverage.numbits import register_sqlite_functions

from benchmarks.mutants.sampling import Mutant

_OF_MODULE: Final = """
    select distinct context from line_bits join context on context.id = context_id
    where file_id = (select id from file where path glob '*/' || :path) and context != ''
"""
_OF_LINE: Final = f"{_OF_MODULE} and num_in_numbits(:line, numbits)"
_FILES: Final = """
    select context, count(distinct file_id) from line_bits
    join context on context.id = context_id group by context
"""


class Seen:
    """What each test ran.

    Attributes:
        project: The project, as it was when the tests ran.
        seconds: What each test took.
    """

    def __init__(self, project: Path, data: Path, seconds: Path) -> None:
        self.project = project
        self.seconds: dict[str, float] = json.loads(seconds.read_text("utf-8"))
        self._data = sqlite3.connect(data)
        register_sqlite_functions(self._data)

    def tests_of(self, mutant: Mutant, seconds: float) -> list[str]:
        """The tests that can see a mutant: those that run the least else come first.

        Args:
            mutant: The mutant.
            seconds: How long they may take in all; the first one is given in any case.
        """
        tests = sorted(
            self._all_of(mutant), key=lambda test: (self._files[test], self.seconds[test], test)
        )
        return list(_within(tests, self.seconds, seconds))

    def _all_of(self, mutant: Mutant) -> set[str]:
        source = (self.project / mutant.path).read_text("utf-8")
        lines = _lines_that_tell(source, mutant.line)
        tests = {test for line in lines for test in self._select(_OF_LINE, mutant.path, line)}
        # What runs while the module is imported can be seen by every test that uses the module.
        return tests or self._select(_OF_MODULE, mutant.path, 0)

    def _select(self, query: str, path: str, line: int) -> set[str]:
        rows = self._data.execute(query, {"path": path, "line": line})
        return {test for (test,) in rows if test in self.seconds}

    @cached_property
    def _files(self) -> dict[str, int]:
        return dict(self._data.execute(_FILES))


def _lines_that_tell(source: str, line: int) -> range:
    """The lines of the statement that a line is part of; none if it is outside of functions."""
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= line <= _end(node)
    ]
    if not functions:
        return range(0)
    within = [
        (start, end)
        for function in functions
        for start, end in map(_own_lines, _statements(function))
        if start <= line <= end
    ]
    start, end = max(within, default=(line, line))
    return range(start, end + 1)


def _statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    return (node for node in ast.walk(function) if isinstance(node, ast.stmt))


def _own_lines(statement: ast.stmt) -> tuple[int, int]:
    """The first and last line of a statement without the statements in it."""
    within = [node.lineno for node in ast.walk(statement) if isinstance(node, ast.stmt)][1:]
    return statement.lineno, max(statement.lineno, min(within) - 1) if within else _end(statement)


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _within(tests: list[str], taken: dict[str, float], seconds: float) -> Iterator[str]:
    left = seconds
    for number, test in enumerate(tests):
        left -= taken[test]
        if left >= 0 or number == 0:
            yield test
