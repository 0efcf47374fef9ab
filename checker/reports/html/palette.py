"""The colours of layers; report.css has them for light and dark."""

from __future__ import annotations

COLOURS = 10
"""How many there are."""


def colour_of(number: int) -> int:
    """The number of the colour of a layer."""
    return number % COLOURS
