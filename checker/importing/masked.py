"""A plan without secrets, for output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from checker.importing.engines import ImportEngine, import_engines
from checker.importing.errors import ImportRefusedError
from checker.importing.expressing import Lost, express
from checker.importing.plan import EngineResult, ImportPlan, PlannedChange, Refusal
from checker.importing.run_config import RunConfig
from checker.model.secrets import suspect
from checker.records import NamedTuple

MASK = "***"
MaskText = Callable[[str], str]


class MaskedPlan(NamedTuple):
    """A plan to show.

    Attributes:
        plan: The plan, secrets replaced.
        masked: How many options have a secret that was replaced.
    """

    plan: ImportPlan
    masked: int


def mask_plan(plan: ImportPlan, mask: MaskText) -> MaskedPlan:
    """Replace what the rules about secrets would report, and other secrets that are known.

    Args:
        plan: The plan.
        mask: Replaces known secrets, and what has the form of one, in a text.
    """
    engine = import_engines(plan.results[-1].engine)[0]
    changes = tuple(_masked_change(change, engine, mask) for change in plan.changes)
    command = plan.command
    if command is not None:
        texts = tuple(change.change for change in changes)
        command = command._replace(changes=texts, message=mask(command.message))
    shown = plan._replace(
        changes=changes,
        message=mask(plan.message),
        reference_refusals=_refusals(plan.reference_refusals, mask),
        lost=tuple(Lost(mask(each.setting), mask(each.reason)) for each in plan.lost),
        results=tuple(_masked_result(each, mask) for each in plan.results),
        start=None
        if plan.start is None
        else plan.start._replace(
            reason=mask(plan.start.reason),
            message=mask(plan.start.message),
            command=tuple(map(mask, plan.start.command)),
        ),
        command=command,
    )
    pairs = zip(plan.changes, changes, strict=True)
    return MaskedPlan(shown, sum(one.change != other.change for one, other in pairs))


def _masked_change(change: PlannedChange, engine: ImportEngine, mask: MaskText) -> PlannedChange:
    return change._replace(
        change=_masked_text(change.change, engine, mask),
        refusals=_refusals(change.refusals, mask),
    )


def _masked_text(change: str, engine: ImportEngine, mask: MaskText) -> str:
    """An option with its secrets replaced, in the form in which it would be written."""
    try:
        made = engine.apply((change,))
    except ImportRefusedError:
        return mask(change)
    shown = mask_config(made, mask)
    if shown == made:
        return mask(change)
    return " ".join(express(shown, engine).changes) or f"{change.partition(' ')[0]} {MASK}"


def _masked_result(result: EngineResult, mask: MaskText) -> EngineResult:
    config = None if result.config is None else mask_config(result.config, mask)
    return result._replace(config=config, refusals=tuple(map(mask, result.refusals)))


def _refusals(refusals: Iterable[Refusal], mask: MaskText) -> tuple[Refusal, ...]:
    return tuple(each._replace(message=mask(each.message)) for each in refusals)


def mask_config(config: RunConfig, mask: MaskText) -> RunConfig:
    """Settings with secrets replaced."""
    check = config.healthcheck
    return config._replace(
        entrypoint=_words(config.entrypoint, mask),
        cmd=_words(config.cmd, mask),
        env=tuple(_variable(item, mask) for item in config.env),
        labels=_labels(config.labels, mask),
        healthcheck=None if check is None else check._replace(test=tuple(map(mask, check.test))),
        on_build=tuple(map(mask, config.on_build)),
    )


def _words(words: tuple[str, ...] | None, mask: MaskText) -> tuple[str, ...] | None:
    """A command line, in which an option and its value can be two words."""
    if words is None:
        return None
    kept = mask(" ".join(words))
    return tuple(each if each in kept else _masked_word(each, mask) for each in words)


def _masked_word(word: str, mask: MaskText) -> str:
    masked = mask(word)
    return MASK if masked == word else masked


def _variable(item: str, mask: MaskText) -> str:
    name, equals, value = item.partition("=")
    return f"{name}{equals}{_value(name, value, mask)}"


def _labels(labels: Mapping[str, str], mask: MaskText) -> Mapping[str, str]:
    return {name: _value(name, value, mask) for name, value in labels.items()}


def _value(name: str, value: str, mask: MaskText) -> str:
    return MASK if suspect(name, value) is not None else mask(value)
