"""Documents that do not decode."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checker.model.image import mapping
from checker_engines.answers.refusal import Refusal
from checker_engines.golang.json import GoJsonError, Struct


def decoded(
    raw: bytes,
    shape: Struct,
    rules: tuple[str, ...],
    decode: Callable[[bytes, Struct], object],
) -> Mapping[str, object]:
    """The value of a document.

    Args:
        raw: Its bytes.
        shape: Its Go type.
        rules: IDs of the rules that can explain why it does not decode.
        decode: Decodes its first value, or its only one.

    Raises:
        Refusal: It does not decode.
    """
    try:
        return mapping(decode(raw, shape))
    except GoJsonError as error:
        reason = f"a document does not decode as a {shape.go_name}"
        raise Refusal(str(error), reason, rules) from None
