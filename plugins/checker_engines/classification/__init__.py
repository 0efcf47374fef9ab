"""What an archive is, which tool wrote it, and whether it can be loaded and imported."""
