"""The command line's arguments: a module for each command."""
