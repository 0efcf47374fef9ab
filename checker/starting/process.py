"""The process that a container runs: arguments, environment, user and working directory.

Sources: OCI image-spec 1.1, config.md and conversion.md ("Verbatim Fields", "Parsed Fields");
Docker Engine 28, runconfig and daemon/create.go (an Entrypoint of one empty string counts as none).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checker.model.document import pointer
from checker.model.entries import clean_path
from checker.model.image import Config, Json, strings
from checker.records import NamedTuple

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH that engines set if the environment has none (Docker Engine 28, oci/defaults.go)."""

# No real PATH is this long; a hostile one is not searched to its end.
# Directories of PATH that are searched, for each of a thousand images. Nothing is said to be absent
# if there are more.
_MOST_DIRECTORIES = 200
_NOTHING: tuple[tuple[str, ...], ...] = ((), ("",))


class Process(NamedTuple):
    """What a container runs.

    Attributes:
        arguments: The complete command line, Entrypoint and Cmd; empty without a command.
        environment: Values by name.
        user: The user, ``name``, ``name:group`` or numbers; empty for root.
        working_directory: The working directory as it is written; empty for ``/``.
        entrypoint_words: How many of the arguments come from Entrypoint.
    """

    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = MappingProxyType({})
    user: str = ""
    working_directory: str = ""
    entrypoint_words: int = 0

    @property
    def directory(self) -> str:
        """The absolute working directory without a trailing slash; empty for the root."""
        path = clean_path(self.working_directory)
        return f"/{path}" if path else ""

    @property
    def search_path(self) -> tuple[str, ...]:
        """The directories in which a command without a slash is searched, absolute, in order."""
        search = self.environment.get("PATH", DEFAULT_PATH)
        return absolute_directories(search, self.directory)

    @property
    def is_path_cut(self) -> bool:
        """Whether PATH has more directories than are searched, so that an absence is not known."""
        return self.environment.get("PATH", "").count(":") >= _MOST_DIRECTORIES

    def absolute(self, path: str) -> str:
        """A path as the process resolves it."""
        return path if path.startswith("/") else f"{self.directory}/{path}"


def absolute_directories(search: str, base: str) -> tuple[str, ...]:
    """The directories of a search path such as PATH, without trailing slashes, each once.

    Args:
        search: Directories between colons; an empty one is the working directory.
        base: The working directory.
    """
    directories = search.split(":", _MOST_DIRECTORIES)[:_MOST_DIRECTORIES] if search else []
    absolute = (each if each.startswith("/") else f"{base}/{each}" for each in directories)
    return tuple(dict.fromkeys(each.rstrip("/") for each in absolute))


def process_of(config: Config) -> Process:
    """The process of a container that is started without any options."""
    return process_from(config.settings)


def process_from(settings: Json) -> Process:
    """The process that settings describe.

    Args:
        settings: The ``config`` object of an image config: Entrypoint, Cmd, Env, User, WorkingDir.
    """
    entrypoint = _words(settings.get("Entrypoint"))
    entrypoint = () if entrypoint in _NOTHING else entrypoint
    pairs = (item.partition("=") for item in strings(settings.get("Env")))
    return Process(
        arguments=(*entrypoint, *_words(settings.get("Cmd"))),
        environment={name: value for name, _, value in pairs},
        user=_text(settings.get("User")),
        working_directory=_text(settings.get("WorkingDir")),
        entrypoint_words=len(entrypoint),
    )


def pointer_of_word(settings: Json, process: Process, position: int) -> str:
    """JSON pointer of a word of the command line in an image config."""
    key = "Entrypoint" if position < process.entrypoint_words else "Cmd"
    first = 0 if key == "Entrypoint" else process.entrypoint_words
    is_list = isinstance(settings.get(key), list)
    return pointer("config", key, position - first) if is_list else pointer("config", key)


def _words(value: object) -> tuple[str, ...]:
    """A list of words; a string alone is one word."""
    return (value,) if isinstance(value, str) else strings(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
