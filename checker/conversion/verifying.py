"""Checks what a conversion wrote, before it gets its name.

Errors of rules about the form are faults of the conversion. Settings and layers of an image are
carried over, and their faults with them, also those that the rules do not look for in the source,
such as in the form before 2015. Other errors are faults unless the source has them as well. Rules
about the content of the root are not run: the conversion does not change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from checker.conversion.records import ConversionError, Form
from checker.model.archive import Archive, Kind
from checker.results import CheckedArchive
from checker.typing_names import BinaryIO

_FORM_RULES = ("ARC", "DKR", "OCI", "TRP")
_CONTENT_RULES = ("CFG", "LYR")
# Whether engines take it. No daemon reads the directory of an image layout, and the root of an
# image may be nothing but data, which is not recognized as a root.
_ENGINE_RULES = ("ENG",)


def rules_for(form: Form) -> tuple[str, ...]:
    """The rules that the result is checked with."""
    is_image_file = form not in (Form.OCI_LAYOUT, Form.ROOTFS)
    return (*_FORM_RULES, *_CONTENT_RULES, *(_ENGINE_RULES if is_image_file else ()))


class Verifier:
    """Refuses a result that has errors which the source does not have.

    Args:
        check: Checks what was written: a path or a file object.
        judge: Checks the source.
        source: The facts of the source.

    Attributes:
        shared: Errors that the result and the source have, one line each.
    """

    def __init__(
        self,
        check: Callable[[str | BinaryIO], CheckedArchive],
        judge: Callable[[Archive], CheckedArchive],
        source: Archive,
    ) -> None:
        self._check = check
        self._judge = judge
        self._source = source
        self.shared: tuple[str, ...] = ()

    def __call__(self, written: str | BinaryIO) -> None:
        """Check the result.

        Raises:
            ConversionError: It has errors.
        """
        found = dict(_errors(self._check(written)))
        if any(not rule.startswith(_FORM_RULES) for rule in found):
            known = dict(_errors(self._judge(self._source)))
            shared = [rule for rule in found if self._is_shared(rule, known)]
            self.shared = tuple(f"{rule}: {found.pop(rule)}" for rule in shared)
        for rule, message in found.items():
            raise ConversionError(f"the result would have an error, {rule}: {message}")

    def _is_shared(self, rule: str, known: Mapping[str, str]) -> bool:
        """Whether an error of the result is one of the source, in which some were found."""
        if rule.startswith(_FORM_RULES):
            return False
        is_carried = self._source.kind is not Kind.ROOTFS and rule.startswith(_CONTENT_RULES)
        return is_carried or rule in known


def _errors(checked: CheckedArchive) -> Iterator[tuple[str, str]]:
    """The first error of each rule."""
    return ((finding.rule, finding.message) for finding in reversed(checked.failures()))
