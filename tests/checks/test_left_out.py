"""What a limit keeps from being looked at, or from being told, is named in a finding."""

from __future__ import annotations

import io
from functools import cache

import pytest

from benchmarks.hostile.generators import GENERATORS
from checker import Rootfs, Session, Severity
from checker.plugins import LoadedPlugins, load_plugins
from checker.results import CheckedArchive
from checker.testing.archive import build
from checker.testing.elf import elf
from checker.testing.image import Image
from checker.testing.tar import directory, file, hardlink, symlink, whiteout

_LIBRARIES = [f"lib{number}.so" for number in range(60)]
_LISTED = [file(f"d/{number:03}", "x") for number in range(60)]
_CONFIG = {"config": {"Cmd": ["/bin/sh"]}}
_SHELL = file("bin/sh", "#!/bin/x\n", mode=0o755)

ARCHIVES = {
    name: GENERATORS[name].make(min(GENERATORS[name].small, 60)).data
    for name in (
        *("whiteouts-of-all", "opaque-directories", "linked-directories", "many-libraries"),
        *("libraries-of-the-command", "chain-of-symlinks", "layers-of-the-same-files"),
        *("one-odd-layer-again-and-again", "below-a-linked-directory", "loop-of-hard-links"),
    )
}
ARCHIVES |= {
    name: build(
        "docker-archive",
        Image(layers=tuple(map(tuple, layers)), config={"config": {"Cmd": ["/bin/sh"]}}),
    ).tar()
    for name, layers in {
        "hidden files": ([_SHELL, *_LISTED], [whiteout(each.name) for each in _LISTED]),
        "links to lower files": (
            [_SHELL, *_LISTED],
            [hardlink(f"u/{number:03}", each.name) for number, each in enumerate(_LISTED)],
        ),
        "below lower files": (
            [_SHELL, *_LISTED],
            [file(f"{each.name}/x", "x") for each in _LISTED],
        ),
        "below many links": (
            [
                _SHELL,
                *(symlink(f"l{number}", "d") for number in range(60)),
                *(file(f"l{number}/x{number}", "x") for number in range(60)),
            ],
        ),
        "interpreters": (
            [
                _SHELL,
                *(
                    file(f"usr/bin/s{number}", f"#!/absent{number}\n", mode=0o755)
                    for number in range(60)
                ),
            ],
        ),
        "links to nothing": (
            [_SHELL, *(symlink(f"usr/bin/l{number}", f"absent{number}") for number in range(60))],
        ),
        "programs without libraries": (
            [
                _SHELL,
                directory("usr"),
                *(file(f"usr/bin/{n}", elf(needed=[n]), mode=0o755) for n in _LIBRARIES),
            ],
        ),
        "the same files again": (
            *([*_LISTED, file(f"n{number}")] for number in range(3)),
            [whiteout("d")],
            [*_LISTED],
            [whiteout("d")],
        ),
    }.items()
}
_CONFIGS: dict[str, dict[str, object]] = {
    "secrets in the environment": {
        "config": {"Env": [f"V{n}_PASSWORD=s3cr3t-{n}" for n in range(60)]}
    },
    "secrets in labels": {
        "config": {"Labels": {f"v{n}_password": f"s3cr3t-{n}" for n in range(60)}}
    },
    "a long history": {
        "history": [{"created_by": f"RUN sudo x{n}", "empty_layer": n > 0} for n in range(60)]
    },
}
ARCHIVES |= {
    name: build("docker-archive", Image(layers=((_SHELL,),), config=config)).tar()
    for name, config in _CONFIGS.items()
}


@cache
def plugins() -> LoadedPlugins:
    return load_plugins()


def checked(name: str, limits: dict[str, int]) -> CheckedArchive:
    session = Session({"limits": limits, "jobs": 1}, plugins=plugins())
    return session.check(io.BytesIO(ARCHIVES[name]), name="archive.tar")


def said_of(found: CheckedArchive) -> object:
    """What is said of an archive, besides limits."""
    findings = {(one.rule, one.message) for one in found.findings if one.rule != "ARC010"}
    verdicts = [one._replace(conditions=()) for one in found.verdicts]
    return findings, verdicts, [start.answer for start in found.starts]


@pytest.mark.parametrize("limit", ["lookups", "findings", "simulated"])
@pytest.mark.parametrize("name", ARCHIVES)
def test_whatever_a_limit_changes_is_told(name: str, limit: str) -> None:
    whole, cut = checked(name, {}), checked(name, {limit: 20})
    told = [one.message for one in cut.findings if one.rule == "ARC010"]

    if said_of(whole) != said_of(cut):
        assert any(f"the limit {limit} of 20 was reached" in message for message in told)
    limits = () if cut.archive is None else cut.archive.limits
    assert len(told) == len(limits)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("hidden files", "not all paths that whiteouts hide were looked up"),
        ("links to lower files", "not all targets of hard links were looked up"),
        ("below lower files", "not all directories were looked up in lower layers"),
        ("below many links", "not all entries were followed whose paths lead through a symlink"),
        ("interpreters", "not all interpreters of programs were looked up"),
        ("secrets in the environment", "not all variables were checked for secrets"),
        ("secrets in labels", "not all labels and annotations were checked for secrets"),
        ("a long history", "not all of the history was examined"),
        ("links to nothing", "not all symlinks were followed"),
        ("programs without libraries", "not all executables were examined"),
        ("libraries-of-the-command", "not all libraries that programs need were looked up"),
    ],
)
def test_what_was_left_out_is_named(name: str, what: str) -> None:
    told = [one.message for one in checked(name, {"lookups": 20}).findings if one.rule == "ARC010"]
    assert any(what in message for message in told), told


@pytest.mark.parametrize("limits", [{"text_files": 1}, {"text_bytes": 30}])
@pytest.mark.parametrize("kind", ["docker-archive", "rootfs"])
def test_text_files_that_are_not_searched(kind: str, limits: dict[str, int]) -> None:
    files = tuple(
        file(f"app/{number}.conf", f"name = the file {number} of 3\n") for number in range(3)
    )
    layer = (_SHELL, *map(directory, ("etc", "lib", "usr", "var")), *files)
    archive = build(kind, Image(layers=(layer,))).tar()
    session = Session({"limits": limits, "jobs": 1}, plugins=plugins())
    found = session.check(io.BytesIO(archive), name="archive.tar")
    ((name, value),) = limits.items()
    told = [(one.severity, one.message) for one in found.findings if one.rule == "ARC010"]
    assert [severity for severity, _ in told] == [Severity.NOTE]
    what = f"the limit {name} of {value} was reached: further text files were not searched"
    assert what in told[0][1]
    assert found.archive is not None
    roots = [Rootfs(image.location, image.layers, image) for image in found.archive.images]
    assert all(root.is_whole for root in (*roots, *filter(None, [found.archive.rootfs])))


@pytest.mark.parametrize("name", ARCHIVES)
def test_usual_limits_leave_out_nothing(name: str) -> None:
    assert [one for one in checked(name, {}).findings if one.rule == "ARC010"] == []
