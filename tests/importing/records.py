"""What real engines said to ``--change`` options and references, as recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_CHANGES = Path(__file__).with_name("changes.json")
_REFERENCES = Path(__file__).with_name("references.json")
Record = dict[str, Any]
RECORDS: list[Record] = json.loads(_CHANGES.read_text("utf-8"))
REFERENCES: list[Record] = json.loads(_REFERENCES.read_text("utf-8"))
SETTINGS = (
    *("Entrypoint", "Cmd", "Env", "ExposedPorts", "Healthcheck", "Labels", "OnBuild"),
    *("StopSignal", "User", "Volumes", "WorkingDir"),
)


def settings_of(image: dict[str, Any]) -> dict[str, Any]:
    """The settings that ``inspect`` shows, without those that are not set."""
    config = image.get("Config") or {}
    return {key: config[key] for key in SETTINGS if config.get(key) not in (None, "")}


def write_records(key: str, found: list[Record]) -> None:
    """Write the record of changes again with what one engine said."""
    _write(_CHANGES, RECORDS, key, found)


def write_references(key: str, found: list[Record]) -> None:
    """Write the record of references again with what one engine said."""
    _write(_REFERENCES, REFERENCES, key, found)


def _write(path: Path, records: list[Record], key: str, found: list[Record]) -> None:
    for record, said in zip(records, found, strict=True):
        record[key] = said
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    path.write_text(f"[\n{lines}\n]\n", "utf-8")
