#!/bin/sh
# Decides whether an archive is deployed: exit code 0 if it is. Usage: sh gate.sh app.tar
set -eu
archive=$1

# All rules, the requirements, the structure tests and the plugin, in one read.
checker check "$archive" --format text --format junit=checker.xml

# What is easier said in Python; every requirement is a test too.
pytest -q --archive "$archive" --archive-checks -k "test_release or POL or REG"

# A command of the plugin, with its settings.
checker registries
