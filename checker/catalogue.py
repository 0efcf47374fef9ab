"""The profiles with everything that is known of them, for lists and generated pages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from checker.engines import GROUPS
from checker.records import NamedTuple
from checker.verdicts import Engine, EngineProfile, Readers, ReleaseRange


class ListedProfile(NamedTuple):
    """One profile.

    Attributes:
        name: Its name.
        engines: Its actions.
        profile: What is known of it; None for one of a plugin that does not say.
        is_reader: Whether it is only asked where it is asked for.
    """

    name: str
    engines: tuple[Engine, ...]
    profile: EngineProfile | None
    is_reader: bool

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that it is in."""
        by_name = () if self.is_reader else tuple(filter(self._begins_as, GROUPS))
        own = () if self.profile is None else self.profile.groups
        return tuple(dict.fromkeys((*by_name, *own)))

    @property
    def follows(self) -> tuple[str, ...]:
        """The releases that its actions follow."""
        return tuple(dict.fromkeys(each.follows for each in self.engines if each.follows))

    def _begins_as(self, group: str) -> bool:
        return self.name.startswith(GROUPS[group])


def listed_profiles(engines: Sequence[Engine], readers: Readers) -> tuple[ListedProfile, ...]:
    """All profiles, those of engines first.

    Args:
        engines: The engines.
        readers: The other tools, and what is known of profiles.
    """
    known = {profile.name: profile for profile in readers.profiles}
    own = {engine.name for engine in engines}
    names = dict.fromkeys(engine.name for engine in chain(engines, readers.engines))
    return tuple(
        ListedProfile(
            name=name,
            engines=tuple(one for one in chain(engines, readers.engines) if one.name == name),
            profile=known.get(name),
            is_reader=name not in own,
        )
        for name in names
    )


def shown_releases(releases: ReleaseRange) -> str:
    """A range of releases, such as ``29.0 to 29.6`` or ``29.7 and later``."""
    if releases.last is None:
        return f"{releases.first} and later"
    if releases.first == releases.last:
        return releases.first
    return f"{releases.first} to {releases.last}"
