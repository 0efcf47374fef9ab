"""A comparison as text for people, 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from checker.comparison.archives import Comparison
from checker.comparison.differences import Category, Change, Difference, Differences, Field
from checker.comparison.images import ImageComparison
from checker.comparison.layers import LayerPair, LayerState
from checker.reports.layout import safe, wrap
from checker.reports.printable import cells, without_commands
from checker.reports.wording import count_words, size_words

_WIDTH = 80
_LABEL = 12
_COLUMN = (_WIDTH - _LABEL - 4) // 2
_MOST_GROWTH = 8
_MOST_SETTINGS = 20
_DIGEST = 19
_MARKS = {Change.ADDED: "+", Change.REMOVED: "-", Change.CHANGED: "~"}


def render_text(comparison: Comparison, most: int) -> str:
    """The comparison as lines of text.

    Args:
        comparison: The comparison.
        most: How many differences of each part are listed.
    """
    lines = (without_commands(line.rstrip()) for line in _lines(comparison, most))
    return "\n".join(lines) + "\n"


def _lines(comparison: Comparison, most: int) -> Iterator[str]:
    yield from _columns("", comparison.a, comparison.b)
    for row in comparison.rows:
        yield from _columns(row.label, row.a, row.b)
    yield from _settings(comparison)
    for image in comparison.images:
        yield from _image(image, most)
    for name in comparison.only_a:
        yield from _paragraph(f"- {safe(name)}: only in {safe(comparison.a)}")
    for name in comparison.only_b:
        yield from _paragraph(f"+ {safe(name)}: only in {safe(comparison.b)}")
    yield ""
    yield from _paragraph(_conclusion(comparison))


def _columns(label: str, a: str, b: str) -> Iterator[str]:
    rows = zip_longest(_broken(safe(a), _COLUMN), _broken(safe(b), _COLUMN), fillvalue="")
    for number, (left, right) in enumerate(rows):
        first = label if not number else ""
        gap = " " * max(0, _COLUMN - cells(left))
        yield f"{first:{_LABEL}}  {left}{gap}  {right}"


def _broken(text: str, width: int) -> Iterator[str]:
    """Rows of a width, where words longer than that are broken too."""
    for row in wrap(text, width):
        piece = ""
        for character in row:
            if cells(piece + character) > width:
                yield piece
                piece = ""
            piece += character
        yield piece


def _paragraph(text: str) -> Iterator[str]:
    yield from _broken(text, _WIDTH)


def _settings(comparison: Comparison) -> Iterator[str]:
    if not comparison.lost:
        return
    yield ""
    yield "Settings of the image that the root filesystem does not contain:"
    for setting in comparison.lost[:_MOST_SETTINGS]:
        yield from _hanging(f"  {setting.instruction} ", safe(setting.value))


def _hanging(start: str, text: str) -> Iterator[str]:
    indent = " " * cells(start)
    for number, row in enumerate(_broken(text, max(20, _WIDTH - cells(start)))):
        yield (indent if number else start) + row


def _image(image: ImageComparison, most: int) -> Iterator[str]:
    yield ""
    yield from _paragraph(_title(image))
    for pair in image.layers:
        yield from _layer(pair)
    yield from _part("config", image.config, most)
    yield from _part("files", image.files, most)
    if image.growth:
        yield "  size of files by directory"
        for growth in image.growth[:_MOST_GROWTH]:
            sign = "+" if growth.b > growth.a else "-"
            change = f"{sign}{size_words(abs(growth.b - growth.a))}"
            sizes = f"{size_words(growth.a)} -> {size_words(growth.b)}"
            yield from _hanging(f"    {change:>10}  ", f"{safe(growth.directory)}  {sizes}")
        more = len(image.growth) - _MOST_GROWTH
        if more > 0:
            yield f"    and {count_words(more, 'more directory', 'more directories')}"
    for reason in image.incomplete:
        yield from _hanging("  not compared: ", safe(reason))


def _title(image: ImageComparison) -> str:
    names = safe(image.a) if image.a == image.b else f"{safe(image.a)} and {safe(image.b)}"
    if image.is_same_image is None:
        return names
    if image.is_same_image:
        digest = (image.config_digests[0] or "")[:_DIGEST]
        return f"{names}: same image (config {digest}, same diffIDs)"
    one, other = (digest and digest[:_DIGEST] for digest in image.config_digests)
    if one == other:
        return f"{names}: same config ({one}), different layers"
    return f"{names}: different images (config {one or 'missing'}, {other or 'missing'})"


def _layer(pair: LayerPair) -> Iterator[str]:
    sides = [side for side in (pair.a, pair.b) if side is not None]
    number = "/".join(dict.fromkeys(str(side.position) for side in sides))
    digest = (sides[0].diff_id or "unknown diffID")[:_DIGEST]
    yield from _hanging(f"  layer {number}: ", f"{_state(pair)} ({digest})")


def _state(pair: LayerPair) -> str:
    if pair.state is LayerState.RECOMPRESSED and pair.a and pair.b:
        return f"same content, stored differently ({_stored(pair)})"
    if pair.state is LayerState.CHANGED:
        counts = _counts(pair.files) or "no entry differs"
        return f"{counts}; differs in {_words(pair.categories)}"
    return {
        LayerState.SHARED: "shared",
        LayerState.ADDED: "only in the second",
        LayerState.REMOVED: "only in the first",
    }.get(pair.state, "cannot be compared")


def _stored(pair: LayerPair) -> str:
    sides = (
        f"{side.compression}, {size_words(side.size or 0)}" for side in (pair.a, pair.b) if side
    )
    return " and ".join(sides)


def _words(categories: Iterable[Category]) -> str:
    return ", ".join(category for category in Category if category in categories)


def _counts(differences: Differences) -> str:
    numbers = (
        (differences.added, "added"),
        (differences.removed, "removed"),
        (differences.changed, "changed"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in numbers if number)


def _part(title: str, differences: Differences, most: int) -> Iterator[str]:
    if not differences.total:
        return
    yield f"  {title}: {_counts(differences)}"
    for difference in differences.listed[:most]:
        yield from _difference(difference)
    more = differences.total - min(most, len(differences.listed))
    if more:
        yield f"    and {count_words(more, 'more difference')}"


def _difference(difference: Difference) -> Iterator[str]:
    if difference.change is Change.CHANGED:
        text = "; ".join(map(_field, difference.fields))
    else:
        text = ", ".join(_one_sided(field) for field in difference.fields)
    note = f" ({difference.note})" if difference.note else ""
    where = safe(difference.where or "/")
    yield from _hanging(f"    {_MARKS[difference.change]} ", f"{where}  {text}{note}")


def _one_sided(field: Field) -> str:
    value = field.a if field.b is None else field.b
    if field.name == "size":
        return size_words(int(value or 0))
    return safe(value or "")


def _field(field: Field) -> str:
    a = "none" if field.a is None else safe(field.a)
    b = "none" if field.b is None else safe(field.b)
    name = "" if field.name == "value" else f"{safe(field.name)} "
    return f"{name}{a} -> {b}"


def _conclusion(comparison: Comparison) -> str:
    if comparison.are_identical:
        return "same: the files are identical"
    counted = comparison.categories - comparison.ignored
    also = f" (ignoring {_words(comparison.ignored)})" if comparison.ignored else ""
    return f"different: {_words(counted)}{also}" if counted else f"same{also}"
