"""umoci: ``umoci unpack``, and the unpacking of layers that Apptainer and LXC share with it."""
