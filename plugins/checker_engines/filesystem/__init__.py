"""The tree that an extraction is tried on, and what extractors have in common."""
