"""Speed and memory, compared with a baseline and other tools: `make bench`."""
