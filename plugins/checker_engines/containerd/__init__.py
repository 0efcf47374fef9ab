"""containerd: ``ctr image import``, and the steps that Docker's containerd image store shares."""
