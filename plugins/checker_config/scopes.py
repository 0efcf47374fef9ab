"""The archives in which the rules of this bundle can find anything.

Each scope includes at least the archives in which one of its rules has a finding. Rules that look
at one config at a time say themselves that there is none, so their scopes include such archives.
"""

from __future__ import annotations

import time

from checker import Config, Image
from checker.checks.listed import Scope
from checker.checks.scopes import where_a_config, with_setting
from checker.model.image import strings, text
from checker_config.counts import diff_ids_count, filled_count, layers_count

PATH = "PATH="
"""How the variable begins with the directories in which programs are searched."""
_DAY = 86_400  # seconds: more than the difference between any two time zones
_USUAL_PLATFORMS = frozenset({("linux", "amd64", None), ("linux", "arm64", None)})


def _has_odd_counts(image: Image) -> bool:
    """Whether manifest, config and history differ in the number of layers."""
    config = image.config
    if config is None:
        return False
    counts = {diff_ids_count(config), layers_count(image)}
    return len(counts | ({filled_count(config)} if config.history else set())) > 1


def _has_repeated_variables(config: Config) -> bool:
    names = [variable.partition("=")[0] for variable in strings(config.settings.get("Env"))]
    return len(set(names)) < len(names)


def _has_odd_user(config: Config) -> bool:
    """Whether the user is not just a word."""
    user = text(config.settings.get("User"))
    return bool(user) and not (user or "").isalpha()


def _has_relative_directory(config: Config) -> bool:
    directory = text(config.settings.get("WorkingDir"))
    return bool(directory) and not (directory or "").startswith("/")


def _may_be_of_the_future(config: Config) -> bool:
    dates = (config.created, *(text(entry.get("created")) for entry in config.history))
    latest = latest_date()
    return any(date is not None and is_after(date, latest) for date in dates)


def latest_date() -> str:
    """The date and time, UTC, one day from now: what is dated later is wrong in any time zone."""
    return written(time.time() + _DAY)


def is_after(date: str, latest: str) -> bool:
    """Whether a date of RFC 3339 is later than another in UTC, as far as that is written."""
    return date[: len(latest)].upper() > latest


def written(seconds: float) -> str:
    """A time, in seconds since 1970, as documents contain it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _may_have_unsound_path(config: Config) -> bool:
    """Whether a command has no PATH, or the last one has a directory that is not absolute."""
    variables = strings(config.settings.get("Env"))
    path = next((each for each in reversed(variables) if each.startswith(PATH)), None)
    if path is None:
        return config.has_command
    return not all(part.startswith("/") for part in path.removeprefix(PATH).split(":"))


def _is_of_unusual_platform(config: Config) -> bool:
    return (config.os, config.architecture, config.variant) not in _USUAL_PLATFORMS


FUTURE_DATES = where_a_config(_may_be_of_the_future)
UNSOUND_PATHS = where_a_config(_may_have_unsound_path)
ODD_COUNTS = Scope(lambda archive: any(map(_has_odd_counts, archive.images)), None)
ODD_ROOTFS_TYPES = where_a_config(lambda config: config.rootfs_type not in (None, "layers"))
UNUSUAL_PLATFORMS = where_a_config(_is_of_unusual_platform)
REPEATED_VARIABLES = where_a_config(_has_repeated_variables)
ODD_USERS = where_a_config(_has_odd_user)
RELATIVE_DIRECTORIES = where_a_config(_has_relative_directory)
VOLUMES = with_setting("Volumes")
STOP_SIGNALS = with_setting("StopSignal")
HEALTH_CHECKS = where_a_config(lambda config: config.settings.get("Healthcheck") is not None)
TRIGGERS = where_a_config(lambda config: config.settings.get("OnBuild") not in (None, []))
LABELS = with_setting("Labels")
