"""containerd: ``ctr image import`` and the steps that it shares with Docker's containerd store."""
