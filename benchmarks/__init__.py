"""Speed and memory beside a floor and other tools. Run with `make bench`; no part of the tests."""
