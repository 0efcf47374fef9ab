"""Verifies signatures in archives with given keys and certificates, without a network."""
