"""Properties of what the checker says of one archive: no sentence contradicts another.

Each takes a :class:`Subject` and yields what is wrong, in a line each.
"""

from __future__ import annotations

import io
import json
import re
import shlex
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from jsonschema import Draft202012Validator

from checker.checks.finding import Finding, Severity
from checker.cli import main
from checker.model.archive import Kind
from checker.model.compression import CompressionKind
from checker.plugins import LoadedPlugins
from checker.reports.json_report import render_json
from checker.results import CheckedArchive, Run
from checker.session import Session
from checker.verdicts import Loadable, Verdict, VerdictOutcome
from checker_engines.answers.refusal import LAYER_DAMAGED, LAYER_NOT_EXTRACTED, NOT_EXTRACTED
from checker_engines.suits import is_made_for

_SCHEMA: Final = Path(__file__).parents[2] / "tests" / "reports" / "report-v1.schema.json"
_ENGINES_BUNDLE: Final = "ENG"
_TRANSPORT: Final = "TRP"
_ACTIONS: Final = ("load", "import")
_LOADERS: Final = ("docker-", "podman-")


class Sessions(NamedTuple):
    """Sessions with the same plugins.

    Attributes:
        plain: Without an intended command.
        intended: With each one.
    """

    plain: Session
    intended: Mapping[str, Session]


class Subject(NamedTuple):
    """An archive and what is said of it.

    Attributes:
        checked: The results without an intended command.
        path: The path of the archive in commands.
        sessions: The sessions.
    """

    checked: CheckedArchive
    path: str
    sessions: Sessions


Property: TypeAlias = Callable[[Subject], Iterator[str]]


def sessions_with(plugins: LoadedPlugins) -> Sessions:
    """The sessions that the properties need."""
    settings: dict[str, object] = {"jobs": 1}
    # With an intended command, only the findings of the engines' bundle differ.
    narrowed = settings | {"select": [_ENGINES_BUNDLE]}
    intended = {name: Session(narrowed | {"as": name}, plugins=plugins) for name in _ACTIONS}
    return Sessions(Session(settings, plugins=plugins), intended)


def subject_of(path: Path, sessions: Sessions) -> Subject:
    """Check an archive."""
    return Subject(sessions.plain.check(path), str(path), sessions)


def violations(subject: Subject) -> Iterator[tuple[str, str]]:
    """The name of each property that does not hold, and what is wrong."""
    for name, holds in PROPERTIES.items():
        for problem in holds(subject):
            yield name, problem


def whole_and_valid(subject: Subject) -> Iterator[str]:
    """No part of the checker fails, and the report for programs follows its schema."""
    checked = subject.checked
    yield from (result.traceback for result in checked.results if result.traceback)
    yield from checked.crashes
    yield from map(str, checked.problems)
    # Results that passed have one form, and there are hundreds: validating them takes longest.
    forms = {(result.outcome, result.reason is None): result for result in checked.results}
    shown = checked._replace(results=tuple(forms.values()))
    report = json.loads(render_json(Run("check", "0", archives=(shown,))))
    yield from (f"{error.json_path}: {error.message}" for error in _schema().iter_errors(report))


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(_SCHEMA.read_text("utf-8")))


class _Command(NamedTuple):
    """How a command is known: its first words, the family of its engine, and its action."""

    words: tuple[str, ...]
    family: str
    action: str
    prefix: str = ""


_COMMANDS: Final = (
    _Command(("docker", "load"), "docker-", "load"),
    _Command(("podman", "load"), "podman-", "load"),
    _Command(("docker", "import"), "docker-", "import"),
    _Command(("podman", "import"), "podman-", "import"),
    _Command(("ctr", "image", "import"), "containerd-", "ctr import"),
    _Command(("skopeo", "copy"), "skopeo-", "docker-archive", "docker-archive:"),
    _Command(("skopeo", "copy"), "skopeo-", "oci-archive", "oci-archive:"),
)


def commands_are_accepted(subject: Subject) -> Iterator[str]:
    """No printed command is one that every profile of its engine refuses or calls broken."""
    for line in printed_commands(subject.checked):
        words = _words(line)
        for command in _COMMANDS:
            if words[: len(command.words)] != command.words:
                continue
            taken = [word for word in words if _takes(word, command, subject.path)]
            is_accepted = accepted_by(subject.checked, command.family, command.action)
            if taken and not (is_accepted or _is_sound_by_name(taken[0], command, subject)):
                yield f"printed, and no profile accepts it: {line}"


def printed_commands(checked: CheckedArchive) -> Iterator[str]:
    """Every command that is printed, one for each part of a shell line."""
    found = checked.classification
    texts: list[str] = []
    if found is not None:
        texts += [f"`{found.restore}`"] if found.restore else []
        texts += [*found.advice, found.loadable_reason, found.importable_reason]
    texts += [f"`{one.fix.text}`" for one in checked.findings if one.fix is not None]
    texts += [one.message for one in checked.findings]
    for text in texts:
        for line in re.findall(r"`([^`]*)`", text):
            yield from re.split(r"\s*(?:&&|\||:)\s+", line)


def _words(line: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line))
    except ValueError:
        return ()


def _takes(word: str, command: _Command, path: str) -> bool:
    return word == command.prefix + path or bool(
        command.prefix and word.startswith(f"{command.prefix}{path}:")
    )


def _is_sound_by_name(word: str, command: _Command, subject: Subject) -> bool:
    """Whether a command names one of several images, all of whose content is there.

    The profiles are asked without a name, for which several images are too many.
    """
    name = word.removeprefix(f"{command.prefix}{subject.path}").removeprefix(":")
    archive = subject.checked.archive
    images = [one for one in archive.images if name in one.names] if archive and name else []
    return bool(images) and any(
        image.config is not None and all(layer.blob is not None for layer in image.layers)
        for image in images
    )


def accepted_by(checked: CheckedArchive, family: str, action: str) -> bool:
    """Whether a profile of a family accepts the archive for an action."""
    return any(
        one.outcome is VerdictOutcome.ACCEPTS
        for one in checked.verdicts
        if one.engine.startswith(family) and one.action == action
    )


def _loaders_accept(checked: CheckedArchive, action: str) -> bool:
    return any(accepted_by(checked, family, action) for family in _LOADERS)


_CHECK: Final = ("checker", "check")
_CONVERT: Final = ("checker", "convert")
_SURROUNDED: Final = frozenset({Kind.WRAPPED, Kind.NESTED, Kind.NOT_A_TAR, Kind.UNKNOWN})
"""Kinds whose image is inside something else, so that it is not known whether it is sound."""


def conversions_are_accepted(subject: Subject) -> Iterator[str]:
    """A printed conversion, run, gives an archive that the engine of the next command accepts."""
    lines = [_words(line) for line in printed_commands(subject.checked)]
    for words, loading in pairwise([*lines, ()]):
        if words[:2] != _CONVERT or subject.path not in words:
            continue
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / words[3]
            code, said = _run([*words[1:3], str(target), *words[4:]])
            # What is checked before it is loaded need not be accepted.
            if code == 0 and loading[:2] != _CHECK:
                checked = subject.sessions.plain.check(target)
                command = next(one for one in _COMMANDS if loading[: len(one.words)] == one.words)
                if not accepted_by(checked, command.family, command.action):
                    yield f"converted, and {' '.join(command.words)} refuses it: {words}"
            elif code and _kind(subject.checked) not in _SURROUNDED:
                yield f"exit {code}: {' '.join(words)}: {said}"


def copies_are_loaded(subject: Subject) -> Iterator[str]:
    """An image that a printed command copies to a Docker archive is one that Docker loads then.

    The copy is made by ``checker convert``, which keeps config and layers as skopeo does.
    """
    for line in printed_commands(subject.checked):
        words = _words(line)
        if words[:2] != ("skopeo", "copy") or not words[-1].startswith("docker-archive:"):
            continue
        name = words[2].partition(subject.path)[2].removeprefix(":")
        named = ["--image", name] if name else []
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "image.tar"
            to = ["--to", "docker-archive", "--ref", "name:tag"]
            code, said = _run(["convert", subject.path, str(target), *to, *named])
            if code == 0 and not accepted_by(
                subject.sessions.plain.check(target), "docker-", "load"
            ):
                yield f"copied, and docker load refuses it: {line}"
            # With 2 it asks which of several images is meant.
            elif code not in (0, 2):
                yield f"exit {code} of a conversion in place of: {line}: {said}"


def _kind(checked: CheckedArchive) -> Kind | None:
    return None if checked.archive is None else checked.archive.kind


def _run(words: list[str]) -> tuple[int, str]:
    """Run the command line; its exit code and what it says on standard error."""
    said = io.StringIO()
    with redirect_stdout(io.StringIO()), redirect_stderr(said):
        return main(words), said.getvalue()


def classification_follows(subject: Subject) -> Iterator[str]:
    """What the classification says is what the verdicts say."""
    checked, found = subject.checked, subject.checked.classification
    if found is None:
        yield "the archive is not classified"
        return
    if (found.loadable is not Loadable.NO) != _loaders_accept(checked, "load"):
        yield f"loadable {found.loadable}: {found.loadable_reason}"
    if found.importable != _loaders_accept(checked, "import"):
        yield f"importable {found.importable}: {found.importable_reason}"
    named = re.match(r"refused by ([^:]*): ", found.loadable_reason)
    for engine in named[1].split(", ") if named else ():
        verdict = checked.verdict(engine, "load")
        if verdict is None or verdict.outcome is not VerdictOutcome.REJECTS:
            yield f"{engine} does not refuse it: {found.loadable_reason}"


def useless_is_an_error(subject: Subject) -> Iterator[str]:
    """What no load and no import takes fails the run, and what one does not take fails it."""
    checked, found = subject.checked, subject.checked.classification
    if checked.archive is None or found is None:
        return
    possible = {action: _loaders_accept(checked, action) for action in _ACTIONS}
    if not any(possible.values()) and found.restore is None and not checked.failures():
        yield "nothing restores it, and no error is reported"
    for action, is_possible in possible.items():
        if is_possible or _fails_anyway(checked):
            continue
        if not subject.sessions.intended[action].judge(checked.archive).failures():
            yield f"--as {action} passes, and nothing takes it"


def _fails_anyway(checked: CheckedArchive) -> bool:
    """Whether there are errors that do not depend on the intended command."""
    return any(not one.rule.startswith(_ENGINES_BUNDLE) for one in checked.failures())


_REFUSES: Final = re.compile(r"\b(?:refuses?|rejects?)\b", re.IGNORECASE)
_FAMILIES: Final = MappingProxyType(
    {"docker": "docker-", "podman": "podman-", "containerd": "containerd-", "skopeo": "skopeo-"}
)


def refusals_are_real(subject: Subject) -> Iterator[str]:
    """An error that says that engines refuse the archive has a profile that does.

    An engine that loads nothing of an archive does not come to what it would refuse.
    """
    failing = [one.engine for one in subject.checked.verdicts if _fails(one, subject)]
    for finding in subject.checked.findings:
        if finding.severity is not Severity.ERROR:
            continue
        for clause in finding.message.split("; "):
            said = _REFUSES.search(clause)
            if said is None:
                continue
            families = _named_families(clause)
            if not any(engine.startswith(families) for engine in failing):
                yield f"{finding.rule}: no profile refuses it: {finding.message}"


def _fails(verdict: Verdict, subject: Subject) -> bool:
    archive = subject.checked.archive
    is_suited = archive is not None and is_made_for(verdict, archive)
    is_broken = verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN and is_suited
    return verdict.outcome is VerdictOutcome.REJECTS or is_broken


def _named_families(clause: str) -> tuple[str, ...]:
    named = [family for name, family in _FAMILIES.items() if name in clause.lower()]
    return tuple(named) if named and "engines" not in clause else ("",)


_READ_BY_ALL: Final = frozenset({CompressionKind.NONE, CompressionKind.GZIP})
_CONTENT: Final = frozenset({*LAYER_DAMAGED, *LAYER_NOT_EXTRACTED, *NOT_EXTRACTED})


def refusals_are_explained(subject: Subject) -> Iterator[str]:
    """A finding names why an engine refuses an archive of a kind that it is made for.

    It is a warning or an error if the content is at fault.
    """
    checked, archive = subject.checked, subject.checked.archive
    if archive is None or archive.known_kind is not None:
        return
    for verdict in checked.verdicts:
        is_expected = not is_made_for(verdict, archive)
        if verdict.outcome is not VerdictOutcome.REJECTS or is_expected:
            continue
        causes = [one for one in checked.findings if _names_cause(one, verdict)]
        is_content = archive.compression.kind in _READ_BY_ALL and _CONTENT.intersection(
            verdict.rules
        )
        if is_content:
            causes = [one for one in causes if one.severity is not Severity.NOTE]
        if not causes:
            yield f"no finding says why {verdict.engine} {verdict.action} refuses: {verdict.reason}"


def _names_cause(finding: Finding, verdict: Verdict) -> bool:
    # Damage in transport explains everything.
    is_damage = finding.rule.startswith(_TRANSPORT)
    return is_damage or finding.rule in verdict.rules or verdict.reason in finding.message


_ASPECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("ARC009", "LYR013", "LYR014"), "where it leads"),
        **dict.fromkeys(("ARC016", "LYR015"), "its name"),
        **dict.fromkeys(("ARC012", "ARC022", "LYR007", "LYR009", "LYR022"), "its type"),
        **dict.fromkeys(("ARC011", "LYR006"), "its header"),
        **dict.fromkeys(("ARC008", "LYR004", "LYR008"), "entries of the same path"),
        **dict.fromkeys(("ARC020", "LYR012"), "entries below it"),
        **dict.fromkeys(("ARC021", "LYR005"), "the target of a link"),
        **dict.fromkeys(("RFS017", "RFS021"), "its mode"),
        **dict.fromkeys(("RFS003",), "who can use it"),
        **dict.fromkeys(("CFG001",), "the type of a value"),
        **dict.fromkeys(("DKR002", "DKR014"), "what it refers to"),
        **dict.fromkeys(("DKR009",), "its digest"),
        **dict.fromkeys(("OCI029",), "what is absent"),
        **dict.fromkeys(("OCI040", "OCI041"), "what its predicate says"),
        **dict.fromkeys(("OCI039",), "what it says of itself"),
        **dict.fromkeys(("RFS019",), "what a line says"),
        **dict.fromkeys(("RFS001", "RFS002", "RFS005", "RFS012"), "what does not start"),
    }
)
"""What a rule reports of an entry or value: it can have a fault in each at the same time."""


def one_cause_one_finding(subject: Subject) -> Iterator[str]:
    """No finding is given twice, and none follows from another one."""
    checked = subject.checked
    same = Counter((one.rule, one.message, one.location) for one in checked.findings)
    yield from (f"{count} times: {key[0]}: {key[1]}" for key, count in same.items() if count > 1)
    errors = {one.rule for one in checked.failures()}
    if errors - {"ENG002"} and "ENG002" in errors:
        yield f"ENG002 besides {sorted(errors)}"
    if any(rule.startswith(_TRANSPORT) for rule in errors) and len(checked.findings) > 1:
        yield f"damage in transport besides {sorted(one.rule for one in checked.findings)}"
    places: dict[object, Finding] = {}
    for one in checked.findings:
        if one.severity is Severity.NOTE or not _is_precise(one):
            continue
        other = places.setdefault((one.location, _ASPECTS.get(one.rule)), one)
        if other.rule != one.rule:
            yield f"{other.rule} and {one.rule} of one place: {other.message} | {one.message}"


def _is_precise(finding: Finding) -> bool:
    place = finding.location
    return (place.offset, place.path, place.pointer) != (None, None, None)


PROPERTIES: Final[Mapping[str, Property]] = MappingProxyType(
    {
        "whole-and-valid": whole_and_valid,
        "commands-are-accepted": commands_are_accepted,
        "conversions-are-accepted": conversions_are_accepted,
        "copies-are-loaded": copies_are_loaded,
        "classification-follows": classification_follows,
        "useless-is-an-error": useless_is_an_error,
        "refusals-are-real": refusals_are_real,
        "refusals-are-explained": refusals_are_explained,
        "one-cause-one-finding": one_cause_one_finding,
    }
)
"""The properties by name."""
