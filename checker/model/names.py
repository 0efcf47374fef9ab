"""The names of the field: digest, media type, platform, reference."""

from __future__ import annotations

import re
from enum import StrEnum

from checker.model.untrusted import utf8
from checker.patterns import pattern
from checker.records import NamedTuple

MANIFEST_JSON = "manifest.json"
"""Lists the images of a Docker archive (Docker image specification v1.2)."""
REPOSITORIES = "repositories"
"""Names the images of a Docker archive of the form before 2015, and of later ones as well."""
INDEX_JSON = "index.json"
"""The entry point of an image layout (OCI image-spec 1.1, image-layout.md)."""
OCI_LAYOUT = "oci-layout"
"""Marks an image layout and gives its version (OCI image-spec 1.1, image-layout.md)."""
DOCKER_ENV = ".dockerenv"
"""The file that ``docker export`` leaves at the top of a root filesystem."""
ROOT_DIRECTORIES = frozenset(
    {
        *("bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc"),
        *("root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    },
)
"""The usual top-level directories of a root filesystem.

Those of the Filesystem Hierarchy Standard 3.0, section 3.2, and what ``docker export`` adds.
"""

_DIGEST = pattern(r"([a-z0-9]+(?:[+._-][a-z0-9]+)*):([A-Za-z0-9=_-]+)")
# OCI image-spec 1.1, descriptor.md "Registered algorithms"; Go's digest package adds sha384.
_ENCODED_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_HEX_DIGITS = "0123456789abcdef"
_IDENTIFIER_LENGTH = 64


class Digest(NamedTuple):
    """A digest: algorithm and encoded hash (OCI image-spec 1.1, descriptor.md "Digests")."""

    algorithm: str
    encoded: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"

    @property
    def computable(self) -> bool:
        """Whether the algorithm is one that this program can compute."""
        return self.algorithm in _ENCODED_LENGTHS

    @property
    def blob_path(self) -> str:
        """Where an image layout keeps the blob: ``blobs/<algorithm>/<encoded>``."""
        return f"blobs/{self.algorithm}/{self.encoded}"


def parse_digest(text: object) -> Digest | None:
    """Read a digest; None if it breaks the grammar or the length of a registered algorithm."""
    if not isinstance(text, str):
        return None
    algorithm, _, encoded = text.partition(":")
    length = _ENCODED_LENGTHS.get(algorithm)
    if length is not None:
        return Digest(algorithm, encoded) if is_hex(encoded, length) else None
    return Digest(algorithm, encoded) if _DIGEST.fullmatch(text) else None


def is_hex(text: str, length: int) -> bool:
    """Whether a text is so many hexadecimal digits, none of them uppercase."""
    return len(text) == length and not text.strip(_HEX_DIGITS)


def digest_error(digest: str) -> str | None:
    """Why engines refuse a digest (opencontainers/go-digest 1.0, Digest.Validate), or None."""
    algorithm, _, encoded = digest.partition(":")
    if not algorithm or not encoded:
        return "invalid checksum digest format"
    length = _ENCODED_LENGTHS.get(algorithm)
    if length is None:
        is_formed = _DIGEST.fullmatch(digest) is not None
        return "unsupported digest algorithm" if is_formed else "invalid checksum digest format"
    if len(utf8(encoded)) != length:
        return "invalid checksum digest length"
    return None if is_hex(encoded, length) else "invalid checksum digest format"


def shorten(digest: str) -> str:
    """A digest short enough to read: the algorithm and 12 digits."""
    algorithm, _, encoded = digest.partition(":")
    return f"{algorithm}:{encoded[:12]}"


class MediaType(StrEnum):
    """The media types that have a meaning here."""

    OCI_INDEX = "application/vnd.oci.image.index.v1+json"
    OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
    OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
    OCI_EMPTY = "application/vnd.oci.empty.v1+json"
    OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
    OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
    OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
    OCI_FOREIGN_LAYER = "application/vnd.oci.image.layer.nondistributable.v1.tar"
    OCI_FOREIGN_LAYER_GZIP = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    OCI_FOREIGN_LAYER_ZSTD = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"
    DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
    DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
    DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
    DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
    DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    DOCKER_LAYER_ZSTD = "application/vnd.docker.image.rootfs.diff.tar.zstd"
    DOCKER_FOREIGN_LAYER = "application/vnd.docker.image.rootfs.foreign.diff.tar"
    DOCKER_FOREIGN_LAYER_GZIP = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


INDEX_TYPES = frozenset({MediaType.OCI_INDEX, MediaType.DOCKER_MANIFEST_LIST})
MANIFEST_TYPES = frozenset({MediaType.OCI_MANIFEST, MediaType.DOCKER_MANIFEST})
CONFIG_TYPES = frozenset({MediaType.OCI_CONFIG, MediaType.DOCKER_CONFIG})

LAYER_COMPRESSION = {
    MediaType.OCI_LAYER: "none",
    MediaType.OCI_LAYER_GZIP: "gzip",
    MediaType.OCI_LAYER_ZSTD: "zstd",
    MediaType.OCI_FOREIGN_LAYER: "none",
    MediaType.OCI_FOREIGN_LAYER_GZIP: "gzip",
    MediaType.OCI_FOREIGN_LAYER_ZSTD: "zstd",
    MediaType.DOCKER_LAYER: "none",
    MediaType.DOCKER_LAYER_GZIP: "gzip",
    MediaType.DOCKER_LAYER_ZSTD: "zstd",
    MediaType.DOCKER_FOREIGN_LAYER: "none",
    MediaType.DOCKER_FOREIGN_LAYER_GZIP: "gzip",
}
"""The compression that each layer media type promises."""

ENCRYPTED_SUFFIX = "+encrypted"
"""How the media types of encrypted layers end (containers/ocicrypt)."""

FOREIGN_LAYER_TYPES = frozenset(
    {
        MediaType.OCI_FOREIGN_LAYER,
        MediaType.OCI_FOREIGN_LAYER_GZIP,
        MediaType.OCI_FOREIGN_LAYER_ZSTD,
        MediaType.DOCKER_FOREIGN_LAYER,
        MediaType.DOCKER_FOREIGN_LAYER_GZIP,
    },
)
"""Layers that may be stored elsewhere (non-distributable)."""


class Platform(NamedTuple):
    """What an image runs on, in Go's GOOS and GOARCH words (OCI image-spec 1.1, image-index.md)."""

    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None
    os_features: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [self.os or "unknown", self.architecture or "unknown"]
        if self.variant:
            parts.append(self.variant)
        return "/".join(parts)


# Components are separated like their parts, so that the pattern is half as long as the grammar.
_PATH = r"[a-z0-9]+(?:(?:[./]|__?|-+)[a-z0-9]+)*"
_DOMAIN_NAME = r"[a-zA-Z0-9]+(?:(?:\.|-+)[a-zA-Z0-9]+)*"
_IPV6 = r"\[[a-fA-F0-9:]+\]"
_LONGEST_READ = 65_536
"""Characters of a reference that are read: the grammar takes 170 bytes of memory for each."""
NAME_LIMIT = 255
"""Characters that the name of a reference may have."""


_HOST = rf"(?:{_DOMAIN_NAME}|{_IPV6})"
_REFERENCE = pattern(
    rf"(?P<name>(?:(?P<domain>{_HOST}(?::[0-9]+)?)/)?(?P<path>{_PATH}))"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)


class Grammar(NamedTuple):
    """What a version of the library for references accepts.

    Attributes:
        has_ipv6: Whether a host can be an IPv6 address.
        uppercase_is_domain: Whether a first component with uppercase letters is a domain.
        limited: The part that may have ``NAME_LIMIT`` characters: ``name`` or ``path``.
        names_uppercase: Whether the error for a name with uppercase letters contains it.
    """

    has_ipv6: bool
    uppercase_is_domain: bool
    limited: str
    names_uppercase: bool

    def match(self, text: str) -> re.Match[str] | None:
        """The parts of a normalised reference; None for another text."""
        # Nothing but such an address has a bracket.
        return None if "[" in text and not self.has_ipv6 else _REFERENCE.fullmatch(text)


REFERENCE = Grammar(
    has_ipv6=True,
    uppercase_is_domain=True,
    limited="path",
    names_uppercase=True,
)
"""distribution/reference 0.6: Docker 25 and later, containerd 2."""
OLD_REFERENCE = Grammar(
    has_ipv6=False,
    uppercase_is_domain=False,
    limited="name",
    names_uppercase=False,
)
"""docker/distribution 2.8.1, reference: Docker 20.10; also containers/image."""


class Reference(NamedTuple):
    """A normalised image reference: ``domain/path[:tag][@digest]``.

    The domain is empty where the text before the first slash is not a domain, but valid in a path.
    """

    domain: str
    path: str
    tag: str | None
    digest: str | None

    @property
    def familiar(self) -> str:
        """The short form that Docker shows."""
        if self.domain == "docker.io":
            name = self.path.removeprefix("library/")
        else:
            name = f"{self.domain}/{self.path}" if self.domain else self.path
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return name + tag + digest


class InvalidReferenceError(ValueError):
    """A reference that the grammar refuses; the text is the words that Docker uses for it."""


def parse_reference(text: str, grammar: Grammar = REFERENCE) -> Reference:
    """Read a reference as Docker normalises it (distribution/reference, ParseNormalizedNamed).

    Args:
        text: The reference.
        grammar: The version of the library.

    Raises:
        InvalidReferenceError: The grammar refuses it.
    """
    if len(text) > _LONGEST_READ:
        raise InvalidReferenceError("invalid reference format")
    if is_hex(text, _IDENTIFIER_LENGTH):
        raise InvalidReferenceError(
            f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings",
        )
    domain, remainder = _split_domain(text, grammar)
    remote = remainder.partition(":")[0]
    if remote != remote.lower():
        shown = f" ({remote})" if grammar.names_uppercase else ""
        raise InvalidReferenceError(
            f"invalid reference format: repository name{shown} must be lowercase",
        )
    match = grammar.match(f"{domain}/{remainder}")
    if match is None:
        if grammar.match(f"{domain}/{remainder}".lower()):
            raise InvalidReferenceError("repository name must be lowercase")
        raise InvalidReferenceError("invalid reference format")
    _check_parts(match, grammar)
    return Reference(match["domain"] or "", match["path"], match["tag"], match["digest"])


def check_reference(text: str, grammar: Grammar = REFERENCE) -> str:
    """Check a reference that is not normalised first (distribution/reference, Parse).

    Args:
        text: The reference.
        grammar: The version of the library.

    Returns:
        The text before the first slash, if it can be a domain; else an empty string.

    Raises:
        InvalidReferenceError: The grammar refuses it.
    """
    match = grammar.match(text) if len(text) <= _LONGEST_READ else None
    if match is None:
        if not text:
            raise InvalidReferenceError("repository name must have at least one component")
        if len(text) <= _LONGEST_READ and grammar.match(text.lower()):
            raise InvalidReferenceError("repository name must be lowercase")
        raise InvalidReferenceError("invalid reference format")
    _check_parts(match, grammar)
    return match["domain"] or ""


def _check_parts(match: re.Match[str], grammar: Grammar) -> None:
    """Refuse a name that is too long, and an invalid digest."""
    if len(match[grammar.limited]) > NAME_LIMIT:
        raise InvalidReferenceError("repository name must not be more than 255 characters")
    error = digest_error(match["digest"]) if match["digest"] else None
    if error is not None:
        raise InvalidReferenceError(error)


def _split_domain(text: str, grammar: Grammar) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    is_uppercase = grammar.uppercase_is_domain and first.lower() != first
    is_domain = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or is_uppercase
    )
    if not is_domain:
        first, rest = "docker.io", text
    if first == "index.docker.io":
        first = "docker.io"
    if first == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    return first, rest
