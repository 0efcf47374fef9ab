"""OCI038: a signature whose content does not fit the image that it is attached to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import Archive, Finding, Manifest, Severity
from checker.checks.listing import first_few
from checker.model.attached import Attached, Use, has_layers_of, is_signature, parents_of
from checker.model.names import shorten
from checker_oci.documents import LayoutCheck, place, short_name

_SHOWN = 200


class ContradictorySignature(LayoutCheck):
    """The content of a signature does not fit the image that it is attached to.

    What it means:
        A signature contains the digest of the signed image: in the payload of cosign 2, in a
        Sigstore bundle (cosign 3) or in a signature of the Notary Project (JWS or COSE). Here that
        is another image than the one that the signature is attached to by ``subject``, by a tag
        such as ``sha256-….sig`` or by the annotations of ``cosign save``; or the content is not a
        signature. The payload of cosign 2 also contains the name of the repository; another one
        than that of the image is a note, because images are copied and renamed. Signatures are
        verified only with ``--verify-key`` (unverified-signature).

    Why it matters:
        ``cosign verify`` and ``notation verify`` reject the image, or find no signature of it. Such
        a signature was copied from another image, or the image was changed after it was signed.

    How to fix it:
        Sign the image again, by its digest, and copy it with its signatures:

            cosign sign registry.example.org/app@sha256:…
            cosign save --dir layout registry.example.org/app@sha256:…

    References:
        - cosign, specs/SIGNATURE_SPEC.md, "Payload"
        - Notary Project, specs/signature-specification.md, "Payload"
        - OCI distribution-spec 1.1, "Listing Referrers"
    """

    id = "OCI038"
    name = "contradictory-signature"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Read the signatures of the archive."""
        for manifest in () if archive.oci is None else archive.oci.manifests:
            if is_signature(manifest) and not has_layers_of(Use.SIGNATURE, manifest):
                yield self._without_content(manifest)
        names = _names_by_digest(archive)
        for attached in archive.attached:
            if attached.use is Use.SIGNATURE:
                yield from self._inspect(attached, names)

    def _without_content(self, manifest: Manifest) -> Finding:
        types = first_few(sorted({each.media_type or "(none)" for each in manifest.layers}), 3, str)
        found = f"only layers of the type {types}" if types else "no layers"
        return self.finding(
            manifest, f"{short_name(manifest.location)} is a signature by its name, but has {found}"
        )

    def _inspect(
        self, attached: Attached, names: Mapping[str, frozenset[str]]
    ) -> Iterator[Finding]:
        what = _what_is_wrong(attached)
        if what is not None:
            yield self._report(attached, what)
            return
        known = frozenset().union(*(names.get(each, ()) for each in attached.about))
        if attached.reference is not None and not _is_named(attached.reference, known):
            what = f"a signature of {attached.reference[:_SHOWN]}, but the image is called"
            yield self._report(attached, f"{what} {min(known)[:_SHOWN]}", Severity.NOTE)

    def _report(self, attached: Attached, what: str, severity: Severity | None = None) -> Finding:
        descriptor = attached.descriptor
        return self.finding(
            descriptor,
            f"{place(descriptor)} is {what}",
            at={"digest": descriptor.digest_text},
            severity=severity,
        )


def _what_is_wrong(attached: Attached) -> str | None:
    if attached.problem is not None:
        return f"a signature, but its content {attached.problem}"
    if not attached.is_about_other:
        return None
    return (
        f"a signature of {shorten(min(attached.digests))}, but is attached to "
        f"{shorten(attached.expected[0])}"
    )


def _names_by_digest(archive: Archive) -> dict[str, frozenset[str]]:
    """The names of the images and of the indexes that list them, by digest."""
    parents = parents_of(() if archive.oci is None else archive.oci.indexes)
    found: dict[str, set[str]] = {}
    for image in archive.images:
        for digest in (image.digest or "", *parents.get(image.digest or "", ())):
            found.setdefault(digest, set()).update(image.names)
    return {digest: frozenset(names) for digest, names in found.items()}


def _is_named(reference: str, names: frozenset[str]) -> bool:
    """Whether any of the names is in the repository that a signature is for.

    A name without a registry, such as ``app:1``, is in any repository that ends with it. Names
    that are only a tag, and an image without names, cannot be compared.
    """
    repositories = [_repository(name) for name in names if ":" in name or "/" in name]
    if not repositories or len(repositories) < len(names):
        return True
    signed = _repository(reference)
    return any(signed == each or signed.endswith(f"/{each}") for each in repositories)


def _repository(name: str) -> str:
    """A name without tag and digest, and without what Docker Hub has in some forms of it."""
    directory, slash, last = name.partition("@")[0].rpartition("/")
    path = f"{directory}{slash}{last.partition(':')[0]}"
    for prefix in ("index.docker.io/", "docker.io/", "library/"):
        path = path.removeprefix(prefix)
    return path
