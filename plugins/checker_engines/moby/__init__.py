"""Docker: its classic stores, its containerd store, and what they share."""
