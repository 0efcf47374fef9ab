"""The history of an image in the words of a Dockerfile."""

from __future__ import annotations

from checker.contents.records import Step

_SHELL = ("/bin/sh -c #(nop) ", "/bin/sh -c ")
_BUILDKIT = " # buildkit"


def instruction_of(step: Step | None) -> str:
    """The instruction that a step of the history comes from, without what builders add to it."""
    if step is None:
        return ""
    said = step.created_by or step.comment or ""
    for start in _SHELL:
        if said.startswith(start):
            said = said[len(start) :].lstrip()
            said = said if start.endswith("#(nop) ") else f"RUN {said}"
            break
    return said.removesuffix(_BUILDKIT)
