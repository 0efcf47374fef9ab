"""The in-memory tree that an extraction is simulated on, and what extractors have in common."""
