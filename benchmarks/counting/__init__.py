"""What fixed runs cost, counted instead of timed: `make bench-check`.

Counts do not depend on how fast the host is or what else it does, so that a loss of a few percent
shows. Two counters are used:

* ``instructions`` of the processor, counted by valgrind. They depend on how Python was built, and
  are compared only with those of the same build.
* ``bytecodes``, the instructions of Python's interpreter. They depend on its minor version only,
  but what is done in C, such as hashing, counts as one.

``counts.json`` has the figures. `make bench-record` writes those of the Python at hand.
"""
