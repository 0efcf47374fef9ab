"""The formats that the schemas assert. Each accepts what is no string: ``type`` sees to that."""

import re

LONGEST_URI = 65_536
"""The most characters of a URI. The validator takes some 150 bytes of memory for each."""

_LEAP_SECOND = re.compile(r"(T[0-9]{2}:[0-9]{2}):60", re.ASCII)


def is_date_time(value: object) -> bool:
    """Tell whether a string is a date and time of RFC 3339, section 5.6."""
    if not isinstance(value, str):
        return True
    # Slow to import and not always needed; without type hints.
    from rfc3339_validator import validate_rfc3339  # type: ignore[import-untyped]

    # The grammar allows a 60th second and small letters, which the validator does not know; and
    # its final `$` lets a line feed through.
    text = _LEAP_SECOND.sub(r"\1:59", value.upper())
    return not text.endswith("\n") and bool(validate_rfc3339(text))


def is_uri(value: object) -> bool:
    """Tell whether a string is a URI of RFC 3986, section 3, that is: with a scheme.

    One of more than `LONGEST_URI` characters is refused unread.
    """
    if not isinstance(value, str):
        return True
    if len(value) > LONGEST_URI or value.endswith("\n"):
        return False
    # Slow to import and seldom needed; without type hints.
    from rfc3986_validator import validate_rfc3986  # type: ignore[import-untyped]

    return bool(validate_rfc3986(value, rule="URI"))


def has_base64_length(value: object) -> bool:
    """Tell whether a string is as long as padded base64 can be (RFC 4648, section 4).

    A pattern that counts groups of four needs 30 bytes of memory for each byte of text, so the
    pattern in the schema looks at the alphabet alone.
    """
    return not isinstance(value, str) or len(value) % 4 == 0
