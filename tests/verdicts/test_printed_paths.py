"""Commands can be pasted, whatever characters the path of an archive or a name in it has."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pytest

from checker import CheckedArchive, Classification, Session
from checker.reports.printable import printable
from checker.reports.text.report import render_text
from checker.testing.archive import build, nested, wrapped
from tests.sessions import new_session

NAMES = (
    *("a\nb", "a b", "it's", "\x1b[31mred", "a`b`c", "$(id)", "\u202egnp", "\udcff", "é"),
    *("##[group]a", "a\\nb", "-o", "c:d", "a\u3164b"),
)
_COMMAND = re.compile("`([^`]+)`")


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session({"ignore": ["HYG"]})


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def classified(checked: CheckedArchive) -> Classification:
    assert checked.classification is not None
    return checked.classification


def commands_of(found: Classification) -> list[str]:
    """The commands that name the archive, not what another one makes of it."""
    named = [found.restore, found.conversion]
    advised = [command for advice in found.advice for command in _COMMAND.findall(advice)]
    return [*filter(None, named), *(one for one in advised if not one.endswith(" -i image.tar"))]


def words_of(command: str) -> list[str]:
    """The words of the first command of a line, as bash takes them."""
    first = command.partition(" && ")[0].replace(" < ", " ")
    script = f"command() {{ printf '%s\\0' \"$@\"; }}\ncommand {first}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "legacy", "export"])
def test_the_path_of_an_archive(name: str, kind: str, session: Session) -> None:
    path = f"{name}.tar"
    Path(path).write_bytes(build(kind).tar())
    run = session.run([path])
    found = classified(run.archives[0])
    commands = commands_of(found)
    assert found.restore is not None or found.conversion is not None
    for command in commands:
        assert printable(command) == command
        assert any(word.removeprefix("./").endswith(path) for word in words_of(command)), command
    shown = render_text(run)
    assert [command for command in commands if command not in shown] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_directory_in_an_archive(name: str, session: Session) -> None:
    image = build("docker-archive").tar()
    Path("in.tar").write_bytes(wrapped(build("docker-archive"), name).tar())
    (advice, _) = classified(session.classify("in.tar")).advice
    (command,) = _COMMAND.findall(advice)
    pack, check, _ = command.rpartition(" && checker check")
    assert check
    subprocess.run(["bash", "-c", pack], check=True)
    assert session.classify("image.tar").loadable == session.classify(io.BytesIO(image)).loadable


@pytest.mark.parametrize("name", NAMES)
def test_an_archive_in_an_archive(name: str, session: Session) -> None:
    Path("in.tar").write_bytes(nested(build("docker-archive"), f"{name}.tar").tar())
    (advice, _) = classified(session.classify("in.tar")).advice
    (command,) = _COMMAND.findall(advice)
    extract, check, _ = command.partition(" && checker check")
    assert check
    subprocess.run(["bash", "-c", extract], check=True)
    assert Path(f"{name}.tar").read_bytes() == build("docker-archive").tar()


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "legacy", "export"])
def test_an_archive_from_standard_input_is_a_file_in_commands(kind: str, session: Session) -> None:
    """A command that reads standard input waits for a terminal, or takes a file named ``-``."""
    checked = session.classify(io.BytesIO(build(kind).tar()))
    assert checked.path == "-"
    verdicts = [one.command for one in checked.verdicts if one.command is not None]
    for command in (*commands_of(classified(checked)), *verdicts):
        assert re.search(r"(?<![^ :])FILE(?![^ :])", command), command
