"""Interpretation: from the documents of an archive to its images and its kind."""
