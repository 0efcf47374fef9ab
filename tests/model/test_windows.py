"""Layers and images for Windows are told from others."""

from __future__ import annotations

import pytest

from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.model.image import Image, Layer
from checker.model.limits import Limits
from checker.model.location import Location
from checker.model.names import Platform
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import Member, directory, file, pax_global, write_tar

PLACE = Location(archive="test.tar")
WINDOWS = (directory("Files"), directory("Hives"), file("Files/a.dll"))


def layer_of(*members: Member) -> Layer:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar(members))
    tar = walker.finish()
    blob = Blob(location=PLACE, position=0, path="", size=0, digests={}, tar=tar)
    return Layer(location=PLACE, position=0, descriptor=None, path=None, blob=blob, diff_id=None)


def image_of(layer: Layer, platform: Platform | None) -> Image:
    return Image(
        location=PLACE,
        names=(),
        digest=None,
        manifest=None,
        item=None,
        config=None,
        layers=(layer,),
        platform=platform,
    )


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (WINDOWS, True),
        ((file("UtilityVM/Files/kernel"),), True),
        ((directory("./"), pax_global({"comment": "x"}), *WINDOWS), True),
        ((*WINDOWS, directory("etc")), False),
        ((directory("etc"), *WINDOWS), False),
        ((file("Files.txt"),), False),
        ((), False),
    ],
)
def test_layer(members: tuple[Member, ...], *, expected: bool) -> None:
    assert layer_of(*members).entries.is_windows is expected


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        (Platform("windows", "amd64"), True),
        (Platform("Windows", "amd64"), True),
        (Platform("linux", "amd64"), False),
        (Platform("", ""), True),
        (None, True),
    ],
)
def test_the_platform_of_an_image_counts_before_its_layers(
    platform: Platform | None, *, expected: bool
) -> None:
    assert image_of(layer_of(*WINDOWS), platform).is_windows is expected


def test_an_image_of_which_nothing_speaks_of_windows() -> None:
    assert not image_of(layer_of(directory("bin")), None).is_windows
