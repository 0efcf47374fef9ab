"""Policies on the command line: rules, reports, waivers, baselines and settings."""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path

import pytest

from checker.cache.version import question_digest
from checker.fleet.job import fingerprint
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.reading.layer_cache import Question
from checker.testing import sample
from tests.cli.conftest import Checker
from tests.sessions import new_session

SETTINGS = """\
[[require]]
name = "app-user"
id = "POL001"
message = "services do not run as root"
user = "nobody"

[[require]]
name = "few-layers"
max-layers = 5
"""


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    tmp_path.joinpath("app.tar").write_bytes(sample("docker-archive"))
    tmp_path.joinpath("checker.toml").write_text(SETTINGS)
    return Checker(tmp_path)


def test_each_requirement_is_a_test_case(checker: Checker) -> None:
    done = checker("check", "app.tar", "--select", "POL", "--format", "junit")
    assert done.code == 1
    cases = {each.get("name"): len(each) for each in done.junit.iter("testcase")}
    names = [name for name in cases if name and name.startswith("POL")]
    assert names == ["POL001 app-user", "POL009932 few-layers"]
    assert (cases["POL001 app-user"], cases["POL009932 few-layers"]) == (1, 0)


def test_a_requirement_is_a_rule_in_sarif(checker: Checker) -> None:
    done = checker("check", "app.tar", "--select", "POL", "--format", "sarif")
    (run,) = json.loads(done.out)["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["POL001"]["shortDescription"]["text"] == "services do not run as root"
    assert "checker.toml:1" in rules["POL001"]["help"]["text"]
    assert [result["ruleId"] for result in run["results"]] == ["POL001"]


def test_requirements_are_selected_and_have_severities(checker: Checker) -> None:
    assert checker("check", "app.tar", "--ignore", "app-user").code == 0
    checker.folder.joinpath("checker.toml").write_text(f'{SETTINGS}[severity]\nPOL001 = "note"\n')
    assert checker("check", "app.tar").code == 0


def test_a_waiver_accepts_a_requirement(checker: Checker) -> None:
    waiver = '[[waive]]\nrule = "app-user"\nreason = "until the next release"\n'
    checker.folder.joinpath("checker.toml").write_text(SETTINGS + waiver)
    done = checker("check", "app.tar", "--format", "json")
    (finding,) = [one for one in done.report["archives"][0]["findings"] if one["rule"] == "POL001"]
    assert (done.code, finding["waived"]) == (0, "until the next release")


def test_a_baseline_accepts_a_requirement(checker: Checker) -> None:
    assert checker("baseline", "write", "known.json", "app.tar").code == 0
    assert checker("check", "app.tar", "--baseline", "known.json").code == 0


def test_a_policy_file_is_added_to_the_settings(checker: Checker) -> None:
    path = checker.folder / "policy.yaml"
    path.write_text("require:\n- {name: other-user, user: nobody, severity: warning}\n")
    done = checker(
        "check", "app.tar", "--policy", "policy.yaml", "--select", "POL", "--format", "json"
    )
    found = {one["name"]: one["severity"] for one in done.report["archives"][0]["findings"]}
    assert found == {"app-user": "error", "other-user": "warning"}


def test_files_are_relative_to_the_settings_file(checker: Checker) -> None:
    below = checker.folder / "below"
    below.mkdir()
    below.joinpath("checker.toml").write_text('policy = ["policy.toml"]\n')
    below.joinpath("policy.toml").write_text('[[require]]\nname = "a"\nuser = "b"\n')
    done = checker("check", "app.tar", "--config", "below/checker.toml", "--format", "json")
    assert done.rules >= {"POL355907"}


def test_rules_of_a_policy_are_listed_and_explained(checker: Checker) -> None:
    checker.folder.joinpath("checker.toml").rename(checker.folder / "policy.toml")
    done = checker("rules", "--policy", "policy.toml", "--search", "services run as root")
    assert (done.code, done.out.split(maxsplit=3)) == (
        0,
        ["POL001", "error", "app-user", "services do not run as root\n"],
    )
    done = checker("explain", "app-user", "--policy", "policy.toml")
    assert done.out.startswith("POL001 app-user (error, from checker_policy)\n\nservices do not")
    assert "policy.toml:1" in done.out
    done = checker("explain", "POL", "--policy", "policy.toml")
    assert done.out.startswith("POL (2 rules)\n\nWhat a policy requires")
    done = checker("explain", "POL001", "--policy", "none.toml")
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_a_broken_policy_ends_the_run(checker: Checker) -> None:
    checker.folder.joinpath("checker.toml").write_text('[[require]]\nname = "a"\nusr = "b"\n')
    done = checker("check", "app.tar")
    message = "checker.toml:3: require: unknown key 'usr'; did you mean 'user'?"
    assert (done.code, done.out, done.err) == (2, "", f"checker: {message}\n")


def test_a_policy_that_does_not_exist_ends_the_run(checker: Checker) -> None:
    done = checker("check", "app.tar", "--policy", "no.toml")
    assert (done.code, done.out) == (2, "")
    assert done.err == "checker: no.toml: cannot be read: No such file or directory\n"


def test_sections_cannot_require(checker: Checker) -> None:
    section = '[[archive]]\npath = "*"\n[[archive.require]]\nname = "a"\n'
    checker.folder.joinpath("checker.toml").write_text(section)
    done = checker("check", "app.tar")
    assert (done.code, done.out) == (2, "")
    assert "require is for the whole run, not for some archives" in done.err


def test_sections_keep_the_requirements(checker: Checker) -> None:
    section = '[[archive]]\npath = "*"\nprofile = "strict"\n'
    checker.folder.joinpath("checker.toml").write_text(SETTINGS + section)
    assert checker("check", "app.tar", "--format", "json").rules >= {"POL001"}


def test_requirements_need_their_plugin(checker: Checker) -> None:
    done = checker("check", "app.tar", "--no-plugin", "checker_policy")
    assert (done.code, done.out) == (2, "")
    assert done.err == "checker: require: no plugin makes rules of it; is one not loaded?\n"


def test_settings_in_force_name_the_requirements(checker: Checker) -> None:
    done = checker("config", "--policy", "policy.toml")
    assert done.code == 2
    done = checker("config")
    assert "require         app-user, few-layers  checker.toml:1" in done.out


def test_everything_wrong_with_requirements_is_listed(checker: Checker) -> None:
    wrong = '[[require]]\nname = "a"\nusr = "b"\n[[require]]\nname = "B"\nuser = 1\n'
    checker.folder.joinpath("checker.toml").write_text(wrong)
    done = checker("config")
    assert (done.code, done.out) == (2, "")
    assert [line.split(": ")[1] for line in done.err.splitlines()] == [
        "checker.toml:3",
        "checker.toml:5",
        "checker.toml:6",
    ]


def test_a_rule_has_the_same_id_wherever_it_is_stated(checker: Checker) -> None:
    parts = SETTINGS.split("\n\n")
    checker.folder.joinpath("checker.toml").write_text("\n\n".join(reversed(parts)))
    done = checker("check", "app.tar", "--format", "json")
    ids = {one["rule"] for one in done.report["archives"][0]["results"]}
    assert {one for one in ids if one.startswith("POL")} == {"POL001", "POL009932"}


def test_a_requirement_cannot_have_the_name_of_a_rule(checker: Checker) -> None:
    text = '[[require]]\nname = "user-is-root"\nuser = "app"\n'
    checker.folder.joinpath("checker.toml").write_text(text)
    done = checker("check", "app.tar")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "checker: require: rule user-is-root of checker_policy is already registered by "
        "checker_hygiene\n"
    )


def test_every_part_of_a_plan_is_part_of_the_question_to_the_cache() -> None:
    plans = [
        ContentPlan(paths={"a": 1}),
        ContentPlan(executables=1),
        ContentPlan(endings={"a": {"a": 1}}),
        ContentPlan(libraries=True),
        ContentPlan(digests=True),
        ContentPlan(below={"a": 1}),
        ContentPlan(hashed={"a": frozenset({"a"})}),
        ContentPlan(secrets=True),
    ]
    assert len(plans) == len(ContentPlan._fields)
    questions = [Question(plan, Limits(), is_sought=False) for plan in (ContentPlan(), *plans)]
    assert len(set(map(question_digest, questions))) == len(questions)


def test_a_policy_that_changes_makes_a_sweep_judge_again(checker: Checker) -> None:
    policy = checker.folder / "policy.toml"
    checker.folder.joinpath("checker.toml").write_text('policy = ["policy.toml"]\n')

    def marked(text: str) -> str:
        policy.write_text(text)
        with chdir(checker.folder):
            session = new_session("checker.toml")
            return fingerprint(session.settings, session.plugins)

    first = marked('[[require]]\nname = "a"\nuser = "b"\n')
    assert marked('[[require]]\nname = "a"\nuser = "b"\n') == first
    assert marked('[[require]]\nname = "a"\nuser = "c"\n') != first
