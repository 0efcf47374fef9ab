"""Files of container-structure-test, schemaVersion 2.0.0.

They mean what the program documents and does (version 1.19.1, pkg/types/v2 and pkg/drivers), but
nothing is run and nothing is extracted.
"""
