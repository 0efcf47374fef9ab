"""Fleets: archives in stores of any size, checked by the workers of a Dask cluster.

Nothing outside of this package and of the command ``sweep`` imports it. The libraries that it needs
are those of the extra ``archive-checker[fleet]``.
"""
