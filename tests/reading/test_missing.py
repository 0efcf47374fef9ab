"""What is said of a path at which there is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.errors import UnreadableError
from checker.reading.archive import ReadOptions, read_archive
from checker.reading.missing import hint_about


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("app:1.2", "an image of an engine is saved first: docker save app:1.2 | checker check -"),
        ("ghcr.io/org/app:1", "docker save ghcr.io/org/app:1 | checker check -"),
        ("localhost:5000/app:1", "docker save localhost:5000/app:1 | checker check -"),
        ("docker://alpine", "skopeo copy docker://alpine docker-archive:image.tar"),
        ("docker-daemon:a:1", "skopeo copy docker-daemon:a:1 docker-archive:image.tar"),
        ("https://x/a.tar?a=1&b", "curl -fL 'https://x/a.tar?a=1&b' | checker check -"),
        ("s3://bucket/a.tar", "checker sweep reads archives of stores"),
        ("docker-archive:web.tar", "did you mean web.tar?"),
        ("docker-archive:web.tar:app:1", "did you mean web.tar?"),
        ("oci:below", "did you mean below?"),
        ("file://web.tar", "did you mean web.tar?"),
        ("oci-archive:no.tar", "a path is written without oci-archive:"),
        ("*.tgz", "no file matches the pattern"),
        ("~/a.tar", "the shell did not replace ~, write $HOME"),
        ("web.tar.gz", "did you mean web.tar?"),
        ("web", "did you mean web.tar?"),
        ("wbe.tar", "did you mean web.tar?"),
        ("below/imgae.tar", "did you mean below/image.tar?"),
        ("below/a b", "did you mean 'below/a b.tar'?"),
    ],
)
def test_what_may_be_meant(
    path: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("below").mkdir()
    for name in ("web.tar", "below/image.tar", "below/a b.tar"):
        tmp_path.joinpath(name).touch()
    with pytest.raises(UnreadableError) as caught:
        read_archive(path, ReadOptions())
    assert caught.value.reason.startswith("cannot be read: No such file or directory; ")
    assert caught.value.reason.endswith(hint)


@pytest.mark.parametrize(
    "path", ["missing.tar", "wob.tar.d", "no/such/image.tar", "image", "App:1", "a:b.tar", "a\0b"]
)
def test_nothing_is_guessed(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert hint_about(path) == ""
