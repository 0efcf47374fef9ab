"""The documentation tells what the program does."""

from __future__ import annotations

import ast
import inspect
import os
import re
import runpy
import tarfile
import textwrap
import tomllib
from pathlib import Path

import pytest

from checker.checks.check import CheckContext
from checker.checks.registry import Registry
from checker.cli import main
from checker.hookspecs import CheckerSpec
from checker.plugins import load_plugins
from checker.settings import read_settings
from checker.testing.cases import explain_mismatch, load_cases
from checker.testing.running import run_case
from tests.cli.distributions import write_distribution
from tests.docs.test_transcripts import BLOCK, ran

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PLUGINS = ROOT / "docs" / "plugins.md"


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page."""
    found = re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert found, f"{page} has no block of {language}"
    return list(found)


def test_generated_pages_are_what_the_program_says() -> None:
    pages = runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]()
    names = {
        *("README.md", "checker.1", "conformance.md", "engines.md", "fleet.md", "performance.md"),
        *("rules.md", "settings.md"),
    }
    assert {path.name for path in pages} == names
    for path, text in pages.items():
        assert path.read_text("utf-8") == text, f"{path.name}: run make docs"


def test_every_engine_tells_what_decides() -> None:
    for engine in load_plugins().engines:
        assert engine.follows, engine.name
        assert engine.decides(), engine.name
        for decision in engine.decides():
            assert "|" not in decision.step + decision.rule


def namespace_of(source: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(compile(source, str(PLUGINS), "exec"), namespace)  # the page, as written
    return namespace


def test_the_check_in_the_guide_has_15_lines_and_works(tmp_path: Path) -> None:
    source = blocks(PLUGINS, "python")[0]
    lines = [line for line in source.splitlines() if line.strip()]
    assert len(lines) <= 15
    namespace = namespace_of(source)
    check = namespace["NoLatest"]
    assert isinstance(check, type)
    registry = Registry()
    registry.add(check, "no_latest")
    cases = tmp_path / "no_latest"
    cases.mkdir()
    (case_text,) = (text for text in blocks(PLUGINS, "toml") if "[[pass]]" in text)
    cases.joinpath("called-latest.toml").write_text(case_text)
    for case in load_cases(cases / "called-latest.toml"):
        findings, built = run_case(case, check, tmp_path)
        assert explain_mismatch(case, findings, built) is None
    assert len(load_cases(cases / "called-latest.toml")) == 2


def test_the_pyproject_in_the_guide_names_the_module() -> None:
    (text,) = (text for text in blocks(PLUGINS, "toml") if "[project]" in text)
    table = tomllib.loads(text)
    assert table["project"]["entry-points"]["checker"] == {"no_latest": "no_latest"}


def test_the_second_check_in_the_guide_works(tmp_path: Path) -> None:
    check = namespace_of(blocks(PLUGINS, "python")[1])["EmptyHostname"]
    assert isinstance(check, type)
    cases = tmp_path / "empty_hostname"
    cases.mkdir()
    cases.joinpath("empty-hostname.toml").write_text(
        '[[pass]]\nname = "none"\nbase = "rootfs"\n'
        '[[fail]]\nname = "empty"\nbase = "rootfs"\n'
        'entries = [{ path = "etc/hostname", text = "" }]\n'
        'findings = [{ path = "etc/hostname" }]\n'
    )
    for case in load_cases(cases / "empty-hostname.toml"):
        findings, built = run_case(case, check, tmp_path)
        assert explain_mismatch(case, findings, built) is None


def test_the_kind_and_the_command_in_the_guide_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a module of an installed distribution, through the command line."""
    installed = tmp_path / "installed"
    write_distribution(installed, "acme", "acme", "acme_guide", blocks(PLUGINS, "python")[2])
    monkeypatch.syspath_prepend(installed)
    monkeypatch.chdir(tmp_path)
    with tarfile.open("a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("acme-bundle.json"))
    assert main(["classify", "a.tar"]) == 0
    shown = capsys.readouterr().out
    assert "an Acme bundle" in shown
    assert "acme install a.tar" in shown
    assert main(["kind", "a.tar"]) == 0
    assert capsys.readouterr().out == "unknown\n"


def test_the_settings_in_the_guide_work(tmp_path: Path) -> None:
    """The sessions print what the page says, with the plugin installed and its table in a file."""
    text = PLUGINS.read_text("utf-8")
    (session,) = BLOCK.findall(text)
    installed = tmp_path / "installed"
    write_distribution(installed, "acme", "acme", "acme_guide", blocks(PLUGINS, "python")[3])
    (table,) = (block for block in blocks(PLUGINS, "toml") if "[plugins.acme]" in block)
    tmp_path.joinpath("checker.toml").write_text(table)
    printed = "".join(ran(session, tmp_path, paths=(installed,)))
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS") == "1":
        PLUGINS.write_text(text.replace(session, printed), "utf-8")
        session = printed
    assert printed == session
    assert "did you mean 'registry'?" in printed


def test_the_example_of_every_hook_is_python() -> None:
    hooks = [hook for name, hook in vars(CheckerSpec).items() if name.startswith("checker_")]
    assert len(hooks) >= 3
    for hook in hooks:
        _, _, example = (inspect.getdoc(hook) or "").partition("Example::\n\n")
        code = re.match(r"((?: {4}.*)?(?:\n|$))+", example)
        assert code is not None, hook
        tree = ast.parse(textwrap.dedent(code[0]))
        assert any(isinstance(node, ast.FunctionDef) for node in tree.body)


def test_the_settings_in_the_readme_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "checker.toml"
    path.write_text(blocks(README, "toml")[0])
    settings = read_settings(path)
    assert settings.rules(load_plugins().registry)
    assert CheckContext(limits=settings.limits).limits.entries == 1_000_000


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
