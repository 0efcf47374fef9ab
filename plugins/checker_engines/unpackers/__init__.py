"""Programs that unpack a tar, GNU tar and bsdtar, and tools that run one of them."""
