"""Text files with secrets, whatever they are called, gathered in one pass over each image.

The reader searches them while it walks a layer and keeps those that have a secret
(``ContentRequest.secrets``), so that the rules look at few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from checker import ContentRequest, Layer, Rootfs
from checker.checks.listing import first_few
from checker.model.text_files import LARGEST, is_searched
from checker.model.text_secrets import TextSecret, clues_in, secrets_in
from checker.records import NamedTuple
from checker_hygiene.credentials import credential_in
from checker_hygiene.kept_files import (
    KeptFile,
    kept_contents,
    kept_files,
    once_for_each_layer,
    once_for_each_root,
)

TEXT_FILES = ContentRequest(secrets=True)

_MOST_NAMED = 3
# Files that are looked at together first.
_AT_ONCE = 64
# Host keys of SSH servers are another rule's business.
_HOST_KEYS = ("etc/ssh/ssh_host_", "etc/dropbear/")
# The keys of Debian's Chromium, which are the same for everybody.
_PUBLIC = frozenset({"etc/chromium.d/apikeys"})


class SecretFile(NamedTuple):
    """A text file with secrets, which does not have the name of a file with credentials.

    Attributes:
        file: The file.
        secrets: What it contains, by line.
    """

    file: KeptFile
    secrets: tuple[TextSecret, ...]

    @property
    def is_sure(self) -> bool:
        """Whether everyone can use one of the secrets."""
        return any(secret.is_sure for secret in self.secrets)

    @property
    def what(self) -> str:
        """The secrets and their lines, for messages: ``a GitHub token in line 3``."""
        found = (f"{secret.what} in line {secret.line}" for secret in self.secrets)
        return first_few(list(found), _MOST_NAMED)


@once_for_each_root
def find_secret_files(rootfs: Rootfs) -> Iterator[SecretFile]:
    """The text files with secrets in all layers of a root, top layer first."""
    for file in kept_files(rootfs, _secrets_of):
        yield SecretFile(file, _secrets_of(file.layer)[file.position])


@once_for_each_layer
def _secrets_of(layer: Layer) -> Mapping[int, tuple[TextSecret, ...]]:
    """The secrets in the text files of a layer, by position."""
    kept = kept_contents(layer).items()
    files = (
        (position, head) for position, head in kept if _may_have_secrets(layer, position, head)
    )
    found: dict[int, tuple[TextSecret, ...]] = {}
    while some := dict(islice(files, _AT_ONCE)):
        # Most are ruled out together.
        clues = clues_in(tuple(some.values()))
        for position, head in some.items() if clues else ():
            if any(clue in head for clue in clues) and (secrets := secrets_in(head)):
                found[position] = secrets
    return found


def _may_have_secrets(layer: Layer, position: int, head: bytes) -> bool:
    """Whether a file was searched, and no other rule reports it."""
    # Of files that were not searched, other rules have asked for the first bytes.
    if not layer.entries.sizes[position] == len(head) <= LARGEST:
        return False
    path = layer.entries.paths[position]
    if not is_searched(path) or path in _PUBLIC or path.startswith(_HOST_KEYS):
        return False
    return credential_in(path, head) is None
