"""The pictures of the documentation: small, and nothing of the machine that made them."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from lxml import etree

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "pictures"
LARGEST = 300_000


def test_pictures_are_small_and_used() -> None:
    pages = [path.read_text("utf-8") for path in (*DOCS.glob("*.md"), DOCS.parent / "README.md")]
    for picture in PICTURES.iterdir():
        assert picture.stat().st_size < LARGEST
        if picture.suffix == ".png":
            assert any(f"pictures/{picture.name}" in page for page in pages)


def test_photographs_are_png() -> None:
    files = sorted(PICTURES.glob("*.png"))
    assert [file.name for file in files] == ["layers.png", "report.png"]
    for file in files:
        data = file.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", data[16:24])
        assert 1000 <= width <= 2400
        assert 600 <= height <= 2400


def test_the_terminal_has_the_run_and_loads_nothing() -> None:
    text = PICTURES.joinpath("terminal.svg").read_text("utf-8")
    root = etree.fromstring(text.encode())
    words = "".join(map(str, root.itertext())).replace("\N{NO-BREAK SPACE}", " ")
    assert "checker check shop-api.tar" in words
    assert "docker load -i shop-api.tar" in words
    assert "@font-face" not in text
    assert not re.search(r"(?:href|src)=|url\((?!#)", text)
    assert not re.search(r"/(?:tmp|home|root/(?!\.cache)|work)\b", words)
