"""The hooks that build the documentation as a site, and its table of pages."""

from __future__ import annotations

import logging
import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LINKS = runpy.run_path(str(ROOT / "docs" / "site_links.py"))
ASSETS = runpy.run_path(str(ROOT / "docs" / "site_assets.py"))
PAGES = {"docs/api.md": "api.md", "docs/rules.md": "rules.md", "README.md": "guide.md"}
HOST = "https://code.example/o/n"


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("docs/api.md", "see [R](rules.md).", "see [R](rules.md)."),
        ("docs/api.md", "[a](../README.md#in-a-pipeline)", "[a](guide.md#in-a-pipeline)"),
        ("README.md", "[a](docs/rules.md) [b](docs/api.md)", "[a](rules.md) [b](api.md)"),
        ("docs/api.md", "[l](../LICENSE)", f"[l]({HOST}/blob/HEAD/LICENSE)"),
        ("docs/api.md", "[e](../examples)", f"[e]({HOST}/tree/HEAD/examples)"),
        ("docs/api.md", "[h](#sources)", "[h](#sources)"),
        ("docs/api.md", "[o](https://a.example/b)", "[o](https://a.example/b)"),
        ("docs/api.md", "[x](missing.md)", "[x](missing.md)"),
        ("docs/api.md", "[x](../../outside.md)", "[x](../../outside.md)"),
        (
            "README.md",
            "```md\n[a](docs/api.md)\n```\n[a](docs/api.md)",
            "```md\n[a](docs/api.md)\n```\n[a](api.md)",
        ),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(
    source: str, text: str, expected: str
) -> None:
    site = LINKS["Site"](PAGES, ROOT, HOST)
    assert LINKS["rewrite_links"](text, source, site) == expected


def test_a_file_of_the_repository_is_plain_text_without_a_code_host() -> None:
    site = LINKS["Site"](PAGES, ROOT, "")
    assert LINKS["rewrite_links"]("[the licence](../LICENSE)", "docs/api.md", site) == "the licence"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<script src="https://a.example/x.js"></script>', ["https://a.example/x.js"]),
        ('<img src="//a.example/x.png">', ["//a.example/x.png"]),
        ('<img src="x.png" srcset="http://a.example/2x.png 2x">', ["http://a.example/2x.png 2x"]),
        (
            '<link rel="Preconnect" href="https://fonts.example" crossorigin>',
            ["https://fonts.example"],
        ),
        ('<p style="background: url(https://a.example/b.png)">', ["https://a.example/b.png"]),
        ('<style>@import "https://a.example/c.css";</style>', ["https://a.example/c.css"]),
        ('<a href="https://a.example">a</a><link rel="canonical" href="https://b.example">', []),
        ('<img src="data:image/png;base64,AA==">', []),
        ("<code>url(https://a.example)</code>", []),
        ('<style>a { b: url("x.png") }</style> url(https://a.example)', []),
    ],
)
def test_what_a_page_loads_from_other_hosts(html: str, expected: list[str]) -> None:
    assert ASSETS["remote_in_html"](html) == expected


def test_the_build_warns_about_what_is_loaded_from_other_hosts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = tmp_path / "assets"
    directory.mkdir()
    directory.joinpath("a.css").write_text("b { c: url('http://a.example/d') }")
    tmp_path.joinpath("index.html").write_text('<img src="e.png">')
    ASSETS["on_post_build"](SimpleNamespace(site_dir=str(tmp_path)))
    assert caplog.record_tuples == [
        (
            "mkdocs.hooks.site_assets",
            logging.WARNING,
            "assets/a.css loads http://a.example/d",
        )
    ]


def pages_of(nav: object) -> Iterator[str]:
    """The pages that a table of pages names, at any depth."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for entry in nav.values():
            yield from pages_of(entry)
    elif isinstance(nav, list):
        for entry in nav:
            yield from pages_of(entry)


def test_the_site_lists_every_page_once() -> None:
    site = yaml.safe_load(ROOT.joinpath("mkdocs.yml").read_text("utf-8"))
    expected = [path.name for path in ROOT.joinpath("docs").glob("*.md")]
    assert sorted(pages_of(site["nav"])) == sorted([*expected, *LINKS["ROOT_PAGES"].values()])


def test_the_pages_of_the_root_are_files() -> None:
    assert all(ROOT.joinpath(name).is_file() for name in LINKS["ROOT_PAGES"])


def test_the_site_is_built_so_that_warnings_count() -> None:
    commands = ROOT.joinpath("Makefile").read_text("utf-8").splitlines()
    (build,) = (line for line in commands if "mkdocs build" in line)
    assert "--strict" in build
    assert "--quiet" not in build  # it drops warnings before they are counted
