"""The results in a directory of a store: Parquet tables, JSON Lines, what was found before.

A batch of checks is one file in each table. The file of the table ``archives`` is written last: a
check of which there is no row in it has not happened.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import intern

from checker.errors import UnreadableError
from checker.fleet.found import Found, key_of
from checker.fleet.libraries import of_the_extra
from checker.fleet.records import Judged, Row
from checker.fleet.registry import write_whole
from checker.fleet.schema import ARCHIVE_TABLE, TABLES, VERSION, Column, State, Type
from checker.fleet.stores import Place, place_of, reason_of
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

LINES = "lines"
RUNS = "runs"
_ENDING = ".parquet"
_KNOWN_COLUMNS = (
    *("url", "source", "state", "passes", "size", "etag", "modified", "fingerprint"),
    "checked_at",
)


class ResultsError(UnreadableError):
    """The results cannot be written or read; the text says why, and what to do."""


class Known(NamedTuple):
    """What an earlier sweep has found out about an object.

    Attributes:
        name: Its URL in results.
        source: The SOURCE that it was found by.
        identity: What changes when the object does.
        fingerprint: Of the checker, the plugins and the settings.
        state: What became of it.
        passes: Whether it was checked completely, without findings that fail.
    """

    name: str
    source: str
    identity: bytes
    fingerprint: str
    state: str
    passes: bool


class Dataset:
    """Results, from any number of sweeps.

    Args:
        url: URL or path of the directory.
    """

    def __init__(self, url: str) -> None:
        with of_the_extra():
            import pyarrow.parquet  # noqa: F401 - told before archives are read
        self.place: Place = place_of(url)
        self._url = url

    def write(self, run: str, number: int, batch: Sequence[Judged]) -> None:
        """Write a batch of checks.

        Args:
            run: Name of the sweep.
            number: Number of the batch in it.
            batch: The checks.

        Raises:
            ResultsError: It cannot be written.
        """
        day = dt.datetime.now(tz=dt.UTC).date().isoformat()
        name = f"{run}-{number:06}"
        lines = gzip.compress(b"".join(each.line for each in batch), 6, mtime=0)
        self._write(f"{LINES}/day={day}/{name}.jsonl.gz", lines)
        for table, columns in TABLES.items():
            rows = [row for each in batch for row in each.rows.get(table, ())]
            if rows:
                self._write(f"{table}/day={day}/{name}{_ENDING}", _parquet(columns, rows))

    def write_run(self, run: str, summary: Mapping[str, object]) -> None:
        """Write what a sweep has done.

        Raises:
            ResultsError: It cannot be written.
        """
        text = json.dumps({"version": VERSION, **summary}, indent=2)
        self._write(f"{RUNS}/{run}.json", text.encode() + b"\n")

    def _write(self, name: str, data: bytes) -> None:
        place = self.place.below(name)
        try:
            write_whole(place, data)
        except Exception as error:  # libraries of stores raise anything
            raise ResultsError(
                place.url,
                f"the results cannot be written: {reason_of(error)}; what was written before is "
                "complete, and the same command goes on from there",
            ) from error

    def known(self) -> dict[bytes, Known]:
        """The objects of earlier sweeps by their keys, each as it was found last.

        Raises:
            ResultsError: The results cannot be read.
        """
        found: dict[bytes, Known] = {}
        latest: dict[bytes, dt.datetime] = {}
        for file in self.files(ARCHIVE_TABLE):
            for row in self.rows(file, _KNOWN_COLUMNS):
                key = key_of(row["url"])
                if key not in latest or latest[key] <= row["checked_at"]:
                    latest[key] = row["checked_at"]
                    found[key] = _known(row)
        return found

    def files(self, table: str) -> list[str]:
        """The files of a table, oldest first.

        Raises:
            ResultsError: They cannot be listed.
        """
        try:
            paths = self.place.files.find(self.place.below(table).path)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise ResultsError(self._url, f"cannot be listed: {reason_of(error)}") from error
        return sorted(path for path in paths if path.endswith(_ENDING))

    def rows(self, file: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The rows of a file with some columns.

        Raises:
            ResultsError: It cannot be read.
        """
        for batch in self.table(file, columns).to_batches(max_chunksize=10_000):
            yield from batch.to_pylist()

    def table(self, file: str, columns: Sequence[str]) -> pa.Table:
        """A file with some columns.

        Raises:
            ResultsError: It cannot be read.
        """
        import pyarrow.parquet as pq

        try:
            with self.place.files.open(file, "rb") as stream:
                return pq.read_table(stream, columns=list(columns), partitioning=None)
        except Exception as error:
            raise ResultsError(
                self.place.at(file).url,
                f"cannot be read: {reason_of(error)}; remove the file, and sweep again",
            ) from error


def _known(row: Mapping[str, Any]) -> Known:
    found = Found(row["url"], row["source"], row["size"], row["etag"], row["modified"])
    # The same texts in millions of rows.
    fingerprint, source, state = map(intern, (row["fingerprint"], row["source"], row["state"]))
    return Known(found.name, source, found.identity, fingerprint, state, row["passes"])


def is_unchanged(known: Known, found: Found, fingerprint: str) -> bool:
    """Whether an object need not be read again."""
    return (
        known.state == State.CHECKED
        and known.fingerprint == fingerprint
        and known.identity == found.identity
    )


def _parquet(columns: Sequence[Column], rows: Iterable[Row]) -> bytes:
    """Rows as the bytes of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = list(zip(*rows, strict=True))
    arrays = [
        pa.array(column, _arrow(one.type)) for one, column in zip(columns, values, strict=True)
    ]
    schema = pa.schema(
        [
            pa.field(one.name, _arrow(one.type), metadata={"meaning": one.meaning})
            for one in columns
        ],
        metadata={"archive-checker": str(VERSION)},
    )
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def _arrow(kind: Type) -> pa.DataType:
    import pyarrow as pa

    types = {
        Type.TEXT: pa.string(),
        Type.TEXTS: pa.list_(pa.string()),
        Type.NUMBER: pa.int64(),
        Type.REAL: pa.float64(),
        Type.TRUTH: pa.bool_(),
        Type.TIME: pa.timestamp("us", tz="UTC"),
    }
    return types[kind]
