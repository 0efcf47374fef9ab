"""Facts of layers that were read before, in the user's cache directory."""
