"""Time and memory against bytes and entries: `make performance`, which writes a page and plots."""
