"""The behaviour of Go's standard library and of decompressors that engines depend on."""
