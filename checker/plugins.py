"""Finds the plugins, loads each separately, and detects names that are used twice.

Plain pluggy loads a whole entry-point group at once: one broken plugin ends the run, and of two
with the same name the second silently replaces the first. Here each entry point is loaded
separately, and problems are reported with the distribution that they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType

from checker.bundle_hooks import BundleHooks
from checker.checks.check import Check
from checker.checks.listed import ListedRule
from checker.checks.option import Option
from checker.checks.registry import Registry, RuleConflictError
from checker.commands import BUILTIN_COMMANDS, PluginCommand
from checker.discovery import EntryPoint, entry_points
from checker.errors import SettingsError
from checker.hookspecs import HOOKS, PROJECT
from checker.interpretation.kinds.base import Recognizer
from checker.isolation import Failure, attempt, attempt_each, described, failure_of, misfit
from checker.model.archive import Archive
from checker.policy import Policy
from checker.records import NamedTuple
from checker.reports.output import builtin_reports
from checker.reports.report import Report
from checker.results import Plugin, PluginProblem
from checker.suggestion import nearest
from checker.typing_names import TYPE_CHECKING, Any, TypeAlias, TypeVar
from checker.verdicts import Classification, Engine, EngineProfile, Host, Readers, Verdict

if TYPE_CHECKING:
    from checker.plugin_hooks import PluginHooks

OWN_DISTRIBUTION = "archive-checker"

T = TypeVar("T")

_CORE = Plugin("checker", "", OWN_DISTRIBUTION)
"""What the core itself provides is named after it."""
_NOTHING_TAKEN: Mapping[str, Plugin] = MappingProxyType({})


class Classifier(NamedTuple):
    """A plugin that classifies archives.

    Attributes:
        plugin: The plugin.
        hook: Calls its hook ``checker_classify``, and no other plugin's.
    """

    plugin: Plugin
    hook: Callable[..., object]

    def classify(
        self, archive: Archive, quoted_path: str, verdicts: tuple[Verdict, ...], host: Host
    ) -> Classification | PluginProblem | None:
        """The plugin's classification of an archive; None if it defers to other plugins."""
        answer = attempt(
            partial(
                self.hook, archive=archive, quoted_path=quoted_path, verdicts=verdicts, host=host
            )
        )
        if answer is None:
            return None
        if isinstance(answer, Failure):
            return self.plugin.problem(f"checker_classify raised {answer.summary}")
        wrong = misfit(answer, Classification)
        if wrong is None and isinstance(answer, Classification):
            return answer
        return self.plugin.problem(f"checker_classify returned {wrong}")


class PolicyMaker(NamedTuple):
    """A plugin that makes rules of a policy.

    Attributes:
        plugin: The plugin.
        hook: Calls its hook ``checker_policy``, and no other plugin's.
    """

    plugin: Plugin
    hook: Callable[..., object]

    def rules(self, policy: Policy) -> Iterator[type[Check] | PluginProblem]:
        """The rules, and what is wrong with the answer of the plugin.

        Raises:
            SettingsError: A requirement is not valid.
        """
        try:
            # A hook that several plugins can answer returns a list of answers, here with one.
            answers = self.hook(policy=policy)
            checks = [check for answer in _listed(answers) for check in _listed(answer)]
        except SettingsError:
            raise
        except (KeyboardInterrupt, MemoryError):
            raise
        except BaseException as error:  # noqa: BLE001 - the boundary around code of plugins
            yield self.plugin.problem(f"checker_policy raised {failure_of(error).summary}")
            return
        for check in checks:
            if isinstance(check, type) and issubclass(check, Check):
                yield check
            else:
                yield self.plugin.problem(_wrong_type("checker_policy", check, Check))


def _listed(answer: object) -> Iterable[object]:
    """What a hook returned, as far as it can be iterated over."""
    return answer if isinstance(answer, Iterable) else (answer,)


def _added_rules(registry: Registry, maker: PolicyMaker, policy: Policy) -> list[PluginProblem]:
    """Add the rules that a plugin makes of a policy; what is wrong with them.

    Raises:
        SettingsError: A requirement is not valid, or two have the same id or name.
    """
    problems: list[PluginProblem] = []
    for made in maker.rules(policy):
        if isinstance(made, PluginProblem):
            problems.append(made)
            continue
        try:
            registry.add(made, maker.plugin.name)
        except RuleConflictError as error:
            raise SettingsError(f"{policy.key}: {error}") from error
    return problems


class LoadedReaders(NamedTuple):
    """What plugins provide only where it is asked for.

    Attributes:
        readers: Other tools that read archives, and what is known of all profiles.
        problems: The problems with parts of plugins that provide them.
    """

    readers: Readers = Readers()
    problems: tuple[PluginProblem, ...] = ()


class LoadedPlugins(NamedTuple):
    """The loaded plugins and what they provide.

    Attributes:
        plugins: The plugins, by name.
        problems: The problems with other plugins, or with parts of them.
        registry: All rules.
        engines: All engines.
        reports: All report formats, the built-in ones first.
        classifiers: The plugins that classify archives, third-party ones first.
        kinds: Kinds of archive besides the built-in ones.
        commands: Commands besides the built-in ones.
        load_readers: Gives what is only needed where it is asked for, computed once.
        policy_makers: The plugins that make rules of a policy, first-party ones first.
        policy: The policy whose rules are among those of the registry.
        own_rules: The rules without those of a policy; None if there is none.
        options: The settings that each plugin declares, by its name.
    """

    plugins: tuple[Plugin, ...]
    problems: tuple[PluginProblem, ...]
    registry: Registry
    engines: tuple[Engine, ...]
    reports: tuple[Report, ...]
    classifiers: tuple[Classifier, ...]
    kinds: tuple[Recognizer, ...] = ()
    commands: tuple[PluginCommand, ...] = ()
    load_readers: Callable[[], LoadedReaders] = LoadedReaders
    policy_makers: tuple[PolicyMaker, ...] = ()
    policy: Policy = Policy()
    own_rules: Registry | None = None
    options: Mapping[str, tuple[Option[Any], ...]] = MappingProxyType({})

    def with_policy(self, policy: Policy) -> LoadedPlugins:
        """The same with the rules that a policy makes.

        Raises:
            SettingsError: A requirement is not valid, or no plugin makes rules of it.
        """
        if policy in (Policy(), self.policy):
            return self
        if not self.policy_makers:
            raise SettingsError(f"{policy.key}: no plugin makes rules of it; is one not loaded?")
        own = self.own_rules or self.registry
        registry = own.copy()
        problems = [
            problem
            for maker in self.policy_makers
            for problem in _added_rules(registry, maker, policy)
        ]
        return self._replace(
            registry=registry,
            policy=policy,
            own_rules=own,
            problems=tuple(dict.fromkeys((*self.problems, *problems))),
        )

    @property
    def failed(self) -> frozenset[str]:
        """The names of the plugins with problems."""
        return frozenset(problem.name for problem in self.problems)

    def readers(self) -> Readers:
        """Other tools that read archives, and what is known of all profiles."""
        return self.load_readers().readers


_MISTYPED = 0.9
_Kind: TypeAlias = type[T] | tuple[type[T], ...]


def load_plugins(
    blocked: Iterable[str] = (),
    found: Sequence[EntryPoint] | None = None,
) -> LoadedPlugins:
    """Load every installed plugin.

    Args:
        blocked: Names of plugins that are not loaded.
        found: The entry points of plugins; the installed ones if None.

    Raises:
        SettingsError: A name is nearly that of an installed plugin.
    """
    if found is None:
        found = entry_points(PROJECT)
    not_wanted = set(blocked)
    known = _by_name(found)
    for name in sorted(not_wanted - known.keys()):
        _refuse_mistyped(name, known)
    loader = _Loader(_hooks_for(one for one in found if one.name not in not_wanted))
    for name, claims in sorted(known.items()):
        if name not in not_wanted:
            loader.load(claims)
    return loader.gather()


def _refuse_mistyped(name: str, known: Iterable[str]) -> None:
    """Refuse a name that is mistyped; others are those of plugins that are not installed here."""
    hint = nearest(name, known, _MISTYPED)
    if hint:
        raise SettingsError(f"no-plugin: unknown plugin {name!r}{hint}")


def _by_name(found: Iterable[EntryPoint]) -> dict[str, list[EntryPoint]]:
    named: dict[str, list[EntryPoint]] = {}
    for entry_point in found:
        named.setdefault(entry_point.name, []).append(entry_point)
    return named


def _plugin(entry_point: EntryPoint) -> Plugin:
    return Plugin(entry_point.name, entry_point.version, entry_point.distribution)


def _hooks_for(wanted: Iterable[EntryPoint]) -> BundleHooks | PluginHooks:
    """What calls the hooks of some plugins: pluggy, unless all of them are bundles."""
    if all(entry_point.distribution == OWN_DISTRIBUTION for entry_point in wanted):
        return BundleHooks()
    from checker.plugin_hooks import PluginHooks

    return PluginHooks()


class _Loader:
    """Loads plugins one by one, and collects what they provide.

    First-party plugins come first, so that third-party plugins cannot replace their parts.
    """

    def __init__(
        self,
        hooks: BundleHooks | PluginHooks,
        options: Mapping[str, tuple[Option[Any], ...]] = MappingProxyType({}),
    ) -> None:
        self._hooks = hooks
        self._plugins: list[Plugin] = []
        self._problems: list[PluginProblem] = []
        self._registry = Registry()
        self._options = options

    def load(self, claims: list[EntryPoint]) -> None:
        """Load the plugin of one name; if several use the name, the first-party one or none."""
        own = [claim for claim in claims if _plugin(claim).distribution == OWN_DISTRIBUTION]
        chosen = claims if len(claims) == 1 else own[:1]
        for claim in claims:
            if claim not in chosen:
                others = [other for other in claims if other is not claim]
                self._refuse(
                    _plugin(claim), f"not loaded: the name is also used by {_named(others)}"
                )
        for claim in chosen:
            self._load_one(claim)

    def _load_one(self, entry_point: EntryPoint) -> None:
        plugin = _plugin(entry_point)
        unknown = attempt(lambda: self._hooks.register(entry_point.load(), plugin.name))
        if isinstance(unknown, Failure):
            self._refuse(plugin, f"cannot be loaded: {unknown.summary}")
        elif unknown:
            known = ", ".join(sorted(HOOKS))
            self._refuse(plugin, f"unknown hook {', '.join(unknown)} (choose from: {known})")
        else:
            self._plugins.append(plugin)

    def gather(self) -> LoadedPlugins:
        """Everything that the loaded plugins provide."""
        ours_first = sorted(self._plugins, key=lambda one: one.distribution != OWN_DISTRIBUTION)
        counts = {plugin.name: self._add_rules(plugin) for plugin in ours_first}
        self._options = {plugin.name: tuple(self._options_of(plugin)) for plugin in ours_first}
        engines = tuple(self._engines(ours_first, "checker_engines", {}))
        reports = tuple(self._reports(ours_first))
        kinds = tuple(self._kinds(ours_first))
        commands = tuple(self._commands(ours_first))
        plugins = tuple(one._replace(rules=counts[one.name]) for one in self._plugins)
        return LoadedPlugins(
            plugins=plugins,
            problems=tuple(self._problems),
            registry=self._registry,
            engines=engines,
            reports=reports,
            classifiers=tuple(self._classifiers()),
            kinds=kinds,
            commands=commands,
            options=self._options,
            policy_makers=tuple(
                PolicyMaker(plugin, self._hook_of(plugin, "checker_policy"))
                for plugin in ours_first
                if self._implements(plugin, "checker_policy")
            ),
            # Problems with them are collected apart, since the others are complete by then.
            load_readers=cache(
                partial(_Loader(self._hooks, self._options).gather_readers, ours_first, engines)
            ),
        )

    def gather_readers(self, plugins: Sequence[Plugin], engines: Sequence[Engine]) -> LoadedReaders:
        """What the loaded plugins provide only where it is asked for.

        Args:
            plugins: The plugins, first-party ones first.
            engines: The engines, whose names are taken.
        """
        own = Plugin("checker_engines", "", OWN_DISTRIBUTION)
        taken = {_engine_title(engine): own for engine in engines}
        found = tuple(self._engines(plugins, "checker_readers", taken))
        profiles = tuple(self._profiles(plugins))
        return LoadedReaders(Readers(found, profiles), tuple(self._problems))

    def _add_rules(self, plugin: Plugin) -> int:
        count = 0
        for check in self._given(plugin, "checker_checks", (type, ListedRule)):
            try:
                self._registry.add(check, plugin.name)
            except RuleConflictError as error:
                self._refuse(plugin, str(error))
            except Exception as error:  # noqa: BLE001 - metadata of a stranger's class can raise
                self._refuse(plugin, f"{described(check)}: {failure_of(error).summary}")
            else:
                count += 1
        return count

    def _options_of(self, plugin: Plugin) -> Iterator[Option[Any]]:
        """The settings that a plugin declares, each name once."""
        found = self._titled(
            (plugin,),
            "checker_settings",
            Option,
            title=lambda option: f"setting {option.name}",
            wrong=_option_misfit,
        )
        return (option for _, option in found)

    def _profiles(self, plugins: Iterable[Plugin]) -> Iterator[EngineProfile]:
        found = self._titled(
            plugins,
            "checker_profiles",
            EngineProfile,
            title=lambda profile: f"profile {profile.name}",
            wrong=lambda profile: misfit(profile, EngineProfile),
        )
        return (profile for _, profile in found)

    def _engines(
        self, plugins: Iterable[Plugin], hook: str, taken: Mapping[str, Plugin]
    ) -> Iterator[Engine]:
        found = self._titled(
            plugins, hook, Engine, title=_engine_title, wrong=lambda _: None, taken=taken
        )
        for plugin, engine in found:
            is_told = bool(self._options.get(plugin.name))
            yield engine._replace(plugin=plugin.name) if is_told else engine

    def _reports(self, plugins: Iterable[Plugin]) -> Iterator[Report]:
        yield from builtin_reports()
        found = self._titled(
            plugins,
            "checker_reports",
            Report,
            title=lambda report: f"report {report.name}",
            wrong=_report_misfit,
            taken={f"report {report.name}": _CORE for report in builtin_reports()},
        )
        yield from (report._replace(plugin=plugin) for plugin, report in found)

    def _kinds(self, plugins: Iterable[Plugin]) -> Iterator[Recognizer]:
        givers = [plugin for plugin in plugins if self._implements(plugin, "checker_kinds")]
        if not givers:
            return
        from checker.interpretation.kinds.recognizing import BUILTIN_KINDS

        found = self._titled(
            givers,
            "checker_kinds",
            Recognizer,
            title=lambda kind: f"kind {kind.kind.name}",
            wrong=lambda kind: misfit(kind, Recognizer) or _not_callable(kind, "fits"),
            taken={f"kind {name}": _CORE for name in BUILTIN_KINDS},
        )
        yield from (kind for _, kind in found)

    def _commands(self, plugins: Iterable[Plugin]) -> Iterator[PluginCommand]:
        found = self._titled(
            plugins,
            "checker_commands",
            PluginCommand,
            title=lambda command: f"command {command.name}",
            wrong=_command_misfit,
            taken={f"command {name}": _CORE for name in BUILTIN_COMMANDS},
        )
        return (command._replace(plugin=plugin) for plugin, command in found)

    def _titled(
        self,
        plugins: Iterable[Plugin],
        hook: str,
        kind: type[T],
        *,
        title: Callable[[T], str],
        wrong: Callable[[T], str | None],
        taken: Mapping[str, Plugin] = _NOTHING_TAKEN,
    ) -> Iterator[tuple[Plugin, T]]:
        """What plugins give for a hook, with the plugin; no two may have the same title.

        Args:
            plugins: The plugins, those first whose parts are kept.
            hook: The hook.
            kind: The class of what is given.
            title: What a part is called in messages.
            wrong: Why a part cannot be used; None if it can.
            taken: The titles that are taken, and by whom.
        """
        owners = dict(taken)
        for plugin in plugins:
            for part in self._given(plugin, hook, kind):
                problem = wrong(part)
                if problem is not None:
                    self._refuse(plugin, f"{hook} returned {problem}")
                    continue
                called = title(part)
                if called in owners:
                    self._refuse_taken(plugin, called, owners[called])
                    continue
                owners[called] = plugin
                yield plugin, part

    def _classifiers(self) -> Iterator[Classifier]:
        others_first = sorted(self._plugins, key=lambda one: one.distribution == OWN_DISTRIBUTION)
        for plugin in others_first:
            if self._implements(plugin, "checker_classify"):
                yield Classifier(plugin, self._hook_of(plugin, "checker_classify"))

    def _given(self, plugin: Plugin, hook: str, kind: _Kind[T]) -> Iterator[T]:
        """The answers of one plugin to a hook that have the right type."""
        if not self._implements(plugin, hook):
            return
        # A hook that several plugins can answer returns a list of answers, here with one.
        answers = attempt(self._hook_of(plugin, hook))
        if isinstance(answers, Failure):
            self._refuse(plugin, f"{hook} raised {answers.summary}")
            return
        for answer in answers if isinstance(answers, list) else ():
            yield from self._items(plugin, hook, answer, kind)

    def _items(self, plugin: Plugin, hook: str, answer: object, kind: _Kind[T]) -> Iterator[T]:
        if not isinstance(answer, Iterable) or isinstance(answer, str | bytes):
            self._refuse(plugin, f"{hook} returned {described(answer)}, not an iterable")
            return
        for item in attempt_each(lambda: answer):
            if isinstance(item, Failure):
                self._refuse(plugin, f"{hook} raised {item.summary}")
            elif isinstance(item, kind):
                yield item
            else:
                wanted = Check if isinstance(kind, tuple) else kind
                self._refuse(plugin, _wrong_type(hook, item, wanted))

    def _implements(self, plugin: Plugin, hook: str) -> bool:
        return self._hooks.implements(plugin.name, hook)

    def _hook_of(self, plugin: Plugin, hook: str) -> Callable[..., object]:
        return self._hooks.hook_of(plugin.name, hook)

    def _refuse_taken(self, plugin: Plugin, what: str, taken_by: Plugin) -> None:
        self._refuse(plugin, f"{what} is already registered by {taken_by.name}")

    def _refuse(self, plugin: Plugin, message: str) -> None:
        self._problems.append(plugin.problem(message))


def _engine_title(engine: Engine) -> str:
    return f"engine {engine.name} {engine.action}"


def _option_misfit(option: Option[Any]) -> str | None:
    """Why a setting of a plugin cannot be used; None if it can."""
    # It can have fields of any type, with which reading the default can raise anything.
    flaw = attempt(lambda: option.flaw)
    return f"an Option that cannot be read: {flaw.summary}" if isinstance(flaw, Failure) else flaw


def _command_misfit(command: PluginCommand) -> str | None:
    """Why a command of a plugin cannot be used; None if it can."""
    return (
        misfit(command, PluginCommand)
        or _not_callable(command, "add_arguments")
        or _not_callable(command, "run")
    )


def _report_misfit(report: Report) -> str | None:
    """Why a report of a plugin cannot be used; None if it can."""
    wrong = _not_callable(report, "render")
    if wrong is None and report.stream is not None:
        wrong = _not_callable(report, "stream")
    wrong = wrong or misfit(report, Report)
    if wrong is None and not all(isinstance(option, Option) for option in report.options):
        return f"a Report whose options are {described(report.options)}, not checker.Options"
    return wrong


def _not_callable(record: object, field: str) -> str | None:
    """Why a field of a record cannot be called; None if it can."""
    value: object = getattr(record, field)
    if callable(value):
        return None
    title = f"a {type(record).__name__} whose {field} is {described(value)}"
    return f"{title}, which cannot be called"


def _wrong_type(hook: str, given: object, wanted: type) -> str:
    return f"{hook} returned {described(given)}, not a checker.{wanted.__name__}"


def _named(found: Iterable[EntryPoint]) -> str:
    plugins = map(_plugin, found)
    return ", ".join(f"{plugin.distribution} {plugin.version}" for plugin in plugins)
