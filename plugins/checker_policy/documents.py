"""Files of policies: TOML, YAML or JSON, with the line of each key."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from types import MappingProxyType

from checker import SettingsError
from checker.policy import PolicyFile
from checker.records import NamedTuple
from checker.settings_file import KeyPath, Origin, read_file
from checker.typing_names import Any, NoReturn
from checker_policy.yaml_document import YamlError, YamlNodes, read_yaml

_MOST_BYTES = 1 << 20


class Document(NamedTuple):
    """A file that was read.

    Attributes:
        origin: Its content, with the lines of the keys.
        texts: How scalars are written in the file, by their place, where that is not the value.
    """

    origin: Origin
    texts: Mapping[KeyPath, str] = MappingProxyType({})


def read_document(file: PolicyFile, suffixes: tuple[str, ...]) -> Document:
    """Read a file in the format that its suffix says.

    Args:
        file: The file.
        suffixes: The suffixes that it may have, such as ``.toml``.

    Raises:
        SettingsError: It cannot be read or parsed, or has another suffix.
    """
    suffix = next((each for each in suffixes if file.path.lower().endswith(each)), None)
    if suffix is None:
        few = ", ".join(suffixes)
        raise SettingsError(f"{file.place}{file.path}: the name must end with one of {few}")
    if suffix == ".toml":
        return Document(read_file(file.path))
    text = _text_of(file)
    if suffix == ".json":
        return _json(file, text)
    return _yaml(file, text)


def _text_of(file: PolicyFile) -> str:
    try:
        with open(file.path, "rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(f"{file.place}{file.path}: cannot be read: {reason}") from error
    if len(data) > _MOST_BYTES:
        raise SettingsError(f"{file.path}: has more than {_MOST_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file.path}:{line}: not valid UTF-8") from error


def _yaml(file: PolicyFile, text: str) -> Document:
    try:
        nodes = read_yaml(text)
    except YamlError as error:
        line = "" if error.line is None else f":{error.line}"
        raise SettingsError(f"{file.path}{line}: {error}") from error
    return _document(file, nodes.value, nodes)


def _json(file: PolicyFile, text: str) -> Document:
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{file.path}:{error.lineno}: not valid JSON: {error.msg}") from error
    except RecursionError as error:
        raise SettingsError(f"{file.path}: nested too deeply") from error
    except ValueError as error:
        raise SettingsError(f"{file.path}: not valid JSON: {error}") from error
    try:
        # Nearly all JSON is YAML; there a tab cannot be between tokens.
        nodes = read_yaml(text.replace("\t", " "))
    except YamlError:
        nodes = YamlNodes(value)
    return _document(file, value, nodes)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON")


def _document(file: PolicyFile, value: Any, nodes: YamlNodes) -> Document:
    if not isinstance(value, dict):
        raise SettingsError(f"{file.path}: must be a table of keys and values")
    origin = Origin(file.path, value, nodes.lines, os.path.dirname(file.path))
    return Document(origin, nodes.texts)
