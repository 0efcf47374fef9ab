"""Settings: which rules run, the severities of their findings, waivers, and limits.

They come from ``checker.toml`` (or ``--config FILE``) and the command line, which takes
precedence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypedDict

from checker.checks.finding import Finding, Severity
from checker.checks.option import OptionError
from checker.checks.registry import Registry, Rule
from checker.errors import SettingsError
from checker.model.limits import Limits
from checker.verdicts import Host

if TYPE_CHECKING:
    import os

CONFIG_FILE = "checker.toml"
INTENTIONS = ("load", "import")
NEVER = "never"


class Waiver(NamedTuple):
    """A waiver of known and accepted findings.

    Attributes:
        rule: ID, name or prefix of the rule.
        reason: Why they are accepted.
        archive: Pattern of the archive's path.
        path: Pattern of the path in the root filesystem or the member.
        until: Last day on which the waiver is valid.
    """

    rule: str
    reason: str
    archive: str = "*"
    path: str = "*"
    until: dt.date | None = None

    def covers(self, finding: Finding, today: dt.date) -> bool:
        """Whether the waiver covers a finding today."""
        place = finding.location.path or finding.location.member or ""
        return (
            _names(self.rule, finding.rule, finding.name)
            and fnmatchcase(finding.location.archive, self.archive)
            and fnmatchcase(place, self.path)
            and (self.until is None or today <= self.until)
        )


class Settings(NamedTuple):
    """All settings of a run.

    Attributes:
        select: Rules that run: IDs, names or prefixes of IDs; all if empty.
        ignore: Rules that do not run.
        severities: Other severities, by rule id.
        fail_on: What fails the run; None if no finding does.
        action: The intended command, ``load`` or ``import``; None if not stated.
        blocked: Plugins that are not loaded.
        limits: The limits.
        waivers: Accepted findings.
        options: Options of rules, by ID or name of the rule.
        engines: Engines that must accept the archives, ``PROFILE`` or ``PROFILE:ACTION``.
        host: The host that engines are assumed to run on.
        jobs: Blobs of an archive that are read in parallel; by default one per processor.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = MappingProxyType({})
    fail_on: Severity | None = Severity.ERROR
    action: str | None = None
    blocked: tuple[str, ...] = ()
    limits: Limits = Limits()
    waivers: tuple[Waiver, ...] = ()
    options: Mapping[str, Mapping[str, object]] = MappingProxyType({})
    engines: tuple[str, ...] = ()
    host: Host = Host()
    jobs: int | None = None

    def resolved(self, registry: Registry) -> Settings:
        """The settings with the present ids of rules in the place of former ids and names."""

        def current(name: str) -> str:
            rule = registry.find(name)
            return name if rule is None or name not in rule.check.aliases else rule.id

        return self._replace(
            select=tuple(map(current, self.select)),
            ignore=tuple(map(current, self.ignore)),
            severities={current(name): value for name, value in self.severities.items()},
            waivers=tuple(one._replace(rule=current(one.rule)) for one in self.waivers),
        )

    def rules(self, registry: Registry) -> tuple[Rule, ...]:
        """The rules that run.

        Raises:
            SettingsError: A rule that is selected, ignored or waived is unknown.
        """
        waived = (waiver.rule for waiver in self.waivers)
        for name in (*self.select, *self.ignore, *self.severities, *waived):
            _require_rule(name, registry)
        return tuple(
            rule
            for rule in registry
            if (not self.select or _named_by(self.select, rule))
            and not _named_by(self.ignore, rule)
        )

    def rule_options(self, registry: Registry) -> dict[str, dict[str, object]]:
        """The options of the rules, by rule id.

        Raises:
            SettingsError: A rule or option is unknown, or a value is invalid.
        """
        options: dict[str, dict[str, object]] = {}
        for name, values in self.options.items():
            rule = registry.find(name)
            if rule is None:
                raise SettingsError(f"unknown rule {name!r}{nearest(name, registry.keys())}")
            options.setdefault(rule.id, {}).update(read_options(rule, values))
        return options

    def judge(self, findings: Iterable[Finding], today: dt.date) -> tuple[Finding, ...]:
        """Findings with the severities and waivers of the settings, highest severity first."""
        judged = [self._judge(finding, today) for finding in findings]
        return tuple(sorted(judged, key=lambda finding: (finding.severity.rank, finding.rule)))

    def _judge(self, finding: Finding, today: dt.date) -> Finding:
        severity = next(
            (
                severity
                for name, severity in self.severities.items()
                if _names(name, finding.rule, finding.name)
            ),
            finding.severity,
        )
        waiver = next((one for one in self.waivers if one.covers(finding, today)), None)
        reason = None if waiver is None else waiver.reason
        return finding._replace(severity=severity, waived=reason)


def _names(key: str, rule_id: str, rule_name: str) -> bool:
    return bool(key) and (rule_id.startswith(key.upper()) or rule_name == key)


def _named_by(keys: Iterable[str], rule: Rule) -> bool:
    return any(_names(key, rule.id, rule.name) for key in keys)


def _require_rule(name: str, registry: Registry) -> None:
    if not any(_names(name, rule.id, rule.name) for rule in registry):
        raise SettingsError(f"unknown rule {name!r}{nearest(name, registry.keys())}")


def read_options(rule: Rule, values: Mapping[str, object]) -> dict[str, object]:
    """Options of one rule, in the types that the rule uses.

    Raises:
        SettingsError: An option is unknown, or a value is invalid.
    """
    known = {option.name: option for option in rule.check.options}
    read: dict[str, object] = {}
    for name, value in values.items():
        if name not in known:
            few = f" (choose from: {', '.join(known)})" if known else "; it has no options"
            raise SettingsError(
                f"{rule.id} {rule.name} has no option {name!r}{nearest(name, known) or few}"
            )
        try:
            read[name] = known[name].read(value)
        except OptionError as error:
            raise SettingsError(f"{rule.id} {rule.name}: {error}") from error
    return read


def nearest(name: str, known: Iterable[str]) -> str:
    """A suggestion for a mistyped name, in words; empty if none is similar."""
    import difflib

    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5) or difflib.get_close_matches(
        name.upper(), names, n=1, cutoff=0.5
    )
    return f"; did you mean {close[0]!r}?" if close else ""


SettingsSource: TypeAlias = "Settings | Mapping[str, object] | str | os.PathLike[str]"
"""Settings as a record, a mapping with the keys of ``checker.toml``, or the path of a file."""


class SettingsKeywords(TypedDict, total=False):
    """Settings as keyword arguments: the keys of ``checker.toml``.

    Hyphens are written as underscores, and ``as`` as ``as_``.
    """

    select: Sequence[str]
    ignore: Sequence[str]
    severity: Mapping[str, str]
    fail_on: str
    as_: str
    no_plugin: Sequence[str]
    limits: Mapping[str, int]
    waive: Sequence[Mapping[str, object]]
    rules: Mapping[str, Mapping[str, object]]
    engine: Sequence[str]
    host: str
    jobs: int


def load_settings(source: SettingsSource | None = None, **keywords: object) -> Settings:
    """Settings from any source, with those of the keyword arguments over them.

    Args:
        source: A record, a mapping with the keys of ``checker.toml``, or the path of such a file;
            the defaults if None.
        keywords: Single settings; see ``SettingsKeywords``.

    Raises:
        SettingsError: The file cannot be read, or a key or value is not valid.
    """
    if source is None or isinstance(source, Settings):
        settings = source or Settings()
    elif isinstance(source, Mapping):
        settings = _set_all(Settings(), source, "settings")
    else:
        settings = read_settings(source)
    named = {name.rstrip("_").replace("_", "-"): value for name, value in keywords.items()}
    return _set_all(settings, named, "settings")


def read_settings(path: str | os.PathLike[str]) -> Settings:
    """Read a configuration file.

    Raises:
        SettingsError: It cannot be read, or a key or value is invalid.
    """
    import os
    import tomllib

    place = os.fspath(path)
    try:
        with open(place, encoding="utf-8") as file:
            table = tomllib.loads(file.read())
    except OSError as error:
        raise SettingsError(f"{place}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{place}: {error}") from error
    return _set_all(Settings(), table, place)


def _set_all(settings: Settings, table: Mapping[str, object], place: str) -> Settings:
    for key, value in table.items():
        reader = _READERS.get(key)
        if reader is None:
            raise SettingsError(f"{place}: unknown key {key!r}{nearest(str(key), _READERS)}")
        try:
            settings = reader(settings, value)
        except SettingsError as error:
            raise SettingsError(f"{place}: {key}: {error}") from error
    return settings


def parse_severity(text: object) -> Severity:
    """A severity.

    Raises:
        SettingsError: It is not a severity.
    """
    try:
        return Severity(str(text))
    except ValueError:
        known = [severity.value for severity in Severity]
        raise SettingsError(
            f"invalid value {text!r} (choose from: {', '.join(known)}){nearest(str(text), known)}"
        ) from None


def parse_fail_on(text: object) -> Severity | None:
    """What fails a run: a severity or ``never``.

    Raises:
        SettingsError: It is neither.
    """
    return None if text == NEVER else parse_severity(text)


def parse_intention(text: object) -> str:
    """The intended command: ``load`` or ``import``.

    Raises:
        SettingsError: It is neither.
    """
    if text not in INTENTIONS:
        raise SettingsError(f"invalid value {text!r} (choose from: {', '.join(INTENTIONS)})")
    return str(text)


def parse_host(text: object) -> Host:
    """A host, written ``os/architecture``.

    Raises:
        SettingsError: It is written in another way.
    """
    os, slash, architecture = str(text).partition("/")
    if not slash or not os or not architecture or "/" in architecture:
        raise SettingsError(f"invalid value {text!r} (expected OS/ARCH, such as linux/arm64)")
    return Host(os, architecture)


def parse_jobs(value: object) -> int:
    """A number of jobs.

    Raises:
        SettingsError: It is not a whole number above 0.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise SettingsError(f"invalid value {value!r} (expected a whole number above 0)")
    return value


def set_limits(limits: Limits, values: Mapping[str, object]) -> Limits:
    """The limits with some of them set.

    Raises:
        SettingsError: A name is unknown, or a value is not a positive whole number.
    """
    known = Limits.names_of_all()
    for name, value in values.items():
        if name not in known:
            raise SettingsError(f"unknown limit {name!r}{nearest(name, known)}")
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise SettingsError(f"limit {name}: must be a whole number above 0, found {value!r}")
        limits = limits._replace(**{name: value})
    return limits


_TYPE_WORDS: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a number"),
    (str, "a string"),
    (list, "a list"),
    (tuple, "a list"),
    (Mapping, "a table"),
    (dt.datetime, "a date with time"),
    (dt.date, "a date"),
)


def _type_words(value: object) -> str:
    """The type of a value in TOML's terms; for a list also the first type that is not a string."""
    if isinstance(value, list | tuple):
        other = next((item for item in value if not isinstance(item, str)), None)
        return "a list" if other is None else f"a list that contains {_scalar_words(other)}"
    return _scalar_words(value)


def _scalar_words(value: object) -> str:
    for kind, words in _TYPE_WORDS:
        if isinstance(value, kind):
            return words
    return f"a value of type {type(value).__name__}"


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise SettingsError(f"must be a list of strings, found {_type_words(value)}")
    return tuple(value)


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"must be a table, found {_type_words(value)}")
    return value


def _waiver(value: object) -> Waiver:
    table = _table(value)
    known = ("rule", "reason", "archive", "path", "until")
    for key, item in table.items():
        if key not in known:
            raise SettingsError(f"unknown key {key!r}{nearest(key, known)}")
        wanted = dt.date if key == "until" else str
        if not isinstance(item, wanted):
            expected = "a date" if wanted is dt.date else "a string"
            raise SettingsError(f"{key}: must be {expected}, found {_type_words(item)}")
    rule, reason = table.get("rule"), table.get("reason")
    if not isinstance(rule, str) or not isinstance(reason, str) or not reason.strip():
        raise SettingsError("a waiver must have a rule and a reason")
    until = table.get("until")
    return Waiver(
        rule=rule,
        reason=reason,
        archive=str(table.get("archive", "*")),
        path=str(table.get("path", "*")),
        until=until if isinstance(until, dt.date) else None,
    )


def _waivers(value: object) -> tuple[Waiver, ...]:
    if not isinstance(value, list | tuple):
        raise SettingsError("each waiver must be a table [[waive]]")
    return tuple(map(_waiver, value))


_READERS: dict[str, Callable[[Settings, object], Settings]] = {
    "select": lambda settings, value: settings._replace(select=_texts(value)),
    "ignore": lambda settings, value: settings._replace(ignore=_texts(value)),
    "fail-on": lambda settings, value: settings._replace(fail_on=parse_fail_on(value)),
    "as": lambda settings, value: settings._replace(action=parse_intention(value)),
    "no-plugin": lambda settings, value: settings._replace(blocked=_texts(value)),
    "severity": lambda settings, value: settings._replace(
        severities={name: parse_severity(item) for name, item in _table(value).items()},
    ),
    "limits": lambda settings, value: settings._replace(
        limits=set_limits(settings.limits, _table(value))
    ),
    "waive": lambda settings, value: settings._replace(waivers=_waivers(value)),
    "engine": lambda settings, value: settings._replace(engines=_texts(value)),
    "host": lambda settings, value: settings._replace(host=parse_host(value)),
    "jobs": lambda settings, value: settings._replace(jobs=parse_jobs(value)),
    "rules": lambda settings, value: settings._replace(
        options={name: _table(item) for name, item in _table(value).items()}
    ),
}
