"""Settings: which rules run, the severities of their findings, waivers, and limits.

They come in layers, of which each has precedence over those before it: the defaults, a profile,
the settings file (``checker.toml``, ``pyproject.toml`` or ``--config FILE``), its sections for the
archive, and the command line.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from types import MappingProxyType

from checker.checks.finding import Finding, Severity
from checker.checks.option import OptionError
from checker.checks.registry import Registry, Rule
from checker.checks.settings_rules import SETTINGS_RULES
from checker.errors import SettingsError
from checker.isolation import described
from checker.model.limits import Limits
from checker.policy import Policy, PolicyFile
from checker.profiles import PROFILES
from checker.records import NamedTuple
from checker.settings_file import KeyPath, Origin, read_file
from checker.suggestion import nearest
from checker.typing_names import TypeAlias, TypedDict, TypeVar
from checker.verdicts import Host

T = TypeVar("T")

_SEE_RULES = "; `checker rules` lists the rules"

_GIVEN = Origin("settings", {})
"""Settings that a program gives."""
_MOST = 2**63 - 1
_MOST_JOBS = 1024
INTENTIONS = ("load", "import")
NEVER = "never"
_COLORS = ("auto", "always", NEVER)


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
            is_named(self.rule, finding.rule, finding.name)
            and fnmatchcase(finding.location.archive, self.archive)
            and fnmatchcase(place, self.path)
            and (self.until is None or today <= self.until)
        )


class Section(NamedTuple):
    """Settings for some archives: a table ``[[archive]]`` of the settings file.

    Attributes:
        patterns: Patterns of paths, such as ``dist/*.tar``.
        origin: The table, and where it is.
        name: What the baseline calls the archive.
    """

    patterns: tuple[str, ...]
    origin: Origin
    name: str | None = None

    def covers(self, path: str) -> bool:
        """Whether it is for an archive: by the path, or by that relative to the file."""
        return any(
            fnmatchcase(os.path.normpath(path), os.path.normpath(form))
            for pattern in self.patterns
            for form in (pattern, self.origin.path(pattern))
        )

    @property
    def table(self) -> Mapping[str, object]:
        """The settings, without those that say which archives they are for."""
        return {key: value for key, value in self.origin.table.items() if key not in _SECTION_KEYS}


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
        jobs: Archives and their blobs that are read in parallel, all together; by default one per
            processor.
        origin: The file that they were read from.
        formats: Reports to write, ``NAME`` or ``NAME=FILE``.
        format_options: Options of reports, ``FORMAT.OPTION=VALUE``; the last of several counts.
        profile: Name of the profile that they extend.
        baseline: File of the baseline: findings in it do not fail the run.
        strict_waivers: Whether waivers that expired or are not used are errors.
        progress: Whether to show progress.
        cache: Whether facts of layers are kept for further runs of the command line.
        color: When text is in colour: ``auto`` (on a terminal), ``always`` or ``never``.
        sections: Settings for some archives.
        over: The settings of the command line, which have precedence over those of sections.
        layers: The sections that were applied, for an archive.
        archive_name: What the baseline calls the archive; by default its path says it.
        given: The settings of the file or the program, without those of the command line.
        policy: What is required of archives.
        verify_keys: Files with the public keys and certificates that signatures are verified with.
        plugins: The settings of plugins, by name of the plugin and key.
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
    origin: Origin | None = None
    formats: tuple[str, ...] = ()
    format_options: tuple[str, ...] = ()
    profile: str | None = None
    baseline: str | None = None
    strict_waivers: bool = False
    progress: bool = True
    cache: bool = True
    color: str = "auto"
    sections: tuple[Section, ...] = ()
    over: Origin | None = None
    layers: tuple[Origin, ...] = ()
    archive_name: str | None = None
    given: Origin | None = None
    policy: Policy = Policy()
    verify_keys: tuple[str, ...] = ()
    plugins: Mapping[str, Mapping[str, object]] = MappingProxyType({})

    def for_archive(self, path: str) -> Settings:
        """The settings for one archive, with those of the sections that are for it."""
        return self.with_sections(section for section in self.sections if section.covers(path))

    def without_baselines(self) -> Settings:
        """The settings without any baseline, also for the archives of sections."""
        return self._without("baseline")._replace(baseline=None)

    def without_verify_keys(self) -> Settings:
        """The settings without keys for signatures, also for the archives of sections."""
        return self._without("verify-key")._replace(verify_keys=())

    def _without(self, key: str) -> Settings:
        """The settings without a key in the file and its sections."""
        given = None if self.given is None else self.given.without(key)
        sections = tuple(
            section._replace(origin=section.origin.without(key)) for section in self.sections
        )
        return self._replace(sections=sections, given=given)

    def own_fail_on(self, paths: Iterable[str]) -> dict[str, Severity | None]:
        """What fails the run in archives for which a section says it, by their paths."""
        found = {path: self.for_archive(path).fail_on for path in paths}
        return {path: fail_on for path, fail_on in found.items() if fail_on is not self.fail_on}

    def with_sections(self, sections: Iterable[Section]) -> Settings:
        """The settings with those of some sections over them, and the command line over all."""
        found = tuple(sections)
        settings = self._with_profile_of(found)
        for section in found:
            settings = _set_all(settings, section.table, section.origin, _EXTENDING)
            settings = settings._replace(
                sections=(),
                origin=section.origin,
                layers=(*settings.layers, section.origin),
                archive_name=section.name or settings.archive_name,
            )
        if settings is self or self.over is None:
            return settings
        return _set_all(settings, self.over.table, self.over, _EXTENDING)

    def _with_profile_of(self, sections: tuple[Section, ...]) -> Settings:
        """The settings with the profile of the last section that names one in place of theirs.

        It is put over the settings of the file, since it is named for these archives.
        """
        naming = profile_section(sections, self.over)
        if naming is None or self.given is None:
            return self
        kept = _set_all(Settings(), self.given.without("profile").table, self.given, _EXTENDING)
        return _profile_settings(kept, naming.origin)._replace(
            origin=self.origin, over=self.over, given=self.given
        )

    def resolved(self, registry: Registry) -> Settings:
        """The settings with the present ids of rules in the place of former ids and names."""

        def current(name: str) -> str:
            rule = registry.find(name)
            return name if rule is None or name not in rule.aliases else rule.id

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
        named = {"select": self.select, "ignore": self.ignore, "severity": self.severities}
        # Rules that a profile names may be those of plugins that are not loaded.
        optional = _named_by_profile(self.profile)
        for key, names in named.items():
            for name in names:
                if name not in optional:
                    self._require_rule(name, registry, key)
        for waiver in self.waivers:
            self._require_rule(waiver.rule, registry, "waive")
        return tuple(rule for rule in registry if self.runs(rule.id, rule.name))

    def rule_options(self, registry: Registry) -> dict[str, dict[str, object]]:
        """The options of the rules, by rule id.

        Raises:
            SettingsError: A rule or option is unknown, or a value is invalid.
        """
        options: dict[str, dict[str, object]] = {}
        for name, values in self.options.items():
            rule = registry.find(name)
            if rule is None:
                hint = nearest(name, registry.keys()) or _SEE_RULES
                raise SettingsError(f"{self._place('rules', name)}unknown rule {name!r}{hint}")
            try:
                options.setdefault(rule.id, {}).update(read_options(rule, values))
            except SettingsError as error:
                raise SettingsError(f"{self._place('rules', name)}{error}") from error
        return options

    def runs(self, rule_id: str, rule_name: str) -> bool:
        """Whether a rule runs."""

        def named(keys: Iterable[str]) -> bool:
            return any(is_named(key, rule_id, rule_name) for key in keys)

        return (not self.select or named(self.select)) and not named(self.ignore)

    def _require_rule(self, name: str, registry: Registry, key: str) -> None:
        known = (*registry, *SETTINGS_RULES)
        if not any(is_named(name, rule.id, rule.name) for rule in known):
            families = (rule.id.rstrip("0123456789") for rule in known)
            hint = nearest(name, (*registry.keys(), *families)) or _SEE_RULES
            raise SettingsError(f"{self._place(key, name)}unknown rule {name!r}{hint}")

    def _place(self, key: str, name: str) -> str:
        """What precedes a message about a name: where it is in the settings file, if it is."""
        if self.origin is None or (key != "waive" and name not in self.origin.names(key)):
            return ""
        return f"{self.origin.place(key, name)}: {key}: "

    def place_in(self, *path: str) -> str:
        """What precedes a message about a key in a table: where it is in the file, if it is."""
        table: object = None if self.origin is None else self.origin.table
        for step in path:
            if not isinstance(table, Mapping) or step not in table:
                return ""
            table = table[step]
        return "" if self.origin is None else f"{self.origin.place(*path)}: "

    def place_of(self, key: str) -> str:
        """What precedes a message about a setting of the file, empty if it is from elsewhere."""
        origin, over = self.origin, self.over
        if origin is None or key not in origin.table or (over is not None and key in over.table):
            return ""
        return f"{origin.place(key)}: {key}: "

    def require_engines(self, known: Callable[[Iterable[str]], T]) -> T:
        """The engines that are required.

        Args:
            known: Looks up their names.

        Raises:
            SettingsError: One is unknown.
        """
        try:
            return known(self.engines)
        except SettingsError as error:
            placed = [self._place("engine", name) for name in self.engines]
            raise SettingsError(f"{next(filter(None, placed), '')}{error}") from error

    def judge(self, findings: Iterable[Finding], today: dt.date) -> tuple[Finding, ...]:
        """Findings with the severities and waivers of the settings, highest severity first."""
        judged = [self._judge(finding, today) for finding in findings]
        return tuple(sorted(judged, key=lambda finding: (finding.severity.rank, finding.rule)))

    def used_waivers(self, findings: Iterable[Finding], today: dt.date) -> tuple[int, ...]:
        """The positions of the waivers that cover any of some findings."""
        found = tuple(findings) if self.waivers else ()
        return tuple(
            number
            for number, waiver in enumerate(self.waivers)
            if any(waiver.covers(finding, today) for finding in found)
        )

    def _judge(self, finding: Finding, today: dt.date) -> Finding:
        severity = next(
            (
                severity
                for name, severity in self.severities.items()
                if is_named(name, finding.rule, finding.name)
            ),
            finding.severity,
        )
        waiver = next((one for one in self.waivers if one.covers(finding, today)), None)
        reason = None if waiver is None else waiver.reason
        return finding._replace(severity=severity, waived=reason)


def is_named(key: str, rule_id: str, rule_name: str) -> bool:
    """Whether a key of the settings names a rule: its id, the start of it, or its name."""
    return bool(key) and (rule_id.startswith(key.upper()) or rule_name == key)


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
    profile: str
    baseline: str
    strict_waivers: bool
    verify_key: Sequence[str]
    archive: Sequence[Mapping[str, object]]
    require: Sequence[Mapping[str, object]]
    policy: Sequence[str]
    structure_test: Sequence[str]
    plugins: Mapping[str, Mapping[str, object]]


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
        origin = _GIVEN._replace(table=source)
        settings = _with_profile(Settings(), origin)._replace(given=origin)
    else:
        settings = read_settings(source)
    named = {name.rstrip("_").replace("_", "-"): value for name, value in keywords.items()}
    if not named:
        return settings
    over = _GIVEN._replace(table=named)
    return _with_profile(settings, over)._replace(over=over)


def read_settings(path: str | os.PathLike[str]) -> Settings:
    """Read a configuration file.

    Raises:
        SettingsError: It cannot be read, or a key or value is invalid.
    """
    origin = read_file(path)
    return _with_profile(Settings(), origin)._replace(origin=origin, given=origin)


def layered(file: Origin | None, over: Origin) -> Settings:
    """The settings of a file, with others over them.

    Args:
        file: The file; None without one.
        over: The settings of the command line. Lists of rules to ignore and plugins not to load
            are added to those of the file, limits and severities replace the same ones.

    Raises:
        SettingsError: A key or value is not valid.
    """
    given = Origin("", {}) if file is None else file
    # A profile is below the settings of the file, also where the command line names it.
    chosen = over if "profile" in over.table else given
    settings = _profile_settings(Settings(), chosen)
    rest = given.without("profile")
    if chosen is over:
        _profile_settings(Settings(), given)  # raises if it is unknown
    settings = _set_all(settings, rest.table, given, _EXTENDING)
    settings = _set_all(settings, over.table, over, _EXTENDING)
    return settings._replace(origin=file, over=over, given=given)


def profile_section(sections: Sequence[Section], over: Origin | None) -> Section | None:
    """The section whose profile is in force; None if none names one, or the command line does.

    Args:
        sections: The sections for an archive.
        over: The settings of the command line.
    """
    if over is not None and "profile" in over.table:
        return None
    return next((one for one in reversed(sections) if "profile" in one.table), None)


def _with_profile(settings: Settings, origin: Origin) -> Settings:
    """The settings with those of a table over them, its profile first."""
    if "profile" in origin.table:
        settings = _profile_settings(settings, origin)
        return _set_all(settings, origin.table, origin, _EXTENDING)
    return _set_all(settings, origin.table, origin, _READERS)


def _profile_settings(settings: Settings, origin: Origin) -> Settings:
    """The settings with those of the profile that a table names, if it does."""
    if "profile" not in origin.table:
        return settings
    named = _set_all(settings, {"profile": origin.table["profile"]}, origin, _READERS)
    table = PROFILES[named.profile or ""].settings
    return _set_all(named, table, Origin(f"profile {named.profile}", table), _EXTENDING)


def _named_by_profile(profile: str | None) -> frozenset[str]:
    """The rules that a profile names."""
    table = {} if profile is None else PROFILES[profile].settings
    origin = Origin("", table)
    return origin.names("severity") | origin.names("select") | origin.names("ignore")


def parse_profile(text: object) -> str:
    """The name of a profile.

    Raises:
        SettingsError: It is not known.
    """
    return _choice(text, tuple(PROFILES))


def _set_all(
    settings: Settings,
    table: Mapping[str, object],
    origin: Origin,
    readers: Mapping[str, _Reader],
) -> Settings:
    for key, value in table.items():
        placed = _PLACED.get(key)
        reader = readers.get(key) if placed is None else partial(placed, origin)
        if reader is None:
            hint = nearest(str(key), (*readers, *_PLACED))
            raise SettingsError(f"{origin.place(key)}: unknown key {described(key)}{hint}")
        try:
            settings = reader(settings, value)
        except _PlacedError as error:
            raise SettingsError(f"{origin.place(key, *error.path)}: {key}: {error}") from error
        except SettingsError as error:
            raise SettingsError(f"{origin.place(key)}: {key}: {error}") from error
    return settings


class _PlacedError(SettingsError):
    """A value inside of a table or list is invalid.

    Args:
        path: The keys below that of the setting.
        text: What is wrong.
    """

    def __init__(self, path: KeyPath, text: str) -> None:
        super().__init__(text)
        self.path = path


def parse_severity(text: object) -> Severity:
    """A severity.

    Raises:
        SettingsError: It is not a severity.
    """
    known = [severity.value for severity in Severity]
    return Severity(_choice(text, known))


def parse_fail_on(text: object) -> Severity | None:
    """What fails a run: a severity or ``never``.

    Raises:
        SettingsError: It is neither.
    """
    chosen = _choice(text, [*(severity.value for severity in Severity), NEVER])
    return None if chosen == NEVER else Severity(chosen)


def _choice(text: object, known: Sequence[str]) -> str:
    """A value that must be one of some texts.

    Raises:
        SettingsError: It is not.
    """
    if isinstance(text, str) and text in known:
        return text
    hint = nearest(text, known) if isinstance(text, str) else ""
    raise SettingsError(f"invalid value {described(text)} (choose from: {', '.join(known)}){hint}")


def parse_intention(text: object) -> str:
    """The intended command: ``load`` or ``import``.

    Raises:
        SettingsError: It is neither.
    """
    return _choice(text, INTENTIONS)


def parse_color(text: object) -> str:
    """When text is in colour: ``auto``, ``always`` or ``never``.

    Raises:
        SettingsError: It is none of them.
    """
    return _choice(text, _COLORS)


def parse_host(text: object) -> Host:
    """The host that a text names (``checker.hosts``).

    Raises:
        SettingsError: It has another form, or a part that is not known.
    """
    from checker.hosts import parse_host as parse

    return parse(text)


def parse_jobs(value: object) -> int:
    """A number of jobs.

    Raises:
        SettingsError: It is not a whole number from 1 to 1024.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_JOBS:
        raise SettingsError(
            f"invalid value {described(value)} (expected a whole number above 0, at most "
            f"{_MOST_JOBS})"
        )
    return value


def set_limits(limits: Limits, values: Mapping[str, object]) -> Limits:
    """The limits with some of them set.

    Raises:
        SettingsError: A name is unknown, or a value is not a positive whole number of 64 bits.
    """
    known = Limits.names_of_all()
    for name, value in values.items():
        if name not in known:
            hint = nearest(name, known)
            raise _PlacedError((name,), f"unknown limit {described(name)}{hint}")
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
            raise _PlacedError(
                (name,),
                f"limit {name}: must be a whole number above 0, found {described(value)}",
            )
        limits = limits._replace(**{name: value})
    return limits


_TYPE_WORDS: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a number"),
    (str, "a string"),
    (dt.datetime, "a date with time"),
    (dt.date, "a date"),
    (dt.time, "a time"),
    (list, "a list"),
    (tuple, "a list"),
    (Mapping, "a table"),
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


def _names_of(value: object) -> tuple[str, ...]:
    names = _texts(value)
    if not all(map(str.strip, names)):
        raise SettingsError("must be a list of names, found an empty string")
    return names


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"must be a table, found {_type_words(value)}")
    return value


_WAIVER_KEYS = ("rule", "reason", "archive", "path", "until")


def _waiver(value: object) -> Waiver:
    table = _table(value)
    for key, item in table.items():
        if key not in _WAIVER_KEYS:
            hint = nearest(str(key), _WAIVER_KEYS)
            raise _PlacedError((key,), f"unknown key {described(key)}{hint}")
        if not _is_waiver_value(key, item):
            expected = "a date" if key == "until" else "a string"
            raise _PlacedError((key,), f"{key}: must be {expected}, found {_type_words(item)}")
    rule, reason = str(table.get("rule", "")), str(table.get("reason", ""))
    if not rule.strip() or not reason.strip():
        raise SettingsError("a waiver must have a rule and a reason")
    until = table.get("until")
    return Waiver(
        rule=rule,
        reason=reason,
        archive=str(table.get("archive", "*")),
        path=str(table.get("path", "*")),
        until=until if isinstance(until, dt.date) else None,
    )


def _is_waiver_value(key: str, value: object) -> bool:
    if key != "until":
        return isinstance(value, str)
    # A date with a time is a date to Python, but cannot be compared with one.
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _waivers(value: object) -> tuple[Waiver, ...]:
    if not isinstance(value, list | tuple):
        raise SettingsError("each waiver must be a table [[waive]]")
    return tuple(_at(number, partial(_waiver, item)) for number, item in enumerate(value))


def _at(step: str | int, read: Callable[[], T]) -> T:
    """What is read at one place of a table or list, whose errors name the place."""
    try:
        return read()
    except _PlacedError as error:
        raise _PlacedError((step, *error.path), str(error)) from error
    except SettingsError as error:
        raise _PlacedError((step,), str(error)) from error


_SECTION_KEYS = ("path", "name")


def _set_sections(origin: Origin, settings: Settings, value: object) -> Settings:
    if not isinstance(value, list | tuple):
        raise SettingsError("each section must be a table [[archive]]")
    sections = tuple(
        _at(number, partial(_section, origin, number, item)) for number, item in enumerate(value)
    )
    return settings._replace(sections=(*settings.sections, *sections))


def _set_requirements(origin: Origin, settings: Settings, value: object) -> Settings:
    if not isinstance(value, list | tuple):
        raise SettingsError("each requirement must be a table [[require]]")
    for number, item in enumerate(value):
        _at(number, partial(_table, item))
    tables = tuple(origin.part("require", number) for number in range(len(value)))
    return settings._replace(policy=settings.policy._replace(tables=tables))


def _set_policy(origin: Origin, settings: Settings, value: object) -> Settings:
    files = _policy_files(origin, "policy", value)
    return settings._replace(policy=settings.policy._replace(files=files))


def _set_structure_tests(origin: Origin, settings: Settings, value: object) -> Settings:
    files = _policy_files(origin, "structure-test", value)
    return settings._replace(policy=settings.policy._replace(structure_tests=files))


def _policy_files(origin: Origin, key: str, value: object) -> tuple[PolicyFile, ...]:
    place = f"{origin.place(key)}: {key}: " if origin.directory is not None else ""
    return tuple(PolicyFile(origin.path(_file_name(name)), place) for name in _names_of(value))


def _set_baseline(origin: Origin, settings: Settings, value: object) -> Settings:
    return settings._replace(baseline=origin.path(_file_name(value)))


def _set_verify_keys(origin: Origin, settings: Settings, value: object) -> Settings:
    return settings._replace(verify_keys=tuple(map(origin.path, _file_names(value))))


def _set_formats(origin: Origin, settings: Settings, value: object) -> Settings:
    formats = tuple(_placed_format(origin, order) for order in _names_of(value))
    return settings._replace(formats=formats)


def _placed_format(origin: Origin, order: str) -> str:
    """An order for a report, with the path of its file relative to the working directory."""
    name, equals, file = order.partition("=")
    if file in ("", "-"):
        return order
    if "\0" in file or not origin.may_write(file):
        raise SettingsError(
            f"invalid value {described(order)} (expected a file in the directory of the settings "
            "file or below)"
        )
    return f"{name}{equals}{origin.path(file)}"


def _section(origin: Origin, number: int, value: object) -> Section:
    table = _table(value)
    patterns = _at("path", partial(_patterns, table.get("path")))
    name = table.get("name")
    if name is not None and not (isinstance(name, str) and name.strip()):
        raise _PlacedError(("name",), f"name: must be a string, found {_type_words(name)}")
    known = (*_SECTION_KEYS, *_SECTION_READERS)
    for key, item in table.items():
        if key in OF_THE_RUN:
            raise _PlacedError((key,), OF_THE_RUN[key])
        if key not in known:
            hint = nearest(str(key), known)
            raise _PlacedError((key,), f"unknown key {described(key)}{hint}")
        if key in _SECTION_READERS:
            _at(key, partial(_checked, _SECTION_READERS[key], key, item))
    part = origin.part("archive", number)
    return Section(patterns, part._replace(table=table), name)


def _patterns(value: object) -> tuple[str, ...]:
    patterns = (value,) if isinstance(value, str) else value
    if not isinstance(patterns, list | tuple) or not patterns:
        raise SettingsError(f"path: must be a pattern or a list of them, found {_found(value)}")
    texts = _texts(patterns)
    if not all(map(str.strip, texts)):
        raise SettingsError("path: must be a pattern, found an empty string")
    return texts


def _found(value: object) -> str:
    return "none" if value is None or value == [] else _type_words(value)


def _checked(reader: _Reader, key: str, value: object) -> None:
    """Make sure that a value can be read; its error names the key.

    Raises:
        SettingsError: It cannot.
    """
    try:
        reader(Settings(), value)
    except _PlacedError as error:
        raise _PlacedError(error.path, f"{key}: {error}") from error
    except SettingsError as error:
        raise SettingsError(f"{key}: {error}") from error


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"must be a boolean, found {_type_words(value)}")
    return value


def _file_name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise SettingsError(f"must be the name of a file, found {described(value)}")
    return value


def _file_names(value: object) -> tuple[str, ...]:
    return tuple(map(_file_name, _texts(value)))


def _severities(value: object) -> dict[str, Severity]:
    return {name: _at(name, partial(parse_severity, item)) for name, item in _table(value).items()}


def _options(value: object) -> dict[str, Mapping[str, object]]:
    return {name: _at(name, partial(_table, item)) for name, item in _table(value).items()}


_Reader: TypeAlias = Callable[[Settings, object], Settings]
_READERS: Mapping[str, _Reader] = {
    "select": lambda settings, value: settings._replace(select=_texts(value)),
    "ignore": lambda settings, value: settings._replace(ignore=_texts(value)),
    "fail-on": lambda settings, value: settings._replace(fail_on=parse_fail_on(value)),
    "as": lambda settings, value: settings._replace(action=parse_intention(value)),
    "no-plugin": lambda settings, value: settings._replace(blocked=_names_of(value)),
    "severity": lambda settings, value: settings._replace(severities=_severities(value)),
    "limits": lambda settings, value: settings._replace(
        limits=set_limits(settings.limits, _table(value))
    ),
    "waive": lambda settings, value: settings._replace(waivers=_waivers(value)),
    "engine": lambda settings, value: settings._replace(engines=_texts(value)),
    "host": lambda settings, value: settings._replace(host=parse_host(value)),
    "jobs": lambda settings, value: settings._replace(jobs=parse_jobs(value)),
    "rules": lambda settings, value: settings._replace(options=_options(value)),
    "plugins": lambda settings, value: settings._replace(plugins=_options(value)),
    "format-option": lambda settings, value: settings._replace(format_options=_names_of(value)),
    "profile": lambda settings, value: settings._replace(profile=parse_profile(value)),
    "strict-waivers": lambda settings, value: settings._replace(strict_waivers=_truth(value)),
    "progress": lambda settings, value: settings._replace(progress=_truth(value)),
    "cache": lambda settings, value: settings._replace(cache=_truth(value)),
    "color": lambda settings, value: settings._replace(color=parse_color(value)),
}
# Settings whose values depend on where the file is.
_PLACED: Mapping[str, Callable[[Origin, Settings, object], Settings]] = {
    "archive": _set_sections,
    "baseline": _set_baseline,
    "format": _set_formats,
    "require": _set_requirements,
    "policy": _set_policy,
    "structure-test": _set_structure_tests,
    "verify-key": _set_verify_keys,
}
# How a layer is put over others: it adds to lists of what does not count, and to tables.
_EXTENDING: Mapping[str, _Reader] = {
    **_READERS,
    "ignore": lambda settings, value: settings._replace(
        ignore=_joined(settings.ignore, _texts(value))
    ),
    "format-option": lambda settings, value: settings._replace(
        format_options=(*settings.format_options, *_names_of(value))
    ),
    "no-plugin": lambda settings, value: settings._replace(
        blocked=_joined(settings.blocked, _names_of(value))
    ),
    "waive": lambda settings, value: settings._replace(
        waivers=(*settings.waivers, *_waivers(value))
    ),
    "severity": lambda settings, value: settings._replace(
        # The first one that names a rule is taken.
        severities=_merged(_severities(value), settings.severities)
    ),
    "rules": lambda settings, value: settings._replace(
        options=_merged_tables(settings.options, _options(value))
    ),
    "plugins": lambda settings, value: settings._replace(
        plugins=_merged_tables(settings.plugins, _options(value))
    ),
}
_SECTION_READERS: Mapping[str, _Reader] = {
    key: _EXTENDING[key]
    for key in (
        *("as", "engine", "fail-on", "host", "ignore", "jobs", "limits", "plugins", "profile"),
        *("rules", "select", "severity", "strict-waivers", "waive"),
    )
} | {
    "baseline": lambda settings, value: settings._replace(baseline=_file_name(value)),
    "verify-key": lambda settings, value: settings._replace(verify_keys=_file_names(value)),
}
_FOR_ALL = "is for the whole run, not for some archives; set it above the sections"
OF_THE_RUN: Mapping[str, str] = {
    "no-plugin": f"no-plugin {_FOR_ALL}, or ignore the rules of the plugin here",
    **{
        key: f"{key} {_FOR_ALL}"
        for key in ("format", "format-option", "progress", "cache", "color")
    },
    "require": f"require {_FOR_ALL}, and says itself for which with the key archive",
    **{key: f"{key} {_FOR_ALL}" for key in ("policy", "structure-test")},
}
"""Why the other keys cannot be in a section, by key."""


def _joined(some: tuple[T, ...], others: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*some, *others)))


def _merged(first: Mapping[str, T], others: Mapping[str, T]) -> dict[str, T]:
    """Both tables, the first one first, with its values for the keys of both."""
    return {**first, **{key: value for key, value in others.items() if key not in first}}


def _merged_tables(
    lower: Mapping[str, Mapping[str, object]], upper: Mapping[str, Mapping[str, object]]
) -> dict[str, Mapping[str, object]]:
    """The tables of both, whose keys are joined; of a key in both, the upper value counts."""
    return {name: {**lower.get(name, {}), **upper.get(name, {})} for name in _merged(lower, upper)}
