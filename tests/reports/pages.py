"""What reads the report html: a strict parser, and what a page may consist of."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

NAMESPACES = {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "script"),
    *("section", "article", "div", "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "pre", "code", "a"),
    *("span", "strong", "small", "details", "summary", "form", "fieldset", "legend", "label"),
    *("input", "output", "svg", "g", "rect", "text", "defs", "pattern"),
}
"""The elements of the page; no name from an archive becomes another one."""

REFERENCES = {"href", "src", "srcset", "action", "formaction", "data", "poster", "style", "xlink"}
HEADING = re.compile("h[1-6]")


class Page:
    """A page, parsed as the standard says; what is not valid raises an error."""

    def __init__(self, text: str) -> None:
        self.text = text
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=True)
        self.root: Element = parser.parse(text)
        self.elements = [each for each in self.root.iter() if isinstance(each.tag, str)]

    def all(self, tag: str) -> list[Element]:
        """The elements with a tag."""
        return [each for each in self.elements if name_of(each) == tag]

    @property
    def tags(self) -> set[str]:
        """The tags of all elements."""
        return {name_of(each) for each in self.elements}

    @property
    def words(self) -> str:
        """All texts that people read, with single spaces."""
        return spaced(" ".join(_texts(self.root)))


def name_of(element: Element) -> str:
    """The tag of an element of HTML or SVG."""
    namespace, _, name = element.tag.removeprefix("{").partition("}")
    assert namespace in NAMESPACES
    return name


def spaced(text: str) -> str:
    """A text with single spaces."""
    return " ".join(text.split())


def _texts(element: Element) -> Iterator[str]:
    if name_of(element) not in {"style", "script"}:
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def text_of(element: Element) -> str:
    """The text in an element."""
    return spaced("".join(element.itertext()))


def check_page(page: Page) -> None:
    """What holds of every page."""
    _check_elements(page)
    _check_policy(page)
    _check_ids(page)
    _check_landmarks(page)
    _check_headings(page)
    _check_tables(page)
    _check_form(page)


def _check_elements(page: Page) -> None:
    assert page.tags <= TAGS
    assert page.root.get("lang") == "en"
    (title,) = [each for each in page.all("title") if "xhtml" in each.tag]
    assert text_of(title)
    attributes = [
        (name, value) for each in page.elements for name, value in each.items() if "}" not in name
    ]
    assert not [name for name, _ in attributes if name.startswith("on")]
    references = {value for name, value in attributes if name in REFERENCES}
    assert all(value.startswith("#") for value in references)
    assert len(page.all("main")) == len(page.all("header")) == len(page.all("footer")) == 1


def _check_policy(page: Page) -> None:
    (policy,) = [
        each.get("content", "")
        for each in page.all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    ]
    (style,) = page.all("style")
    (script,) = page.all("script")
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["style-src"] == _hash(style)
    assert directives["script-src"] == _hash(script)


def _hash(element: Element) -> str:
    digest = hashlib.sha256((element.text or "").encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _check_ids(page: Page) -> None:
    ids = [each.get("id") for each in page.elements if each.get("id")]
    assert len(set(ids)) == len(ids)
    links = {each.get("href", "").removeprefix("#") for each in page.all("a")}
    labels = {each.get("aria-labelledby", "") for each in page.elements} - {""}
    assert links | labels <= set(ids)


def _check_landmarks(page: Page) -> None:
    """Readers list landmarks by their labels."""
    by_id = {each.get("id"): text_of(each) for each in page.elements if each.get("id")}
    labels = [
        each.get("aria-label") or by_id[each.get("aria-labelledby")]
        for each in page.elements
        if each.get("role") == "region" or name_of(each) == "section"
    ]
    assert len(set(labels)) == len(labels)


def _check_headings(page: Page) -> None:
    levels = [int(name_of(each)[1]) for each in page.elements if HEADING.fullmatch(name_of(each))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(text_of(each) for each in page.elements if HEADING.fullmatch(name_of(each)))


def _check_tables(page: Page) -> None:
    for header in page.all("th"):
        assert header.get("scope") in {"col", "row"}
        assert text_of(header)
    for table in page.all("table"):
        rows = [each for each in table.iter() if name_of(each) == "tr"]
        widths = {len(row) for row in rows}
        assert len(widths) == 1


def _check_form(page: Page) -> None:
    labelled = {child for label in page.all("label") for child in label.iter()}
    assert all(each in labelled for each in page.all("input"))
    # Without scripts a filter would do nothing.
    assert all(each.get("hidden") is not None for each in page.all("form"))


def findings_of(page: Page) -> list[Element]:
    """The findings on a page."""
    return [each for each in page.all("li") if "finding" in each.get("class", "").split()]


def rectangles(page: Page, kind: str) -> list[Any]:
    """The rectangles of the pictures of a kind, ``map`` or ``bar``."""
    pictures = [each for each in page.all("svg") if kind in each.get("class", "").split()]
    return [one for each in pictures for one in each.iter() if name_of(one) == "rect"]
