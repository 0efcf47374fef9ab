"""What happened to a file that is not a sound archive, recognized from its first bytes."""
