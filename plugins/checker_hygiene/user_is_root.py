"""HYG001: an image whose containers run as root."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, DockerfileEdit, Finding, Fix, Severity
from checker.model.image import text

_ROOT = frozenset({"root", "0"})
_ADMINISTRATOR = "containeradministrator"


class UserIsRoot(Check):
    """Containers of the image run as root by default.

    What it means:
        The config has no User, or it is root or 0. On Windows only ContainerAdministrator is
        reported, since the base image determines the default there.

    Why it matters:
        A compromised process can modify every file of the container, and one that escapes from it
        is root on the host, unless the engine maps users. Clusters with the restricted Pod Security
        Standard reject such an image.

    How to fix it:
        Set a user at the end of the Dockerfile. A numeric ID also satisfies runAsNonRoot of
        Kubernetes, which cannot evaluate a name. Where root is needed, as in base images, waive the
        rule.

            RUN useradd --uid 10001 app
            USER 10001

    References:
        - OCI image-spec 1.1, config.md, "User"
        - dockle CIS-DI-0001; CIS Docker Benchmark, section 4.1
    """

    id = "HYG001"
    name = "user-is-root"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the user."""
        user = text(config.settings.get("User")) or ""
        if not _is_root(user.partition(":")[0].strip(), config.os):
            return
        runs_as = user if config.os == "windows" else "root"
        found = f'its User is "{user}"' if user else "its config has no User"
        yield self.finding(
            config,
            f"containers of {config.location.image} run as {runs_as}: {found}",
            at={"pointer": "/config/User"},
            fix=Fix("run as a user of the image without privileges", DockerfileEdit("USER 10001")),
        )


def _is_root(name: str, os: str | None) -> bool:
    if os == "windows":
        return name.lower() == _ADMINISTRATOR
    return not name or name in _ROOT
