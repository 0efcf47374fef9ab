"""Tests against the real container engines of the Debian packages."""
