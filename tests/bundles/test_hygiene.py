"""Good practice: the figures of dive, secrets that are never printed, caches in large layers."""

from __future__ import annotations

import time
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.model.document import Document
from checker.model.image import Layer, read_config
from checker.model.limits import Limits
from checker.model.location import Location
from checker.model.rootfs import Rootfs
from checker.plugins import load_plugins
from checker.reading.tar.walker import TarWalker
from checker.testing.archive import build
from checker.testing.cases import Case, load_cases
from checker.testing.image import Image
from checker.testing.running import run_case
from checker.testing.tar import Member, directory, file, opaque, whiteout, write_tar
from checker_hygiene.amount import amount
from checker_hygiene.caches import caches_in
from checker_hygiene.key_files import find_key_files
from checker_hygiene.layering import Layering, layering_of
from checker_hygiene.secrets import is_secret_name, name_words, suspect
from checker_hygiene.steps import steps_of
from tests.effort import examples
from tests.sessions import checked_whole, new_session

CASES = Path(__file__).parents[1] / "cases" / "checker_hygiene"
PLACE = Location(archive="test.tar")


def layer_of(position: int, members: tuple[Member, ...]) -> Layer:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar(members))
    blob = Blob(PLACE, position=position, path="", size=0, digests={}, tar=walker.finish())
    return Layer(PLACE, position=position, descriptor=None, path=None, blob=blob, diff_id=None)


def layering(*layers: tuple[Member, ...]) -> Layering:
    return layering_of(Rootfs(PLACE, tuple(layer_of(i, each) for i, each in enumerate(layers))))


# --- the figures of dive


def sized(path: str, size: int) -> Member:
    return file(path, b"x" * size)


class Dive:
    """The figures worked out node by node, over a tree of paths, as dive's documentation has it."""

    def __init__(self, layers: tuple[tuple[Member, ...], ...]) -> None:
        self.nodes: dict[str, list[int]] = {}
        stacked: dict[str, int] = {}
        for layer in layers:
            self._add(layer, stacked)
        sizes = self.nodes.values()
        self.discovered = sum(map(sum, sizes))
        self.least = sum(map(min, sizes))
        self.wasted = sum(sum(each) for each in sizes if len(each) > 1)

    @property
    def efficiency(self) -> float:
        return self.least / self.discovered if self.discovered else 1.0

    def _add(self, layer: tuple[Member, ...], stacked: dict[str, int]) -> None:
        own = {member.name.rstrip("/"): member for member in layer}
        parents = {str(parent) for name in own for parent in PurePosixPath(name).parents}
        gone = {
            str(PurePosixPath(name).with_name(PurePosixPath(name).name.removeprefix(".wh.")))
            for name in own
            if PurePosixPath(name).name.startswith(".wh.")
        }
        for target in gone:
            below = [path for path in stacked if path.startswith(f"{target}/")]
            if target in stacked or below:
                self.nodes.setdefault(target, []).append(sum(stacked[path] for path in below))
        for target in gone:
            for path in [p for p in stacked if p == target or p.startswith(f"{target}/")]:
                del stacked[path]
        for name, member in own.items():
            if PurePosixPath(name).name.startswith(".wh."):
                continue
            size = 0 if member.typeflag == b"5" else len(member.content)
            if name not in parents:
                self.nodes.setdefault(name, []).append(size)
            stacked[name] = size


FILES = [sized(f"{folder}/{name}", 0) for folder in ("a", "a/b", "c") for name in "xyz"]
sizes = st.sampled_from([0, 1, 10, 700])
entries = st.one_of(
    st.builds(lambda member, size: sized(member.name, size), st.sampled_from(FILES), sizes),
    st.sampled_from([directory("a"), directory("a/b"), directory("c")]),
)
removable = st.sampled_from(["a", "a/b", "c", "a/x", "a/b/y", "c/z"])


@st.composite
def stacks(draw: st.DrawFn) -> tuple[tuple[Member, ...], ...]:
    """Layers whose whiteouts each take away something that is there, and not what they bring."""
    layers: list[tuple[Member, ...]] = []
    there: set[str] = set()
    for _ in range(draw(st.integers(1, 4))):
        gone: list[str] = []
        wanted = draw(st.lists(removable, max_size=2, unique=True)) if layers else []
        for target in wanted:
            nested = any(
                target.startswith(f"{other}/") or other.startswith(f"{target}/") for other in gone
            )
            is_there = any(path == target or path.startswith(f"{target}/") for path in there)
            if is_there and not nested:
                gone.append(target)
        brought = {
            member.name.rstrip("/"): member
            for member in draw(st.lists(entries, max_size=5))
            if not any(f"{member.name}/".startswith(f"{target}/") for target in gone)
        }
        there = {p for p in there if not any(f"{p}/".startswith(f"{target}/") for target in gone)}
        there |= set(brought)
        layers.append((*map(whiteout, gone), *brought.values()))
    return tuple(layers)


def test_an_empty_layer_counts_when_layers_are_numbered() -> None:
    found = layering((), (sized("a/x", 1),), (whiteout("a"),))
    (removal,) = found.removals
    assert (removal.layer, removal.layers) == (2, (1,))
    assert found.added == 1


@settings(max_examples=examples(300), deadline=None)
@given(stacks())
def test_the_figures_are_those_of_dive(layers: tuple[tuple[Member, ...], ...]) -> None:
    found, dive = layering(*layers), Dive(layers)

    assert found.wasted == dive.wasted
    assert found.efficiency == pytest.approx(dive.efficiency)
    if found.lost:
        assert found.added == sum(len(m.content) for layer in layers[1:] for m in layer)


@settings(max_examples=examples(100), deadline=None)
@given(stacks())
def test_what_is_lost_is_what_cannot_be_seen(layers: tuple[tuple[Member, ...], ...]) -> None:
    found = layering(*layers)
    every = sum(len(member.content) for layer in layers for member in layer)
    rootfs = Rootfs(PLACE, tuple(layer_of(i, each) for i, each in enumerate(layers)))

    assert every - sum(found.lost.values()) == sum(placed.entry.size for placed in rootfs)
    assert sum(removal.size for removal in found.removals) <= sum(found.lost.values())


def test_whiteouts_are_told_apart() -> None:
    found = layering(
        (sized("a/one", 1), sized("a/two", 2), sized("b", 4), sized("c/d/three", 8)),
        (whiteout("a"), whiteout("b"), opaque("c/d"), sized("c/d/four", 16)),
        (whiteout("c/d/four"),),
    )
    assert [(r.layer, r.marker, r.files, r.size, r.layers, r.is_file) for r in found.removals] == [
        (1, ".wh.a", 2, 3, (0,), False),
        (1, ".wh.b", 1, 4, (0,), True),
        (1, "c/d/.wh..wh..opq", 1, 8, (0,), False),
        (2, "c/d/.wh.four", 1, 16, (1,), True),
    ]


def listed_again(*order: int) -> Layering:
    """The figures of some layers, listed in an order."""
    tables = (
        (sized("a/x", 3), sized("b", 2)),
        (whiteout("a"), sized("b", 2)),
        (sized("c", 1), opaque("")),
    )
    layers = [layer_of(number, tables[number]) for number in range(len(tables))]
    return layering_of(
        Rootfs(PLACE, tuple(layers[number]._replace(position=i) for i, number in enumerate(order)))
    )


@pytest.mark.parametrize(
    ("order", "removals"),
    [
        ((0, 1, 1), [(1, 1, 3, (0,))]),
        ((0, 1, 0, 1), [(1, 1, 3, (0,)), (3, 1, 3, (2,))]),
        ((0, 0, 1), [(2, 1, 3, (1,))]),
        ((0, 2, 0, 2), [(1, 2, 5, (0,)), (3, 3, 6, (1, 2))]),
        ((0, 2, 2), [(1, 2, 5, (0,)), (2, 1, 1, (1,))]),
    ],
)
def test_layers_that_are_listed_again(
    order: tuple[int, ...], removals: list[tuple[int, int, int, tuple[int, ...]]]
) -> None:
    found = listed_again(*order).removals
    assert [(each.layer, each.files, each.size, each.layers) for each in found] == removals


def test_layers_that_are_listed_a_thousand_times_are_counted_in_bounded_time() -> None:
    files = [sized(f"a/{number}", 1) for number in range(5000)]
    layer = layer_of(0, (*files, whiteout("b/x"), opaque("a")))
    started = time.process_time()
    found = layering_of(Rootfs(PLACE, (layer,) * 1000))
    assert time.process_time() - started < 5
    assert found.removals[-1][:5] == (999, "a/.wh..wh..opq", "a", 5000, 5000)


def test_a_deep_path_is_followed_without_recursion() -> None:
    deep = "d/" * 1500
    found = layering((sized(f"{deep}x", 5),), (whiteout("d"),))
    assert [removal.size for removal in found.removals] == [5]


# --- secrets


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("DB_PASSWORD", True),
        ("dbPassword", True),
        ("password", True),
        ("PGPASSWORD", True),
        ("MYSQL_PWD", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("apiKey", True),
        ("API_KEY_2", True),
        ("SECRET_KEY_BASE", True),
        ("_authToken", True),
        ("com.example.token", True),
        ("PWD", False),
        ("OLDPWD", False),
        ("PATH", False),
        ("KEY", False),
        ("SORT_KEY", False),
        ("GPG_KEY", False),
        ("PUBLIC_API_KEY", False),
        ("DB_PASSWORD_FILE", False),
        ("TOKEN_URL", False),
        ("TOKENIZERS_PARALLELISM", False),
        ("SSH_ASKPASS", False),
        ("COMPASS", False),
        ("PASSENGER_VERSION", False),
        ("ALLOW_EMPTY_PASSWORD", False),
        ("", False),
    ],
)
def test_names_of_secrets(name: str, is_secret: bool) -> None:  # noqa: FBT001
    assert is_secret_name(name) is is_secret


def test_names_are_taken_apart() -> None:
    assert name_words("dbPasswordV2") == ["DB", "PASSWORD", "V", "2"]
    assert name_words("HTTPToken-x.y") == ["HTTP", "TOKEN", "X", "Y"]


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=30), st.text(max_size=200))
def test_any_name_and_value_is_judged(name: str, value: str) -> None:
    suspicion = suspect(name, value)
    assert suspicion is None or not value or value not in suspicion.reason or len(value) < 20


SECRETS = (
    *("hunter2-battery", "0123456789abcdef", "kJh7sd8F0", "MIIE", "b3BlbnNz", "AKIA2E3F", "ghp_"),
    *("npm_", "bWU6aHVudGVy", "correct-horse", "battery-staple"),
)
SECRET_CASES = [
    case
    for case in load_cases(CASES)
    if case.kind == "fail" and ("secret" in case.rule or "credential" in case.rule)
]


@pytest.mark.parametrize("case", SECRET_CASES, ids=lambda case: case.id)
def test_a_secret_is_never_printed(case: Case, tmp_path: Path) -> None:
    rule = load_plugins().registry.find(case.rule)
    assert rule is not None
    findings, _ = run_case(case, rule.check, tmp_path)

    assert findings
    assert [(f, s) for f in findings for s in SECRETS if s in f"{f.message} {f.fix}"] == []


# --- steps


def test_steps_are_read_in_every_form() -> None:
    lines = {
        "/bin/sh -c #(nop)  ENV A=b": ("ENV", "A=b", []),
        "ENV A=b": ("ENV", "A=b", []),
        "RUN /bin/sh -c a && b c # buildkit": ("RUN", "", [("a",), ("b", "c")]),
        "/bin/sh -c a; b | c": ("RUN", "", [("a",), ("b",), ("c",)]),
        "|1 A=b /bin/sh -c x": ("RUN", "", [("x",)]),
        "RUN |2 A=b C=d /bin/bash -o pipefail -c (A=b x y) # buildkit": ("RUN", "", [("x", "y")]),
        "RUN apt-get update": ("RUN", "", [("apt-get", "update")]),
        "bazel build ...": ("", "bazel build ...", []),
    }
    history = [{"created_by": line} for line in lines] + [{"created_by": "  "}, {"comment": "x"}]
    blob = Blob(PLACE, position=0, path="", size=0, digests={})
    config = read_config(blob, Document(b"", {"history": history}), "app")

    steps = list(steps_of(config))
    assert len(steps) == len(lines)
    for step, (instruction, text, commands) in zip(steps, lines.values(), strict=True):
        assert step.instruction == instruction
        assert step.commands() == commands
        assert not text or step.text == text


# --- caches and amounts


def test_caches_of_a_large_layer() -> None:
    many = tuple(sized(f"srv/{number}", 0) for number in range(10_000))
    members = (
        directory("var/cache/apk"),
        sized("var/cache/apk/a", 1),
        directory("var/cache/apk/b"),
        sized("var/cache/apk/b/c", 1),
        directory("home/app/.npm/_cacache"),
        sized("home/app/.npm/_cacache/d", 1),
        sized("home/app/.npm/other", 1),
    )
    entries = layer_of(0, (*many, *members)).entries
    found = {
        cache.directory: [entries.paths[i] for i in cache.positions] for cache in caches_in(entries)
    }
    assert found == {
        "var/cache/apk": ["var/cache/apk/a", "var/cache/apk/b/c"],
        "home/app/.npm/_cacache": ["home/app/.npm/_cacache/d"],
    }


def test_key_files_of_a_large_layer() -> None:
    many = tuple(sized(f"srv/{number}", 0) for number in range(20_000))
    hidden, upper = sized("srv/a.p12", 1), whiteout("srv/a.p12")
    layers = layer_of(0, (*many, hidden, sized("srv/b.p12", 1))), layer_of(1, (upper,))
    found = [
        each.layer.entries.paths[each.position] for each in find_key_files(Rootfs(PLACE, layers))
    ]
    assert found == ["srv/b.p12"]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_999, "1.00 MB"),
        (5 * 10**18, "5.00 EB"),
    ],
)
def test_amounts(count: int, words: str) -> None:
    assert amount(count) == words


@pytest.mark.parametrize(
    "line",
    [
        "|1 " + "/a" * 40_000,
        "RUN /bin/sh -c " + "curl -u " * 10_000,
        "RUN /bin/sh -c " + "A_TOKEN=" * 10_000,
        "RUN /bin/sh -c " + "a:b" * 20_000 + "| chpasswd",
        "RUN /bin/sh -c " + "http://a" * 10_000 + "@",
        "RUN /bin/sh -c " + "mysql " * 10_000,
        "RUN /bin/sh -c docker login " + "-p" * 30_000,
        "RUN /bin/sh -c " + "echo aaaaaaaa " * 5_000 + "| passwd",
        "RUN /bin/sh -c " + "-password=a;" * 5_000,
        "ADD " + "a.tar" * 20_000,
        "ENV " + "_" * 60_000 + "=" + "_" * 60_000,
    ],
)
def test_a_hostile_history_is_read_in_bounded_time(line: str, tmp_path: Path) -> None:
    config = {"history": [{"created_by": line}] * 5, "config": {"Env": [line] * 5}}
    path = tmp_path / "image.tar"
    path.write_bytes(build("docker-archive", Image(layers=((),), config=config)).tar())
    session = new_session({"select": ["HYG"]})

    began = time.process_time()
    checked_whole(session, path)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "secret",
    [
        file("root/.netrc", "machine example.org login me password hunter2-battery\n"),
        file("app/settings.yaml", "token: ghp_gNSWPH8prVqsUeQCtDR3zzX6hqo35uwZqxZO\n"),
    ],
    ids=lambda secret: secret.name,
)
def test_a_deleted_secret_is_told_by_one_rule(secret: Member, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    image = Image(layers=((secret,), (whiteout(secret.name),)))
    path.write_bytes(build("docker-archive", image).tar())
    rules = ["credential-file", "secret-in-file", "deleted-secret", "deleted-file"]
    checked = checked_whole(new_session({"select": rules}), path)
    assert [finding.name for finding in checked.findings] == ["deleted-secret"]
