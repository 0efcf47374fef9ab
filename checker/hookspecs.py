"""The hooks that plugins implement. There are few, and none is called per entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from checker.typing_names import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from checker.checks.check import Check
    from checker.checks.listed import ListedRule
    from checker.checks.option import Option
    from checker.commands import PluginCommand
    from checker.interpretation.kinds.base import Recognizer
    from checker.model.archive import Archive
    from checker.policy import Policy
    from checker.reports.report import Report
    from checker.verdicts import Classification, Engine, EngineProfile, Host, Verdict

PROJECT = "checker"
"""Name of the pluggy project and of the entry-point group."""

_F = TypeVar("_F", bound=Callable[..., object])
# Where pluggy looks for the options of a function that is marked.
_IMPLEMENTATION = f"{PROJECT}_impl"
_SPECIFICATION = f"{PROJECT}_spec"


@overload
def hookimpl(function: _F) -> _F: ...
@overload
def hookimpl(
    function: None = None,
    *,
    hookwrapper: bool = False,
    optionalhook: bool = False,
    tryfirst: bool = False,
    trylast: bool = False,
    specname: str | None = None,
    wrapper: bool = False,
) -> Callable[[_F], _F]: ...
def hookimpl(
    function: _F | None = None,
    *,
    hookwrapper: bool = False,
    optionalhook: bool = False,
    tryfirst: bool = False,
    trylast: bool = False,
    specname: str | None = None,
    wrapper: bool = False,
) -> _F | Callable[[_F], _F]:
    """Mark a function of a plugin as a hook: what ``pluggy.HookimplMarker("checker")`` does.

    It does not import pluggy, which the bundles do not need. Options are those of pluggy.
    """
    options: dict[str, object] = {
        "hookwrapper": hookwrapper,
        "optionalhook": optionalhook,
        "tryfirst": tryfirst,
        "trylast": trylast,
        "specname": specname,
        "wrapper": wrapper,
    }
    mark = partial(_marked, _IMPLEMENTATION, options)
    return mark if function is None else mark(function)


def hookspec(*, is_first_result: bool = False) -> Callable[[_F], _F]:
    """Mark a function as the specification of a hook, as ``pluggy.HookspecMarker`` does.

    Args:
        is_first_result: Whether the first answer is the result; else it is a list of all answers.
    """
    options: dict[str, object] = {
        "firstresult": is_first_result,
        "historic": False,
        "warn_on_impl": None,
        "warn_on_impl_args": None,
    }
    return partial(_marked, _SPECIFICATION, options)


def _marked(attribute: str, options: dict[str, object], function: _F) -> _F:
    setattr(function, attribute, options)
    return function


def hooks_of(module: object) -> dict[str, Callable[..., object]]:
    """The functions of a module that are marked as hooks, by their names."""
    return {name: each for name, each in vars(module).items() if hasattr(each, _IMPLEMENTATION)}


def is_first_result(hook: str) -> bool:
    """Whether the result of a hook is the first answer of a plugin; else it is a list of all."""
    options: dict[str, object] = getattr(vars(CheckerSpec)[hook], _SPECIFICATION)
    return bool(options["firstresult"])


class CheckerSpec:
    """All hooks."""

    @hookspec()
    def checker_checks(self) -> Iterable[type[Check] | ListedRule]:  # type: ignore[empty-body]
        """Return the rules of a plugin.

        Example::

            from checker import hookimpl

            @hookimpl
            def checker_checks():
                from my_rules.no_secrets import NoSecrets

                yield NoSecrets
        """

    @hookspec()
    def checker_policy(self, policy: Policy) -> Iterable[type[Check]]:  # type: ignore[empty-body]
        """Return the rules that a policy makes: tables ``[[require]]``, and files of requirements.

        It is asked once, if the settings have a policy. A plugin that provides other rules for the
        same tables is used beside the built-in one, ``checker_policy``.

        Example::

            from checker import Check, Severity, hookimpl

            class LongPolicy(Check):
                id = "XMP003"
                name = "long-policy"
                severity = Severity.NOTE

            @hookimpl
            def checker_policy(policy):
                if len(policy.tables) > 100:
                    yield LongPolicy

        Args:
            policy: What the settings require.

        Raises:
            SettingsError: A requirement is not valid; the text names file and line.
        """

    @hookspec(is_first_result=True)
    def checker_classify(
        self, archive: Archive, quoted_path: str, verdicts: tuple[Verdict, ...], host: Host
    ) -> Classification | None:
        """Classify an archive: what it is and how it is restored; the first answer is used.

        Third-party plugins are asked before the built-in one; None defers to the next plugin.

        Example::

            from checker import hookimpl, Classification, Loadable

            @hookimpl
            def checker_classify(archive, quoted_path, verdicts):
                if "my-marker" not in archive.members:
                    return None
                return Classification(
                    producer="my tool",
                    loadable=Loadable.NO,
                    loadable_reason="it is an archive of my tool",
                    importable=False,
                    importable_reason="it is not a root filesystem",
                    keeps_layers=True,
                    keeps_metadata=True,
                    restore=f"my-tool restore {quoted_path}",
                )

        Args:
            archive: The facts.
            quoted_path: The path for use in a command line, quoted where needed; ``FILE`` if the
                archive came through a pipe.
            verdicts: The verdicts of the engines; empty if not all of them were asked.
            host: The host that the archive is meant for.
        """

    @hookspec()
    def checker_engines(self) -> Iterable[Engine]:  # type: ignore[empty-body]
        """Return engines, which predict what they would do with an archive.

        Example::

            from checker import hookimpl, Engine, Verdict, VerdictOutcome

            def judge(question):
                return Verdict(
                    engine="my-engine-1",
                    action="load",
                    outcome=VerdictOutcome.ACCEPTS,
                    reason="it loads every archive",
                )

            @hookimpl
            def checker_engines():
                yield Engine("my-engine-1", "load", judge)
        """

    @hookspec()
    def checker_readers(self) -> Iterable[Engine]:  # type: ignore[empty-body]
        """Return other tools that read archives; they are only asked where a user asks for them.

        ``checker classify`` asks all of them, ``checker check`` those that ``--engine`` selects.
        Whether an archive can be loaded, and how it is restored, does not follow from their
        verdicts.

        Example::

            from checker import hookimpl, Engine, Verdict, VerdictOutcome

            def judge(question):
                return Verdict(
                    engine="my-scanner-1",
                    action="scan",
                    outcome=VerdictOutcome.ACCEPTS,
                    reason="it reads every layer",
                )

            @hookimpl
            def checker_readers():
                yield Engine("my-scanner-1", "scan", judge)
        """

    @hookspec()
    def checker_profiles(self) -> Iterable[EngineProfile]:  # type: ignore[empty-body]
        """Return what is known of engine profiles, for ``checker engines`` and ``--engine``.

        Example::

            from checker import hookimpl, EngineProfile, Evidence, ReleaseRange

            @hookimpl
            def checker_profiles():
                yield EngineProfile(
                    name="my-engine-1",
                    tool="my-engine",
                    releases=(ReleaseRange("1.0"),),
                    library="",
                    evidence=Evidence.READ,
                )
        """

    @hookspec()
    def checker_reports(self) -> Iterable[Report]:  # type: ignore[empty-body]
        r"""Return report formats, for ``--format NAME``.

        Example::

            from checker import hookimpl, Report

            @hookimpl
            def checker_reports():
                yield Report("count", lambda run: f"{len(run.archives)} archives\n")
        """

    @hookspec()
    def checker_kinds(self) -> Iterable[Recognizer]:  # type: ignore[empty-body]
        """Return kinds of archive that are neither an image nor a root filesystem.

        They are tried, after the built-in ones, on archives without an image; of the first that
        fits, ``checker classify`` shows the title and the command.

        Example::

            from checker import hookimpl, KnownKind, Recognizer

            def fits(traits):
                return traits.is_member("my-package.json")

            @hookimpl
            def checker_kinds():
                kind = KnownKind(
                    name="my-package",
                    title="a package of my tool",
                    readers="my-tool installs it",
                    command="my-tool install {path}",
                )
                yield Recognizer(kind, fits)
        """

    @hookspec()
    def checker_settings(self) -> Iterable[Option[Any]]:  # type: ignore[empty-body]
        """Return the settings of the plugin: keys of the table ``[plugins.NAME]`` of the settings.

        NAME is that of the plugin. Rules of the plugin have the values with ``self.setting``, its
        engines in ``question.settings``, its commands in ``arguments.plugin_settings``.

        Example::

            from checker import Check, Option, Severity, hookimpl

            REGISTRY = Option("registry", str, "registry.example.org", "where images are from")

            class OtherRegistry(Check):
                id = "XMP004"
                name = "other-registry"
                severity = Severity.WARNING

                def check_archive(self, archive):
                    for image in archive.images:
                        if not image.label.startswith(self.setting(REGISTRY)):
                            yield self.finding(image, f"{image.label} is from elsewhere")

            @hookimpl
            def checker_settings():
                yield REGISTRY

            @hookimpl
            def checker_checks():
                yield OtherRegistry
        """

    @hookspec()
    def checker_commands(self) -> Iterable[PluginCommand]:  # type: ignore[empty-body]
        """Return commands of ``checker``.

        Example::

            from checker import check, hookimpl, PluginCommand

            def add_arguments(parser):
                parser.add_argument("path")

            def run(arguments):
                print(check(arguments.path).archive.kind)
                return 0

            @hookimpl
            def checker_commands():
                yield PluginCommand("kind", "show the kind alone", add_arguments, run)
        """


HOOKS = frozenset(name for name in vars(CheckerSpec) if name.startswith(f"{PROJECT}_"))
"""The names of all hooks."""
