"""Files that lie beside a program while it is written and have no use in an image."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LEFTOVERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("Dockerfile", "Containerfile", ".dockerignore"), "what the image was built from"
        ),
        **dict.fromkeys(
            ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"),
            "how containers are started somewhere",
        ),
        ".git/HEAD": "a repository of git, with all that its history ever held",
        ".hg/requires": "a repository of Mercurial, with all that its history ever held",
        ".svn/wc.db": "a working copy of Subversion",
        ".svn/entries": "a working copy of Subversion",
        ".gitlab-ci.yml": "settings of a pipeline",
        **dict.fromkeys((".vscode/settings.json", ".vscode/launch.json"), "settings of an editor"),
        **dict.fromkeys((".idea/workspace.xml", ".idea/modules.xml"), "settings of an editor"),
        **dict.fromkeys((".vimrc", ".viminfo"), "settings of an editor"),
        **dict.fromkeys((".DS_Store", "Thumbs.db"), "what a file manager left"),
        **dict.fromkeys(
            (
                *(".bash_history", ".ash_history", ".zsh_history", ".python_history"),
                *(".mysql_history", ".psql_history", ".rediscli_history", ".node_repl_history"),
            ),
            "what somebody typed",
        ),
        **dict.fromkeys(("npm-debug.log", "yarn-error.log", "nohup.out"), "the log of a build"),
    }
)
"""What a file is, by the end of its path."""

FOLDERS = frozenset({".git", ".hg", ".svn", ".vscode", ".idea"})
"""Folders that are reported as a whole, once."""
