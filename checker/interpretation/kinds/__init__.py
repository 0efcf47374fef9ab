"""Known kinds of archive that engines do not read, one module a kind."""
