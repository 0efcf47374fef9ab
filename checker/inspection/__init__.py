"""What is in an archive: records of its images, layers and files, as text and as JSON."""
