"""The facts: what an archive contains, in the terms of the specifications."""
