"""The steps that built an image, from its history.

Sources: Docker Engine 28, builder/dockerfile (``/bin/sh -c #(nop) ENV …``, and build arguments in
front of the shell, ``|1 ARG=x /bin/sh -c …``); BuildKit 0.18, dockerfile2llb (``RUN /bin/sh -c …
# buildkit``); buildah 1.38 and kaniko, which write the same forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker import Check, Config, Finding
from checker.model.document import pointer
from checker.model.image import text
from checker.model.limits import Limits
from checker.patterns import pattern
from checker.records import NamedTuple

_INSTRUCTIONS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL"),
        *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
_NO_OPERATION = "#(nop)"
_BUILDKIT = "# buildkit"
# No real step or history is longer; a hostile one is not read to its end.
# Characters of a history for each lookup of ``Limits.lookups``; an eighth of them in one step.
_CHARACTERS_PER_LOOKUP = 5
_USUAL = Limits().lookups * _CHARACTERS_PER_LOOKUP
_LEFT_OUT = "not all of the history was examined"
# Words before a command that do not change which command it is.
_PREFIXES = frozenset({"then", "do", "else", "if", "while", "!", "exec", "time", "env", "command"})
# Build arguments and the shell before a script: ``|1 A=b /bin/sh -c``.
_SHELL = pattern(
    r"(?:\|\d+ .{0,8000}?)??(?:/\S{0,80}/)?(?:ba|da|a|z|k)?sh(?: -o \w+| -\S+)+ ", re.DOTALL
)
_SEPARATORS = pattern(r"&&|\|\|?|;|\n|\$?\(|\)|(?<!\$)\{\s|\s\}|`|\\\s")
_ASSIGNMENT = pattern(r"[A-Za-z_]\w*=")


class Step(NamedTuple):
    """One entry of the history.

    Attributes:
        position: Position in the history, from 0.
        instruction: Instruction of a Dockerfile, such as ``RUN``; empty if it is not one.
        text: The arguments of the instruction; for RUN including build arguments and shell.
        makes_layer: Whether it created a layer.
    """

    position: int
    instruction: str
    text: str
    makes_layer: bool

    @property
    def pointer(self) -> str:
        """JSON pointer of the step in the config."""
        return pointer("history", self.position, "created_by")

    @property
    def label(self) -> str:
        """Its name in messages: ``step 3 (RUN)``, counted from 0."""
        kind = f" ({self.instruction})" if self.instruction else ""
        return f"step {self.position}{kind}"

    def commands(self) -> list[tuple[str, ...]]:
        """The shell commands of a RUN step, as words; empty for other steps."""
        if self.instruction != "RUN":
            return []
        shell = _SHELL.match(self.text)
        script = self.text[shell.end() :] if shell else self.text
        split = (_command(piece.split()) for piece in _SEPARATORS.split(script))
        return [words for words in split if words]


class StepCheck(Check):
    """A rule about the steps that built an image."""

    def steps(self, config: Config) -> Iterator[Step]:
        """The steps of an image, oldest first; it is told if not all of the history is examined."""
        most = self.context.limits.lookups * _CHARACTERS_PER_LOOKUP
        if _is_cut(config, most):
            self.leave_out(_LEFT_OUT)
        return steps_of(config, most)

    def at_step(self, config: Config, step: Step, what: str) -> Finding:
        """Make a finding about one step; ``what`` is the rest of the sentence after its name."""
        return self.finding(
            config,
            f"{step.label} of {config.location.image} {what}",
            at={"pointer": step.pointer},
        )


def steps_of(config: Config, most: int = _USUAL) -> Iterator[Step]:
    """The steps of an image, oldest first; entries without ``created_by`` are omitted.

    Args:
        config: The config of the image.
        most: Characters of the history that are examined.
    """
    left, longest = most, _longest(most)
    for position, entry in enumerate(config.history):
        created_by = (text(entry.get("created_by")) or "")[: min(left, longest)].strip()
        left -= len(created_by)
        if created_by:
            instruction, rest = _split(created_by)
            yield Step(position, instruction, rest, entry.get("empty_layer") is not True)


def _is_cut(config: Config, most: int) -> bool:
    sizes = [len(text(entry.get("created_by")) or "") for entry in config.history]
    return sum(sizes) > most or max(sizes, default=0) > _longest(most)


def _longest(most: int) -> int:
    return most // 8


def _split(line: str) -> tuple[str, str]:
    """The instruction and its arguments."""
    line = line.removesuffix(_BUILDKIT).rstrip()
    _, is_nop, after = line.partition(_NO_OPERATION)
    if is_nop and "\n" not in line[: len(line) - len(after)]:
        line = after.strip()
    first, _, rest = line.partition(" ")
    if first in _INSTRUCTIONS:
        return first, rest.strip()
    # The classic builder does not write the instruction of a RUN step.
    return ("RUN", line) if line.startswith(("/", "|")) else ("", line)


def _command(words: list[str]) -> tuple[str, ...]:
    """A command without words that may precede it: ``A=b exec time make``."""
    start = 0
    while start < len(words) and (words[start] in _PREFIXES or _ASSIGNMENT.match(words[start])):
        start += 1
    return tuple(words[start:])
