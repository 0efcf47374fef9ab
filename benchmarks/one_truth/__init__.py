"""Whether everything that is said of an archive follows from the verdicts, over many archives.

``properties`` has the properties, which the tests use as well; ``making`` draws random archives.
"""
