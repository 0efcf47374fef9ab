"""Docker: the classic image store, the containerd image store, and what they share."""
