"""Annotations: predefined and reserved keys."""

from __future__ import annotations

import pytest

from checker.checks.annotations import is_date_time, reserved_keys, value_problems

IMAGE = "org.opencontainers.image."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01T12:30:00Z", True),
        ("2024-02-29T00:00:00.123456789+01:00", True),
        ("1996-12-31t23:59:60z", True),
        ("0001-01-01T00:00:00Z", True),
        ("2023-02-29T00:00:00Z", False),
        ("2024-04-31T00:00:00Z", False),
        ("2024-05-01", False),
        ("2024-05-01 12:30:00Z", False),
        ("2024-05-01T12:30:00", False),
        ("2024-05-01T24:00:00Z", False),
        ("2024-05-01T12:30:00Z\n", False),
        ("20240501T123000Z", False),
    ],
)
def test_dates(text: str, *, expected: bool) -> None:
    assert is_date_time(text) is expected


def test_values_of_predefined_keys() -> None:
    sound = {
        f"{IMAGE}created": "2024-05-01T12:30:00Z",
        f"{IMAGE}base.digest": f"sha256:{'0' * 64}",
        f"{IMAGE}base.name": "docker.io/library/alpine:3",
        f"{IMAGE}title": "",
    }
    unsound = {
        f"{IMAGE}created": "today",
        f"{IMAGE}base.digest": "0" * 64,
        f"{IMAGE}base.name": "Alpine 3",
    }

    assert list(value_problems(sound)) == []
    assert list(value_problems(dict.fromkeys(unsound, ""))) == []
    assert [each.key for each in value_problems(unsound)] == list(unsound)


def test_reserved_keys() -> None:
    annotations = dict.fromkeys(
        [f"{IMAGE}licenses", f"{IMAGE}licences", "org.opencontainers.x", "org.opencontainersx.y"],
        "",
    )

    assert [each.key for each in reserved_keys(annotations)] == [
        f"{IMAGE}licences",
        "org.opencontainers.x",
    ]
