"""Valid and broken archives for tests, for this project and for plugin authors.

``tar`` writes members with control over every header field, ``elf`` creates executables, ``image``
and ``archive`` write images in the layouts of real tools, ``cases`` reads rule cases from TOML
files.
"""

from checker.testing.archive import KINDS, Archive, build, sample
from checker.testing.cases import (
    Built,
    Case,
    CaseError,
    Expected,
    explain_mismatch,
    load_cases,
    matches,
)
from checker.testing.elf import elf
from checker.testing.image import Image, sample_image
from checker.testing.tar import Member, compress, offsets, write_tar

__all__ = [
    "KINDS",
    "Archive",
    "Built",
    "Case",
    "CaseError",
    "Expected",
    "Image",
    "Member",
    "build",
    "compress",
    "elf",
    "explain_mismatch",
    "load_cases",
    "matches",
    "offsets",
    "sample",
    "sample_image",
    "write_tar",
]
