"""The command line."""

from checker.cli.main import main, start

__all__ = ["main", "start"]
