"""Where versions of Docker differ, by their sources."""

from __future__ import annotations

import pytest

from checker.importing.engines import ENGINES
from checker.importing.errors import ImportRefusedError
from checker.model.names import Platform

BY_NAME = {engine.name: engine for engine in ENGINES}
OLD, NEW, NEWEST = "docker-20.10", "docker-28", "docker-29-containerd"
HOST = Platform("linux", "amd64")
DAEMON = "Error response from daemon: "


def said(name: str, *changes: str) -> object:
    """The settings, or the error without the prefix that all of them have."""
    try:
        return BY_NAME[name].apply(changes).settings()
    except ImportRefusedError as error:
        return str(error).removeprefix(DAEMON)


@pytest.mark.parametrize(
    ("change", "old", "new", "newest"),
    [
        ("RUN x", "run is not", "RUN is not a valid change command", "RUN is not a valid"),
        ("STOPSIGNAL 9", "stopsignal is not", {"StopSignal": "9"}, {"StopSignal": "9"}),
        ("STOPSIGNAL x", "stopsignal is not", "invalid signal: x", "invalid signal: x"),
        ("STOPSIGNAL 0", "stopsignal is not", "invalid signal: 0", "invalid signal: 0"),
        ("STOPSIGNAL rtmin+15", "stopsignal", {"StopSignal": "rtmin+15"}, {}),
        ("STOPSIGNAL RTMIN+16", "stopsignal", "invalid signal: RTMIN+16", "invalid signal"),
        ("EXPOSE abc", "Invalid containerPort: abc", "invalid containerPort: abc", "invalid con"),
        ("EXPOSE 80/x", "Invalid proto: x", "invalid proto: x", "invalid proto: x"),
        ("EXPOSE x:1:2", "Invalid ip address: x", "invalid IP address: x", "invalid IP address: x"),
        ("EXPOSE ::1:1:2", "Invalid ip address ::1: address ::1:: too many", {}, {}),
        ("EXPOSE [::1]:1:2", {"ExposedPorts": {"2/tcp": {}}}, {}, {}),
        ("EXPOSE 80/tcp/x", {}, {"ExposedPorts": {"80/tcp": {}}}, "invalid proto: tcp/x"),
        ("EXPOSE 80-81-90", {}, {}, "invalid containerPort: 80-81-90"),
        ("EXPOSE x/y", "Invalid containerPort: x", "invalid containerPort: x", "invalid proto: y"),
        ("EXPOSE 80-82:1-2", "Invalid ranges", "invalid ranges", "invalid ranges"),
        ("WORKDIR /a/../b", {"WorkingDir": "/a/../b"}, {"WorkingDir": "/b"}, {"WorkingDir": "/b"}),
        ("CMD --x y", "Unknown flag: x", "unknown flag: --x", "unknown flag: --x"),
        (
            "HEALTHCHECK --retry=1 CMD x",
            "Unknown flag: retry",
            "unknown flag: --retry",
            "unknown flag: --retry",
        ),
        (
            "HEALTHCHECK --timeou=1s CMD x",
            "Unknown flag: timeou",
            "unknown flag: --timeou (did you mean timeout?)",
            "unknown flag: --timeou (did you mean timeout?)",
        ),
        (
            "HEALTHCHECK --timeout CMD x",
            "Missing a value on flag: timeout",
            "missing a value on flag: --timeout",
            "missing a value",
        ),
        (
            "HEALTHCHECK --timeout=1s --timeout=1s CMD x",
            "Duplicate flag specified: timeout",
            "duplicate flag specified: --timeout",
            "duplicate flag",
        ),
        (
            "HEALTHCHECK --retries=-1 CMD x",
            "--retries must be at least 1 (not -1)",
            "--retries cannot be negative (-1)",
            "--retries cannot be negative (-1)",
        ),
        (
            "HEALTHCHECK --interval=0s CMD x",
            'Interval "interval" cannot be less than 1ms',
            {"Healthcheck": {"Test": ["CMD-SHELL", "x"]}},
            {},
        ),
        (
            "HEALTHCHECK --start-interval=2s CMD x",
            "Unknown flag: start-interval",
            {"Healthcheck": {"Test": ["CMD-SHELL", "x"], "StartInterval": 2_000_000_000}},
            {},
        ),
        ('CMD ["a"] b', {"Cmd": ["a"]}, {"Cmd": ["/bin/sh", "-c", '["a"] b']}, {}),
        ("ENV A=${B", "failed to process", 'failed to process "${B": unsupported modifier', ""),
        ("ENV A=${B-x}", "missing ':' in substitution", {"Env": ["A=x"]}, {}),
        ("ENV A=${B:%x}", "unsupported modifier (%)", "unsupported modifier (:%)", ""),
        ("ONBUILD RUN <<EOF", {"OnBuild": ["RUN <<EOF"]}, "unterminated heredoc", ""),
        (
            "ONBUILD RUN <<EOF\na\nEOF",
            "a is not a valid change",
            {"OnBuild": ["RUN <<EOF\na\nEOF"]},
            {},
        ),
        ("COPY <<EOF /", "copy is not a valid", "unterminated heredoc", "unterminated heredoc"),
        ("ONBUILD RUN <<-'E F'\n\tx\n\tE F", "", {"OnBuild": ["RUN <<-'E F'\n\tx\nE F"]}, {}),
    ],
)
def test_versions(change: str, old: object, new: object, newest: object) -> None:
    for name, expected in ((OLD, old), (NEW, new), (NEWEST, newest)):
        found = said(name, change)
        # An empty expectation says only whether it is accepted.
        assert isinstance(found, type(expected)), (name, found)
        assert (
            found == expected
            or (isinstance(found, str) and str(expected) in found)
            or not (expected)
        ), (name, found)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("${P#*/}", "usr/lib/x.tar.gz"),
        ("${P##*/}", "x.tar.gz"),
        ("${P%.*}", "/usr/lib/x.tar"),
        ("${P%%.*}", "/usr/lib/x"),
        ("${P/usr/opt}", "/opt/lib/x.tar.gz"),
        ("${P//r/R}", "/usR/lib/x.taR.gz"),
        ("${P/\\/usr/}", "/lib/x.tar.gz"),
        ("${P#?usr}", "/lib/x.tar.gz"),
        ("${P%\\?}", "/usr/lib/x.tar.gz"),
        ("${NO:-d}", "d"),
        ("${NO-d}", "d"),
        ("${E-d}", ""),
        ("${E:-d}", "d"),
        ("${E+d}", "d"),
        ("${E:+d}", ""),
        ("$P_", ""),
        ("${P}_", "/usr/lib/x.tar.gz_"),
        ("'$P'", "$P"),
        ("\\$P", "$P"),
        ('"a  b"', "a  b"),
        ("$$", ""),
        ("$1x", "x"),
        ("$", "$"),
    ],
)
def test_variables_are_expanded(value: str, result: str) -> None:
    changes = ("ENV P=/usr/lib/x.tar.gz E=", f"LABEL v={value}")
    assert BY_NAME[NEW].apply(changes).labels["v"] == result


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("${E:?}", "E: is not allowed to be empty"),
        ("${NO?gone}", "NO: gone"),
        ("${}", "bad substitution"),
        ("${", "missing '}'"),
        ("${P-x", "missing '}'"),
        ("${P/x", "missing '/' in ${}"),
        ("${P/x/y", "missing '}'"),
        ("${P#\\x}", "invalid escape '\\x'"),
        ("'x", "matching single-quote"),
        ('"x', "matching double-quote"),
    ],
)
def test_expansions_that_are_refused(value: str, error: str) -> None:
    assert error in str(said(NEW, "ENV P=a E=", f"LABEL v={value}"))


def platform_said(name: str, platform: str) -> str:
    try:
        return str(BY_NAME[name].platform(platform, HOST))
    except ImportRefusedError as error:
        return f"refused: {error}"


@pytest.mark.parametrize(
    ("platform", "old", "new", "newest", "podman"),
    [
        ("linux/arm64", "linux/amd64", "linux/arm64", "linux/arm64", "linux/arm64"),
        ("linux/aarch64", "linux/amd64", "linux/arm64", "linux/arm64", "linux/aarch64"),
        ("linux/arm64/v8", "linux/amd64", "linux/arm64/v8", "linux/arm64/v8", "linux/arm64/v8"),
        ("linux/arm/7", "linux/amd64", "linux/arm/v7", "linux/arm/v7", "linux/arm/7"),
        ("arm64", "linux/amd64", "linux/arm64", "linux/arm64", "arm64/amd64"),
        ("Linux", "linux/amd64", "linux/amd64", "linux/amd64", "Linux/amd64"),
        ("armhf", "linux/amd64", "linux/arm", "linux/arm", "armhf/amd64"),
        ("linux/armel", "linux/amd64", "linux/arm/v6", "linux/arm/v6", "linux/armel"),
        ("loong64", "!unknown operating system", "linux/loong64", "linux/loong64", ""),
        ("windows/amd64", "!is not supported", "!is not supported", "windows/amd64", ""),
        ("macos/amd64", "!is not supported", "!is not supported", "darwin/amd64", ""),
        ("x", "!unknown operating system", "!unknown operating system", "!unknown", ""),
        ("linux/*", "!wildcards not yet", "!wildcards not yet", "!wildcards not yet", ""),
        ("a/b/c/d", "!cannot parse platform", "!cannot parse platform", "!cannot parse", ""),
        ("linux/a b", "!invalid component", "!invalid component", "!invalid component", ""),
        ("l inux/a", "!invalid component", "!invalid OS component", "!invalid OS component", ""),
    ],
)
def test_platforms(platform: str, old: str, new: str, newest: str, podman: str) -> None:
    expected = {OLD: old, NEW: new, NEWEST: newest, "podman-5": podman}
    for name, text in expected.items():
        found = platform_said(name, platform)
        assert (text[1:] in found) if text.startswith("!") else (text in ("", found)), (name, found)


def test_a_store_of_containerd_accepts_the_name_of_a_digest() -> None:
    assert BY_NAME[NEWEST].tag("sha256:abc") == "sha256:abc"
    with pytest.raises(ImportRefusedError, match="ambiguous tag"):
        BY_NAME["docker-29-graphdriver"].tag("sha256:abc")
