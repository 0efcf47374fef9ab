"""Calls the hooks of plugins with pluggy."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, MethodType, ModuleType

import pluggy

from checker.hookspecs import PROJECT, CheckerSpec

_FUNCTIONS = (FunctionType, MethodType, staticmethod, classmethod)


class PluginHooks:
    """The hooks of the plugins that are registered."""

    def __init__(self) -> None:
        self._manager = _Manager(PROJECT)
        self._manager.add_hookspecs(CheckerSpec)
        self._hooks: dict[str, frozenset[str]] = {}

    def register(self, module: object, plugin: str) -> tuple[str, ...]:
        """Register a plugin, unless it has hooks that do not exist; the names of these.

        Raises:
            Exception: Whatever pluggy or the module raises.
        """
        self._manager.register(module, name=plugin)
        callers = self._manager.get_hookcallers(module) or ()
        unknown = tuple(sorted(caller.name for caller in callers if not caller.has_spec()))
        self._hooks[plugin] = frozenset(caller.name for caller in callers)
        if unknown:
            self._manager.unregister(name=plugin)
        return unknown

    def implements(self, plugin: str, hook: str) -> bool:
        """Whether a registered plugin has a hook."""
        return hook in self._hooks[plugin]

    def hook_of(self, plugin: str, hook: str) -> Callable[..., object]:
        """What calls the hook of one plugin only, so that the answer cannot be another plugin's."""
        module = self._manager.get_plugin(plugin)
        others = [other for other in self._manager.get_plugins() if other is not module]
        return self._manager.subset_hook_caller(hook, others)


class _Manager(pluggy.PluginManager):
    """Finds the hooks of plugins fast."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        # A module has many names that are none of functions.
        if isinstance(plugin, ModuleType) and not isinstance(vars(plugin).get(name), _FUNCTIONS):
            return None
        return super().parse_hookimpl_opts(plugin, name)
