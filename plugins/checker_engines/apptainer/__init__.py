"""Apptainer: ``apptainer build`` from archives and layouts."""
