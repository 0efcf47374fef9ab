"""Makes the pictures of the documentation from real runs on a sample: ``make pictures``.

A terminal as SVG, and parts of the report html as PNG, for which playwright and an installed
Chromium are needed.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import NamedTuple

from sample_shop import shop_archive

PICTURES = Path(__file__).parent / "pictures"
LARGEST = 300_000
"""Bytes of a picture, at most."""

_ARCHIVE = "shop-api.tar"
_TERMINAL = ("check", _ARCHIVE)
_PAGE = ("check", _ARCHIVE, "--profile", "security", "--format", "html=report.html")
_COLUMNS, _ROWS = 88, 40
_WIDTH = 1200
_FONTS = re.compile(r"<!--.*?-->\s*|@font-face \{.*?\}\s*", re.DOTALL)


class Part(NamedTuple):
    """A part of the page.

    Attributes:
        name: File name of the picture.
        first: Selector of the element that it begins above.
        last: Selector of the element that it ends below.
    """

    name: str
    first: str
    last: str


PARTS = (
    Part("report.png", "header", ".matrix"),
    Part("layers.png", "h4:has-text('Layers')", "svg.map.wide"),
)


def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, _ARCHIVE).write_bytes(shop_archive())
        PICTURES.joinpath("terminal.svg").write_text(terminal(folder), "utf-8")
        _checker(folder, *_PAGE)
        for part, data in photographs(Path(folder, "report.html")):
            PICTURES.joinpath(part.name).write_bytes(data)
    for picture in sorted(PICTURES.iterdir()):
        size = picture.stat().st_size
        print(f"{picture.name}: {size:,} bytes")  # noqa: T201
        if size > LARGEST:
            sys.exit(f"{picture.name} is larger than {LARGEST:,} bytes")


def _checker(folder: str, *words: str) -> None:
    # With findings that fail the run the exit code is 1.
    subprocess.run([sys.executable, "-m", "checker", *words], cwd=folder, check=False)  # noqa: S603


# --- the terminal


def terminal(folder: str) -> str:
    """A run on a terminal, as SVG.

    Args:
        folder: The directory of the archive.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=_COLUMNS, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    console.print(Text.assemble(("$ ", "green"), (f"checker {' '.join(_TERMINAL)}", "bold")))
    console.print(Text.from_ansi(_on_terminal(folder, *_TERMINAL)))
    made = console.export_svg(title="checker", unique_id="terminal")
    # Viewers have a font of equal widths, and the picture loads none.
    return _FONTS.sub("", made)


def _on_terminal(folder: str, *words: str) -> str:
    """What a run writes on a terminal."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "checker", *words, "--no-progress"],
        cwd=folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=kept | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": f"{_COLUMNS}"},
    )
    os.close(terminal)
    written = b"".join(iter(lambda: _read(controller), b""))
    process.wait()
    os.close(controller)
    return written.decode().replace("\r\n", "\n").rstrip("\n")


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 1 << 16)
    except OSError:
        return b""  # Linux reports the end of a terminal as an error


# --- the page


def photographs(page: Path) -> list[tuple[Part, bytes]]:
    """The parts of a page, as PNG.

    Args:
        page: The page.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": _WIDTH, "height": 900})
        view.goto(page.as_uri())
        boxes = [
            (
                view.locator(part.first).first.bounding_box(),
                view.locator(part.last).first.bounding_box(),
            )
            for part in PARTS
        ]
        made = [
            view.screenshot(
                full_page=True,
                clip={
                    "x": 0,
                    "y": max(0.0, first["y"] - 12),
                    "width": _WIDTH,
                    "height": last["y"] + last["height"] + 8 - max(0.0, first["y"] - 12),
                },
            )
            for first, last in boxes
            if first is not None and last is not None
        ]
        browser.close()
    return list(zip(PARTS, made, strict=True))


if __name__ == "__main__":
    main()
