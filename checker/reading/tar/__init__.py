"""The tar walker: one that follows Go's ``archive/tar`` and reports what it finds wrong."""
