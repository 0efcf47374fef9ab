"""Valid archives of random kinds, as case tables (:mod:`checker.testing.cases`)."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, TypeAlias

Table: TypeAlias = dict[str, Any]

_BASES: Mapping[str, int] = {
    "docker-archive": 5,
    "podman-archive": 3,
    "crane-archive": 2,
    "docker-oci-archive": 5,
    "oci-archive": 5,
    "legacy": 2,
    "rootfs": 1,
    "export": 1,
    "layer": 1,
    "empty": 1,
}
"""The bases and their weights."""
_WITHOUT_IMAGES = frozenset({"rootfs", "export", "layer", "empty"})
_COMPRESSIONS = ("none", "gzip", "bzip2", "xz", "zstd")
_TAGS: tuple[list[str], ...] = (
    ["app:1"],
    ["app:1", "example.com:5000/team/app:v2"],
    ["localhost/app:latest"],
    [],
)
_PLATFORMS = (
    ["linux/amd64", "linux/arm64/v8"],
    ["linux/arm64/v8", "linux/amd64"],
    ["linux/amd64"],
    ["linux/arm64/v8"],
)
_ARCHITECTURES = (("linux", "amd64"), ("linux", "arm64"), ("linux", "s390x"), ("windows", "amd64"))


def good_table(random: Random) -> Table:
    """Draw a valid archive: its kind, images, compressions."""
    (base,) = random.choices(list(_BASES), list(_BASES.values()))
    table: Table = {"base": base}
    if base in _WITHOUT_IMAGES:
        return table
    if base == "oci-archive" and random.random() < 0.3:
        return table | _platforms(random)
    if random.random() < 0.15:
        return table | {"images": [_image(random, number) for number in range(2)]}
    return table | _image(random, 0) | _around(random)


def _platforms(random: Random) -> Table:
    return {
        "platforms": random.choice(_PLATFORMS),
        "flat": random.random() < 0.3,
        "tags": random.choice(_TAGS),
    }


def _around(random: Random) -> Table:
    if random.random() < 0.95:
        return {}
    return random.choice(({"wrapped": "image"}, {"nested": "image.tar"}))


def _image(random: Random, number: int) -> Table:
    image: Table = {"tags": [f"many{number}:1"] if number else random.choice(_TAGS)}
    if random.random() < 0.35:
        image["compression"] = random.choice(_COMPRESSIONS)
    if random.random() < 0.15:
        image["os"], image["architecture"] = random.choice(_ARCHITECTURES)
    if random.random() < 0.6:
        image["layers"] = _layers(random)
    return image


def _layers(random: Random) -> list[list[Table]]:
    """One to four layers, of which the upper ones change the lower ones."""
    base: list[Table] = [
        {"path": "etc/"},
        {"path": "etc/passwd", "text": "root:x:0:0:root:/root:/bin/app\n"},
        {"path": "bin/"},
        {"path": "bin/app", "elf": {}},
        {"path": "bin/tool", "link": "app"},
        {"path": "opt/data/"},
        {"path": "opt/data/one", "text": "1"},
        {"path": "opt/data/two", "type": "hardlink", "link": "opt/data/one"},
    ]
    return [base, *(_change(random, number) for number in range(random.randint(0, 3)))]


def _change(random: Random, number: int) -> list[Table]:
    changes: tuple[list[Table], ...] = (
        [{"path": "etc/"}, {"path": f"etc/new{number}", "text": str(number)}],
        [{"path": "opt/data/one", "type": "whiteout"}],
        [{"path": "opt/data", "type": "opaque"}, {"path": "opt/data/three", "text": "3"}],
        [{"path": "opt/data", "type": "whiteout"}],
        [{"path": "etc/passwd", "text": "root:x:0:0::/:/bin/app\n", "uid": 1000, "mode": 0o600}],
        [{"path": "srv/pipe", "type": "fifo"}],
        [{"path": "bin/tool", "type": "hardlink", "link": "bin/app"}],
        [{"path": f"deep/{'n' * 120}/file", "text": "long", "long_names": "gnu"}],
        [{"path": f"pax/{'n' * 300}", "text": "long", "pax": {"SCHILY.xattr.user.a": "b"}}],
        [],
    )
    return random.choice(changes)
