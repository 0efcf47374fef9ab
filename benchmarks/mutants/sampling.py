"""Which mutants there are, and a sample of them.

The mutants are those of Cosmic Ray. Left out are the operators whose mutants mostly mean the same
as the original (``<`` to ``!=``), and places that have no effect at run time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

MUTATED: Final = ("plugins", "checker/model", "checker/interpretation", "checker/reading")
_ENGINES: Final = "plugins/checker_engines"
_MODEL: Final = ("checker/model/", "checker/interpretation/")
_TRIES: Final = 100
_OPERATORS: Final = (
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBreakWithContinue",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ZeroIterationForLoop",
)


class Mutant(NamedTuple):
    """One small change of one module.

    Attributes:
        area: The part of the project.
        path: The module, from the top of the project.
        operator: The kind of change, as Cosmic Ray names it.
        occurrence: Which of the places in the module where the operator can be used.
        line: The first line that changes, from 1.
    """

    area: str
    path: str
    operator: str
    occurrence: int
    line: int

    def apply(self, source: str) -> str:
        """The source of the module with the change."""
        return str(mutate_code(source, get_operator(self.operator)(), self.occurrence))


def modules_by_area(project: Path, pattern: str) -> dict[str, list[str]]:
    """The modules that are mutated, as paths from the top of the project, by area.

    Args:
        project: Where the project is.
        pattern: Which paths are wanted, as in a shell, but with ``*`` for slashes too.
    """
    paths = (path.relative_to(project).as_posix() for path in sorted(project.glob("*/*/**/*.py")))
    modules = [path for path in paths if fnmatchcase(path, pattern)]
    plugins = [path for path in modules if path.startswith("plugins/")]
    areas = {
        "rules": [path for path in plugins if not path.startswith(_ENGINES)],
        "engines": [path for path in plugins if path.startswith(_ENGINES)],
        "model": [path for path in modules if path.startswith(_MODEL)],
        "reading": [path for path in modules if path.startswith("checker/reading/")],
    }
    return {area: found for area, found in areas.items() if found}


def sample(project: Path, count: int, seed: int, pattern: str = "*") -> list[Mutant]:
    """Choose mutants, as many in each area; long modules have more of them."""
    chooser = random.Random(seed)
    areas = modules_by_area(project, pattern)
    shares = [(count + place) // len(areas) for place in range(len(areas))]
    return [
        mutant
        for (area, modules), share in zip(areas.items(), shares, strict=True)
        for mutant in _sample_of_area(project, area, modules, share, chooser)
    ]


def _sample_of_area(
    project: Path, area: str, modules: list[str], count: int, chooser: random.Random
) -> list[Mutant]:
    lengths = [(project / module).stat().st_size for module in modules]
    known: dict[str, list[Mutant]] = {}
    chosen: dict[Mutant, None] = {}
    # Few modules may have fewer mutants than are asked for.
    for _ in range(_TRIES * count):
        module = chooser.choices(modules, lengths)[0]
        if module not in known:
            known[module] = list(_mutants_of(project, area, module))
        if known[module]:
            chosen[chooser.choice(known[module])] = None
        if len(chosen) == count:
            break
    return list(chosen)


def _mutants_of(project: Path, area: str, module: str) -> Iterator[Mutant]:
    nodes = list(ast_nodes(get_ast((project / module).read_text("utf-8"))))
    for name in _OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = [(node, place) for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, (node, ((line, _), _)) in enumerate(places):
            if not _has_no_effect(node):
                yield Mutant(area, module, f"core/{name}", occurrence, line)


def _has_no_effect(node: Any) -> bool:
    """Whether a node is an annotation, is for type checkers, or is the ``is`` of ``is not``."""
    if node.type == "keyword" and node.parent.type == "comp_op":
        return True
    if node.type == "if_stmt" and node.children[1].get_code().strip() == "TYPE_CHECKING":
        return True
    while node.parent is not None:
        if node is _annotation_in(node.parent):
            return True
        node = node.parent
    return False


def _annotation_in(node: Any) -> Any:
    if node.type == "annassign":
        return node.children[1]
    if node.type == "tfpdef":
        return node.children[2]
    return node.annotation if node.type == "funcdef" else None
