"""Stores: whatever fsspec opens by URL. Lists objects, and fetches ranges of them with retries."""

from __future__ import annotations

import errno
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from checker.errors import SettingsError, UnreadableError
from checker.fleet.found import Found
from checker.fleet.libraries import of_the_extra
from checker.reading.ranges import RangedFile, RequestSizes
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_ENDINGS = (
    *(".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"),
    *(".tgz", ".tbz2", ".txz", ".tzst"),
)
_MAGIC = re.compile(r"[*?\[]")
_MAGIC_OF_PAGES = re.compile(r"[*\[]")
_ATTEMPTS = 6
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
# What another attempt does not change.
_FINAL = (PermissionError, IsADirectoryError, NotADirectoryError)
_TAGS = ("ETag", "etag", "e_tag")
_TIMES = ("LastModified", "Last-Modified", "last_modified", "updated", "mtime", "modified")


class StoreError(OSError):
    """A store did not answer, again and again; the same may work later."""


class Pacing(NamedTuple):
    """How a request that fails is repeated.

    Attributes:
        attempts: Attempts altogether.
        first: Seconds before the second one; each further pause is twice as long.
        longest: Seconds at most.
    """

    attempts: int = _ATTEMPTS
    first: float = _FIRST_PAUSE
    longest: float = _LONGEST_PAUSE

    def pause(self, attempt: int) -> float:
        """Seconds to wait after an attempt; a part is random, so that workers do not agree."""
        longest = min(self.longest, self.first * float(2**attempt))
        return longest * (1 + random.random()) / 2  # noqa: S311 - nothing secret


_PATIENT = Pacing()


class Place(NamedTuple):
    """Something in a store.

    Attributes:
        files: The store.
        path: The path in it.
    """

    files: AbstractFileSystem
    path: str

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine."""
        protocol = self.files.protocol
        return "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    @property
    def url(self) -> str:
        """The URL; of a local file its path."""
        return self.path if self.is_local else str(self.files.unstrip_protocol(self.path))

    def at(self, path: str) -> Place:
        """Another path in the same store."""
        return self._replace(path=path)

    def below(self, name: str) -> Place:
        """What is in it, if it is a directory."""
        return self._replace(path=f"{self.path.rstrip('/')}/{name}")


def place_of(url: str) -> Place:
    """The place that a URL or path names.

    Raises:
        SettingsError: There is no such protocol, or its library is not installed.
    """
    with of_the_extra():
        from fsspec.core import url_to_fs
    try:
        # Lists are not kept: they would grow without end, and be wrong later.
        files, path = url_to_fs(url, use_listings_cache=False, **_options(url))
    except (ImportError, ValueError, OSError) as error:
        raise SettingsError(f"{url}: {error}") from error
    return Place(files, path)


class Unlisted(NamedTuple):
    """A directory that cannot be listed, so that archives may be missing.

    Attributes:
        url: The directory.
        reason: Why.
    """

    url: str
    reason: str


def _options(url: str) -> dict[str, Any]:
    """How a store is opened, unless the configuration of fsspec says it."""
    from fsspec.config import conf

    protocol = url.partition("://")[0]
    if protocol not in ("s3", "s3a") or "config_kwargs" in conf.get(protocol, {}):
        return {}
    # Requests are repeated here, and by s3fs; a third time below would multiply the pauses.
    return {"config_kwargs": {"retries": {"max_attempts": 0}}}


def find_archives(source: str) -> Iterator[Found | Unlisted]:
    """The objects that a SOURCE names: one, those of a pattern, or the archives below a directory.

    Raises:
        SettingsError: There is no such protocol, or its library is not installed.
    """
    place = place_of(source)
    if _is_pattern(place):
        yield from _matching(place, source)
        return
    try:
        info = persistent(lambda: place.files.info(place.path), source)
    except (UnreadableError, StoreError) as error:
        yield Unlisted(source, reason_of(error))
        return
    if info["type"] == "directory":
        yield from _below(place, source, lambda path: path.lower().endswith(_ENDINGS))
    else:
        yield _found(place, source, info)


def _is_pattern(place: Place) -> bool:
    # In the URL of a page, a question mark begins its parameters.
    magic = _MAGIC_OF_PAGES if place.path.startswith(("http://", "https://")) else _MAGIC
    if magic.search(place.path) is None:
        return False
    # A local file may have such a name.
    return not (place.is_local and os.path.lexists(place.path))


def _matching(place: Place, source: str) -> Iterator[Found | Unlisted]:
    from fsspec.utils import glob_translate

    path = place.path
    magic = _MAGIC.search(path)
    top = path[: path.rfind("/", 0, magic.start() if magic else None) + 1].rstrip("/")
    matches = re.compile(glob_translate(path)).match
    rest = path[len(top) :].strip("/")
    levels = None if "**" in rest else rest.count("/")
    yield from _below(place.at(top or "/"), source, lambda one: bool(matches(one)), levels)


def _below(
    place: Place, source: str, is_wanted: Callable[[str], bool], levels: int | None = None
) -> Iterator[Found | Unlisted]:
    """The objects below a directory, one directory after another, so that few are in memory.

    Args:
        place: The directory.
        source: The SOURCE.
        is_wanted: Whether an object is wanted, by its path.
        levels: Levels of directories below it that are listed; None for all.
    """
    pending = [(place, levels)]
    while pending:
        here, left = pending.pop()
        try:
            listing = persistent(partial(here.files.ls, here.path, detail=True), here.url)
        except (UnreadableError, StoreError) as error:
            yield Unlisted(here.url, reason_of(error))
            continue
        directories = []
        # In order, so that two sweeps of the same objects are alike.
        for info in sorted(listing, key=lambda one: str(one["name"])):
            if info["type"] != "directory":
                if is_wanted(info["name"]):
                    yield _found(place.at(info["name"]), source, info)
            elif left != 0 and not info.get("islink") and info["name"].rstrip("/") != here.path:
                directories.append((place.at(info["name"]), None if left is None else left - 1))
        pending += reversed(directories)


def _found(place: Place, source: str, info: Mapping[str, Any]) -> Found:
    size = info.get("size")
    tag = next((str(info[key]).strip('"') for key in _TAGS if info.get(key)), None)
    time = next((info[key] for key in _TIMES if info.get(key) is not None), None)
    return Found(place.url, source, size or 0, tag, None if time is None else str(time))


def found_again(found: Found) -> Found:
    """The object as it is now.

    Raises:
        UnreadableError: It is not there any more, or must not be read.
        StoreError: The store did not answer.
    """
    place = place_of(found.url)
    info = persistent(lambda: place.files.info(place.path), found.url)
    return _found(place, found.source, info)


class RangedObject:
    """An object whose ranges are fetched as they are needed.

    Args:
        found: The object.
        pacing: How requests that fail are repeated.
        sizes: How many bytes are asked for at once.

    Attributes:
        file: The object as a file, whose reading raises ``OSError`` if a range cannot be had.
        failure: Why a range could not be had; the facts that were read are then worth nothing.
    """

    def __init__(
        self, found: Found, pacing: Pacing | None = None, sizes: RequestSizes | None = None
    ) -> None:
        self.failure: UnreadableError | StoreError | None = None
        self.file = RangedFile(self._fetch, found.size, sizes)
        self._place = place_of(found.url)
        self._url = found.url
        self._pacing = pacing or _PATIENT

    def _fetch(self, offset: int, count: int) -> bytes:
        if self.failure is not None:  # what else is read is worth nothing
            raise StoreError(errno.EIO, str(self.failure))
        try:
            request = partial(_range, self._place, offset, count)
            data: bytes = persistent(request, self._url, self._pacing)
        except StoreError as error:
            self.failure = error
            raise
        except UnreadableError as error:
            self.failure = error
            raise OSError(errno.EIO, error.reason) from error
        return data


def _range(place: Place, offset: int, count: int) -> bytes:
    data = place.files.cat_file(place.path, start=offset, end=offset + count)
    if len(data) > count:
        reason = "the server does not send ranges of files; download it for 'checker check'"
        raise UnreadableError(place.url, reason)
    if len(data) != count:
        raise OSError(errno.EIO, f"{len(data)} of {count} bytes came")
    return bytes(data)


def persistent(request: Callable[[], Any], url: str, pacing: Pacing = _PATIENT) -> Any:
    """What a request gives, which is repeated if it fails.

    Args:
        request: The request.
        url: What it is for.
        pacing: How it is repeated.

    Raises:
        UnreadableError: The object is not there, or must not be read.
        StoreError: All attempts failed.
    """
    for attempt in range(pacing.attempts):
        try:
            return request()
        except UnreadableError:
            raise
        except FileNotFoundError as error:
            raise UnreadableError(url, "there is nothing by this name") from error
        except _FINAL as error:
            raise UnreadableError(url, f"cannot be read: {reason_of(error)}") from error
        except Exception as error:  # noqa: BLE001 - libraries of stores raise anything
            failure = error
        if attempt + 1 < pacing.attempts:
            time.sleep(pacing.pause(attempt))
    reason = f"the store failed {pacing.attempts} times: {reason_of(failure)}"
    raise StoreError(errno.EIO, reason) from failure


def reason_of(error: BaseException) -> str:
    """What went wrong, in one line."""
    if isinstance(error, UnreadableError):
        return error.reason
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(words.split()) or type(error).__name__
