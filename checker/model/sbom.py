"""What an SBOM says of itself, and which content it is about.

Sources: SPDX 2.2 and 2.3, chapters 6 to 8 and the JSON schema; CycloneDX 1.4 to 1.6, JSON schema;
package-url, purl types "oci" and "docker".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from checker.model.flaws import Flaw, Subject, missing
from checker.model.image import Json, items, mapping, text
from checker.patterns import pattern
from checker.records import NamedTuple

SPDX = "SPDX"
CYCLONEDX = "CycloneDX"

_MOST_ITEMS = 100_000
_MOST_DIGESTS = 1000
_SPDX_VERSIONS = frozenset({"SPDX-2.2", "SPDX-2.3"})
_SPDX_STRINGS = ("SPDXID", "dataLicense", "name", "documentNamespace")
_SPDX_PACKAGE = ("name", "SPDXID", "downloadLocation")
_SPDX_DOCUMENT = "SPDXRef-DOCUMENT"
_CYCLONEDX_VERSIONS = frozenset({"1.4", "1.5", "1.6"})
_CYCLONEDX_COMPONENT = ("type", "name")
# Properties of trivy that name digests of the image.
_TRIVY = ("aquasecurity:trivy:ImageID", "aquasecurity:trivy:RepoDigest")
_ALGORITHMS: Mapping[str, str] = MappingProxyType(
    {"SHA256": "sha256", "SHA-256": "sha256", "SHA512": "sha512", "SHA-512": "sha512"}
)
_DIGEST = pattern(r"sha256:[0-9a-f]{64}(?![0-9a-f])|sha512:[0-9a-f]{128}(?![0-9a-f])")


class Sbom(NamedTuple):
    """A software bill of materials.

    Attributes:
        format: ``SPDX`` or ``CycloneDX``.
        version: Its version, such as ``2.3``; None if it does not say.
        name: The name of the document, or of the component that it is about.
        components: How many packages or components it lists, not counting nested ones.
        digests: The digests that it gives for what it is about; none if it gives none.
        flaws: What is wrong with it.
    """

    format: str
    version: str | None
    name: str | None
    components: int
    digests: frozenset[str] = frozenset()
    flaws: tuple[Flaw, ...] = ()


def read_sbom(value: object, form: str) -> Sbom:
    """An SBOM, from its JSON value.

    Args:
        value: The value, whatever it is.
        form: ``SPDX`` or ``CycloneDX``.
    """
    document = mapping(value)
    return _spdx(document) if form == SPDX else _cyclonedx(document)


def _flaw(message: str, *, is_minor: bool = False) -> Flaw:
    return Flaw(Subject.SBOM, message, is_minor)


# --- SPDX


def _spdx(document: Json) -> Sbom:
    version = text(document.get("spdxVersion"))
    packages = items(document.get("packages"))
    return Sbom(
        format=SPDX,
        version=None if version is None else version.removeprefix("SPDX-"),
        name=text(document.get("name")),
        components=len(packages),
        digests=frozenset(islice(_spdx_digests(document, packages), _MOST_DIGESTS)),
        flaws=tuple(_spdx_flaws(document, version, packages)),
    )


def _spdx_flaws(document: Json, version: str | None, packages: list[object]) -> Iterator[Flaw]:
    if version is None:
        other = "@graph" in document
        yield _flaw(
            "is SPDX 3, which is not read" if other else "is not an SPDX document: no spdxVersion",
            is_minor=other,
        )
        return
    if version not in _SPDX_VERSIONS:
        yield _flaw(f"has the spdxVersion {version[:40]}; 2.2 and 2.3 are read", is_minor=True)
        return
    lacking = [*missing(document, _SPDX_STRINGS)]
    creation = mapping(document.get("creationInfo"))
    lacking += (f"creationInfo.{name}" for name in missing(creation, ("created",)))
    if not items(creation.get("creators")):
        lacking.append("creationInfo.creators")
    if lacking:
        yield _flaw(f"is an SPDX document without {', '.join(lacking)}")
    if text(document.get("SPDXID")) not in (None, "", _SPDX_DOCUMENT):
        yield _flaw(f"is an SPDX document with another SPDXID than {_SPDX_DOCUMENT}")
    yield from _incomplete("package", packages, _SPDX_PACKAGE)


def _incomplete(what: str, found: list[object], names: tuple[str, ...]) -> Iterator[Flaw]:
    """The flaw of components without a field that they must have, as one."""
    first: tuple[int, list[str]] | None = None
    count = 0
    for number, each in enumerate(found[:_MOST_ITEMS]):
        lacking = list(missing(mapping(each), names))
        if lacking:
            count += 1
            first = first or (number, lacking)
    if first is not None:
        number, lacking = first
        more = "" if count == 1 else f" (and {count - 1} more)"
        yield _flaw(f"lists {what} {number} without {', '.join(lacking)}{more}")


def _spdx_digests(document: Json, packages: list[object]) -> Iterator[str]:
    described = {each for each in items(document.get("documentDescribes")) if isinstance(each, str)}
    for relationship in islice(items(document.get("relationships")), _MOST_ITEMS):
        link = mapping(relationship)
        if link.get("relationshipType") == "DESCRIBES" and (
            link.get("spdxElementId") == _SPDX_DOCUMENT
        ):
            described.add(text(link.get("relatedSpdxElement")) or "")
    for each in islice(packages, _MOST_ITEMS):
        package = mapping(each)
        if text(package.get("SPDXID")) in described:
            yield from _spdx_package_digests(package)


def _spdx_package_digests(package: Json) -> Iterator[str]:
    yield from _digests_in(text(package.get("versionInfo")))
    for checksum in islice(items(package.get("checksums")), _MOST_DIGESTS):
        one = mapping(checksum)
        yield from _hash(one.get("algorithm"), one.get("checksumValue"))
    for reference in islice(items(package.get("externalRefs")), _MOST_DIGESTS):
        one = mapping(reference)
        if one.get("referenceType") == "purl":
            yield from _digests_in(text(one.get("referenceLocator")))


# --- CycloneDX


def _cyclonedx(document: Json) -> Sbom:
    components = items(document.get("components"))
    component = mapping(mapping(document.get("metadata")).get("component"))
    version = text(document.get("specVersion"))
    return Sbom(
        format=CYCLONEDX,
        version=version,
        name=text(component.get("name")),
        components=len(components),
        digests=frozenset(islice(_cyclonedx_digests(component), _MOST_DIGESTS)),
        flaws=tuple(_cyclonedx_flaws(document, version, components)),
    )


def _cyclonedx_flaws(
    document: Json, version: str | None, components: list[object]
) -> Iterator[Flaw]:
    if text(document.get("bomFormat")) != CYCLONEDX:
        yield _flaw('is not a CycloneDX document: its bomFormat is not "CycloneDX"')
        return
    if version is None:
        yield _flaw("is a CycloneDX document without specVersion")
    elif version not in _CYCLONEDX_VERSIONS:
        yield _flaw(f"has the specVersion {version[:40]}; 1.4 to 1.6 are read", is_minor=True)
        return
    # Required by 1.4; later versions assume 1.
    if version == "1.4" and not isinstance(document.get("version"), int):
        yield _flaw("is a CycloneDX 1.4 document without version")
    yield from _incomplete("component", components, _CYCLONEDX_COMPONENT)


def _cyclonedx_digests(component: Json) -> Iterator[str]:
    for name in ("version", "purl", "bom-ref"):
        yield from _digests_in(text(component.get(name)))
    for each in islice(items(component.get("hashes")), _MOST_DIGESTS):
        one = mapping(each)
        yield from _hash(one.get("alg"), one.get("content"))
    for each in islice(items(component.get("properties")), _MOST_DIGESTS):
        one = mapping(each)
        if one.get("name") in _TRIVY:
            yield from _digests_in(text(one.get("value")))


# --- digests


def _hash(algorithm: object, encoded: object) -> Iterator[str]:
    known = _ALGORITHMS.get(text(algorithm) or "")
    if known is not None and isinstance(encoded, str):
        yield f"{known}:{encoded.lower()}"


def _digests_in(value: str | None) -> Iterator[str]:
    """The digests in a version or package URL, where ``:`` may be encoded."""
    from urllib.parse import unquote

    yield from _DIGEST.findall(unquote(value[:4096]) if value else "")
