"""Compares two archives: what they are, their images, layers, settings and files."""
