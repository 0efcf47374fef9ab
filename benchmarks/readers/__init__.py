"""Tools that read archives, as ``make readers`` installs them, compared with their profiles.

``python -m benchmarks.readers CORPUS...`` runs each installed tool on each archive of a corpus: a
directory with the directory ``archives``.
"""
