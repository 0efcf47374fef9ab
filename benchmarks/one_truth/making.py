"""Random archives of all kinds: from good ones or from cases, with faults, wrapped, damaged."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Final

from benchmarks.differential.good import good_table
from benchmarks.differential.making import Sample, with_faults
from checker.testing.cases import load_cases
from checker.testing.damage import DAMAGES
from checker.testing.edits import Table
from checker.testing.tar import COMPRESSIONS, compress, file, write_tar

_DIRECTORIES: Final = ("image", "home/me/image", "a/b/c/d/e/f", "__MACOSX", "./x")
_FILES: Final = ("image.tar", "home/me/app.tar.gz", "rootfs.tar", "a b")
_TEXTS: Final = (
    *(b"[sudo] password for me: ", b"Error: no such image\n", b"\xef\xbb\xbf", b"\0" * 512),
)
_ARTIFACTS: Final[tuple[Table, ...]] = (
    {"type": "application/vnd.cncf.helm.chart.config.v1+json", "layers": [{"text": "x"}]},
    {"subject": "{manifest.digest}", "layers": [{"text": "{}", "type": "application/spdx+json"}]},
    {"config_type": "application/vnd.wasm.config.v0+json", "layers": [{"hex": "0061736d"}]},
    {"platform": {"os": "unknown", "architecture": "unknown"}, "layers": [{"text": "{}"}]},
)
_FROM_CASES: Final = 0.4


def tables_of(directory: Path | None) -> tuple[Table, ...]:
    """The tables of all cases below a directory that describe a file.

    Recorded results of engines, which are in a form of their own, are left out.
    """
    tables: list[Table] = []
    for path in sorted(directory.rglob("*.toml")) if directory is not None else ():
        with contextlib.suppress(ValueError):
            tables += [case.table for case in load_cases(path)]
    return tuple(table for table in tables if table.get("base") != "oci-layout")


def make_archive(seed: str, cases: Sequence[Table]) -> Sample:
    """Create the archive of a seed.

    Args:
        seed: Seed and number.
        cases: Tables of cases, from some of which archives are made.
    """
    random = Random(seed)
    table = _from_case(random, cases) if random.random() < _FROM_CASES and cases else None
    sample = _sample(random, seed, table or good_table(random))
    (dress,) = random.choices(list(_DRESSES), list(_DRESSES.values()))
    return sample._replace(data=dress(random, sample.data))


def _sample(random: Random, seed: str, table: dict[str, Any]) -> Sample:
    # The edits of a case do not find their members once they are in a directory, and some cases
    # have no place for a fault.
    for each in (_around(random, table), table):
        with contextlib.suppress(ValueError, LookupError):
            return with_faults(random, seed, each)
    return with_faults(random, seed, good_table(random))


def _from_case(random: Random, cases: Sequence[Table]) -> dict[str, Any]:
    unlike_faults = ("name", "note", "findings", "options", "file")
    return {key: each for key, each in random.choice(cases).items() if key not in unlike_faults}


def _around(random: Random, table: dict[str, Any]) -> dict[str, Any]:
    chance = random.random()
    if chance < 0.08:
        return table | {"wrapped": random.choice(_DIRECTORIES)}
    if chance < 0.16 and "oci" in str(table.get("base")):
        number = random.randint(1, 2)
        return table | {"artifacts": [dict(random.choice(_ARTIFACTS)) for _ in range(number)]}
    return table


def _as_it_is(random: Random, data: bytes) -> bytes:
    del random
    return data


def _compressed(random: Random, data: bytes) -> bytes:
    return compress(data, random.choice(sorted(COMPRESSIONS)))


def _cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _begun_late(random: Random, data: bytes) -> bytes:
    return data[random.randrange(len(data) + 1) :]


def _after_text(random: Random, data: bytes) -> bytes:
    return random.choice(_TEXTS) + data


def _nested(random: Random, data: bytes) -> bytes:
    return write_tar((file(random.choice(_FILES), data),))


def _damaged(random: Random, data: bytes) -> bytes:
    return DAMAGES[random.choice(sorted(DAMAGES))](data)


def _flipped(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 4) if changed else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


_DRESSES: Final[Mapping[Callable[[Random, bytes], bytes], int]] = MappingProxyType(
    {
        _as_it_is: 60,
        _compressed: 10,
        _flipped: 8,
        _nested: 6,
        _damaged: 6,
        _cut: 5,
        _after_text: 3,
        _begun_late: 2,
    }
)
"""What is done to the bytes of an archive, by weight."""
