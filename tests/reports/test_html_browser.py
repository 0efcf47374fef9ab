"""Pages of the report html in headless Chromium: accessible, readable without scripts, filtered.

They need playwright (the extra ``browser``), an installed Chromium, and axe-core from npm, the path
of whose ``axe.min.js`` is in ``CHECKER_AXE`` or in ``build/browser``: ``make test-browser``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from checker.reports.html.report import render_html
from checker.results import Run
from tests.reports.five import NAMES, five

pytestmark = pytest.mark.browser

AXE = Path(
    os.environ.get("CHECKER_AXE")
    or Path(__file__).parents[2] / "build/browser/node_modules/axe-core/axe.min.js"
)
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
REQUIRED = "CHECKER_REQUIRE_BROWSER"
"""The variable with which a missing browser is a failure."""


def missing() -> str:
    """What is missing to run these tests; empty if nothing is."""
    if find_spec("playwright") is None:
        return "playwright is not installed"
    if not CHROMIUM:
        return "Chromium is not installed"
    return "" if AXE.is_file() else "axe-core is not installed"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium."""
    reason = missing()
    if reason and os.environ.get(REQUIRED):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # The sandbox of Chromium does not work as root, nor in most containers.
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The addresses of the pages of the five inputs."""
    folder = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        runs: Mapping[str, Run] = five()
    for name, run in runs.items():
        folder.joinpath(f"{name}.html").write_text(render_html(run), "utf-8")
    return {name: folder.joinpath(f"{name}.html").as_uri() for name in runs}


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Opens pages; fails if one loads anything, or says anything on the console."""
    contexts: list[Any] = []
    said: list[str] = []
    asked: list[str] = []

    def visit(address: str, **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert said == []
    assert all(address.startswith("file:") for address in asked)
    assert len(asked) == len(contexts)


LOOKS = [
    (name, scheme, size)
    for name in NAMES
    for scheme, size in product(("light", "dark"), SIZES)
    if name == "several" or (scheme == "light") == (size == "desktop")
]


@pytest.mark.parametrize(("name", "scheme", "size"), LOOKS)
def test_axe_finds_no_violation(
    opened: Any, pages: Mapping[str, str], name: str, scheme: str, size: str
) -> None:
    width, height = SIZES[size]
    page = opened(pages[name], color_scheme=scheme, viewport={"width": width, "height": height})
    # Contrast is only measured of what is shown.
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("axe.run()")
    assert [(each["id"], each["nodes"][0]["html"]) for each in result["violations"]] == []
    assert len(result["passes"]) > 10
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_what_is_wrong(opened: Any, pages: Mapping[str, str]) -> None:
    page = opened(pages["faulty"])
    page.evaluate("document.documentElement.removeAttribute('lang')")
    page.evaluate(AXE.read_text("utf-8"))
    violations = page.evaluate("axe.run()")["violations"]
    assert [each["id"] for each in violations] == ["html-has-lang"]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_reads_without_scripts(opened: Any, pages: Mapping[str, str], name: str) -> None:
    page = opened(pages[name], java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert not page.locator("#filter").is_visible()
    for summary in page.locator("summary").all():
        if summary.is_visible() and summary.locator("..").get_attribute("open") is None:
            summary.click()
    assert all(each.is_visible() for each in page.locator(".finding").all())


def test_findings_are_filtered(opened: Any, pages: Mapping[str, str]) -> None:
    page = opened(pages["several"])
    total = page.locator(".finding").count()
    assert page.locator("#filter").is_visible()

    def shown() -> int:
        return int(page.locator(".finding:not([hidden])").count())

    assert shown() == total
    page.get_by_label("warnings").uncheck()
    without = shown()
    assert 0 < without < total
    assert page.locator(".finding.warning:not([hidden])").count() == 0
    assert page.locator("#filter-count").inner_text() == f"{without} of {total} shown"
    page.get_by_label("warnings").check()
    page.get_by_label("with the text").fill("SECRET-in-env")
    assert 0 < shown() < total
    hits = page.locator(".finding:not([hidden])")
    assert all("secret-in-env" in (each.text_content() or "") for each in hits.all())
    assert hits.first.is_visible()
    page.get_by_label("with the text").fill("")
    assert shown() == total


def test_a_link_opens_the_archive(opened: Any, pages: Mapping[str, str]) -> None:
    page = opened(pages["several"])
    assert not page.locator("#archive-1 .facts").first.is_visible()
    page.locator("a[href='#archive-1']").click()
    assert page.locator("#archive-1 .facts").first.is_visible()


def test_what_is_closed_is_printed(opened: Any, pages: Mapping[str, str]) -> None:
    page = opened(pages["several"], color_scheme="dark", java_script_enabled=False)
    finding = page.locator("#archive-2 .finding").last
    assert not finding.is_visible()
    page.emulate_media(media="print")
    assert finding.is_visible()
    assert not page.locator("#filter").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF-")
