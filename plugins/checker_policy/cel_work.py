"""Evaluates expressions of CEL, in a process of its own."""

from __future__ import annotations

from checker.typing_names import Any


def work(request: dict[str, Any]) -> list[Any]:
    """Evaluate an expression on several facts, or compile several expressions.

    Args:
        request: ``compile``, a list of expressions, or ``expression`` and ``facts``, a list.

    Returns:
        For each the result, if it is a boolean, or a text that says what is wrong; when compiling,
        None for an expression that is valid.
    """
    import cel

    if "compile" in request:
        return [_compiled(cel, text) for text in request["compile"]]
    program = cel.compile(request["expression"])
    return [_evaluated(program, facts) for facts in request["facts"]]


def _compiled(cel: Any, text: str) -> str | None:
    try:
        cel.compile(text)
    except Exception as error:  # noqa: BLE001 - the exceptions of the library are those of Python
        return _words(error)
    return None


def _evaluated(program: Any, facts: dict[str, Any]) -> bool | str:
    try:
        result = program.execute(facts)
    except KeyError as error:
        return f"there is no {error}; has() tells whether there is"
    except Exception as error:  # noqa: BLE001 - as above
        return _words(error)
    return result if isinstance(result, bool) else f"it gives no boolean, but {result!r:.60}"


def _words(error: Exception) -> str:
    """The first line of what the library says, without what it says of its own parser."""
    text = str(error).strip().partition("\n")[0]
    _, found, rest = text.partition("ERROR: ")
    return (rest if found else text)[:200]
