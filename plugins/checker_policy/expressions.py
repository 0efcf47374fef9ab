"""Expressions of CEL, the Common Expression Language, for what tables cannot say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from importlib.util import find_spec

from checker import Archive, Config, Image, Layer
from checker.model.image import integer, mapping, strings, text
from checker.records import NamedTuple
from checker.typing_names import Any
from checker_policy.children import ChildError, in_child
from checker_policy.parts import Keys, Problem
from checker_policy.patterns import EXTRA
from checker_policy.values import Value

_WORK = "checker_policy.cel_work"
_LONGEST = 2000
_DEEPEST = 50


class Expression(NamedTuple):
    """An expression that must be true of each image.

    Attributes:
        text: The expression.
        value: Where it is stated.
    """

    text: str
    value: Value

    def of_archive(self, archive: Archive, images: tuple[Image, ...]) -> Iterator[Problem]:
        """Evaluate the expression for the images."""
        if not images:
            return
        facts = [facts_of(archive, image) for image in images]
        try:
            results = in_child(_WORK, {"expression": self.text, "facts": facts})
        except ChildError as error:
            yield Problem(f"the expression could not be evaluated: {error}", None, images[0])
            return
        for image, result in zip(images, results, strict=True):
            if result is False:
                yield Problem(f"{image.label} does not fulfil: {self.text}", None, image)
            elif result is not True:
                words = f"the expression could not be evaluated for {image.label}: {result}"
                yield Problem(words, None, image)


def facts_of(archive: Archive, image: Image) -> dict[str, Any]:
    """What expressions can ask of an image, by name; documented in ``docs/policy.md``."""
    return {
        "archive": {"path": archive.path, "kind": str(archive.kind), "size": archive.size},
        "image": _image(image),
        "config": _config(image.config),
        "now": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
    }


def _image(image: Image) -> dict[str, Any]:
    platform, config, manifest = image.platform, image.config, image.manifest
    layers = [_layer(layer) for layer in image.layers]
    own = {} if manifest is None else manifest.annotations
    given = {} if manifest is None else manifest.descriptor.annotations
    return {
        "names": list(image.names),
        "digest": image.digest or "",
        "platform": "" if platform is None else str(platform),
        "os": "" if platform is None else platform.os,
        "architecture": "" if platform is None else platform.architecture,
        "created": "" if config is None else config.created or "",
        "size": sum(layer["uncompressed_size"] for layer in layers),
        "layers": layers,
        "annotations": {**given, **own},
    }


def _layer(layer: Layer) -> dict[str, Any]:
    blob, descriptor = layer.blob, layer.descriptor
    return {
        "diff_id": layer.diff_id or "",
        "media_type": "" if descriptor is None else descriptor.media_type or "",
        "size": 0 if blob is None else blob.size,
        "uncompressed_size": 0 if blob is None else blob.inflated_size or 0,
        "files": len(layer.entries),
    }


def _config(config: Config | None) -> dict[str, Any]:
    settings = {} if config is None else config.settings
    labels = mapping(settings.get("Labels"))
    history = () if config is None else config.history
    health = mapping(settings.get("Healthcheck"))
    return {
        "user": text(settings.get("User")) or "",
        "workdir": text(settings.get("WorkingDir")) or "",
        "stop_signal": text(settings.get("StopSignal")) or "",
        "env": {} if config is None else dict(config.env),
        "labels": {key: item for key, item in labels.items() if isinstance(item, str)},
        "cmd": [] if config is None else list(config.command_line("Cmd")),
        "entrypoint": [] if config is None else list(config.command_line("Entrypoint")),
        "ports": list(mapping(settings.get("ExposedPorts"))),
        "volumes": list(mapping(settings.get("Volumes"))),
        "on_build": list(strings(settings.get("OnBuild"))),
        "healthcheck": {
            "test": list(strings(health.get("Test"))),
            "interval": integer(health.get("Interval")) or 0,
            "retries": integer(health.get("Retries")) or 0,
        },
        "history": [
            {
                "created_by": text(step.get("created_by")) or "",
                "comment": text(step.get("comment")) or "",
                "empty_layer": step.get("empty_layer") is True,
            }
            for step in history
        ],
    }


def compile_all(expressions: Iterable[Expression]) -> None:
    """Compile all expressions of a policy, in one process.

    Raises:
        SettingsError: One is not valid, or nothing compiles them.
    """
    found = tuple(expressions)
    if not found:
        return
    try:
        results = in_child(_WORK, {"compile": [one.text for one in found]})
    except ChildError as error:
        found[0].value.fail(f"expressions could not be compiled: {error}")
    for one, result in zip(found, results, strict=True):
        if result is not None:
            one.value.fail(f"is not an expression of CEL: {result}")


def _expression(value: Value) -> Expression:
    found = value.text()
    if len(found) > _LONGEST:
        value.fail(f"must not have more than {_LONGEST:,} characters")
    if _depth(found) > _DEEPEST:
        value.fail("is nested too deeply")
    if find_spec("cel") is None:
        value.fail(f"an expression needs the library common-expression-language: {EXTRA}")
    return Expression(found, value)


def _depth(text: str) -> int:
    """How deep brackets of any kind are nested, those in strings included."""
    deepest = depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


KEYS: Keys = {"expression": _expression}
