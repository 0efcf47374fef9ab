"""What cannot be known, what hosts decide, and how much work there is at most."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from checker.model.content import ContentPlan
from checker.starting.obstacle import Answer, Budget, Cause, Start
from checker.starting.process import Process, process_from
from checker.starting.start import READS, root_start
from checker.testing import Archive, Image, build
from checker.testing.elf import ET_DYN, Linking, elf
from checker.testing.tar import file, symlink, write_tar
from tests.sessions import new_session

from .roots import APP, GLIBC, LOOKALIKES, dynamic, library, program

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from checker.model.rootfs import Rootfs
    from checker.testing.tar import Member

NOTHING = dict.fromkeys(("Entrypoint", "Cmd", "Env", "User", "WorkingDir"))


def image(*layers: tuple[Member, ...], **fields: object) -> Image:
    return Image(layers=layers, config={"config": {**NOTHING, **APP}, **fields})


def starts_of(path: Path, archive: Archive, **settings: str) -> tuple[Start, ...]:
    path.write_bytes(archive.tar())
    with new_session(settings) as session:
        return session.classify(path).starts


def start_of(path: Path, image: Image, **settings: str) -> Start:
    (start,) = starts_of(path, build("oci-archive", image), **settings)
    return start


def root_of(path: Path, members: Iterable[Member]) -> Rootfs:
    path.write_bytes(write_tar(tuple(members)))
    with new_session() as session:
        rootfs = session.read(path, plan=ContentPlan.of(READS)).rootfs
    assert rootfs is not None
    return rootfs


BASE = tuple(file(f"{name}/x") for name in ("bin", "etc", "usr", "var", "sbin", "home"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.tar"


def test_layers_that_are_damaged_or_missing(path: Path) -> None:
    layers = ((program("app"),), (file("x"),))
    damaged = Image(layers=layers, config={"config": {**NOTHING, **APP}}, stored={1: b"x" * 700})
    start = start_of(path, damaged)
    assert (start.answer, start.cause) == (Answer.UNKNOWN, Cause.INCOMPLETE)
    assert start.reason == "layer 1 is not a tar"


def test_no_command_is_known_even_if_layers_are_not(path: Path) -> None:
    bare = Image(layers=((file("x"),),), config={"config": NOTHING}, stored={0: b"x" * 700})
    assert start_of(path, bare).cause is Cause.NO_COMMAND


def test_a_limit_on_entries(path: Path) -> None:
    many = image((program("app"), *(file(f"f{i}") for i in range(50))))
    path.write_bytes(build("oci-archive", many).tar())
    with new_session({"limits": {"entries": 20}}) as session:
        (start,) = session.classify(path).starts
    assert start.reason == "layer 0 was not read to its end, because a limit was reached"


def test_content_beyond_the_limit(path: Path) -> None:
    path.write_bytes(build("oci-archive", image((program("app", b"#!/bin/sh\n" * 9),))).tar())
    with new_session({"limits": {"content": 8}}) as session:
        (start,) = session.classify(path).starts
    assert start.text == "/app was not read, so that its format is not known"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"os": "windows"}, "images for Windows are not examined"),
        ({"os": "freebsd"}, "images for freebsd are not examined"),
        ({"architecture": "wasm"}, "a runtime for WebAssembly starts it"),
    ],
)
def test_other_systems(path: Path, fields: dict[str, str], reason: str) -> None:
    start = start_of(path, image((program("app"),), **fields))
    assert (start.answer, start.reason) == (Answer.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("machine", "host", "answer"),
    [
        ("amd64", "linux/amd64", "yes"),
        ("386", "linux/amd64", "yes"),
        ("arm64", "linux/amd64", "unknown"),
        ("arm64", "linux/arm64", "yes"),
        ("arm", "linux/arm64", "unknown"),
        ("s390x", "linux/s390x", "yes"),
        ("amd64", "windows/amd64", "unknown"),
    ],
)
def test_the_host_decides(path: Path, machine: str, host: str, answer: str) -> None:
    start = start_of(path, image((program("app", elf(machine)),)), host=host)
    assert start.answer == answer


def test_every_image_has_its_answer(path: Path) -> None:
    images = (image((program("app"),)), image((file("x"),)))
    starts = starts_of(path, build("docker-archive", *images))
    assert [start.answer for start in starts] == ["yes", "no"]


def test_a_root_filesystem_has_no_command(path: Path) -> None:
    rootfs = root_of(path, BASE)
    assert root_start(rootfs, Process()).text == "no command specified: set CMD"
    assert root_start(rootfs, process_from({"Cmd": ["/bin/x"]})).answer is Answer.NO


def test_a_library_far_inside_a_compressed_layer(path: Path) -> None:
    far = elf(needed=["libz.so"], linking=Linking(kind=ET_DYN, names_gap=300_000))
    members = (
        *(LOOKALIKES.loader, program("app", dynamic("libone.so"))),
        file("lib/libone.so", far),
        file("lib/libz.so", library("libz.so")),
    )
    packed = image(members)
    start = start_of(path, packed)
    assert start.text == "the libraries that /lib/libone.so needs could not be read"
    plain = Image(layers=(members,), config={"config": {**NOTHING, **APP}}, compression="none")
    assert start_of(path, plain).answer is Answer.UNKNOWN


def test_a_loader_that_is_not_known(path: Path) -> None:
    app = elf(interpreter="/lib/ld-other.so", needed=["libone.so"])
    members = (program("app", app), program("lib/ld-other.so"))
    elsewhere = file("opt/libone.so", library("libone.so"))
    assert start_of(path, image((*members, elsewhere))).answer is Answer.UNKNOWN
    assert start_of(path, image(members)).answer is Answer.NO


def test_what_runtimes_for_graphics_cards_add(path: Path) -> None:
    members = (LOOKALIKES.loader, program("app", dynamic("libcuda.so.1")))
    start = start_of(path, image(members))
    assert (start.answer, "graphics" in start.text) == (Answer.UNKNOWN, True)


def test_secrets_in_the_command_are_masked(path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    masked = Image(
        layers=((program("bin/sh"),),),
        config={"config": {**NOTHING, "Cmd": ["/bin/sh", "-c", f"app --token={secret}"]}},
    )
    assert secret not in str(start_of(path, masked))


# Bounds


def chain(count: int) -> tuple[Member, ...]:
    """Libraries of which each needs the next one and one that is missing."""
    return tuple(
        file(f"lib/lib{i}.so", library(f"lib{i}.so", f"lib{i + 1}.so", f"missing{i}.so"))
        for i in range(count)
    )


def test_libraries_are_looked_up_within_a_budget(path: Path) -> None:
    app = program("app", dynamic("lib0.so"))
    rootfs = root_of(path, (*BASE, LOOKALIKES.loader, app, *chain(300)))
    start = root_start(rootfs, Process(("/app",)), "amd64", Budget(1000))
    assert (start.answer, start.cause) == (Answer.UNKNOWN, Cause.TOO_MUCH)


def test_work_grows_with_the_number_of_libraries(path: Path) -> None:
    seconds: list[float] = []
    for count in (500, 2000):
        app = program("app", dynamic("lib0.so"))
        rootfs = root_of(path, (*BASE, LOOKALIKES.loader, app, *chain(count)))
        began = time.process_time()
        assert root_start(rootfs, Process(("/app",))).answer is Answer.NO
        seconds.append(time.process_time() - began)
    # Four times as many libraries; with a search that is quadratic, sixteen times as long.
    assert seconds[1] < 9 * seconds[0] + 0.5


def test_images_share_a_budget(path: Path) -> None:
    rootfs = root_of(path, (*BASE, LOOKALIKES.loader, program("app", dynamic("lib0.so"))))
    budget = Budget(10)
    process = Process(("/app",))
    answers = [root_start(rootfs, process, "amd64", budget).answer for _ in range(3)]
    assert answers == [Answer.NO, Answer.UNKNOWN, Answer.UNKNOWN]


def test_who_asks_again_spends_the_same(path: Path) -> None:
    app = program("app", dynamic("lib0.so"))
    rootfs = root_of(path, (*BASE, LOOKALIKES.loader, app, *chain(100)))
    spent: list[int] = []
    reasons: set[str] = set()
    for number, lookups in enumerate((100_000, 100_000, 50_000)):
        budget = Budget(lookups)
        start = root_start(rootfs, Process(("/app", str(number))), "amd64", budget)
        spent.append(lookups - budget.left)
        reasons.add(start.reason)
    assert len(set(spent)) == 1
    assert len(reasons) == 1
    # What is known already does not make an answer known that the budget does not suffice for.
    start = root_start(rootfs, Process(("/app",)), "amd64", Budget(spent[0] // 2))
    assert (start.answer, start.cause) == (Answer.UNKNOWN, Cause.TOO_MUCH)
    enough = Budget(spent[0] + 1)
    assert root_start(rootfs, Process(("/app",)), "amd64", enough).reason in reasons


def test_loops_and_deep_paths_end(path: Path) -> None:
    links = tuple(symlink(f"l{i}", f"l{(i + 1) % 100}") for i in range(100))
    rootfs = root_of(path, (*BASE, *links, symlink("deep", "x/" * 2000)))
    for word in ("/l0", "/deep", "/" + "a/" * 3000, "../" * 3000 + "l1"):
        process = Process((word,), {"PATH": ":".join(f"/l{i}" for i in range(5000))})
        assert root_start(rootfs, process).answer is Answer.NO


@pytest.mark.parametrize(
    "command",
    [("app",), ("/bin/script",), ("/bin/sh", "-c", "app")],
    ids=["command", "interpreter", "in a shell"],
)
@pytest.mark.parametrize("more", [0, 1])
def test_a_program_is_not_called_absent_where_path_was_not_searched_to_its_end(
    path: Path, command: tuple[str, ...], more: int
) -> None:
    script = file("bin/script", "#!/usr/bin/env app\n", mode=0o755)
    rootfs = root_of(path, (*BASE, program("bin/sh"), program("usr/bin/env"), script))
    search = ":".join(f"/d{number}" for number in range(200 + more))
    start = root_start(rootfs, Process(command, {"PATH": search}))
    assert (start.answer is Answer.UNKNOWN) is bool(more)
    assert (start.cause is Cause.TOO_MUCH) is bool(more)
    assert "the first 200 directories of PATH" not in start.reason or more


def test_hostile_search_paths_end(path: Path) -> None:
    search = ":".join(f"/d{i}/$ORIGIN" for i in range(1000))
    app = elf(
        interpreter=GLIBC,
        needed=[f"lib{i}.so" for i in range(400)],
        linking=Linking(runpath=search[:4000]),
    )
    rootfs = root_of(path, (*BASE, LOOKALIKES.loader, program("app", app)))
    process = Process(("/app",), {"LD_LIBRARY_PATH": search})
    began = time.process_time()
    start = root_start(rootfs, process)
    assert (start.answer, start.cause) == (Answer.UNKNOWN, Cause.TOO_MUCH)
    assert time.process_time() - began < 20


def test_a_library_is_found_in_the_last_of_many_directories(path: Path) -> None:
    search = ":".join(f"/d{number}" for number in range(1000))
    last = file("d999/lib0.so", library("lib0.so"))
    rootfs = root_of(path, (*BASE, LOOKALIKES.loader, program("app", dynamic("lib0.so")), last))
    process = Process(("/app",), {"LD_LIBRARY_PATH": search})
    assert root_start(rootfs, process).answer is Answer.YES
