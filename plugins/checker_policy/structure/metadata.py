"""metadataTest: the settings of an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import Config, Image
from checker.model.image import mapping, text
from checker.records import NamedTuple
from checker_policy.parts import Problem
from checker_policy.patterns import Pattern
from checker_policy.structure.fields import Fields

KEYS = (
    *("envVars", "unboundEnvVars", "exposedPorts", "unexposedPorts", "entrypoint", "cmd"),
    *("workdir", "volumes", "unmountedVolumes", "labels", "user"),
)
PAIR_KEYS = ("key", "value", "isRegex")


class Pair(NamedTuple):
    """What a variable or a label must be.

    Attributes:
        key: Its name.
        value: The value.
        pattern: The same as a regular expression; None if the value is a text.
    """

    key: str
    value: str
    pattern: Pattern | None

    def problem(self, found: Mapping[str, str], what: str) -> str | None:
        """What is wrong with it; None if nothing is."""
        if self.key not in found:
            return f"{what} {self.key} is not set"
        value = found[self.key]
        if self.pattern is not None:
            fits, word = self.pattern.is_in(value), "does not match"
        else:
            fits, word = value == self.value, "is not"
        return None if fits else f'{what} {self.key} is "{value}", which {word} "{self.value}"'


class MetadataTest(NamedTuple):
    """A test of the settings of an image.

    Attributes:
        variables: What variables must be.
        unset: Variables that must not be set.
        labels: What labels must be.
        commands: The words of Entrypoint and Cmd; None where they are not tested.
        texts: WorkingDir and User, where they are tested.
        names: Ports and volumes that must be there.
        no_names: Ports and volumes that must not be there.
    """

    variables: tuple[Pair, ...]
    unset: tuple[str, ...]
    labels: tuple[Pair, ...]
    commands: Mapping[str, tuple[str, ...] | None]
    texts: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]
    no_names: Mapping[str, tuple[str, ...]]

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Run the test."""
        for field, message in self._problems(config):
            yield Problem(f"{message} in {image.label}", {"pointer": f"/config/{field}"})

    def _problems(self, config: Config) -> Iterator[tuple[str, str]]:
        given = mapping(config.settings.get("Labels"))
        labels = {key: value for key, value in given.items() if isinstance(value, str)}
        checked = (
            *(("Env", pair.problem(config.env, "variable")) for pair in self.variables),
            *(("Labels", pair.problem(labels, "label")) for pair in self.labels),
        )
        for field, problem in checked:
            if problem is not None:
                yield field, problem
        for name in self.unset:
            if name in config.env:
                yield "Env", f"variable {name} is set"
        for field, words in self.commands.items():
            found = config.command_line(field)
            if words is not None and found != words:
                yield field, f"{field} is {list(found)}, not {list(words)}"
        for field, wanted in self.texts.items():
            value = text(config.settings.get(field)) or ""
            if wanted and value != wanted:
                yield field, f'{field} is "{value}", not "{wanted}"'
        for field in self.names:
            yield from self._of_names(field, config)

    def _of_names(self, field: str, config: Config) -> Iterator[tuple[str, str]]:
        # The program compares ports without their protocol.
        has_protocol = field == "ExposedPorts"
        names = mapping(config.settings.get(field))
        there = {name.partition("/")[0] if has_protocol else name for name in names}
        for name in self.names[field]:
            if name not in there:
                yield field, f"{field} lacks {name}"
        for name in self.no_names[field]:
            if name in there:
                yield field, f"{field} has {name}"


def read(fields: Fields) -> MetadataTest | None:
    """The test as a file states it; None if it tests nothing.

    Raises:
        SettingsError: A field has the wrong type.
    """
    pairs = {key: _pairs(fields, key) for key in ("envVars", "unboundEnvVars", "labels")}
    test = MetadataTest(
        variables=pairs["envVars"],
        unset=tuple(pair.key for pair in pairs["unboundEnvVars"]),
        labels=pairs["labels"],
        commands={
            "Entrypoint": fields.optional_list("entrypoint"),
            "Cmd": fields.optional_list("cmd"),
        },
        texts={"WorkingDir": fields.text("workdir"), "User": fields.text("user")},
        names={"ExposedPorts": fields.names("exposedPorts"), "Volumes": fields.names("volumes")},
        no_names={
            "ExposedPorts": fields.texts_of("unexposedPorts"),
            "Volumes": fields.texts_of("unmountedVolumes"),
        },
    )
    stated = (*test.texts.values(), *test.names.values(), *test.no_names.values(), *pairs.values())
    is_empty = not any(stated) and all(words is None for words in test.commands.values())
    return None if is_empty else test


def _pairs(fields: Fields, key: str) -> tuple[Pair, ...]:
    return tuple(_pair(each) for each in fields.tables(key, PAIR_KEYS))


def _pair(fields: Fields) -> Pair:
    value = fields.text("value")
    is_pattern = fields.truth("isRegex") and "value" in fields.found
    pattern = fields.pattern("value", value) if is_pattern else None
    return Pair(fields.required("key"), value, pattern)
