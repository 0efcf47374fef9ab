"""Calls the hooks of bundles where no plugin of others is installed.

pluggy, which calls them otherwise, takes as long to import as all bundles together. What it offers
beyond a call, such as wrappers and an order of plugins, bundles do not use: each is called alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType

from checker.hookspecs import HOOKS, hooks_of, is_first_result


class BundleHooks:
    """The hooks of the modules that are registered; has the methods of ``PluginHooks``."""

    def __init__(self) -> None:
        self._hooks: dict[str, dict[str, Callable[..., object]]] = {}

    def register(self, module: object, plugin: str) -> tuple[str, ...]:
        """Register a bundle, unless it has hooks that do not exist; the names of these."""
        hooks = hooks_of(module)
        unknown = tuple(sorted(hooks.keys() - HOOKS))
        if not unknown:
            self._hooks[plugin] = hooks
        return unknown

    def implements(self, plugin: str, hook: str) -> bool:
        """Whether a registered bundle has a hook."""
        return hook in self._hooks[plugin]

    def hook_of(self, plugin: str, hook: str) -> Callable[..., object]:
        """What calls a hook of one bundle, as pluggy would if there were no other."""
        function = self._hooks[plugin][hook]
        return partial(_first_answer if is_first_result(hook) else _answers, function)


def _first_answer(function: Callable[..., object], **arguments: object) -> object:
    """The answer of a hook, which takes those of the arguments that it names."""
    if isinstance(function, FunctionType):
        code = function.__code__
        arguments = {name: arguments[name] for name in code.co_varnames[: code.co_argcount]}
    return function(**arguments)


def _answers(function: Callable[..., object], **arguments: object) -> list[object]:
    answer = _first_answer(function, **arguments)
    return [] if answer is None else [answer]
