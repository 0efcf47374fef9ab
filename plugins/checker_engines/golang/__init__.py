"""What Go's standard library says and does, and the decompressors that Go programs use."""
