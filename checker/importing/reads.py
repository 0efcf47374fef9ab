"""The files that tell about the distribution of a root filesystem."""

from __future__ import annotations

from checker.model.content import ContentRequest

OS_RELEASE_PATHS = ("etc/os-release", "usr/lib/os-release")
"""Where ``os-release`` is, in the order of os-release(5)."""
ENVIRONMENT, PROFILE, LOGIN_DEFINITIONS = "etc/environment", "etc/profile", "etc/login.defs"
DISTRIBUTION_READS = (
    ContentRequest(
        paths=frozenset({*OS_RELEASE_PATHS, ENVIRONMENT, PROFILE, LOGIN_DEFINITIONS}),
        limit=16 * 1024,
    ),
)
"""What must have been read of a root filesystem, besides what tells whether it starts."""
