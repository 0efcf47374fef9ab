"""Programs that tests end by a signal, which would interrupt the measuring of coverage."""

from __future__ import annotations

import os


def unmeasured() -> dict[str, str]:
    """The environment without that of coverage."""
    return {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}
