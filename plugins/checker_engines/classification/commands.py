"""The commands that restore an archive, in the form that the program takes the path in."""

from __future__ import annotations


def docker_load(quoted_path: str) -> str:
    """``docker load`` of a path, quoted for a command line."""
    return f"docker load -i {quoted_path}"


def docker_import(quoted_path: str) -> str:
    """``docker import`` of a path, quoted for a command line."""
    return f"docker import {quoted_path} name:tag"


def podman_load(quoted_path: str) -> str:
    """``podman load`` of a path: one with a colon is not taken as an argument."""
    return f"podman load {'<' if ':' in quoted_path else '-i'} {quoted_path}"


def podman_import(quoted_path: str) -> str:
    """``podman import`` of a path: one with a colon is not taken as an argument."""
    if ":" in quoted_path:
        return f"podman import - name:tag < {quoted_path}"
    return f"podman import {quoted_path} name:tag"
