"""What an archive is, what wrote it, and whether it can be loaded and imported."""
