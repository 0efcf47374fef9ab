"""A plan as JSON for programs, version 1, which changes by additions only."""

from __future__ import annotations

from collections.abc import Iterable

from checker.importing.masked import MaskedPlan
from checker.importing.plan import EngineResult, PlannedChange, Refusal
from checker.starting.obstacle import Start

VERSION = 1
Object = dict[str, object]


def plan_document(shown: MaskedPlan, exit_code: int) -> Object:
    """The plan as a JSON object; every key is always present, with null for unknown values."""
    plan = shown.plan
    return {
        "version": VERSION,
        "path": plan.path,
        "source": plan.origin.value,
        "engine": plan.family,
        "reference": plan.reference or None,
        "reference_refusals": _refusals(plan.reference_refusals),
        "suggested_reference": plan.suggested_reference,
        "platform": {
            "platform": str(plan.platform.platform),
            "reason": plan.platform.reason,
            "named": plan.platform.is_named,
            "problem": plan.platform.problem,
            "refusals": _refusals(plan.platform.refusals),
        },
        "message": plan.message or None,
        "from_image": plan.image,
        "changes": [_change(change) for change in plan.changes],
        "lost": [{"setting": lost.setting, "reason": lost.reason} for lost in plan.lost],
        "results": [_result(result) for result in plan.results],
        "starts": None if plan.start is None else _start(plan.start),
        "command": None if plan.command is None else str(plan.command),
        "masked": shown.masked,
        "exit_code": exit_code,
    }


def _change(change: PlannedChange) -> Object:
    return {
        "change": change.change,
        "origin": change.origin,
        "reason": change.reason or None,
        "refusals": _refusals(change.refusals),
    }


def _refusals(refusals: Iterable[Refusal]) -> list[Object]:
    return [{"engines": list(each.engines), "message": each.message} for each in refusals]


def _result(result: EngineResult) -> Object:
    return {
        "engine": result.engine,
        "accepted": not result.refusals,
        "refusals": list(result.refusals),
        "name": result.name,
        "platform": None if result.platform is None else str(result.platform),
        "config": None if result.config is None else result.config.settings(),
    }


def _start(start: Start) -> Object:
    return {
        "answer": start.answer.value,
        "reason": start.reason,
        "message": start.message or None,
        "command": list(start.command),
    }
