"""Scanners and viewers: tools that look into the layers of an archive."""
