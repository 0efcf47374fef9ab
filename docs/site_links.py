"""Makes links that work on a code host work in the site as well (a hook of MkDocs).

The pages link to files of the repository by relative paths. Some of those files become pages of the
site; a link to another one leads to the code host that ``REPOSITORY_URL`` names, such as
``https://code.example/owner/name``, or becomes plain text where that is not set.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import File, Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
ROOT_PAGES = {
    "README.md": "guide.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
_FENCE = re.compile(r"^```", re.MULTILINE)
_LINK = re.compile(r"\[(?P<text>[^\]\n]+)\]\((?P<target>[^()\s#:]+)(?P<fragment>#[^()\s]*)?\)")


class Site(NamedTuple):
    """What a link can lead to.

    ``pages`` maps paths in the repository to pages of the site, ``root`` is the directory of the
    repository, ``repository`` its address at the code host, or empty.
    """

    pages: Mapping[str, str]
    root: Path
    repository: str

    def link(self, text: str, path: str, fragment: str) -> str | None:
        """A link to a path in the repository; ``None`` if there is nothing at the path."""
        if path in self.pages:
            return f"[{text}]({self.pages[path]}{fragment})"
        if path.startswith("../") or not (self.root / path).exists():
            return None
        if not self.repository:
            return text
        view = "tree" if (self.root / path).is_dir() else "blob"
        return f"[{text}]({self.repository}/{view}/HEAD/{path}{fragment})"


def rewrite_links(markdown: str, source: str, site: Site) -> str:
    """The text of a page with its relative links as the site needs them.

    ``source`` is the path of the page in the repository. Code blocks stay as they are, and so do
    links that lead nowhere: the strict build reports those.
    """
    directory = posixpath.dirname(source)

    def replace(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(directory, found["target"]))
        return site.link(found["text"], path, found["fragment"] or "") or found[0]

    return "".join(
        piece if is_code else _LINK.sub(replace, piece) for piece, is_code in _pieces(markdown)
    )


def _pieces(markdown: str) -> Iterator[tuple[str, bool]]:
    """The text between fences and the code in them, in turn."""
    fences = _FENCE.split(markdown)
    for number, piece in enumerate(fences):
        yield piece if number == 0 else f"```{piece}", number % 2 == 1


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are in the root of the repository."""
    from mkdocs.structure.files import File

    for name, page in ROOT_PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite the links of a page."""
    del config
    pages = {_in_repository(file): file.src_uri for file in files.documentation_pages()}
    site = Site(pages, ROOT, os.environ.get("REPOSITORY_URL", "").rstrip("/"))
    return rewrite_links(markdown, _in_repository(page.file), site)


def _in_repository(file: File) -> str:
    return Path(file.abs_src_path or "").relative_to(ROOT).as_posix()
