"""From a policy to the rules that it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from checker import Check, SettingsError, Severity
from checker.policy import Policy, PolicyFile
from checker.records import NamedTuple
from checker.settings import parse_severity
from checker_policy.documents import read_document
from checker_policy.expressions import Expression, compile_all
from checker_policy.kinds import KEYS
from checker_policy.requirement import (
    Requirement,
    id_of,
    read_id,
    read_name,
    rule_of,
)
from checker_policy.selection import KEYS as SELECTION_KEYS
from checker_policy.selection import Selection, read_selection
from checker_policy.structure.tests import StructureTest, read_structure_tests, stem_of
from checker_policy.values import Value

POLICY_SUFFIXES = (".toml", ".yaml", ".yml", ".json")
_FILE_KEYS = ("require",)
# What begins so is free, for anchors of YAML.
_FREE = "x-"
_OWN_KEYS = ("name", "message", "severity", "id", "structure-test")


def rules_of(policy: Policy) -> tuple[type[Check], ...]:
    """The rules that a policy makes, one for each requirement.

    Raises:
        SettingsError: A requirement is not valid, or two have the same name or id.
    """
    found = tuple(_requirements(policy))
    _require_distinct(found)
    compile_all(part for each in found for part in each.parts if isinstance(part, Expression))
    return tuple(rule_of(each) for each in found)


def _requirements(policy: Policy) -> Iterator[Requirement]:
    for table in policy.tables:
        yield from read_requirement(Value(table.table, table, (), "require"))
    for file in policy.files:
        yield from _of_file(file)
    for file in policy.structure_tests:
        tests = read_structure_tests(file)
        yield from _of_tests(tests, stem_of(file.path), _Shared())


class _Shared(NamedTuple):
    """What the rules of all tests of a file have in common.

    Attributes:
        message: Why they are required, in words; empty if not stated.
        severity: How much their findings matter.
        selection: Which archives and images they are for.
    """

    message: str = ""
    severity: Severity = Severity.ERROR
    selection: Selection = Selection()


def _of_tests(
    tests: Iterable[StructureTest], prefix: str, shared: _Shared
) -> Iterator[Requirement]:
    """A requirement for each of some tests.

    Args:
        tests: The tests.
        prefix: What their names begin with.
        shared: What they have in common.
    """
    taken: Counter[str] = Counter()
    for test in tests:
        taken[test.slug] += 1
        number = f"-{taken[test.slug]}" if taken[test.slug] > 1 else ""
        name = f"{prefix}-{test.slug}{number}"
        title = f"{shared.message} ({test.title})" if shared.message else test.title
        yield Requirement(
            id=id_of(name),
            name=name,
            message=title,
            severity=shared.severity,
            selection=shared.selection,
            parts=() if test.part is None else (test.part,),
            source=test.place,
            skipped=test.skipped,
        )


def _of_file(file: PolicyFile) -> Iterator[Requirement]:
    """The requirements in a file of its own.

    Raises:
        SettingsError: It cannot be read, or a requirement is not valid.
    """
    origin = read_document(file, POLICY_SUFFIXES).origin
    free = tuple(key for key in origin.table if str(key).startswith(_FREE))
    found = Value(origin.table, origin).table((*_FILE_KEYS, *free))
    if "require" not in found:
        raise SettingsError(f"{file.place}{file.path}: requires nothing; it needs a key require")
    for item in found["require"].items():
        yield from read_requirement(item)


def read_requirement(value: Value) -> Iterator[Requirement]:
    """The requirement that a table states.

    Raises:
        SettingsError: A key or a value is not valid.
    """
    found = value.table((*_OWN_KEYS, *SELECTION_KEYS, *KEYS))
    if "name" not in found:
        value.fail("must have a name")
    name = read_name(found.pop("name"))
    message = found.pop("message").text() if "message" in found else ""
    severity = _severity(found.pop("severity")) if "severity" in found else Severity.ERROR
    given_id = read_id(found.pop("id")) if "id" in found else id_of(name)
    selection = read_selection(found)
    if "structure-test" in found:
        shared = _Shared(message, severity, selection)
        yield from _of_structure_test(found.pop("structure-test"), name, shared)
        if not found:
            return
    if not found:
        value.fail(f"{name} requires nothing; the keys for it are {', '.join(KEYS)}")
    yield Requirement(
        id=given_id,
        name=name,
        message=message,
        severity=severity,
        selection=selection,
        parts=tuple(KEYS[key](item) for key, item in found.items()),
        source=value.origin.place(*value.path),
    )


def _of_structure_test(value: Value, name: str, shared: _Shared) -> Iterator[Requirement]:
    """The tests of the files that a requirement names.

    Raises:
        SettingsError: A file cannot be read, or a test is not valid.
    """
    tests = [test for item in value.one_or_more() for test in read_structure_tests(_file_of(item))]
    yield from _of_tests(tests, name, shared)


def _file_of(value: Value) -> PolicyFile:
    return PolicyFile(value.file(), f"{value.origin.place(*value.path)}: {value.shown}: ")


def _severity(value: Value) -> Severity:
    try:
        return parse_severity(value.raw)
    except SettingsError as error:
        value.fail(str(error))


def _require_distinct(found: tuple[Requirement, ...]) -> None:
    """Refuse requirements with the same name or id.

    Raises:
        SettingsError: There are some.
    """
    by_key: dict[str, Requirement] = {}
    for each in found:
        for word, key in (("name", each.name), ("id", each.id)):
            other = by_key.setdefault(f"{word} {key}", each)
            if other is not each:
                raise SettingsError(
                    f"{each.source}: require: the {word} {key} is already that of {other.source}; "
                    "give one of them another name"
                )
