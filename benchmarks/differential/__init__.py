"""Compares the verdicts of the profiles with the installed engines on random archives with faults.

``make differential COUNT=500 SEED=1`` has the requirements of the `engines` tests: root, and
Debian's engines. An archive is a case table (:mod:`checker.testing.cases`) that is drawn from a
seed and a number, so that ``--replay 1:37`` creates the same archive again and a difference can be
copied to a case file.
"""
