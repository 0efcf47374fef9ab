"""What is in an archive, as records: images, layers, settings, space and trees of files."""
