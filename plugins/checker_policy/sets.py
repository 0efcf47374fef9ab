"""Settings of an image that are sets of names: ports and volumes."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Config, Image
from checker.model.image import mapping
from checker.records import NamedTuple
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value, listed

_SETS = ("include", "exclude", "only")
_PROTOCOL = "/tcp"


class NameSet(NamedTuple):
    """Which names a set must have.

    Attributes:
        field: Its name in the config.
        include: Names that it must have.
        exclude: Names that it must not have.
        only: The names that it may have; any if None.
    """

    field: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Find the names that are missing, and those that must not be there."""
        found = {_full(self.field, name) for name in mapping(config.settings.get(self.field))}
        missing = [name for name in self.include if name not in found]
        excess = {name for name in found if name in self.exclude}
        if self.only is not None:
            excess |= found - set(self.only)
        at = f"/config/{self.field}"
        has = f"{self.field} of {image.label}"
        if missing:
            yield Problem(f"{has} lacks {listed(missing)}", {"pointer": at})
        if excess:
            yield Problem(f"{has} must not have {listed(sorted(excess))}", {"pointer": at})


def _full(field: str, name: str) -> str:
    """A port with its protocol, which is tcp by default; a volume without a slash at the end."""
    if field == "ExposedPorts":
        return name if "/" in name else name + _PROTOCOL
    return name.rstrip("/") or name


def _read(field: str, value: Value) -> NameSet:
    if not isinstance(value.raw, dict):
        return NameSet(field, include=_names(field, value))
    found = {key: _names(field, item) for key, item in value.table(_SETS).items()}
    if not found:
        value.fail(f"must have one of {', '.join(_SETS)}")
    return NameSet(field, found.get("include", ()), found.get("exclude", ()), found.get("only"))


def _names(field: str, value: Value) -> tuple[str, ...]:
    names = [str(item.raw) if _is_port(field, item) else item.text() for item in value.items()]
    return tuple(_full(field, name) for name in names)


def _is_port(field: str, value: Value) -> bool:
    return field == "ExposedPorts" and type(value.raw) is int


def _ports(value: Value) -> NameSet:
    return _read("ExposedPorts", value)


def _volumes(value: Value) -> NameSet:
    return _read("Volumes", value)


KEYS: Keys = {"ports": _ports, "volumes": _volumes}
