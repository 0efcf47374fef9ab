"""The command ``engines``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence

from checker.catalogue import ListedProfile, listed_profiles, shown_releases
from checker.cli.streams import tell
from checker.plugins import load_plugins


def run_engines(arguments: argparse.Namespace) -> int:
    """List the engines and other tools; the exit code."""
    plugins = load_plugins(arguments.no_plugin)
    loaded = plugins.load_readers()
    profiles = listed_profiles(plugins.engines, loaded.readers)
    show = _json if arguments.format == "json" else _text
    print(show(profiles), end="")
    problems = (*plugins.problems, *loaded.problems)
    tell(*map(str, problems))
    return 3 if problems else 0


def _text(profiles: Sequence[ListedProfile]) -> str:
    return "\n".join("".join(f"{line}\n" for line in _lines(each)) for each in profiles)


def _lines(listed: ListedProfile) -> Iterator[str]:
    yield listed.name
    yield f"  actions:  {', '.join(engine.action for engine in listed.engines)}"
    yield f"  follows:  {'; '.join(listed.follows)}"
    profile = listed.profile
    if profile is None:
        yield "  releases: not stated"
        return
    for number, releases in enumerate(profile.releases):
        differs = f": {releases.differs}" if releases.differs else ""
        yield f"  {'' if number else 'releases:':9} {shown_releases(releases)}{differs}"
    if profile.library:
        yield f"  library:  {profile.library}"
    yield f"  groups:   {', '.join(listed.groups)}"
    measured = f": {profile.measured_with}" if profile.measured_with else ""
    yield f"  evidence: {profile.evidence}{measured}"


def _json(profiles: Sequence[ListedProfile]) -> str:
    return json.dumps([_object(each) for each in profiles], indent=2) + "\n"


def _object(listed: ListedProfile) -> dict[str, object]:
    profile = listed.profile
    return {
        "name": listed.name,
        "reader": listed.is_reader,
        "actions": [
            {
                "name": engine.action,
                "follows": engine.follows,
                "suits": sorted(engine.suits),
                "only_directories": engine.only_directories,
            }
            for engine in listed.engines
        ],
        "tool": profile and profile.tool,
        "releases": None if profile is None else [each._asdict() for each in profile.releases],
        "groups": listed.groups,
        "library": profile and profile.library,
        "evidence": profile and profile.evidence,
        "measured_with": profile and profile.measured_with,
    }
