"""An example of a plugin: images must not run as root."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity, hookimpl


class RunsAsRoot(Check):
    """The image runs as root.

    What it means:
        The config has no User, or the User is root.

    Why it matters:
        A process that breaks out of its container is root on the host.

    How to fix it:
        Add an instruction such as ``USER 1000`` to the Dockerfile.

    References:
        - OCI image-spec 1.1, config.md, User
    """

    id = "XMP001"
    name = "runs-as-root"
    severity = Severity.WARNING

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the user."""
        user = config.settings.get("User") or "root"
        if str(user).partition(":")[0] in {"root", "0"}:
            yield self.finding(config, f"runs as {user}", at={"pointer": "/config/User"})


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """Return the rule."""
    yield RunsAsRoot
