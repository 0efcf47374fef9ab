"""Other clients of containerd's transfer service: ``nerdctl load``, ``ctr`` for all platforms.

Sources: nerdctl 2.3.5, cmd/nerdctl/image/image_load.go and pkg/imgutil/load/load.go; containerd
2.3.4, cmd/ctr/commands/images/import.go and core/transfer/image/imagestore.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.model.archive import Kind
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.advice import IS_LOADED
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal
from checker_engines.containerd.decisions import every_platform, nerdctl
from checker_engines.containerd.documents import Child
from checker_engines.containerd.images import check_target, name_of, stored_name
from checker_engines.containerd.transfer import no_name, store_images
from checker_engines.containerd.versions import VERSIONS
from checker_engines.containerd.walk import every, keep_for
from checker_engines.golang.logrus import fatal

_NERDCTL, _LOAD = "nerdctl-2", "load"
_CTR, _IMPORT = "ctr-2", "import --all-platforms"
_PREFIX = "import"
"""What nerdctl names an image by that has no name, or only a tag."""
_UNPIGZ = re.compile(r"exit status \d+: unpigz: [^\n]*\Z")
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_LIBRARY = "containerd 2, core/images/archive"
PROFILES = (
    EngineProfile(
        name=_NERDCTL,
        tool="nerdctl",
        releases=(ReleaseRange("2.3", "2.3"),),
        library=f"{_LIBRARY}: the transfer service",
        evidence=Evidence.READ,
        groups=("kubernetes",),
    ),
    EngineProfile(
        name=_CTR,
        tool="ctr",
        releases=(ReleaseRange("2.3", "2.3"),),
        library=f"{_LIBRARY}: the transfer service",
        evidence=Evidence.READ,
        groups=("kubernetes", "all-platforms"),
    ),
)


def engines() -> Iterator[Engine]:
    """What is run beside ``ctr image import``."""
    follows = "nerdctl 2.3.5 with containerd 2.3.4"
    yield Engine(_NERDCTL, _LOAD, _load, follows, nerdctl, _SUITS, only_files=True)
    follows = "ctr 2.3.4 with --all-platforms"
    yield Engine(_CTR, _IMPORT, _import, follows, every_platform, _SUITS, only_files=True)


def _load(question: Question) -> Verdict:
    typed = f"nerdctl load -i {question.quoted_path}"
    return verdict_of(Command(_NERDCTL, _LOAD, typed), question, _load_logged)


def _load_logged(question: Question) -> Answer:
    try:
        return _load_archive(question)
    except Refusal as refusal:
        raise Refusal(_fatal(refusal.message), refusal.reason, refusal.rules) from None


def _fatal(message: str) -> str:
    # The log shows the end of the line that unpigz prints.
    return fatal(f"{message}\n" if _UNPIGZ.search(message) else message)


def _load_archive(question: Question) -> Answer:
    (version,) = VERSIONS
    stored = store_images(version, question, keep_for(question.host))
    for child in stored.top:
        # One without a name is stored by its digest.
        check_target(child)
    if stored.not_unpacked:
        return Answer(stored.not_unpacked[0], is_broken=True)
    renamed = [(child, name) for child in stored.top if (name := _given(child)) != name_of(child)]
    if not renamed:
        return Answer(IS_LOADED)
    child, name = renamed[0]
    others = f"; so are {len(renamed) - 1} more" if len(renamed) > 1 else ""
    had = f"has only the tag {name_of(child)!r}" if name_of(child) else "has no name"
    return Answer(f"the image is loaded as {name}, since it {had}{others}")


def _given(child: Child) -> str:
    """The name under which nerdctl stores an image (WithDigestRef, WithNamedPrefix)."""
    return stored_name(child, _PREFIX) or f"{_PREFIX}@{child.digest}"


def _import(question: Question) -> Verdict:
    typed = f"ctr image import --all-platforms {question.quoted_path}"
    return verdict_of(Command(_CTR, _IMPORT, typed, "ctr: "), question, _import_archive)


def _import_archive(question: Question) -> Answer:
    (version,) = VERSIONS
    stored = store_images(version, question, every)
    if not stored.named:
        return Answer(no_name(question), is_broken=True, rules=("DKR012", "OCI018"))
    if stored.not_unpacked:
        return Answer(stored.not_unpacked[0], is_broken=True)
    lost = len(stored.top) - len(stored.named)
    left = f"; {lost} of {len(stored.top)} images have no name, and are not stored" if lost else ""
    return Answer(
        f"the image is stored with every platform, and unpacked for that of the host{left}"
    )
