"""Work of libraries that nothing in this process could interrupt: in a process of its own.

It has a deadline and a bound on memory, and a library that crashes ends nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys

from checker.typing_names import Any

SECONDS = 10.0
"""How long such work may take."""
_MEMORY = 4 << 30
_START = """\
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]), int(sys.argv[3])))
except (ImportError, ValueError, OSError):
    pass
work = importlib.import_module(sys.argv[2]).work
json.dump(work(json.load(sys.stdin)), sys.stdout)
"""


class ChildError(Exception):
    """The work was not done; the text says why."""


def in_child(module: str, request: Any, seconds: float = SECONDS) -> Any:
    """Have a module do some work.

    Args:
        module: The module, which has a function ``work`` from JSON to JSON.
        request: What it is to work on.
        seconds: How long it may take.

    Raises:
        ChildError: It took too long, or ended without a result.
    """
    if not sys.executable:
        raise ChildError("no interpreter of Python is known to do it")
    paths = json.dumps([path or "." for path in sys.path])
    words = [sys.executable, "-c", _START, paths, module, str(_MEMORY)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            words,
            input=json.dumps(request),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise ChildError(f"it took more than {seconds:g} seconds") from None
    except OSError as error:
        raise ChildError(f"it could not be started: {error.strerror or error}") from error
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise ChildError(last[:200] or f"it ended with code {done.returncode}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ChildError("it gave no answer") from None
