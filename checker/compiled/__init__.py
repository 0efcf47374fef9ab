"""Optional parts in C: what takes most of the time of reading, and has no good library.

Each is a module of its own, which ``hatch_build.py`` compiles where there is a C compiler. Whoever
uses one imports it where it is used, and does without it where that raises ``ImportError``: nothing
but speed depends on them, and tests hold both ways equal.
"""
