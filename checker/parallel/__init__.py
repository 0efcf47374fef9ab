"""Several archives side by side, each in a process that may die without the others."""
