"""The steps that built an image, from its history.

Sources: Docker Engine 28, builder/dockerfile (``/bin/sh -c #(nop) ENV …``, and build arguments in
front of the shell, ``|1 ARG=x /bin/sh -c …``); BuildKit 0.18, dockerfile2llb (``RUN /bin/sh -c …
# buildkit``); buildah 1.38 and kaniko, which write the same forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from checker import Check, Config, Finding
from checker.model.document import pointer
from checker.model.image import text

_INSTRUCTIONS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL"),
        *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
_NO_OPERATION = "#(nop)"
_BUILDKIT = "# buildkit"
# No real step or history is longer; a hostile one is not read to its end.
_LONGEST = 65_536
_LONGEST_HISTORY = 524_288
_MOST_STEPS = 10_000
# Words before a command that do not change which command it is.
_PREFIXES = frozenset({"then", "do", "else", "if", "while", "!", "exec", "time", "env", "command"})


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
        shell = _shell().match(self.text)
        script = self.text[shell.end() :] if shell else self.text
        split = (_command(piece.split()) for piece in _separators().split(script))
        return [words for words in split if words]


class StepCheck(Check):
    """A rule about the steps that built an image."""

    def at_step(self, config: Config, step: Step, what: str) -> Finding:
        """Make a finding about one step; ``what`` is the rest of the sentence after its name."""
        return self.finding(
            config,
            f"{step.label} of {config.location.image} {what}",
            at={"pointer": step.pointer},
        )


def steps_of(config: Config) -> Iterator[Step]:
    """The steps of an image, oldest first; entries without ``created_by`` are omitted."""
    left = _LONGEST_HISTORY
    for position, entry in enumerate(config.history[:_MOST_STEPS]):
        created_by = (text(entry.get("created_by")) or "")[: min(left, _LONGEST)].strip()
        left -= len(created_by)
        if created_by:
            instruction, rest = _split(created_by)
            yield Step(position, instruction, rest, entry.get("empty_layer") is not True)


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
    while start < len(words) and (words[start] in _PREFIXES or _assignment().match(words[start])):
        start += 1
    return tuple(words[start:])


@cache
def _shell() -> re.Pattern[str]:
    """Build arguments and the shell before a script: ``|1 A=b /bin/sh -c``."""
    return re.compile(
        r"(?:\|\d+ .{0,8000}?)??(?:/\S{0,80}/)?(?:ba|da|a|z|k)?sh(?: -o \w+| -\S+)+ ", re.DOTALL
    )


@cache
def _separators() -> re.Pattern[str]:
    return re.compile(r"&&|\|\|?|;|\n|\$?\(|\)|(?<!\$)\{\s|\s\}|`|\\\s")


@cache
def _assignment() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z_]\w*=")
