"""Reading: from bytes to facts, in one pass."""
