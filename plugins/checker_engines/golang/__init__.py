"""What Go's standard library does, as far as engines depend on it."""
