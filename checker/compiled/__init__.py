"""Optional parts in C: what takes most of the time of reading, and has no good library.

Each is a separate extension module, which ``hatch_build.py`` compiles if a C compiler is installed.
Code that uses one imports it inside the function, and has an implementation in Python for an
``ImportError``: nothing but speed depends on them, and tests hold both implementations equal.
"""
