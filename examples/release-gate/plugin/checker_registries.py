"""A plugin with settings of its own: images must be named after one of some registries."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from checker import Archive, Check, Finding, Option, PluginCommand, Severity, hookimpl

REGISTRIES = Option("registries", tuple, ("docker.io",), "registries that images may be from")
REQUIRE_VERSION = Option("require-version", bool, False, "whether a tag must begin with a digit")


class OtherRegistry(Check):
    """The image is named after another registry, or without a version.

    What it means:
        The name of the image does not begin with one of the registries in the table
        ``[plugins.checker_registries]``; or ``require-version`` is set, and the tag is not a
        version.

    Why it matters:
        Who pulls the image by this name gets another one, or another one next week.

    How to fix it:
        Tag the image with the name that it is deployed by: ``registry.example.org/app:1.2``.

    References:
        - OCI distribution-spec 1.1, "Pulling manifests"
    """

    id = "REG001"
    name = "other-registry"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the names of the images."""
        registries = self.setting(REGISTRIES)
        for image in archive.images:
            for name in image.names:
                registry, _, rest = name.partition("/")
                tag = rest.rpartition(":")[2]
                if registry not in registries:
                    wanted = ", ".join(registries)
                    yield self.finding(image, f"{name} is not from one of {wanted}")
                elif self.setting(REQUIRE_VERSION) and not tag[:1].isdigit():
                    yield self.finding(image, f"the tag of {name} is no version")


def add_no_arguments(parser: ArgumentParser) -> None:
    """The command has no arguments."""
    del parser


def list_registries(arguments: Namespace) -> int:
    """Print the registries of the settings."""
    print("images may be from:", *REGISTRIES.of(arguments.plugin_settings))  # noqa: T201
    return 0


@hookimpl
def checker_settings() -> Iterator[Option[Any]]:
    """Return the settings."""
    yield from (REGISTRIES, REQUIRE_VERSION)


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """Return the rule."""
    yield OtherRegistry


@hookimpl
def checker_commands() -> Iterator[PluginCommand]:
    """Return the command."""
    yield PluginCommand(
        "registries", "list the registries of the settings", add_no_arguments, list_registries
    )
