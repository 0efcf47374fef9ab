"""The formats that the schemas assert. Each accepts non-strings, which ``type`` rejects."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

LONGEST_URI = 65_536
"""The most characters of a URI. The validator takes some 150 bytes of memory for each."""

# What engines write: accepted here, the validators would accept it too. They are slow to import.
_MOMENT = "0000-00-00T00:00:00"
_ZONES = ("Z", "+00:00", "-00:00")
_AS_ZEROS = str.maketrans("123456789", "0" * 9)
_LAST_DAYS = dict.fromkeys(("04", "06", "09", "11"), "30") | {"02": "28"}
_USUAL_URI = r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9/._~-]*)?"


def is_date_time(value: object) -> bool:
    """Tell whether a string is a date and time of RFC 3339, section 5.6."""
    if not isinstance(value, str):
        return True
    if _is_usual_date_time(value):
        return True
    # Without type hints.
    from rfc3339_validator import validate_rfc3339  # type: ignore[import-untyped]

    # The grammar allows a 60th second and small letters, which the validator does not know; and
    # its final `$` lets a line feed through.
    text = re.sub(r"(T[0-9]{2}:[0-9]{2}):60", r"\1:59", value.upper(), flags=re.ASCII)
    return not text.endswith("\n") and bool(validate_rfc3339(text))


def _is_usual_date_time(text: str) -> bool:
    shape = text.translate(_AS_ZEROS)
    end = shape[len(_MOMENT) :]
    zone = end[1:].lstrip("0") if end.startswith(".0") else end
    if not shape.startswith(_MOMENT) or zone not in _ZONES:
        return False
    year, month, day = text[:4], text[5:7], text[8:10]
    is_date = year > "0000" and "01" <= month <= "12" and day >= "01"
    is_time = text[11:13] <= "23" and text[14:16] <= "59" and text[17:19] <= "59"
    is_zone = zone == "Z" or (text[-5:-3] <= "23" and text[-2:] <= "59")
    return is_date and day <= _LAST_DAYS.get(month, "31") and is_time and is_zone


def is_uri(value: object) -> bool:
    """Tell whether a string is a URI of RFC 3986, section 3, that is: with a scheme.

    One of more than `LONGEST_URI` characters is refused unread.
    """
    if not isinstance(value, str):
        return True
    if len(value) > LONGEST_URI or value.endswith("\n"):
        return False
    if re.fullmatch(_USUAL_URI, value):
        return True
    # Without type hints.
    from rfc3986_validator import validate_rfc3986  # type: ignore[import-untyped]

    return bool(validate_rfc3986(value, rule="URI"))


def has_base64_length(value: object) -> bool:
    """Tell whether a string is as long as padded base64 can be (RFC 4648, section 4).

    A pattern that counts groups of four needs 30 bytes of memory for each byte of text, so the
    pattern in the schema looks at the alphabet alone.
    """
    return not isinstance(value, str) or len(value) % 4 == 0


def is_plain_integer(value: object) -> bool:
    """Tell whether a number is written without fraction and exponent.

    Go's decoder, and so every engine, refuses 2.0 and 1e3 where a whole number belongs; to JSON
    Schema they are whole numbers.
    """
    return not isinstance(value, float)


FORMATS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        "date-time": is_date_time,
        "uri": is_uri,
        "x-base64-length": has_base64_length,
        "x-plain-integer": is_plain_integer,
    },
)
"""The function of each format, by its name in the schemas."""
