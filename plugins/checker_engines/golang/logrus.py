"""Errors as a Go program logs them that is not on a terminal (logrus 1.9, text_formatter.go)."""

from __future__ import annotations

from checker_engines.golang.fmt import quote


def logged(level: str, message: str) -> str:
    """The line of a message, without its time.

    Args:
        level: The level, such as ``fatal``.
        message: The message.
    """
    return f"level={level} msg={quote(message)}"


def fatal(message: str) -> str:
    """The line of an error that ends the program; the quote after a temporary path is kept."""
    return logged("fatal", message).replace('<tmp>\\"', '<tmp>"')
