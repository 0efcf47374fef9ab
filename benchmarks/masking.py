"""Messages without what differs between two runs of one engine."""

from __future__ import annotations

import re

PROGRESS = (
    r"Getting image source signatures|Copying (?:blob|config) sha256:[0-9a-f]*(?: done)?"
    r"|Writing manifest to image destination|Storing signatures"
)
"""What Podman and Skopeo print while they copy: threads decide on its place among the errors."""

# Progress, paths, digests, other hexadecimal names, numbers.
_MASKS = (
    (re.compile(rf"(?:{PROGRESS})(?=\s|$)"), " "),
    # Temporary names: of a snapshot, and of the image that an import creates.
    (re.compile(r"extract-(?:\d+-[\w-]{4}|<n>-<id>)"), "<snapshot>"),
    (re.compile(r'unpack image: apply layer error for "[^"]*"'), 'apply layer error for "<name>"'),
    # Recordings show more or less of a path below a temporary directory.
    (re.compile(r"<tmp>/container_images_[a-z-]+\d*\\*"), "<tmp>"),
    (re.compile(r'(?<=storing blob to file ")<tmp>/\d+'), "<tmp>"),
    (re.compile(r"<tmp>/(?:[^\s:\"',\\/]+/)+"), "<tmp>/"),
    (re.compile(r"<tmp>"), "<path>"),
    (re.compile(r"/(?:var/)?(?:tmp|lib)/[^\s:\"',]*"), "<path>"),
    (re.compile(r"\b[0-9a-f]{12,128}\b"), "<hex>"),
    (re.compile(r"\d+"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def masked(message: str) -> str:
    """A message without what differs between two runs of one engine."""
    for pattern, replacement in _MASKS:
        message = pattern.sub(replacement, message)
    return message.strip()
