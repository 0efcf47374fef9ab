"""The optional parts in C, and runs without them."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

import pytest


def compiled_part(name: str) -> ModuleType:
    """A part in C; the test is skipped if it is not there, or fails where it must be."""
    try:
        return importlib.import_module(f"checker.compiled.{name}")
    except ImportError as error:
        is_lacking = "processor" in str(error)  # which no compiler can help
        if os.environ.get("CHECKER_REQUIRE_COMPILED") == "1" and not is_lacking:
            raise
        pytest.skip(f"checker.compiled.{name}: {error}")


def without_part(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no part of this name during the test."""
    monkeypatch.setitem(sys.modules, f"checker.compiled.{name}", None)
