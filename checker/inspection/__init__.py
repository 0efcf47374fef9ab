"""What ``checker show`` says of an archive, as text and as JSON."""
