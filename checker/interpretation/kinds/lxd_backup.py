"""A backup of an instance of LXD or Incus (``incus export``)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.is_member("backup/index.yaml")


KIND = Recognizer(
    KnownKind(
        name="lxd-backup",
        title="a backup of an LXD or Incus instance",
        readers="LXD and Incus import it",
        command="incus import {path}",
        directory_command="tar -C {path} -czf backup.tar.gz backup && incus import backup.tar.gz",
    ),
    _fits,
)
