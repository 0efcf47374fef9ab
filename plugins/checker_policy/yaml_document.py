"""YAML of strangers: parsed event by event, with bounds on nesting and on what aliases repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from checker.records import NamedTuple
from checker.settings_file import KeyPath
from checker.typing_names import Any

_MOST_DEPTH = 100
_MOST_VALUES = 100_000
_MERGE = "<<"
_LIBRARY = "pip install 'archive-checker[policy]'"


class YamlError(ValueError):
    """A document that cannot be used.

    Args:
        text: Why, in words.
        line: The line, counted from 1; None if it is not known.
    """

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line


class YamlNodes(NamedTuple):
    """A parsed document.

    Attributes:
        value: Its value.
        lines: The line of each key and element, counted from 1.
        texts: How scalars that are no strings are written.
    """

    value: Any
    lines: Mapping[KeyPath, int] = MappingProxyType({})
    texts: Mapping[KeyPath, str] = MappingProxyType({})


class _Node(NamedTuple):
    """A node of the document.

    Attributes:
        value: A scalar, a list of nodes, or a list of pairs of a key and a node.
        line: Where it begins.
        values: The values in it, aliases counted as what they repeat.
        text: How a scalar is written.
        is_mapping: Whether it is a mapping.
    """

    value: Any
    line: int
    values: int = 1
    text: str | None = None
    is_mapping: bool = False


def read_yaml(text: str) -> YamlNodes:
    """Parse a document.

    Raises:
        YamlError: It is not valid, has a tag or several documents, is nested too deeply, or its
            aliases repeat too much.
    """
    try:
        import yaml
    except ImportError:
        raise YamlError(f"YAML needs the library PyYAML: {_LIBRARY}") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = _Builder().build(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        reason = error.problem or str(error)
        raise YamlError(
            f"not valid YAML: {reason}", None if mark is None else mark.line + 1
        ) from error
    except yaml.YAMLError as error:
        raise YamlError(f"not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise YamlError("nested too deeply") from error
    lines: dict[KeyPath, int] = {}
    texts: dict[KeyPath, str] = {}
    value = _value_of(node, (), lines, texts)
    return YamlNodes(value, lines, texts)


class _Builder:
    """Builds the nodes of one document from events."""

    def __init__(self) -> None:
        import yaml

        self._yaml = yaml
        self._resolver = yaml.resolver.Resolver()
        self._constructor = yaml.constructor.SafeConstructor()
        self._anchors: dict[str, _Node] = {}

    def build(self, events: Iterator[Any]) -> _Node:
        """The node of the only document.

        Raises:
            YamlError: There is not exactly one document, or it is not valid.
        """
        yaml = self._yaml
        open_nodes: list[tuple[Any, list[_Node]]] = []
        done: list[_Node] = []
        for event in events:
            if isinstance(event, yaml.CollectionStartEvent):
                self._refuse_tag(event)
                if len(open_nodes) >= _MOST_DEPTH:
                    raise YamlError("nested too deeply", _line(event))
                open_nodes.append((event, []))
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                start, children = open_nodes.pop()
                node = self._collection(start, children)
            elif isinstance(event, yaml.ScalarEvent):
                start, node = event, self._scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                start, node = None, self._alias(event)
            else:
                continue
            if start is not None and start.anchor is not None:
                self._anchors[start.anchor] = node
            (open_nodes[-1][1] if open_nodes else done).append(node)
        if len(done) > 1:
            raise YamlError("has more than one document", done[1].line)
        return done[0] if done else _Node({}, 1)

    def _alias(self, event: Any) -> _Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            raise YamlError(f"the alias *{event.anchor} means nothing before it", _line(event))
        return node._replace(line=_line(event))

    def _scalar(self, event: Any) -> _Node:
        yaml = self._yaml
        tag = event.tag
        if tag in (None, "!"):
            resolve: Any = self._resolver.resolve
            tag = resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag == "tag:yaml.org,2002:merge":
            return _Node(_MERGE, _line(event))
        # In YAML 1.1, 22:10 is a number to the base of 60, which nobody means.
        is_text = ":" in event.value and tag.endswith((":int", ":float"))
        if is_text or tag in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:value"):
            return _Node(event.value, _line(event))
        if tag not in _SCALAR_TAGS:
            raise YamlError(f"the tag {tag[:60]} cannot be used", _line(event))
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        try:
            value = self._constructor.construct_object(node)
        except (ValueError, yaml.YAMLError, LookupError) as error:
            raise YamlError(f"{event.value[:60]!r} is not a valid value", _line(event)) from error
        return _Node(value, _line(event), text=event.value)

    def _refuse_tag(self, event: Any) -> None:
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise YamlError(f"the tag {event.tag[:60]} cannot be used", _line(event))

    def _collection(self, start: Any, children: list[_Node]) -> _Node:
        line = _line(start)
        count = 1 + sum(child.values for child in children)
        if count > _MOST_VALUES:
            raise YamlError(f"has more than {_MOST_VALUES:,} values, aliases included", line)
        if not isinstance(start, self._yaml.MappingStartEvent):
            return _Node(children, line, count)
        pairs = _pairs(list(zip(children[::2], children[1::2], strict=True)))
        return _Node(pairs, line, count, is_mapping=True)


_SCALAR_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp")
)


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _pairs(found: list[tuple[_Node, _Node]]) -> dict[Any, tuple[int, _Node]]:
    """The keys of a mapping, each with the line and the node; merged ones first.

    Raises:
        YamlError: A key is no scalar, or is there twice.
    """
    own: dict[Any, tuple[int, _Node]] = {}
    merged: dict[Any, tuple[int, _Node]] = {}
    for key, node in found:
        if key.is_mapping or isinstance(key.value, list):
            raise YamlError("a key must be a scalar", key.line)
        if key.value == _MERGE:
            for each in reversed(node.value if isinstance(node.value, list) else [node]):
                if not each.is_mapping:
                    raise YamlError("what is merged must be a mapping", node.line)
                merged.update(each.value)
        elif key.value in own:
            raise YamlError(f"the key {key.value!r} is there twice", key.line)
        else:
            own[key.value] = (key.line, node)
    return {**merged, **own}


def _value_of(
    node: _Node, path: KeyPath, lines: dict[KeyPath, int], texts: dict[KeyPath, str]
) -> object:
    """The value of a node; lines and texts are added for everything in it."""
    lines.setdefault(path, node.line)
    if node.is_mapping:
        found: dict[object, object] = {}
        for key, (line, child) in node.value.items():
            place = (*path, key)
            lines.setdefault(place, line)
            found[key] = _value_of(child, place, lines, texts)
        return found
    if isinstance(node.value, list):
        return [
            _value_of(child, (*path, number), lines, texts)
            for number, child in enumerate(node.value)
        ]
    if node.text is not None:
        texts[path] = node.text
    return node.value
