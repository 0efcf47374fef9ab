"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker.checks.check import Check
from checker_engines.engine_refuses import EngineRefuses
from checker_engines.not_restorable import NotRestorable
from checker_engines.other_host import OtherHost
from checker_engines.usual_engine_refuses import UsualEngineRefuses
from checker_engines.wrong_command import WrongCommand

RULES: tuple[type[Check], ...] = (
    WrongCommand,
    NotRestorable,
    EngineRefuses,
    UsualEngineRefuses,
    OtherHost,
)
