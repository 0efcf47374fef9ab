"""Hooks: bundles are called without pluggy, plugins of others with it, and nothing else differs."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pluggy
import pytest

from checker import hookimpl
from checker.bundle_hooks import BundleHooks
from checker.discovery import EntryPoint, entry_points
from checker.hookspecs import PROJECT, CheckerSpec, hooks_of
from checker.plugin_hooks import PluginHooks
from checker.plugins import LoadedPlugins, load_plugins
from checker.policy import Policy
from checker.results import CheckedArchive
from checker.session import Session
from checker.settings import load_settings
from checker.testing.archive import sample
from tests.imported import modules_of_a_run

# What a check of a sound archive does without.
NOT_NEEDED = {"pluggy", "inspect", "typing", "ast", "dis", "tokenize"}


@pytest.fixture(scope="module")
def bundles() -> tuple[EntryPoint, ...]:
    found = entry_points(PROJECT)
    return tuple(one for one in found if one.distribution == "archive-checker")


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EntryPoint:
    """A plugin of others that gives nothing."""
    tmp_path.joinpath("gives_nothing.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return EntryPoint("other", "gives_nothing", "others", "1.0")


def given(loaded: LoadedPlugins) -> object:
    """All that plugins give, in its order, without what calls their hooks."""
    bundles = [plugin for plugin in loaded.plugins if plugin.distribution == "archive-checker"]
    readers = loaded.load_readers()
    return (
        bundles,
        loaded.problems,
        list(loaded.registry),
        [(engine.name, engine.action, engine.plugin) for engine in loaded.engines],
        [report.name for report in loaded.reports],
        [classifier.plugin for classifier in loaded.classifiers],
        loaded.kinds,
        loaded.commands,
        [maker.plugin for maker in loaded.policy_makers],
        {name: options for name, options in loaded.options.items() if name != "other"},
        [(engine.name, engine.action) for engine in readers.readers.engines],
        readers.readers.profiles,
        readers.problems,
    )


def test_bundles_give_the_same_with_pluggy_and_without(
    bundles: tuple[EntryPoint, ...], other: EntryPoint
) -> None:
    without, with_it = load_plugins(found=bundles), load_plugins(found=(*bundles, other))
    assert [plugin.name for plugin in with_it.plugins if plugin not in without.plugins] == ["other"]
    assert given(without) == given(with_it)
    assert len(without.registry) > 100
    assert len(without.engines) > 10


def outcomes(checked: CheckedArchive) -> list[object]:
    return [(result.rule, result.outcome, result.reason) for result in checked.results]


def test_a_check_says_the_same_with_pluggy_and_without(
    bundles: tuple[EntryPoint, ...], other: EntryPoint
) -> None:
    sessions = [
        Session(plugins=load_plugins(found=found)) for found in (bundles, (*bundles, other))
    ]
    cut = sample()[:-3000]
    for content in (sample(), sample("rootfs"), cut):
        without, with_it = (
            session.check(io.BytesIO(content), name="a.tar") for session in sessions
        )
        assert without.classification is not None
        assert without.results
        assert without.classification == with_it.classification
        assert without.verdicts == with_it.verdicts
        assert without.findings == with_it.findings
        assert outcomes(without) == outcomes(with_it)
        assert without.problems == with_it.problems == ()


def test_a_policy_makes_the_same_rules_with_pluggy_and_without(
    bundles: tuple[EntryPoint, ...], other: EntryPoint
) -> None:
    policy = load_settings({"require": [{"name": "who", "user": "app"}]}).policy
    assert policy != Policy()
    without, with_it = (
        load_plugins(found=found).with_policy(policy) for found in (bundles, (*bundles, other))
    )
    names = [rule.name for rule in without.registry]
    assert names == [rule.name for rule in with_it.registry]
    assert len(names) > len(load_plugins(found=bundles).registry)


def test_a_blocked_plugin_of_others_does_not_matter(
    bundles: tuple[EntryPoint, ...], other: EntryPoint
) -> None:
    blocked = load_plugins(["other"], (*bundles, other))
    assert given(blocked) == given(load_plugins(found=bundles))


def test_bundles_use_no_options_of_pluggy(bundles: tuple[EntryPoint, ...]) -> None:
    plain = vars(hookimpl(lambda: None))
    hooks = [hook for bundle in bundles for hook in hooks_of(bundle.load()).values()]
    assert len(hooks) > len(bundles)
    assert all(vars(hook) == plain for hook in hooks)


OPTIONS = ("hookwrapper", "optionalhook", "tryfirst", "trylast", "wrapper")


@pytest.mark.parametrize("values", [*product((False, True), repeat=len(OPTIONS))], ids=str)
@pytest.mark.parametrize("specname", [None, "checker_checks"])
def test_the_marker_is_like_that_of_pluggy(values: tuple[bool, ...], specname: str | None) -> None:
    options: dict[str, Any] = dict(zip(OPTIONS, values, strict=True))
    ours = hookimpl(specname=specname, **options)(lambda: None)
    theirs = pluggy.HookimplMarker(PROJECT)(specname=specname, **options)(lambda: None)
    assert vars(ours) == vars(theirs)


def test_the_marker_without_options_is_like_that_of_pluggy() -> None:
    assert vars(hookimpl(lambda: None)) == vars(pluggy.HookimplMarker(PROJECT)(lambda: None))


def test_specifications_are_like_those_of_pluggy() -> None:
    plain = vars(pluggy.HookspecMarker(PROJECT)(lambda: None))
    first = vars(pluggy.HookspecMarker(PROJECT)(lambda: None, firstresult=True))
    specifications = {
        name: vars(hook) for name, hook in vars(CheckerSpec).items() if name.startswith("checker_")
    }
    assert specifications.pop("checker_classify") == first
    assert len(specifications) > 5
    assert all(each == plain for each in specifications.values())


MODULE = """
from checker import hookimpl

@hookimpl
def checker_checks():
    return ("a rule",)

@hookimpl
def checker_engines():
    return None

@hookimpl
def checker_policy(policy):
    yield policy

@hookimpl
def checker_classify(verdicts, archive):
    return (archive, verdicts)

@hookimpl
def checker_kinds():
    raise ValueError("lost")

def checker_commands():
    return ("not marked",)
"""
ARGUMENTS = {"archive": "A", "quoted_path": "P", "verdicts": "V", "host": "H"}


def answers_of(hooks: BundleHooks | PluginHooks, module: object) -> list[object]:
    assert hooks.register(module, "one") == ()
    assert hooks.implements("one", "checker_kinds")
    assert not hooks.implements("one", "checker_commands")
    with pytest.raises(ValueError, match="lost"):
        hooks.hook_of("one", "checker_kinds")()
    made = hooks.hook_of("one", "checker_policy")(policy="a policy")
    assert isinstance(made, list)
    return [
        hooks.hook_of("one", "checker_checks")(),
        hooks.hook_of("one", "checker_engines")(),
        hooks.hook_of("one", "checker_classify")(**ARGUMENTS),
        [list(each) for each in made],
    ]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """Loads a module with some source."""

    def load(source: str) -> object:
        tmp_path.joinpath("tried_hooks.py").write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "tried_hooks", raising=False)
        return EntryPoint("tried", "tried_hooks").load()

    return load


def test_hooks_are_called_as_pluggy_calls_them(module: Callable[[str], object]) -> None:
    given = module(MODULE)
    answers = answers_of(BundleHooks(), given)
    assert answers == answers_of(PluginHooks(), given)
    assert answers == [[("a rule",)], [], ("A", "V"), [["a policy"]]]


@pytest.mark.parametrize("hooks", [BundleHooks, PluginHooks])
def test_hooks_that_do_not_exist_are_named(
    hooks: Callable[[], BundleHooks | PluginHooks], module: Callable[[str], object]
) -> None:
    given = module(MODULE.replace("checker_kinds", "checker_kind"))
    assert hooks().register(given, "one") == ("checker_kind",)


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
def test_a_check_imports_nothing_for_plugins_of_others(tmp_path: Path, kind: str) -> None:
    tmp_path.joinpath("image.tar").write_bytes(sample(kind))
    imported = modules_of_a_run("check", "image.tar", "--no-progress", folder=tmp_path)
    assert "checker_engines" in imported
    assert imported & NOT_NEEDED == set()
