"""Whether a container of a root filesystem starts: yes, no or not known, with the reason."""
