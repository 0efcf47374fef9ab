"""The parsers of ``--change`` on any text, and settings written as options."""

from __future__ import annotations

import string
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.importing.engines import DOCKER, ENGINES, ImportEngine
from checker.importing.errors import ImportRefusedError
from checker.importing.expressing import express
from checker.importing.go_text import GoError, format_duration, parse_duration
from checker.importing.run_config import Healthcheck, RunConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYWORDS = (
    *("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL"),
    *("USER", "VOLUME", "WORKDIR", "RUN", "cmd", "", "#", "# escape=`"),
)
PIECES = st.one_of(
    st.sampled_from(
        [
            *("a=b", '"', "'", "\\", "$A", "${A", "}", ":-", "#", "%", "/", "<<EOF", "\n", "EOF"),
            *("[", "]", '["a"]', ",", "--interval=1s", "--", "CMD", "NONE", "80/tcp", "1-2", "`"),
            *(" ", "\t", "\r", "\ufeff", "\u00a0", "\udcff", "-", "1", "RUN", "ONBUILD"),
        ]
    ),
    st.text(max_size=3),
)
CHANGES = st.builds(
    lambda keyword, pieces: f"{keyword} {''.join(pieces)}",
    st.sampled_from(KEYWORDS),
    st.lists(PIECES, max_size=8),
)
# Characters that are special to the syntax, and some that are not.
TEXTS = st.text(alphabet=st.sampled_from(" \"'\\$`=#<>[]{},;&|abcAZ09-_/.é\t"), max_size=12)
NAMES = st.text(alphabet=string.ascii_letters + "_$\" '", min_size=1, max_size=6)
WORDS = st.lists(TEXTS, min_size=1, max_size=4).map(tuple)
INTERVALS = st.just(0) | st.integers(min_value=1_000_000, max_value=10**15)
HEALTHCHECKS = st.builds(
    Healthcheck,
    WORDS.map(lambda words: ("CMD", *words)),
    interval=INTERVALS,
    timeout=INTERVALS,
    start_period=INTERVALS,
    start_interval=INTERVALS,
    retries=st.integers(min_value=0, max_value=100),
)
CONFIGS = st.builds(
    RunConfig,
    entrypoint=st.none() | WORDS,
    cmd=st.none() | WORDS,
    env=st.dictionaries(NAMES, TEXTS, max_size=4).map(
        lambda pairs: tuple(f"{name}={value}" for name, value in pairs.items())
    ),
    exposed_ports=st.sets(st.sampled_from(["1/tcp", "53/udp", "65535/tcp"])).map(
        lambda ports: tuple(sorted(ports))
    ),
    healthcheck=st.none() | HEALTHCHECKS,
    labels=st.dictionaries(NAMES, TEXTS, max_size=4),
    stop_signal=st.sampled_from(["", "SIGTERM", "9", "rtmin+1"]),
    user=TEXTS.filter(lambda text: text == text.strip()),
    on_build=st.sampled_from([(), ("RUN a", 'COPY ["a", "$b"] /')]),
    working_dir=st.sampled_from(["", "/", "/a b", "/$a"]),
    volumes=st.sets(TEXTS.filter(lambda text: text.strip() == text != "")).map(
        lambda paths: tuple(sorted(paths))
    ),
)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@given(changes=st.lists(CHANGES, max_size=4))
def test_any_text_is_accepted_or_refused(engine: ImportEngine, changes: Sequence[str]) -> None:
    with suppress(ImportRefusedError):
        assert isinstance(engine.apply(changes).settings(), dict)


@pytest.mark.parametrize("name", ["docker-28", "docker-29-containerd"])
@given(config=CONFIGS)
def test_docker_restores_what_was_written_as_options(name: str, config: RunConfig) -> None:
    engine = next(engine for engine in ENGINES if engine.name == name)
    written = express(config, engine)
    assert written.lost == ()
    assert engine.apply(written.changes).settings() == config.settings()


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@given(config=CONFIGS)
def test_what_is_not_restored_is_named(engine: ImportEngine, config: RunConfig) -> None:
    written = express(config, engine)
    made = engine.apply(written.changes).settings()
    lost = {each.setting.partition(" ")[0] for each in written.lost}
    for key, value in config.settings().items():
        same_signal = key == "StopSignal" and key in made
        assert made.get(key) == value or key in lost or same_signal
    assert set(made) <= set(config.settings())


@pytest.mark.parametrize(
    ("config", "lost"),
    [
        (RunConfig(env=("A=a\nb", "B=c")), {"Env A": "line break"}),
        (RunConfig(env=("A=\0",)), {"Env A": "NUL"}),
        (RunConfig(env=("A=1", "A=2")), {"Env": "exactly"}),
        (RunConfig(env=("A",)), {"Env A": "exactly"}),
        (RunConfig(env=("A=" + "x" * 70_000,)), {"Env A": "longer than a line"}),
        (RunConfig(env=("A=" + "x" * 140_000,)), {"Env A": "longer than Linux allows"}),
        (RunConfig(exposed_ports=("x",)), {"ExposedPorts x": "containerPort"}),
        (RunConfig(exposed_ports=("80/tcp\nUSER root",)), {"ExposedPorts 80/tcp\nUSER root": ""}),
        (RunConfig(working_dir="a"), {"WorkingDir": "exactly"}),
        (RunConfig(working_dir="/a\nUSER root"), {"WorkingDir": ""}),
        (RunConfig(stop_signal="x"), {"StopSignal": "invalid signal"}),
        (RunConfig(healthcheck=Healthcheck(())), {"Healthcheck": ""}),
        (RunConfig(healthcheck=Healthcheck(("CMD-SHELL", "a\nUSER b"))), {"Healthcheck": ""}),
        (RunConfig(on_build=("FROM x", "RUN a\nUSER b", "RUN x")), {"OnBuild": ""}),
        (RunConfig(on_build=("RUN <<E\na\nE\nUSER b",)), {"OnBuild": ""}),
        (RunConfig(user="a\nENV B=c"), {"User": ""}),
    ],
)
def test_what_docker_cannot_restore(config: RunConfig, lost: dict[str, str]) -> None:
    engine = next(engine for engine in ENGINES if engine.name == "docker-28")
    written = express(config, engine)
    assert {each.setting for each in written.lost} == set(lost)
    for each in written.lost:
        assert lost[each.setting] in each.reason
    # What is restored is part of what was wanted, and nothing else.
    made = engine.apply(written.changes).settings()
    assert set(made) <= set(config.settings())
    assert "root" not in str(made)


def test_podman_restores_line_breaks_and_loses_health_checks() -> None:
    engine = next(engine for engine in ENGINES if engine.name == "podman-5")
    config = RunConfig(
        env=("A=a\nb", 'B="c"', "C= d "),
        healthcheck=Healthcheck(("NONE",)),
        on_build=("RUN x",),
        stop_signal="SIGTERM",
        exposed_ports=("1/sctp", "2/tcp"),
    )
    written = express(config, engine)
    assert engine.apply(written.changes).env == config.env
    assert [each.setting for each in written.lost] == [
        "ExposedPorts 1/sctp",
        "Healthcheck",
        "OnBuild",
    ]


@given(st.integers(min_value=1, max_value=2**62))
def test_durations_are_parsed_back(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1h2m3s", 3_723_000_000_000),
        ("1.5h", 5_400_000_000_000),
        ("-1s", -1_000_000_000),
        ("0", 0),
        (".5s", 500_000_000),
        ("1us", 1000),
        ("1µs", 1000),
    ],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", 'invalid duration ""'),
        ("1", 'missing unit in duration "1"'),
        ("x", 'invalid duration "x"'),
        ("1x", 'unknown unit "x" in duration "1x"'),
        (".s", 'invalid duration ".s"'),
        ("9999999999999999999h", "invalid duration"),
    ],
)
def test_durations_that_go_refuses(text: str, error: str) -> None:
    with pytest.raises(GoError, match=error):
        parse_duration(text)


def test_all_ports_many_times_are_bounded() -> None:
    words = " ".join(f"{start}-65535" for start in range(1, 4000))
    for engine in ENGINES:
        if engine.family == DOCKER:
            assert len(engine.apply((f"EXPOSE {words}",)).exposed_ports) == 65_535
