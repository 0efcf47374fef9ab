"""What checks ask to see of files."""

from __future__ import annotations

import pytest

from checker.model.content import ContentPlan, ContentRequest
from checker.model.limits import Limits
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import file, write_tar

PLAN = ContentPlan.of(
    (
        ContentRequest(endings=frozenset({"id_rsa", ".aws/credentials"}), limit=4),
        ContentRequest(endings=frozenset({"id_rsa"}), limit=2),
        ContentRequest(paths=frozenset({"etc/id_rsa"}), limit=6),
    )
)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("id_rsa", b"cont"),
        ("root/.ssh/id_rsa", b"cont"),
        ("etc/id_rsa", b"conten"),
        ("root/my_id_rsa", None),
        ("id_rsa/file", None),
        (".aws/credentials", b"cont"),
        ("home/app/.aws/credentials", b"cont"),
        ("home/my.aws/credentials", None),
        ("home/credentials", None),
    ],
)
def test_files_are_picked_up_by_the_end_of_their_path(path: str, kept: bytes | None) -> None:
    walker = TarWalker(Limits(), PLAN)
    walker.feed(write_tar((file(path, "content"),)))
    assert walker.finish().contents.get(0) == kept
