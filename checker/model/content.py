"""What checks ask to see of the content of files, and how the requests of all add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from checker.records import NamedTuple


class ContentRequest(NamedTuple):
    """First bytes of some files of a root filesystem that a check needs.

    Attributes:
        paths: Paths inside the root, without a leading slash, such as ``etc/passwd``.
        endings: Ends of paths, whole parts of them, such as ``id_rsa`` or ``.aws/credentials``.
        below: Directories, without slashes around them, such as ``licenses``: all files in them
            and below are meant.
        executables: Whether every regular file with an executable bit is meant.
        limit: How many bytes of each file, at most.
        libraries: Whether what ELF files need is asked for as well, of executables and of shared
            libraries; it is told as ``Tar.elf_files``. Of a file with the name of a library that is
            not an ELF file, the first bytes are kept.
        digests: Whether the SHA-256 of the files with these ``paths`` and ``endings`` is asked for
            as well; it is told as ``Tar.digests``.
        secrets: Whether small text files with something in the form of a secret are meant, in the
            places that ``checker.model.text_files`` has. They are kept whole, whatever ``limit``
            is; other files are searched and not kept.
    """

    paths: frozenset[str] = frozenset()
    endings: frozenset[str] = frozenset()
    executables: bool = False
    limit: int = 4096
    libraries: bool = False
    below: frozenset[str] = frozenset()
    digests: bool = False
    secrets: bool = False


class ContentPlan(NamedTuple):
    """All requests of a run in the form that the reader looks them up in.

    Attributes:
        paths: Bytes wanted, by path.
        executables: Bytes wanted of every executable file.
        endings: Bytes wanted by the end of the path, grouped by the last part of it.
        libraries: Whether what ELF files need is wanted.
        digests: Whether the digests of all files are wanted; their content is read for it.
        below: Bytes wanted of every file below a directory, by its path.
        hashed: Ends of the paths of files whose digests are wanted, grouped by the last part.
        secrets: Whether text files with secrets are wanted.
    """

    paths: Mapping[str, int] = MappingProxyType({})
    executables: int = 0
    endings: Mapping[str, Mapping[str, int]] = MappingProxyType({})
    libraries: bool = False
    digests: bool = False
    below: Mapping[str, int] = MappingProxyType({})
    hashed: Mapping[str, frozenset[str]] = MappingProxyType({})
    secrets: bool = False

    @classmethod
    def of(cls, requests: Iterable[ContentRequest]) -> ContentPlan:
        """Add up requests: of each file, as much as the most demanding one asks for."""
        paths: dict[str, int] = {}
        endings: dict[str, dict[str, int]] = {}
        below: dict[str, int] = {}
        hashed: dict[str, frozenset[str]] = {}
        executables = 0
        libraries = secrets = False
        for request in requests:
            for path in request.paths:
                paths[path] = max(paths.get(path, 0), request.limit)
            for ending in request.endings:
                group = endings.setdefault(ending.rpartition("/")[2], {})
                group[ending] = max(group.get(ending, 0), request.limit)
            for directory in request.below:
                below[directory] = max(below.get(directory, 0), request.limit)
            for path in (*request.paths, *request.endings) if request.digests else ():
                last = path.rpartition("/")[2]
                hashed[last] = hashed.get(last, frozenset()) | {path}
            if request.executables:
                executables = max(executables, request.limit)
            libraries |= request.libraries
            secrets |= request.secrets
        return cls(
            paths, executables, endings, libraries, below=below, hashed=hashed, secrets=secrets
        )

    def by_directory(self, path: str) -> int:
        """Bytes wanted of a file because of the directories that it is in."""
        found = (n for top, n in self.below.items() if path.startswith(f"{top}/"))
        return max(found, default=0)

    def wants_digest(self, path: str) -> bool:
        """Whether the digest of a file is wanted."""
        ends = self.hashed.get(path.rpartition("/")[2], ())
        return self.digests or any(f"/{path}".endswith(f"/{end}") for end in ends)

    def by_ending(self, path: str) -> int:
        """Bytes wanted of a file because of how its path ends."""
        group = self.endings.get(path.rpartition("/")[2], {})
        slashed = f"/{path}"
        return max((n for end, n in group.items() if slashed.endswith(f"/{end}")), default=0)
