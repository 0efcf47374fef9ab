"""Plans of imports: what is suggested, what is refused, what is lost, the command."""

from __future__ import annotations

import io
import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

import checker
from checker.errors import SettingsError, UnreadableError
from checker.importing.command_line import ImportCommand, Origin
from checker.importing.plan import ImportRequest
from checker.model.names import Platform
from checker.session import Session
from checker.starting.obstacle import Answer
from checker.testing import Image, Member, build, compress, elf, sample, write_tar
from checker.testing.tar import directory, file, symlink
from tests.sessions import new_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.importing.masked import MaskedPlan
    from checker.importing.plan import ImportPlan

PROGRAM = elf("amd64")
SHELL = file("bin/sh", PROGRAM, mode=0o755)
PASSWD = "root:x:0:0:root:/root:{shell}\nuser:x:1:1::/:/bin/false\n"
SECRET = 's3cr3t-Zq81x$y"z'


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session()


def text(path: str, content: str) -> Member:
    return file(path, content.encode())


def planned(session: Session, members: Sequence[Member], **request: Any) -> ImportPlan:
    return shown(session, write_tar(members), **request).plan


def shown(session: Session, data: bytes, **request: Any) -> MaskedPlan:
    image = request.pop("image", None)
    secrets = request.pop("show_secrets", False)
    source = None if image is None else io.BytesIO(image)
    return session.import_plan(
        io.BytesIO(data), ImportRequest(**request), from_image=source, show_secrets=secrets
    )


def changes(plan: ImportPlan) -> list[str]:
    return [change.change for change in plan.changes]


@pytest.mark.parametrize(
    ("members", "command"),
    [
        ([SHELL], '["/bin/sh"]'),
        ([SHELL, file("bin/bash", PROGRAM, mode=0o755)], '["/bin/bash"]'),
        ([SHELL, file("bin/bash", PROGRAM, mode=0o644)], '["/bin/sh"]'),
        ([SHELL, file("bin/bash", elf("arm64"), mode=0o755)], '["/bin/sh"]'),
        ([SHELL, file("bin/bash", b"#!/nope\n", mode=0o755)], '["/bin/sh"]'),
        ([SHELL, symlink("bin/bash", "gone")], '["/bin/sh"]'),
        ([file("usr/bin/dash", PROGRAM, mode=0o755), symlink("bin", "usr/bin")], '["/bin/dash"]'),
        (
            [
                SHELL,
                file("bin/zsh", PROGRAM, mode=0o755),
                text("etc/passwd", PASSWD.format(shell="/bin/zsh")),
            ],
            '["/bin/zsh"]',
        ),
        (
            [SHELL, text("etc/passwd", PASSWD.format(shell="/sbin/nologin"))],
            '["/bin/sh"]',
        ),
        ([file("bin/busybox", PROGRAM, mode=0o755)], '["/bin/busybox", "sh"]'),
        ([file("sbin/init", PROGRAM, mode=0o755), directory("etc")], '["/sbin/init"]'),
        ([file("app", PROGRAM, mode=0o755)], '["/app"]'),
        (
            [
                file("./opt/app", PROGRAM, mode=0o755),
                file("lib/libx.so.1", PROGRAM, mode=0o755),
                file("share/tool", PROGRAM, mode=0o644),
            ],
            '["/opt/app"]',
        ),
    ],
)
def test_a_program_is_suggested_that_can_run(
    session: Session, members: list[Member], command: str
) -> None:
    plan = planned(session, [directory("etc"), directory("usr/bin"), *members])
    assert f"CMD {command}" in changes(plan)
    assert plan.start is not None
    assert plan.start.answer is Answer.YES
    assert plan.is_good


def test_of_several_programs_none_is_suggested(session: Session) -> None:
    members = [file(path, PROGRAM, mode=0o755) for path in ("app", "tool")]
    assert changes(planned(session, members)) == []


def test_nothing_is_suggested_that_the_root_does_not_have(session: Session) -> None:
    plan = planned(session, [directory("etc"), directory("var"), directory("home")])
    assert changes(plan) == []
    assert plan.start is not None
    assert plan.start.answer is Answer.NO
    assert not plan.is_good


@pytest.mark.parametrize(
    ("members", "path", "reason"),
    [
        ([], "/bin", "usual"),
        ([directory("usr/local/bin"), directory("sbin")], "/usr/local/bin:/sbin:/bin", "usual"),
        ([text("etc/environment", 'PATH="/bin:/gone"\n')], "/bin", "/etc/environment"),
        ([text("etc/profile", "x\n  PATH=/usr/bin:/bin\n")], "/bin", "/etc/profile"),
        ([text("etc/profile", "export PATH='/bin/'; x\n")], "/bin", "/etc/profile"),
        ([text("etc/profile", "PATH=$PATH:/x\n")], "/bin", "usual"),
        ([text("etc/login.defs", "ENV_SUPATH\tPATH=/opt:/bin\n")], "/bin", "/etc/login.defs"),
        (
            [text("etc/os-release", "ID=nixos\n"), directory("run/current-system/sw/bin")],
            "/run/current-system/sw/bin",
            "nixos",
        ),
        ([text("etc/environment", "PATH=/\x1b[31m:/bin\n")], "/bin", "/etc/environment"),
        ([text("etc/environment", "PATH=bin:/gone\n")], "/bin", "usual"),
    ],
)
def test_the_search_path_is_that_of_the_distribution(
    session: Session, members: list[Member], path: str, reason: str
) -> None:
    plan = planned(session, [SHELL, directory("etc"), directory("var"), *members])
    (found,) = [each for each in plan.changes if each.change.startswith("ENV")]
    assert found.change == f"ENV PATH={path}"
    assert reason in found.reason


def test_labels_are_those_of_os_release(session: Session) -> None:
    release = 'PRETTY_NAME="A \\"B\\" $C"\nVERSION_ID=\'1\'\nHOME_URL=https://a/\nNAME=\x1b[1m\n'
    members = [SHELL, text("usr/lib/os-release", release)]
    plan = planned(session, [*members, symlink("etc/os-release", "../usr/lib/os-release")])
    result = plan.result
    assert result is not None
    assert result.config is not None
    assert result.config.labels == {
        "org.opencontainers.image.title": 'A "B" $C',
        "org.opencontainers.image.version": "1",
        "org.opencontainers.image.url": "https://a/",
    }


@pytest.mark.parametrize("architecture", ["arm64", "386", "riscv64", "amd64"])
def test_the_platform_is_that_of_the_programs(session: Session, architecture: str) -> None:
    members = [file(f"bin/{name}", elf(architecture), mode=0o755) for name in ("sh", "ls")]
    plan = planned(session, [*members, directory("etc")])
    assert plan.platform.platform == Platform("linux", architecture)
    assert plan.platform.is_named is (architecture != "amd64")
    assert (f"--platform linux/{architecture}" in str(plan.command)) is plan.platform.is_named
    assert plan.is_good
    podman = planned(session, [*members, directory("etc")], engine="podman")
    named = f"--os linux --arch {architecture}" in str(podman.command)
    assert named is plan.platform.is_named


def test_a_platform_that_does_not_fit_is_not_good(session: Session) -> None:
    plan = planned(session, [SHELL, directory("etc")], platform="linux/arm64")
    assert plan.platform.problem == "most programs in the root are for amd64, not for arm64"
    assert not plan.is_good
    old = [each for each in plan.results if each.engine == "docker-20.10"]
    assert [str(each.platform) for each in old] == ["linux/amd64"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["CMD x"], ["ENV PATH=/bin", "CMD x"]),
        (["ENTRYPOINT x"], ["ENV PATH=/bin", "ENTRYPOINT x"]),
        (["ENV PATH=/x"], ['CMD ["/bin/sh"]', "ENV PATH=/x"]),
        (
            ["ENV PATH=/x:$PATH"],
            ['CMD ["/bin/sh"]', "ENV PATH=/bin", "ENV PATH=/x:$PATH"],
        ),
        (["USER root"], ['CMD ["/bin/sh"]', "ENV PATH=/bin", "USER root"]),
        (["NOPE", "CMD x"], ["ENV PATH=/bin", "NOPE", "CMD x"]),
    ],
)
def test_suggestions_give_way_to_what_is_given(
    session: Session, given: list[str], expected: list[str]
) -> None:
    plan = planned(session, [SHELL, directory("etc")], changes=tuple(given))
    assert changes(plan) == expected


def test_each_refused_option_is_named_with_the_words_of_the_engine(session: Session) -> None:
    given = ("USER a", "ENTRYPONT x", "EXPOSE abc", "STOPSIGNAL 9")
    plan = planned(session, [SHELL, directory("etc")], changes=given)
    refused = {
        change.change: {name: each.message for each in change.refusals for name in each.engines}
        for change in plan.changes
        if change.refusals
    }
    daemon = "Error response from daemon: "
    assert set(refused) == {"ENTRYPONT x", "EXPOSE abc", "STOPSIGNAL 9"}
    assert refused["ENTRYPONT x"]["docker-28"] == f"{daemon}ENTRYPONT is not a valid change command"
    assert refused["EXPOSE abc"]["docker-20.10"] == f"{daemon}Invalid containerPort: abc"
    assert set(refused["STOPSIGNAL 9"]) == {"docker-20.10"}
    assert plan.command is None
    assert plan.start is None
    assert not plan.is_good


def test_one_version_that_accepts_the_plan_is_enough(session: Session) -> None:
    members = [SHELL, directory("etc")]
    plan = planned(session, members, changes=("STOPSIGNAL 9",))
    assert plan.is_good
    assert [each.engine for each in plan.results if each.refusals] == ["docker-20.10"]
    assert not planned(session, members, changes=("STOPSIGNAL 9",), engine="docker-20.10").is_good


def test_many_refused_options_are_bounded(session: Session) -> None:
    given = ("X", *(f"LABEL a{n}=b" for n in range(300)))
    plan = planned(session, [SHELL, directory("etc")], changes=given)
    assert plan.command is None
    assert "not tried" in plan.changes[-1].refusals[0].message


def test_a_reference_that_is_refused(session: Session) -> None:
    members = [SHELL, directory("etc")]
    plan = planned(session, members, reference="App:1")
    assert plan.command is None
    assert plan.suggested_reference == "app:1"
    assert {name for each in plan.reference_refusals for name in each.engines} == {
        each.engine for each in plan.results
    }
    good = planned(session, members, reference="app:1")
    assert str(good.command).endswith(" - app:1")
    assert planned(session, members, reference="a b").suggested_reference is None


def test_an_archive_that_engines_refuse(session: Session) -> None:
    data = sample("export")
    plan = shown(session, data[: len(data) // 2]).plan
    assert plan.command is None
    assert all("unexpected EOF" in "".join(each.refusals) for each in plan.results)
    compressed = shown(session, compress(sample("export"), "zstd")).plan
    refusing = [each.engine for each in compressed.results if each.refusals]
    assert refusing == ["docker-20.10"]


@pytest.mark.parametrize("form", ["gzip", "bzip2", "xz", "zstd"])
def test_any_compression(session: Session, form: str) -> None:
    plan = shown(session, compress(write_tar([SHELL, directory("etc")]), form)).plan
    assert 'CMD ["/bin/sh"]' in changes(plan)


def test_a_directory_is_packed(session: Session, tmp_path: Path) -> None:
    root = tmp_path / "my root"
    (root / "etc").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin/sh").write_bytes(PROGRAM)
    (root / "bin/sh").chmod(0o755)
    plan = session.import_plan(root, ImportRequest()).plan
    start = f"tar -C {shlex.quote(str(root))} -c . | docker import --change 'CMD [\"/bin/sh\"]'"
    assert str(plan.command).startswith(start)
    assert str(plan.command).endswith(" - name:tag")
    assert plan.is_good


# --- from an image


def image_of(config: dict[str, Any], **fields: Any) -> bytes:
    return build("docker-archive", single(config, **fields)).tar()


def single(config: dict[str, Any], **fields: Any) -> Image:
    """An image with these settings and no others."""
    settings = {**dict.fromkeys(("Entrypoint", "Env", "User", "WorkingDir")), **config}
    platform = {"architecture": fields.pop("architecture", "amd64")}
    return Image(layers=(b"",), config=fields | {"config": settings}, **platform)


CONFIG = {
    "Entrypoint": ["/bin/sh", "-c"],
    "Cmd": ["exec 'a b' \"$0\""],
    "Env": ["PATH=/bin", 'A=a "b" $c \\', "EMPTY="],
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
    "Healthcheck": {"Test": ["CMD", "a b"], "Interval": 1_500_000_000, "Retries": 3},
    "Labels": {"a b": "c=d", "e": ""},
    "OnBuild": ["RUN a", 'COPY ["b", "/"]'],
    "StopSignal": "SIGQUIT",
    "User": "root",
    "Volumes": {"/data": {}, "/a b": {}},
    "WorkingDir": "/bin",
}


def test_the_settings_of_the_image_are_restored(session: Session) -> None:
    data = write_tar([SHELL, directory("etc")])
    plan = shown(session, data, image=image_of(CONFIG, history=None)).plan
    result = plan.result
    assert result is not None
    assert result.config is not None
    assert result.config.settings() == {
        **CONFIG,
        "ExposedPorts": {"53/udp": {}, "80/tcp": {}},
        "Labels": {"a b": "c=d", "e": ""},
    }
    assert plan.lost == ()
    assert all(change.origin == "image" for change in plan.changes)


def test_what_the_import_cannot_restore_is_named(session: Session) -> None:
    config = {"Cmd": ["x"], "Shell": ["a"], "Hostname": "h", "Tty": False, "Env": ["A=b\nc"]}
    data = write_tar([SHELL, directory("etc")])
    image = image_of(config, author="me", **{"os.version": "1"})
    plan = shown(session, data, image=image).plan
    lost = {each.setting for each in plan.lost}
    assert lost == {"Env A", "Shell", "Hostname", "author", "os.version", "history"}
    podman = shown(session, data, image=image_of(CONFIG), engine="podman").plan
    assert {"Healthcheck", "OnBuild"} <= {each.setting for each in podman.lost}


def test_a_config_of_wrong_types_is_read_as_far_as_it_is_right(session: Session) -> None:
    config = {"Cmd": "a b", "Env": [1, "A=b", None], "Labels": {"a": 1, "b": "c"}, "User": 1}
    config |= {"ExposedPorts": ["80"], "Volumes": None, "Healthcheck": {"Test": "x"}, "OnBuild": {}}
    plan = shown(session, write_tar([SHELL, directory("etc")]), image=image_of(config)).plan
    assert changes(plan) == ['CMD ["a b"]', "ENV A=b", "LABEL b=c"]


def test_huge_configs_are_bounded(session: Session) -> None:
    config = {
        "Labels": {f"l{n}": "x" for n in range(5000)},
        "Env": [f"A{n}=x" for n in range(5000)],
    }
    plan = shown(session, write_tar([SHELL, directory("etc")]), image=image_of(config)).plan
    assert len(plan.changes) == 2000
    assert "only 1,000 of 5,000 are restored" in {each.reason for each in plan.lost}


def test_the_platform_of_the_image_is_kept(session: Session) -> None:
    image = Image(layers=(b"",), architecture="arm64", variant="v8")
    data = write_tar([file("bin/sh", elf("arm64"), mode=0o755), directory("etc")])
    plan = shown(session, data, image=build("docker-archive", image).tar()).plan
    assert "--platform linux/arm64/v8" in str(plan.command)


def test_of_several_images_the_one_for_the_platform_is_taken(session: Session) -> None:
    amd, arm = single({"Cmd": ["amd"]}), single({"Cmd": ["arm"]}, architecture="arm64")
    data = write_tar([SHELL, directory("etc")])
    plan = shown(session, data, image=build("multi-platform", amd, arm).tar()).plan
    assert changes(plan)[0] == 'CMD ["amd"]'
    two = build("docker-archive", amd, Image(layers=(b"",), tags=("b:1",))).tar()
    with pytest.raises(SettingsError, match="2 images"):
        shown(session, data, image=two)


@pytest.mark.parametrize(
    ("image", "message"),
    [(sample("export"), "it has no image"), (b"text", "it has no image")],
)
def test_what_is_not_an_image(session: Session, image: bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        shown(session, write_tar([SHELL, directory("etc")]), image=image)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (sample("docker-archive"), "checker classify shows what restores it"),
        (sample("docker-archive")[:5000], "checker check shows the damage"),
        (sample("oci-archive"), "not a root filesystem"),
        (b"text", "not a root filesystem"),
        (b"", "not a root filesystem"),
        (write_tar([file("a/bin/sh", b"x"), directory("a/etc"), directory("a/usr")]), "is in a/"),
    ],
)
def test_what_is_not_a_root_filesystem(session: Session, data: bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        shown(session, data)


def test_what_cannot_be_read(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        session.import_plan(tmp_path / "gone", ImportRequest())


def test_an_unknown_engine(session: Session) -> None:
    with pytest.raises(SettingsError, match="unknown engine 'dokcer'"):
        shown(session, b"", engine="dokcer")


# --- secrets

TOKEN = "ghp_" + "aB3" * 12


@pytest.mark.parametrize(
    "config",
    [
        {"Env": [f"DB_PASSWORD={SECRET}"]},
        {"Labels": {"com.example.api-key": SECRET}},
        {"Cmd": ["app", "--password", SECRET], "Env": [f"DB_PASSWORD={SECRET}"]},
        {"Cmd": [f"app --password={SECRET}"], "Env": [f"DB_PASSWORD={SECRET}"]},
        {
            "Healthcheck": {"Test": ["CMD-SHELL", f"curl -u a:{SECRET} x"]},
            "Env": [f"DB_PASSWORD={SECRET}"],
        },
        {"OnBuild": [f"RUN echo {SECRET}"], "Env": [f"DB_PASSWORD={SECRET}"]},
    ],
)
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_secrets_of_the_image_are_masked(
    session: Session, config: dict[str, Any], engine: str
) -> None:
    from checker.importing.document import plan_document
    from checker.importing.text import plan_lines

    data = write_tar([SHELL, directory("etc")])
    found = shown(session, data, image=image_of(config), engine=engine)
    output = json.dumps(plan_document(found, 0)) + str(plan_lines(found, 80))
    # Also not in the spelling of any syntax.
    assert "Zq81x" not in output
    assert found.masked > 0
    assert "--show-secrets" in str(plan_lines(found, 80))
    whole = shown(session, data, image=image_of(config), engine=engine, show_secrets=True)
    assert "Zq81x" in str(whole.plan.command)
    assert whole.masked == 0


@pytest.mark.parametrize(
    "config",
    [
        {"User": TOKEN},
        {"WorkingDir": f"/{TOKEN}"},
        {"Volumes": {f"/{TOKEN}": {}}},
        {"StopSignal": TOKEN},
        {"ExposedPorts": {TOKEN: {}}},
        {"Shell": ["/bin/sh", TOKEN]},
    ],
)
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_no_setting_shows_a_token(session: Session, config: dict[str, Any], engine: str) -> None:
    from checker.importing.document import plan_document
    from checker.importing.text import plan_lines

    data = write_tar([SHELL, directory("etc")])
    found = shown(session, data, image=image_of(config), engine=engine)
    output = json.dumps(plan_document(found, 0)) + str(plan_lines(found, 500))
    assert TOKEN not in output


def test_secrets_that_are_given_are_masked(session: Session) -> None:
    given = (f"ENV DB_PASSWORD='{SECRET}'", "ENV API_TOKEN ghp_" + "aB3" * 12)
    found = shown(session, write_tar([SHELL, directory("etc")]), changes=given)
    assert "Zq81x" not in str(found)
    assert "ghp_aB3" not in str(found)
    assert found.masked == 2


# --- the command


def test_the_forms_of_the_command() -> None:
    plain = ImportCommand("docker", "a.tar", Origin.FILE, ("CMD x",), reference="a:1")
    assert str(plain) == "docker import --change 'CMD x' a.tar a:1"
    colon = plain._replace(family="podman", path="a:b.tar")
    assert str(colon) == "podman import --change 'CMD x' - a:1 < ./a:b.tar"
    whole = colon._replace(
        platform=Platform("linux", "arm", "v7"), message="it's", origin=Origin.DIRECTORY, path="-d"
    )
    options = "--os linux --arch arm --variant v7 --message 'it'\"'\"'s' --change 'CMD x'"
    assert str(whole) == f"tar -C ./-d -c . | podman import {options} - a:1"


# --- classification


@pytest.mark.parametrize(
    ("members", "advice"),
    [
        (
            [file("bin/bash", PROGRAM, mode=0o755), directory("usr/bin")],
            "--change 'CMD [\"/bin/bash\"]' --change 'ENV PATH=/usr/bin:/bin' FILE name:tag`",
        ),
        (
            [file("bin/sh", elf("arm64"), mode=0o755), directory("etc")],
            "`docker import --platform linux/arm64 --change 'CMD [\"/bin/sh\"]'",
        ),
        ([file("bin/sh", b"#!/gone\n", mode=0o755), directory("etc")], "/gone"),
        ([file("bin/sh", PROGRAM, mode=0o644), directory("etc")], "no execute permission"),
        ([file("bin/app", PROGRAM), directory("etc")], "No shell or init was found in it: set"),
    ],
)
def test_classification_gives_the_same_advice(members: list[Member], advice: str) -> None:
    members = [*members, text("etc/os-release", "ID=x\n"), directory("usr"), directory("var")]
    found = checker.classify(io.BytesIO(write_tar(members))).classification
    assert found is not None
    assert [each for each in found.advice if advice in each], found
