"""What decides in each engine profile, for ``docs/engines.md``; a module a family."""
