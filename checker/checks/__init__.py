"""Checks: from facts to findings."""
