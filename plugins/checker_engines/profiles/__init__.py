"""Engines, one family a module; each reads like the engine's own way through an archive."""
