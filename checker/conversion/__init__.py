"""Writes an image or a root filesystem in another form."""
