"""Random archives with faults, judged by the profiles and taken by the engines installed here.

``make differential COUNT=500 SEED=1`` needs what the `engines` tests need: root, and Debian's
engines. An archive is a case table as :mod:`checker.testing.cases` describes it, drawn from a seed
and a number, so that ``--replay 1:37`` makes the same archive again and a find can be copied into a
case file.
"""
