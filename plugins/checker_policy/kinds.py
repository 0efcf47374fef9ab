"""All keys of a requirement that state what is required, by the module that reads them."""

from __future__ import annotations

from checker_policy import (
    age,
    attestations,
    bases,
    commands,
    expressions,
    files,
    licenses,
    packages,
    platforms,
    sets,
    signed,
    sizes,
    tables,
    texts,
)
from checker_policy.parts import Keys

KEYS: Keys = {
    **tables.KEYS,
    **commands.KEYS,
    **texts.KEYS,
    **sets.KEYS,
    **platforms.KEYS,
    **sizes.KEYS,
    **age.KEYS,
    **bases.KEYS,
    **files.KEYS,
    **packages.KEYS,
    **licenses.KEYS,
    **attestations.KEYS,
    **signed.KEYS,
    **expressions.KEYS,
}
