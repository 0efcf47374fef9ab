"""The rules that hold the house together."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

import checker
import checker_engines

CORE = Path(checker.__file__).parent
ENGINES = Path(checker_engines.__file__).parent
SHARED = {"golang", "filesystem", "answers"}
# Package -> directory -> directories and modules of the package that it may import besides itself.
ALLOWED = {
    CORE: {
        "model": set(),
        "starting": {"model", "verdicts"},
        "interpretation": {"model", "isolation"},
        "reading": {"interpretation", "model", "errors", "isolation"},
        "checks": {"model", "verdicts", "isolation"},
        "contents": {"model", "starting"},
        "reports": {
            *("results", "errors", "verdicts", "checks", "model", "isolation", "masking"),
            *("contents", "starting"),
        },
    },
    ENGINES: {
        "golang": set(),
        "filesystem": set(),
        "answers": set(),
        "containerd": SHARED,
        "containers": SHARED,
        "moby": {"containerd", *SHARED},
        "classification": {"host"},
        "ggcr": SHARED,
        "oras": SHARED,
        "regclient": SHARED,
        "scanners": {"ggcr", *SHARED},
        "umoci": SHARED,
        "apptainer": {"ggcr", "umoci", *SHARED},
        "unpackers": SHARED,
    },
}
# They import nothing of the project, and everything may import them.
FOUNDATION = {"compiled", "patterns", "records", "typing_names"}
PARTS = [(package, part) for package, parts in ALLOWED.items() for part in parts]


@cache
def statements_of(path: Path) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The imports of a module, wherever in it."""
    tree = ast.parse(path.read_text("utf-8"))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def imports_of(path: Path) -> Iterator[str]:
    for node in statements_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.module:
            is_package = "." not in node.module
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from names if is_package else (node.module,)


def imports_with_names(path: Path) -> set[str]:
    """The names that a module imports from modules, each with its module."""
    return {
        f"{node.module}.{alias.name}"
        for node in statements_of(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def imported_parts(package: Path, part: str) -> set[str]:
    """Directories and modules of a package that the modules in one of its directories import."""
    start = f"{package.name}."
    names = {name for path in package.joinpath(part).rglob("*.py") for name in imports_of(path)}
    return {name.split(".")[1] for name in names if name.startswith(start)} - FOUNDATION


def test_the_core_never_imports_a_bundle() -> None:
    bundles = {
        f"{path.name}: {name}"
        for path in CORE.rglob("*.py")
        for name in imports_of(path)
        if name.startswith("checker_")
    }
    assert bundles == set()


@pytest.mark.parametrize(("package", "part"), PARTS, ids=lambda each: getattr(each, "name", each))
def test_data_flows_one_way(package: Path, part: str) -> None:
    assert imported_parts(package, part) - {part} <= ALLOWED[package][part]


@pytest.mark.parametrize("package", ALLOWED, ids=lambda package: package.name)
def test_imports_form_no_cycle(package: Path) -> None:
    order = list(TopologicalSorter(ALLOWED[package]).static_order())
    assert set(ALLOWED[package]) <= set(order)


def test_every_package_of_the_engines_is_in_the_documentation() -> None:
    parts = {path.parent.name for path in ENGINES.glob("*/__init__.py")}
    page = Path(__file__).parents[1] / "docs" / "architecture.md"
    rows = re.findall(
        r"^\| `plugins/checker_engines/(\w+)/` \|", page.read_text("utf-8"), re.MULTILINE
    )
    assert set(ALLOWED[ENGINES]) == parts
    assert sorted(rows) == sorted(parts)


def test_the_schemas_import_nothing_of_the_checker() -> None:
    spec = find_spec("checker_schemas")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    names = {name.split(".")[0] for path in folder.glob("*.py") for name in imports_of(path)}
    assert "checker" not in names


def test_bundles_ask_the_model_not_the_stages_that_make_it() -> None:
    spec = find_spec("checker_archive")
    assert spec is not None
    assert spec.origin is not None
    paths = list(Path(spec.origin).parents[1].glob("checker_*/**/*.py"))
    strangers = {
        f"{path.parent.name}/{path.name}: {name}"
        for path in paths
        for name in imports_of(path)
        if name.startswith(("checker.interpretation", "checker.reading"))
    }
    assert paths
    assert strangers == set()


# Parts of the core above those in ALLOWED -> parts of the core that they may import.
UPPER_PARTS = {
    "patterns": set[str](),
    "records": set[str](),
    "typing_names": set[str](),
    "isolation": set[str](),
    "verdicts": {"model"},
    "results": {"checks", "model", "starting", "verdicts"},
    "errors": {"results"},
    "policy": {"settings_file"},
    "settings": {
        *(
            "policy",
            "checks",
            "errors",
            "isolation",
            "model",
            "profiles",
            "settings_file",
            "verdicts",
        ),
        *("hosts", "suggestion"),
    },
    "hosts": {"checks", "errors", "isolation", "suggestion", "verdicts"},
    "profiles": set[str](),
    "suggestion": set[str](),
    "settings_file": {"errors"},
    "masking": {"checks", "model", "results"},
    "applied": {"checks", "results", "settings", "settings_file"},
    "commands": {"results"},
    "hookspecs": {"checks", "commands", "interpretation", "model", "policy", "reports", "verdicts"},
    "discovery": set[str](),
    "plugin_settings": {"checks", "errors", "isolation", "settings", "suggestion"},
    "bundle_hooks": {"hookspecs"},
    "plugin_hooks": {"hookspecs"},
    "plugins": {
        *("bundle_hooks", "checks", "commands", "discovery", "errors", "hookspecs", "isolation"),
        *("interpretation", "model", "plugin_hooks", "policy", "reports", "results", "suggestion"),
        *("verdicts",),
    },
    "engines": {"errors", "isolation", "model", "suggestion", "verdicts"},
    "catalogue": {"engines", "verdicts"},
    "effective": {"model", "plugin_settings", "profiles", "settings", "settings_file"},
    "settings_schema": {"settings", "isolation", "settings_file", "suggestion"},
    "baseline": {"checks", "errors", "isolation", "model", "results"},
    "waivers": {"checks", "model", "results", "settings", "settings_file"},
    "cores": {"model"},
    "cache": {"_version", "model", "reading"},
    "parallel": {"reading", "results", "session"},
    "session": {
        *(
            "cores",
            "checks",
            "engines",
            "errors",
            "model",
            "plugins",
            "reading",
            "results",
            "settings",
        ),
        *("_version", "applied", "importing", "isolation", "masking", "starting", "verdicts"),
        *("baseline", "conversion", "plugin_settings", "signing", "waivers"),
    },
    "signing": {"errors", "isolation", "model"},
    "importing": {"errors", "model", "reports", "starting", "suggestion", "verdicts"},
    "comparison": {"masking", "model", "reports", "results"},
    "inspection": {
        *("_version", "contents", "errors", "importing", "masking", "model", "reports"),
        *("results", "starting", "verdicts"),
    },
    "fleet": {
        *("cache",),
        *("_version", "checks", "errors", "model", "plugins", "reading", "reports", "results"),
        *("session", "settings", "settings_file", "starting", "verdicts"),
    },
    "cli": {
        *("fleet",),
        *("checks", "comparison", "contents", "conversion", "errors", "importing", "inspection"),
        *("cache", "catalogue", "commands", "cores", "isolation", "masking", "model", "parallel"),
        *("_version", "plugins", "reading", "reports", "results", "session", "settings"),
        *("baseline", "effective", "engines", "profiles", "settings_file", "settings_schema"),
        *("plugin_settings", "policy", "suggestion", "verdicts"),
    },
    "pytest_plugin": {
        *("checks", "contents", "errors", "model", "parallel", "reading", "reports", "results"),
        *("session", "settings_file", "suggestion", "verdicts"),
    },
    "testing": {"checks", "plugins", "session", "settings", "verdicts"},
}
ENTRY_POINTS = {"__init__", "__main__", "_version"}


@pytest.mark.parametrize("part", UPPER_PARTS)
def test_the_upper_parts_of_the_core(part: str) -> None:
    paths = [*CORE.glob(f"{part}.py"), *CORE.glob(f"{part}/**/*.py")]
    names = {name for path in paths for name in imports_of(path)}
    imported = {name.split(".")[1] for name in names if name.startswith("checker.")}
    assert paths
    assert imported - {part} - FOUNDATION <= UPPER_PARTS[part]


def test_every_module_of_the_core_has_a_place() -> None:
    modules = {path.stem for path in CORE.glob("*.py")}
    named = {part for part in UPPER_PARTS if CORE.joinpath(f"{part}.py").is_file()}
    assert modules - ENTRY_POINTS == named


def modules_of_the_core() -> dict[str, Path]:
    named = {
        path: ".".join(path.relative_to(CORE.parent).with_suffix("").parts)
        for path in CORE.rglob("*.py")
    }
    return {name.removesuffix(".__init__"): path for path, name in named.items()}


def modules_imported_by(path: Path, modules: Iterable[str]) -> set[str]:
    """Those of some modules that a module imports, wherever in it."""
    names = {
        name
        for node in statements_of(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        for name in (node.module or "", f"{node.module}.{alias.name}")
    }
    return names & set(modules)


def test_modules_of_the_core_form_no_cycle() -> None:
    modules = modules_of_the_core()
    # The package imports what it exports when it is asked for it.
    arrows = {
        name: modules_imported_by(path, modules) - {"checker"}
        for name, path in modules.items()
        if name != "checker"
    }
    assert any(arrows.values())
    # Raises CycleError, which names the modules of a cycle.
    assert set(TopologicalSorter(arrows).static_order()) == set(arrows)


def test_records_are_defined_in_the_quick_way() -> None:
    """A start defines more than two hundred: use ``checker.records.NamedTuple``."""
    slow = modules_where(lambda path: "typing.NamedTuple" in imports_with_names(path))
    assert slow == {"checker/records.py"}


def modules_where(is_so: Callable[[Path], bool]) -> set[str]:
    """The modules of the core and the bundles that are so, by directory and name."""
    roots = (CORE, *ENGINES.parent.glob("checker_*"))
    paths = (path for root in roots for path in root.rglob("*.py"))
    return {f"{path.parent.name}/{path.name}" for path in paths if is_so(path)}


def imports_at_run_time(tree: ast.Module) -> Iterator[str]:
    """The modules that a module imports when it is imported itself."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_typing_is_not_imported() -> None:
    """A start takes two milliseconds less: use ``checker.typing_names``."""
    slow = modules_where(
        lambda path: (
            "testing" not in path.parts
            and "typing" in imports_at_run_time(ast.parse(path.read_text("utf-8")))
        )
    )
    # The first asks which protocols an object follows; pytest has imported it before the other.
    assert slow == {"checker_policy/parts.py", "pytest_plugin/__init__.py"}


def test_benchmarks_do_not_need_the_tests() -> None:
    paths = list((Path(__file__).parents[1] / "benchmarks").rglob("*.py"))
    strangers = {
        f"{path.name}: {name}"
        for path in paths
        for name in imports_of(path)
        if name.split(".")[0] == "tests"
    }
    assert paths
    assert strangers == set()


def test_text_from_archives_is_encoded_in_one_place() -> None:
    """A lone surrogate in JSON cannot be encoded with ``surrogateescape``."""
    roots = (CORE, *ENGINES.parent.glob("checker_*"))
    paths = [path for root in roots for path in root.rglob("*.py") if "testing" not in path.parts]
    strict = [
        path.name
        for path in paths
        if re.search(r"\.encode\(\"utf-8\", \"surrogateescape\"\)", path.read_text("utf-8"))
    ]
    assert strict == ["untrusted.py"]


# Module -> calls of int() on something that is not a constant, and what bounds the digits.
CONVERSIONS = {
    "checker/comparison/text.py": (1, "a size that the comparison has written"),
    "checker/model/envelopes.py": (1, "the digits are counted before"),
    "checker/model/untrusted.py": (1, "at most 19 digits, checked before"),
    "checker/reading/compression.py": (1, "a truth value"),
    "checker/reading/document.py": (1, "the digits are counted before"),
    "checker/reading/large_members.py": (1, "at most 18 digits, checked before"),
    "checker/reading/directory.py": (1, "a time of the file system, not text"),
    "checker/reading/tar/extensions.py": (1, "shorter than _SURELY_FITS"),
    "checker/reading/tar/header.py": (1, "digits of a header field of at most 12 bytes"),
    "checker/reading/tar/pax.py": (3, "at most _LENGTH_DIGITS digits, checked before"),
    "checker/reading/tar/batches.py": (1, "a usual record: at most 18 digits"),
    "checker/reading/tar/columns.py": (2, "usual records: at most 18 digits"),
    "checker/reading/tar/sparse.py": (5, "_is_number: fewer than _DIGITS digits"),
    "checker/reading/transport/framed.py": (1, "the pattern has at most 8 digits"),
    "checker/reading/transport/text_forms.py": (1, "the pattern has at most 16 digits"),
    "checker/model/shell.py": (1, "the pattern has three digits"),
    "checker/reports/junit.py": (1, "counts that the report itself has written"),
    "checker_engines/golang/json.py": (2, "at most 19 digits, checked before"),
    "checker_engines/golang/time.py": (2, "a float; digits of a step"),
    "checker_engines/moby/image_config.py": (
        1,
        "no more digits than 65535, checked before",
    ),
    "checker_engines/unpackers/gnu_numbers.py": (2, "octal digits of a field of a header"),
    "checker_oci/documents.py": (1, "a position that the reader wrote"),
    "checker_policy/age.py": (1, "the pattern has at most 5 digits"),
    "checker_policy/files.py": (3, "the patterns have at most 10 digits"),
    "checker_rootfs/malformed_account_file.py": (2, "at most 10 digits, checked before"),
}


def conversions_in(path: Path) -> int:
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "int"
        and not all(isinstance(argument, ast.Constant) for argument in node.args)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )


def test_numbers_of_any_length_are_converted_in_one_place() -> None:
    """``int()`` raises for 4,301 digits: use ``whole_number``, or say here what bounds them."""
    roots = (CORE, *ENGINES.parent.glob("checker_*"))
    found = {
        path.relative_to(each.parent).as_posix(): conversions_in(path)
        for each in roots
        for path in each.rglob("*.py")
        if not {"testing", "cli"} & set(path.parts)
    }
    expected = {path: count for path, (count, _) in CONVERSIONS.items()}
    assert {path: count for path, count in found.items() if count} == expected
