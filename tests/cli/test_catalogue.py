"""The commands that tell about the program itself."""

from __future__ import annotations

import json

from checker import __version__

from .conftest import Checker


def test_rules_in_every_format(checker: Checker) -> None:
    text = checker("rules")
    rows = json.loads(checker("rules", "--format", "json").out)
    markdown = checker("rules", "--format", "markdown")
    assert text.code == markdown.code == 0
    assert len(text.out.splitlines()) == len(rows) > 30
    for row in rows:
        assert f"{row['id']}  " in text.out
        assert f"## {row['id']} {row['name']}\n" in markdown.out


def test_every_rule_is_documented_under_the_fixed_headings(checker: Checker) -> None:
    for row in json.loads(checker("rules", "--format", "json").out):
        documentation = row["documentation"]
        headings = [line for line in documentation.splitlines() if line.endswith(":")]
        headings = [line for line in headings if not line.startswith(" ")]
        assert headings == [
            "What it means:",
            "Why it matters:",
            "How to fix it:",
            "References:",
        ], row["id"]
        assert row["summary"].endswith("."), row["id"]


def test_explain_by_id_and_by_name(checker: Checker) -> None:
    by_id = checker("explain", "arc003")
    assert by_id.code == 0
    assert by_id.out.startswith("ARC003 bad-header-checksum (error, from checker_archive)\n")
    assert "How to fix it:" in by_id.out
    assert checker("explain", "bad-header-checksum").out == by_id.out


def test_explain_tells_the_options(checker: Checker) -> None:
    out = checker("explain", "wasteful-layers").out
    assert "[rules.HYG017]" in out
    assert "lowest-efficiency: " in out
    assert "(a number from 0 to 1; default 0.9)" in out
    assert "not set by default" in out
    markdown = checker("rules", "--format", "markdown").out
    assert "- lowest-efficiency: " in markdown
    rows = {
        row["id"]: row["options"] for row in json.loads(checker("rules", "--format", "json").out)
    }
    assert [option["name"] for option in rows["HYG018"]] == ["smallest-bytes", "most"]
    assert rows["ARC003"] == []


def test_examples_keep_their_lines(checker: Checker) -> None:
    example = ["before:  WORKDIR app", "after:   WORKDIR /app"]
    text = checker("explain", "relative-working-directory").out
    assert "\n".join(f"        {line}" for line in example) in text
    markdown = checker("rules", "--format", "markdown").out
    assert "\n".join(["", "", "```", *example, "```", "", ""]) in markdown
    assert markdown.count("```\n") % 2 == 0


def test_explain_suggests_what_is_meant(checker: Checker) -> None:
    done = checker("explain", "bad-header-sum")
    assert done.code == 2
    assert "did you mean 'bad-header-checksum'?" in done.err


def test_version(checker: Checker) -> None:
    done = checker("--version")
    assert done.code == 0
    assert done.out == f"archive-checker {__version__}\n"
