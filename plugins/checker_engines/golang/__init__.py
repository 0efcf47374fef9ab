"""The behaviour of Go's standard library that engines depend on."""
