"""Keys of which images must have a signature in the archive, that of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from checker import Archive, Image, SettingsError
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value

if TYPE_CHECKING:
    from checker.model.signatures import Signature
    from checker.signing.keys import VerifyKey

_MOST_REASONS = 3


class SignedBy(NamedTuple):
    """The keys and certificates of which one must verify a signature of each image."""

    keys: tuple[VerifyKey, ...]

    def of_archive(self, archive: Archive, images: tuple[Image, ...]) -> Iterator[Problem]:
        """Find the images without a signature that one of the keys verifies."""
        # Imported here, as it is needed only where a policy asks for it.
        from checker.model.attached import Use
        from checker.model.signatures import intact_parents
        from checker.signing.verify import verify

        found = [each for each in verify(archive, self.keys) if each.use is Use.SIGNATURE]
        parents = intact_parents(() if archive.oci is None else archive.oci.indexes)
        for image in images:
            problem = self._problem(image, found, parents)
            if problem is not None:
                yield Problem(f"{image.label} {problem}", {"digest": image.digest}, image)

    def of_no_image(self, archive: Archive) -> Iterator[Problem]:
        """An archive without images has nothing that can be signed, and is not trusted."""
        del archive
        yield Problem(f"the archive has no image that {self._names} could have signed")

    @property
    def _names(self) -> str:
        return " or ".join(key.name for key in self.keys)

    def _problem(
        self, image: Image, signatures: Iterable[Signature], parents: Mapping[str, frozenset[str]]
    ) -> str | None:
        """What is wrong with an image, as what follows its name; None if it is signed."""
        from checker.model.signatures import changed_part, subject_digests

        if image.manifest is None:
            return f"has no OCI manifest that {self._names} could have signed"
        digests = subject_digests(image, parents)
        if not digests:
            return "has a manifest that does not match its digest, so that no signature is of it"
        found = [each for each in signatures if not digests.isdisjoint(each.subjects)]
        if not found:
            return f"has no signature in the archive; one by {self._names} is required"
        if not any(each.is_verified for each in found):
            count = "1 signature" if len(found) == 1 else f"{len(found):,} signatures"
            return f"has {count}, but none by {self._names}: {_reasons(found)}"
        changed = changed_part(image)
        if changed is not None:
            return f"is signed, but {changed}, so that it is not what was signed"
        return None

    def __repr__(self) -> str:
        """The files and what is in them: what was found with other keys is not found again."""
        keys = ", ".join(f"{key.name} {key.fingerprint}" for key in self.keys)
        return f"SignedBy({keys})"


def _reasons(signatures: Iterable[Signature]) -> str:
    """Why signatures are not verified, each reason once."""
    told = dict.fromkeys(f"{each.form}: {each.reason}" for each in signatures)
    few = list(told)[:_MOST_REASONS]
    more = f" and {len(told) - len(few)} more reasons" if len(told) > len(few) else ""
    return "; ".join(few) + more


def _signed_by(value: Value) -> SignedBy:
    from checker.signing.keys import MOST_KEYS

    items = value.one_or_more()
    if len(items) > MOST_KEYS:
        value.fail(f"{len(items)} keys are given, at most {MOST_KEYS} are possible")
    return SignedBy(tuple(map(_key, items)))


def _key(value: Value) -> VerifyKey:
    from checker.signing.keys import read_keys

    path = value.file()
    try:
        (key,) = read_keys((path,))
    except SettingsError as error:
        value.fail(str(error))
    return key


KEYS: Keys = {"signed-by": _signed_by}
