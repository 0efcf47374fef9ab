"""The names that engines give to an image that is imported, and what they refuse.

Sources: moby, client/image_import.go, daemon/server/httputils/form.go (RepoTagReference) and
daemon/internal/refstore/store.go; containers/common, libimage/normalize.go (NormalizeName) and
image.go (Tag).
"""

from __future__ import annotations

from checker.importing.errors import ImportRefusedError
from checker.importing.go_text import quote
from checker.model.names import (
    OLD_REFERENCE,
    Grammar,
    InvalidReferenceError,
    Reference,
    check_reference,
    parse_reference,
)

_DAEMON = "Error response from daemon: "
_LATEST = "latest"
_DIGEST_NAME = "sha256"


def docker_name(text: str, grammar: Grammar, refused_name: str = _DIGEST_NAME) -> str:
    """The name of an image imported by Docker, as ``docker image ls`` shows it.

    Args:
        text: The reference.
        grammar: The grammar of the version.
        refused_name: The name that the image store refuses; empty if it refuses none.

    Raises:
        ImportRefusedError: Docker refuses it; the text is what it prints.
    """
    try:
        # The client checks it as well, before it asks the daemon.
        reference = parse_reference(text, grammar)
    except InvalidReferenceError as error:
        raise ImportRefusedError(str(error)) from error
    if reference.digest:
        raise ImportRefusedError(f"{_DAEMON}cannot import digest reference")
    if refused_name and reference._replace(tag=None).familiar == refused_name:
        raise ImportRefusedError(
            f"{_DAEMON}refusing to create an ambiguous tag using digest algorithm as name"
        )
    return _tagged(reference).familiar


def podman_name(text: str) -> str:
    """The name of an image imported by podman, as ``podman images`` shows it.

    Raises:
        ImportRefusedError: Podman refuses it, after it has imported the image; the text is what it
            prints.
    """
    if text.startswith("sha256:"):
        raise ImportRefusedError(f"Error: {text}: tag by digest not supported")
    reference = _normalized(text)
    if reference.digest:
        raise ImportRefusedError(f"Error: {text}: tag by digest not supported")
    named = _tagged(reference)
    return f"{named.domain}/{named.path}:{named.tag}"


def _normalized(text: str) -> Reference:
    normalizing = f"normalizing name {quote(text)}: "
    try:
        domain = check_reference(text, OLD_REFERENCE)
    except InvalidReferenceError as error:
        raise ImportRefusedError(f"Error: {normalizing}{normalizing}{error}") from error
    is_local = domain != "localhost" and "." not in domain and ":" not in domain
    try:
        return parse_reference(f"localhost/{text}" if is_local else text, OLD_REFERENCE)
    except InvalidReferenceError as error:
        raise ImportRefusedError(f"Error: {normalizing}{error}") from error


def _tagged(reference: Reference) -> Reference:
    return reference if reference.tag else reference._replace(tag=_LATEST)
