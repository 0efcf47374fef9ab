"""Fuzz targets for the whole run and for each parser: `make fuzz SECONDS=60`."""
