"""Checking archives from Python: sources, settings, results, errors, threads, plugins that fail."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest

import checker
from checker import (
    Check,
    CheckedArchive,
    Classification,
    Engine,
    Finding,
    Loadable,
    Plugin,
    Session,
    Severity,
    UnreadableError,
    VerdictOutcome,
)
from checker.checks.registry import Registry
from checker.interpretation import kind as kinds_of
from checker.model.archive import Kind
from checker.model.content import ContentPlan, ContentRequest
from checker.plugins import Classifier, LoadedPlugins, load_plugins
from checker.reading import archive as reading
from checker.testing import elf, sample, write_tar
from checker.testing.tar import Member, compress, directory, file, symlink
from checker.verdicts import Question, Verdict

DATA = sample("docker-archive")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.tar"
    path.write_bytes(DATA)
    return path


@pytest.fixture(scope="module")
def plugins() -> LoadedPlugins:
    return load_plugins()


def facts(checked: CheckedArchive) -> object:
    """What must not depend on where the bytes came from."""
    findings = [(one.rule, one.message, one.location.member) for one in checked.findings]
    verdicts = [(one.engine, one.action, one.outcome) for one in checked.verdicts]
    assert checked.archive is not None
    return checked.archive.kind, findings, verdicts, checked.loadable, checked.is_importable


# Sources


def from_path(path: Path) -> checker.ArchiveSource:
    return path


def from_text(path: Path) -> checker.ArchiveSource:
    return str(path)


def from_open_file(path: Path) -> checker.ArchiveSource:
    return path.open("rb")


def from_unbuffered_file(path: Path) -> checker.ArchiveSource:
    return path.open("rb", buffering=0)


def from_memory(path: Path) -> checker.ArchiveSource:
    return io.BytesIO(path.read_bytes())


def from_middle(path: Path) -> checker.ArchiveSource:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the test closes it
    file.write(b"before it" + path.read_bytes())
    file.seek(9)
    return file


def from_unwritten_file(path: Path) -> checker.ArchiveSource:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - as above
    # Its last bytes are still in its buffer.
    file.write(path.read_bytes())
    file.seek(0)
    return file


def from_gzip_file(path: Path) -> checker.ArchiveSource:
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return cast("io.BufferedIOBase", gzip.open(packed))


class InPieces:
    """A response: it cannot seek, and gives few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def read(self, size: int = -1, /) -> bytes:
        size = min(size, 700)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def from_pieces(path: Path) -> checker.ArchiveSource:
    return InPieces(path.read_bytes())


SOURCES = [
    from_path,
    from_text,
    from_open_file,
    from_unbuffered_file,
    from_memory,
    from_middle,
    from_unwritten_file,
    from_gzip_file,
    from_pieces,
]


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_facts(
    source: Callable[[Path], checker.ArchiveSource], image: Path
) -> None:
    given = source(image)
    checked = checker.check(given)
    assert facts(checked) == facts(checker.check(str(image)))
    assert checked.passes()
    if isinstance(given, io.IOBase):
        assert not given.closed
        given.close()


def test_the_output_of_a_process(image: Path) -> None:
    with subprocess.Popen(["cat", str(image)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        checked = checker.classify(process.stdout)
    assert checked.path == "-"
    assert checked.restore_command == "docker load -i FILE"


def test_a_source_has_the_name_that_it_is_given(image: Path) -> None:
    with image.open("rb") as file:
        assert checker.classify(file).path == str(image)
        assert checker.classify(file, name="app.tar").path == "app.tar"
    named = checker.check(image, name="app.tar", select=["OCI"], fail_on="note")
    assert named.path == "app.tar"
    assert named.restore_command == "docker load -i app.tar"
    assert {finding.location.archive for finding in named.findings} <= {"app.tar"}
    assert checker.classify(io.BytesIO(DATA)).path == "-"


class Broken:
    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    def read(self, size: int = -1, /) -> bytes:
        del size
        return cast("bytes", self._answer())


def raise_(error: Exception) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (lambda _: "missing.tar", "No such file or directory"),
        (lambda _: Broken(lambda: "text"), "read() returned str, not bytes"),
        (lambda _: Broken(lambda: None), "read() returned NoneType, not bytes"),
        (lambda _: Broken(raise_(OSError(5, "Input/output error"))), "Input/output error"),
        (lambda _: Broken(raise_(EOFError("cut short"))), "EOFError: cut short"),
        (lambda folder: closed(folder / "image.tar"), "closed file"),
        (lambda _: io.StringIO("text"), "read() returned str, not bytes"),
    ],
)
def test_what_cannot_be_read(
    source: Callable[[Path], checker.ArchiveSource], reason: str, image: Path, tmp_path: Path
) -> None:
    assert image.exists()
    with Session({"select": ["ARC"]}) as session:
        with pytest.raises(UnreadableError) as raised:
            session.check(source(tmp_path))
        assert reason in raised.value.reason
        assert isinstance(raised.value, checker.CheckerError)
        run = session.run([source(tmp_path), image])
    first, second = run.archives
    assert first.error is not None
    assert reason in first.error
    assert not first.passes()
    assert first.loadable is Loadable.NO
    assert first.restore_command is None
    assert second.passes()
    assert run.exit_code == 3


def closed(path: Path) -> checker.ArchiveSource:
    with path.open("rb") as file:
        return file


# Settings


def test_settings_in_each_form_mean_the_same(image: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('select = ["ENG"]\nfail-on = "note"\nas = "import"\n')
    mapping = {"select": ["ENG"], "fail-on": "note", "as": "import"}
    record = Session(mapping).settings
    for settings in (str(path), path, mapping, record):
        checked = checker.check(image, settings)
        assert [finding.rule for finding in checked.findings] == ["ENG001"]
        assert {result.rule[:3] for result in checked.results} == {"ENG"}
    words = checker.check(image, select=("ENG",), fail_on="note", as_="import")
    assert [finding.rule for finding in words.findings] == ["ENG001"]
    # Keyword arguments win.
    assert checker.check(image, path, as_="load").findings == ()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"select": ["ARC999"]}, "unknown rule 'ARC999'"),
        ({"selekt": ["ARC"]}, "settings: unknown key 'selekt'; did you mean 'select'?"),
        ({"engine": ["docker-2"]}, "unknown engine 'docker-2'"),
        ({"engine": "docker-28"}, "settings: engine: "),
        ({"host": "linux"}, "settings: host: invalid value 'linux'"),
        ({"jobs": 0}, "settings: jobs: invalid value 0"),
        ({"jobs": True}, "settings: jobs: invalid value True"),
        ({"fail-on": "eror"}, "did you mean 'error'?"),
        ({"rules": {"HYG013": {"labls": []}}}, "has no option 'labls'"),
        ("missing.toml", "missing.toml: cannot be read"),
    ],
)
def test_wrong_settings(settings: checker.SettingsSource, message: str, image: Path) -> None:
    for call in (Session, lambda given: checker.check(image, given)):
        with pytest.raises(checker.SettingsError) as raised:
            call(settings)
        assert message in str(raised.value)


def test_no_file_is_looked_for(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("checker.toml").write_text("no such key\n")
    monkeypatch.chdir(tmp_path)
    assert checker.check(image).passes()


def test_an_engine_that_must_accept(image: Path) -> None:
    checked = checker.check(image, engine=["docker-28:import", "podman-5:load"])
    asked = [(one.engine, one.action, one.outcome) for one in checked.required_verdicts]
    assert asked == [
        ("docker-28", "import", VerdictOutcome.ACCEPTS_BROKEN),
        ("podman-5", "load", VerdictOutcome.ACCEPTS),
    ]
    assert [finding.rule for finding in checked.failures()] == ["ENG003"]


# Results


def test_the_plain_questions(image: Path, tmp_path: Path) -> None:
    checked = checker.check(image)
    assert checked.is_loadable
    assert not checked.is_importable
    load = checked.verdict("docker-28", "load")
    assert load is not None
    assert load.outcome is VerdictOutcome.ACCEPTS
    assert checked.verdict("docker-28", "pull") is None
    assert checked.passes(None)
    assert checked.passes(Severity.WARNING)
    assert checked.failures(Severity.NOTE) == checked.findings
    assert checked.findings
    assert not checked.passes(Severity.NOTE)
    rootfs = tmp_path / "root.tar"
    rootfs.write_bytes(sample("export"))
    flat = checker.classify(rootfs)
    assert flat.is_importable
    assert flat.loadable is Loadable.NO
    assert not flat.is_loadable
    assert flat.results == ()


def test_a_waived_finding_does_not_fail(image: Path) -> None:
    settings = {"as": "import", "waive": [{"rule": "ENG001", "reason": "known"}]}
    checked = checker.check(image, settings)
    assert [finding.rule for finding in checked.findings if finding.waived] == ["ENG001"]
    assert checked.passes()
    assert not checker.check(image, as_="import").passes()


def test_the_sum_of_the_file_is_made_when_it_is_wanted(image: Path) -> None:
    plain, whole = Session().check(image), Session(whole_digest=True).check(image)
    assert plain.archive is not None
    assert whole.archive is not None
    assert plain.archive.sha256 is None
    assert len(str(whole.archive.sha256)) == 64


def test_progress_names_the_archive(image: Path) -> None:
    told: list[tuple[str, int, int]] = []
    checker.check(image, progress=lambda *words: told.append(words))
    assert told
    assert {name for name, _, _ in told} == {str(image)}
    assert told[-1][1] == told[-1][2]


def test_reading_gives_the_facts_and_asks_nobody(image: Path) -> None:
    asked: list[str] = []

    def judge(question: Question) -> Verdict:
        asked.append(question.quoted_path)
        return Verdict("mine-1", "load", VerdictOutcome.ACCEPTS, "for a reason", None)

    plugins = load_plugins()._replace(engines=(Engine("mine-1", "load", judge),))
    plan = ContentPlan.of([ContentRequest(paths=frozenset({"etc/os-release"}))])
    archive = Session(plugins=plugins).read(image, name="app.tar", plan=plan)
    assert (archive.path, archive.kind, asked) == ("app.tar", Kind.DOCKER_ARCHIVE, [])
    tars = [layer.blob.tar for layer in archive.images[0].layers if layer.blob is not None]
    assert any(tar.contents for tar in tars if tar is not None)


def test_facts_can_be_judged_again(image: Path) -> None:
    classified = Session().classify(image)
    assert classified.archive is not None
    judged = Session({"select": ["DKR"]}).judge(classified.archive)
    assert {result.rule[:3] for result in judged.results} == {"DKR"}


def test_nothing_is_printed(image: Path, capfd: pytest.CaptureFixture[str]) -> None:
    checker.check(image)
    with pytest.raises(UnreadableError):
        checker.check("missing.tar")
    assert capfd.readouterr() == ("", "")


def test_a_session_serves_several_threads(tmp_path: Path) -> None:
    kinds = ("docker-archive", "oci-archive", "docker-oci-archive", "export", "legacy", "layer")
    paths = [tmp_path / f"{kind}.tar" for kind in kinds]
    for kind, path in zip(kinds, paths, strict=True):
        path.write_bytes(sample(kind))
    with Session() as session:
        one_by_one = [facts(session.check(path)) for path in paths]
        with ThreadPoolExecutor(6) as pool:
            together = list(pool.map(lambda path: facts(session.check(path)), paths * 5))
    assert together == one_by_one * 5


def test_an_open_file_is_not_kept(image: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    with image.open("rb") as file:
        for _ in range(3):
            checker.check(file)
    if sys.platform == "linux":
        assert len(os.listdir("/proc/self/fd")) <= before


# Plugins that fail


def failing(plugins: LoadedPlugins, hook: Callable[..., object]) -> LoadedPlugins:
    mine = Classifier(Plugin("mine", "1.2", "my-rules"), hook)
    return plugins._replace(classifiers=(mine, *plugins.classifiers))


def leave(**_: object) -> object:
    raise SystemExit(0)


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (lambda **_: 1 // 0, "checker_classify raised ZeroDivisionError"),
        (leave, "checker_classify raised SystemExit: 0"),
        (
            lambda **_: "an image",
            "checker_classify returned 'an image', not a checker.Classification",
        ),
    ],
)
def test_a_classifier_that_fails(
    hook: Callable[..., object], message: str, image: Path, plugins: LoadedPlugins
) -> None:
    session = Session(plugins=failing(plugins, hook))
    checked = session.check(image)
    (problem,) = checked.problems
    assert str(problem).startswith(f"plugin mine (my-rules 1.2): {message}")
    assert isinstance(checked.classification, Classification)
    assert not checked.passes()
    run = session.run([image, image])
    assert run.problems == (problem,)
    assert run.exit_code == 3


def test_an_interrupt_is_not_swallowed(image: Path, plugins: LoadedPlugins) -> None:
    def interrupt(**_: object) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Session(plugins=failing(plugins, interrupt)).check(image)


@pytest.mark.parametrize("answer", [None, "accepts", 3])
def test_an_engine_that_gives_no_verdict(
    answer: object, image: Path, plugins: LoadedPlugins
) -> None:
    engine = Engine("mine-1", "load", lambda _: cast("Any", answer))
    checked = Session(plugins=plugins._replace(engines=(engine, *plugins.engines))).check(image)
    assert checked.crashes == (f"engine mine-1 load: returned {answer!r}, not a checker.Verdict",)
    assert len(checked.verdicts) == sum(not one.only_directories for one in plugins.engines)


def test_an_engine_that_gives_a_wrong_verdict(image: Path, plugins: LoadedPlugins) -> None:
    def judged(**fields: object) -> tuple[str, ...]:
        verdict = checker.Verdict("mine-1", "load", VerdictOutcome.ACCEPTS, "it is fine")
        wrong = verdict._replace(**cast("Any", fields))
        engine = Engine("mine-1", "load", lambda _: wrong)
        return Session(plugins=plugins._replace(engines=(engine,))).check(image).crashes

    assert judged() == ()
    assert judged(rules=("ARC001",), message="x") == ()
    assert judged(reason=None)[0].endswith(
        ": returned a Verdict whose reason is None, not of type str"
    )
    assert "whose conditions is ('a', 1)" in judged(conditions=("a", 1))[0]
    assert "whose outcome is 'accepts'" in judged(outcome="accepts")[0]
    assert judged(engine="docker-28")[0].endswith(": returned a verdict of 'docker-28' 'load'")


def test_a_reader_that_fails_is_told_of_its_archive_alone(
    image: Path, plugins: LoadedPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = iter([True])

    def find_kind(*facts: Any) -> Any:
        if next(failing, False):
            raise IndexError("list index\nout of range")
        return kinds_of.find_kind(*facts)

    monkeypatch.setattr(reading, "find_kind", find_kind)
    run = Session(plugins=plugins).run([image, image])
    failed, sound = run.archives
    assert failed.error == (
        "the checker failed to read it (IndexError: list index out of range); this is a bug of the "
        "checker"
    )
    assert sound.error is None
    assert run.exit_code == 3


def test_what_a_callback_raises_is_the_callers(image: Path) -> None:
    def stop(*_: object) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        checker.check(image, progress=stop)


def test_an_engine_that_leaves(image: Path, plugins: LoadedPlugins) -> None:
    def exits(question: checker.Question) -> checker.Verdict:
        raise SystemExit(question.quoted_path)

    engine = Engine("mine-1", "load", exits)
    checked = Session(plugins=plugins._replace(engines=(engine,))).check(image)
    assert checked.crashes == (f"engine mine-1 load: SystemExit: {image}",)


class Base(Check):
    """A rule of somebody."""

    id = "MIN001"
    name = "mine"
    severity = Severity.NOTE


class Leaves(Base):
    """It leaves."""

    def check_archive(self, archive: checker.Archive) -> Iterator[Finding]:
        del archive
        raise SystemExit(0)


class GivesText(Base):
    """It gives text."""

    def check_archive(self, archive: checker.Archive) -> Iterator[Finding]:
        del archive
        yield cast("Finding", "this is wrong")


class GivesOne(Base):
    """It gives one finding instead of several."""

    def check_archive(self, archive: checker.Archive) -> Any:
        return self.finding(archive, "this is wrong")


class GivesNothing(Base):
    """It forgets to give anything."""

    def check_archive(self, archive: checker.Archive) -> Any:
        del archive


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ValueError


class RaisesUnspeakable(Base):
    """What it raises cannot be shown."""

    def check_archive(self, archive: checker.Archive) -> Iterator[Finding]:
        del archive
        raise UnspeakableError


class CannotStart(Base):
    """It cannot be made."""

    def __init__(self, context: checker.CheckContext) -> None:
        raise SystemExit(context)


class SkipsWrongly(Base):
    """It does not know whether it applies."""

    def skip_reason(self, archive: checker.Archive) -> str | None:
        raise SystemExit(archive.path)


class GivesWrongFields(Base):
    """A field of what it gives is of another type."""

    def check_archive(self, archive: checker.Archive) -> Iterator[Finding]:
        yield self.finding(archive, cast("str", 3))


class GivesWrongPlace(Base):
    """A field of a field is of another type."""

    def check_archive(self, archive: checker.Archive) -> Iterator[Finding]:
        found = self.finding(archive, "x")
        yield found._replace(related=(found.location._replace(layer=cast("int", "0")),))


class GivesAnothersFinding(Base):
    """It speaks in the name of another rule."""

    def check_archive(self, archive: checker.Archive) -> Iterator[Finding]:
        yield self.finding(archive, "x")._replace(rule="ARC001")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (GivesWrongFields, "it returned a Finding whose message is 3, not of type str"),
        (GivesWrongPlace, "it returned a Finding whose related is (Location("),
        (GivesAnothersFinding, "it returned a finding of another rule, 'ARC001'"),
        (Leaves, "SystemExit: 0"),
        (GivesText, "it returned 'this is wrong', not a checker.Finding"),
        (GivesOne, "it returned 'MIN001', not a checker.Finding"),
        (GivesNothing, "TypeError: 'NoneType' object is not iterable"),
        (RaisesUnspeakable, "UnspeakableError: (its text cannot be made)"),
        (CannotStart, "SystemExit: "),
        (SkipsWrongly, "SystemExit: "),
    ],
)
def test_a_rule_that_fails_stops_alone(
    rule: type[Check], reason: str, image: Path, plugins: LoadedPlugins
) -> None:
    registry = Registry()
    registry.add(rule, "mine")
    for other in plugins.registry:
        registry.add(other.check, other.bundle)
    checked = Session(plugins=plugins._replace(registry=registry)).check(image)
    crashed = [result for result in checked.results if result.outcome is checker.Outcome.ERROR]
    assert [(one.rule, str(one.reason)[: len(reason)]) for one in crashed] == [("MIN001", reason)]
    assert crashed[0].traceback
    assert len(checked.results) == len(registry)
    assert not checked.passes()


def test_no_rules_is_an_error_and_never_a_pass(image: Path, plugins: LoadedPlugins) -> None:
    problem = Plugin("mine", "1.2", "my-rules").problem("cannot be loaded")
    empty = plugins._replace(registry=Registry(), problems=(problem,))
    session = Session(plugins=empty)
    for call in (session.check, lambda path: session.run([path])):
        with pytest.raises(checker.PluginError) as raised:
            call(image)
        assert raised.value.problems == (problem,)
        assert str(problem) in str(raised.value)
    assert session.classify(image).is_loadable


def test_what_an_import_prints_names_the_digest_of_the_file(tmp_path: Path) -> None:
    root = sample("export")
    path = tmp_path / "root.tar"
    path.write_bytes(root[:1500] + b"\xff" * 600 + root[2100:])
    checked = checker.check(path, engine=["podman-5:import"])
    (verdict,) = checked.required_verdicts
    assert verdict.outcome is VerdictOutcome.REJECTS
    assert f"Copying blob sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" in str(
        verdict.message
    )


def test_a_thread_that_cannot_start_is_a_lack_of_memory(
    image: Path, plugins: LoadedPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    session = Session(plugins=plugins, whole_digest=True)
    monkeypatch.setattr(Thread, "start", start)
    with pytest.raises(MemoryError):
        session.check(image)


@pytest.mark.parametrize(
    ("data", "command"),
    [
        (DATA, "docker load -i FILE"),
        (sample("export"), "docker import FILE name:tag"),
        (sample("oci-archive"), "docker load -i FILE"),
        (DATA[:2000], None),
        (b"text", None),
    ],
)
def test_without_engines_the_kind_says_how_it_is_restored(
    data: bytes, command: str | None, plugins: LoadedPlugins
) -> None:
    session = Session(plugins=plugins._replace(engines=()))
    assert session.classify(io.BytesIO(data)).restore_command == command
    checked = session.check(io.BytesIO(data))
    assert not [finding for finding in checked.findings if finding.rule in {"ENG002", "ENG004"}]


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([file("bin/sh", "#!", mode=0o644)], "/bin/sh has no execute permission"),
        (
            [symlink("bin/sh", "busybox")],
            "/bin/sh is a symlink to busybox, whose target does not exist",
        ),
        (
            [symlink("bin/sh", "dash"), file("bin/dash", "#!", mode=0o600)],
            "/bin/sh has no execute permission",
        ),
        ([directory("usr/bin/sh")], "/usr/bin/sh is a directory"),
        ([], "No shell or init was found in it"),
    ],
)
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_an_import_is_told_why_no_shell_starts(
    members: list[Member], why: str, compression: str
) -> None:
    tar = write_tar([file("etc/os-release", "ID=x\n"), *members])
    data = tar if compression == "none" else compress(tar, "gzip")
    found = checker.classify(io.BytesIO(data)).classification
    assert found is not None
    assert found.advice[-1].startswith(f"{why}: set the program to start with")
    assert not [text for text in found.advice if "CMD [" in text]


@pytest.mark.parametrize(
    ("paths", "advice"),
    [
        (
            ("bin/bash", "usr/bin/x"),
            """--change 'CMD ["/bin/bash"]' --change 'ENV PATH=/usr/bin:/bin'""",
        ),
        (("sbin/init",), """--change 'CMD ["/sbin/init"]' --change 'ENV PATH=/sbin'"""),
        (("app",), """--change 'CMD ["/app"]'"""),
        (("app", "tool"), "No shell or init was found"),
    ],
)
def test_an_import_is_advised_what_the_root_has(paths: tuple[str, ...], advice: str) -> None:
    members = [file(path, elf("amd64"), mode=0o755) for path in paths]
    found = checker.classify(io.BytesIO(write_tar(members))).classification
    assert found is not None
    assert [text for text in found.advice if advice in text]
