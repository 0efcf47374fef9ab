"""Text files with secrets, whatever they are called, gathered in one pass over each image.

The reader searches them while it walks a layer and keeps those that have a secret
(``ContentRequest.secrets``), so that the rules look at few.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from checker import ContentRequest, Layer, Rootfs
from checker.checks.listing import first_few
from checker.model.text_files import LARGEST, is_searched
from checker.model.text_secrets import TextSecret, secrets_in
from checker.records import NamedTuple
from checker_hygiene.credentials import credential_in

TEXT_FILES = ContentRequest(secrets=True)

_MOST_NAMED = 3
# Host keys of SSH servers are another rule's business.
_HOST_KEYS = ("etc/ssh/ssh_host_", "etc/dropbear/")
# The keys of Debian's Chromium, which are the same for everybody.
_PUBLIC = frozenset({"etc/chromium.d/apikeys"})


class SecretFile(NamedTuple):
    """A text file with secrets, which does not have the name of a file with credentials.

    Attributes:
        layer: The layer that contains it.
        position: Its position in the layer.
        path: Its path.
        secrets: What it contains, by line.
        is_hidden: Whether it is not visible in the root filesystem, because another entry replaces
            or deletes it.
    """

    layer: Layer
    position: int
    path: str
    secrets: tuple[TextSecret, ...]
    is_hidden: bool

    @property
    def is_sure(self) -> bool:
        """Whether everyone can use one of the secrets."""
        return any(secret.is_sure for secret in self.secrets)

    @property
    def what(self) -> str:
        """The secrets and their lines, for messages: ``a GitHub token in line 3``."""
        found = (f"{secret.what} in line {secret.line}" for secret in self.secrets)
        return first_few(list(found), _MOST_NAMED)


_known: WeakKeyDictionary[Rootfs, tuple[SecretFile, ...]] = WeakKeyDictionary()


def find_secret_files(rootfs: Rootfs) -> tuple[SecretFile, ...]:
    """The text files with secrets in all layers of a root, top layer first."""
    found = _known.get(rootfs)
    if found is None:
        found = _known[rootfs] = tuple(_find(rootfs))
    return found


def _find(rootfs: Rootfs) -> Iterator[SecretFile]:
    for layer, hidden in rootfs.hidden():
        tar = layer.blob.tar if layer.blob else None
        entries = layer.entries
        for position, content in () if tar is None else tar.contents.items():
            path, size = entries.paths[position], entries.sizes[position]
            # Of other files, other rules have asked for the first bytes.
            if not size == len(content) <= LARGEST or not is_searched(path):
                continue
            if path in _PUBLIC or path.startswith(_HOST_KEYS):
                continue
            if credential_in(path, content) is not None:
                continue
            secrets = secrets_in(content)
            if secrets:
                is_last = entries.by_path.get(path) == position
                yield SecretFile(layer, position, path, secrets, path in hidden or not is_last)
