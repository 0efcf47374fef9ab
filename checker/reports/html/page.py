"""Puts the page together: templates, style sheet and script in one file.

Everything that a template shows passes ``_shown``, and is then escaped by Jinja. The page may load
nothing and run nothing but its own style sheet and script: a Content-Security-Policy names both by
their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from checker.reports.printable import command_starts, printable

_CODE = re.compile("`+")


def rendered(template: str, values: Mapping[str, object]) -> Markup:
    """A template with values in it.

    Args:
        template: File name of the template.
        values: The values by name.
    """
    return Markup(_environment().get_template(template).render(values))  # noqa: S704  # it is escaped


def page(values: Mapping[str, object]) -> str:
    """The page.

    Args:
        values: What the template ``page.html.j2`` needs.
    """
    style, script = _text("report.css"), _text("report.js")
    parts = {
        "style": Markup(style),  # noqa: S704  # a file of this package
        "script": Markup(script),  # noqa: S704  # a file of this package
        "policy": _policy(style, script),
    }
    return guarded_page(rendered("page.html.j2", {**values, **parts}))


def guarded_page(text: str) -> str:
    """A page with all of its lines guarded; it ends with a line break."""
    return "".join(f"{guarded(line)}\n" for line in text.split("\n"))


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {hash_source(style)}; script-src {hash_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def hash_source(text: str) -> str:
    """What a Content-Security-Policy allows a style sheet or a script of the page by."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def guarded(line: str) -> str:
    """A line that no CI system takes for a command if the page is printed, see ``printable``."""
    for start in reversed(command_starts(line)):
        line = f"{line[:start]}&#{ord(line[start])};{line[start + 1 :]}"
    return line


@cache
def _environment() -> Environment:
    environment = new_environment(_text, _shown)
    environment.filters["prose"] = _prose
    environment.filters["lines"] = _lines
    environment.filters["units"] = _units
    return environment


def new_environment(text: Callable[[str], str], shown: Callable[[object], object]) -> Environment:
    """An environment for templates of pages, in which all values are escaped.

    Args:
        text: Gives a template by its file name.
        shown: What is shown of a value.
    """
    return Environment(
        loader=FunctionLoader(text),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


def _shown(value: object) -> object:
    """A value of a template: of a text only what is visible."""
    return printable(value) if type(value) is str else value


def _prose(text: str) -> Markup:
    """A sentence, with what is in backticks as code."""
    shown = printable(text)
    parts = _CODE.split(shown)
    if len(parts) % 2 == 0:
        return escape(shown)
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def _lines(texts: Iterable[str]) -> Markup:
    """Texts as lines of their own, for an element that keeps line ends."""
    return Markup("\n").join(map(printable, texts))


def _units(value: float) -> str:
    """A length in a picture."""
    return f"{value:.1f}"
