"""Files of the development of a program that have no use in an image."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LEFTOVERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("Dockerfile", "Containerfile", ".dockerignore"), "a build file of an image"
        ),
        **dict.fromkeys(
            ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"),
            "a Compose file",
        ),
        ".git/HEAD": "a git repository with its complete history",
        ".hg/requires": "a Mercurial repository with its complete history",
        ".svn/wc.db": "a Subversion working copy",
        ".svn/entries": "a Subversion working copy",
        ".gitlab-ci.yml": "a CI pipeline configuration",
        **dict.fromkeys(
            (".vscode/settings.json", ".vscode/launch.json"), "an editor configuration"
        ),
        **dict.fromkeys((".idea/workspace.xml", ".idea/modules.xml"), "an editor configuration"),
        **dict.fromkeys((".vimrc", ".viminfo"), "an editor configuration"),
        **dict.fromkeys((".DS_Store", "Thumbs.db"), "a cache file of a file manager"),
        **dict.fromkeys(
            (
                *(".bash_history", ".ash_history", ".zsh_history", ".python_history"),
                *(".mysql_history", ".psql_history", ".rediscli_history", ".node_repl_history"),
            ),
            "a command history",
        ),
        **dict.fromkeys(("npm-debug.log", "yarn-error.log", "nohup.out"), "a build log"),
    }
)
"""The description of a file, by the end of its path."""

DIRECTORIES = frozenset({".git", ".hg", ".svn", ".vscode", ".idea"})
"""Directories that are reported once, as a whole."""
