"""In-toto statements: what they are about, and what their predicates say.

Sources: in-toto attestation framework v0.1 and v1, "Statement"; SLSA provenance v0.2 and v1,
"Schema"; BuildKit, docs/attestations; cosign, specs/COSIGN_PREDICATE_SPEC.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.envelopes import EnvelopeError, Values, read_payload
from checker.model.flaws import Flaw, Subject, missing
from checker.model.image import Json, items, mapping, text
from checker.model.names import parse_digest
from checker.model.sbom import CYCLONEDX, SPDX, Sbom, read_sbom
from checker.patterns import pattern
from checker.records import NamedTuple

COSIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
"""The predicate type of the statements by which cosign 3 signs images."""

_STATEMENT = "https://in-toto.io/Statement/"
_STATEMENTS = frozenset({"https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"})
_PROVENANCE = "https://slsa.dev/provenance/"
_SHOWN = 100
# in-toto attestation framework, "TypeURI": RFC 3986 with a scheme.
_URI = pattern(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:\S")
_HOST = pattern(r"(?i:https?://(?:www\.)?(slsa\.dev|spdx\.dev|cyclonedx\.org))(?:/|$)")
_VERSION = r"v?[0-9]{1,4}(?:\.[0-9]{1,4}){0,2}"
# The types that those hosts define, whatever their version.
_KNOWN_TYPES = pattern(
    rf"https://slsa\.dev/(?:provenance|verification_summary)/{_VERSION}"
    rf"|https://spdx\.dev/Document(?:/{_VERSION})?"
    rf"|https://cyclonedx\.org/(?:bom|schema)(?:/{_VERSION})?"
)


class Provenance(NamedTuple):
    """SLSA provenance: who built the image, and how.

    Attributes:
        version: Version of the predicate: ``0.2`` or ``1``.
        builder: The id of the builder; None if it is missing or empty.
        build_type: The type of the build.
        flaws: What is wrong with it.
    """

    version: str
    builder: str | None
    build_type: str | None
    flaws: tuple[Flaw, ...] = ()


class Statement(NamedTuple):
    """An in-toto statement.

    Attributes:
        digests: The digests of its subjects.
        predicate_type: The type of its predicate, if it has one.
        provenance: What it says about the build, if it is SLSA provenance.
        sbom: The SBOM that it contains, if it does.
        flaws: What is wrong with it, except with provenance and SBOM.
    """

    digests: frozenset[str]
    predicate_type: str | None
    provenance: Provenance | None = None
    sbom: Sbom | None = None
    flaws: tuple[Flaw, ...] = ()


def read_statement(value: Json, values: Values) -> Statement:
    """A statement, from its JSON value.

    Args:
        value: The value.
        values: How many values a document in a text of it may have.

    Raises:
        EnvelopeError: It is not a statement.
    """
    kind = text(value.get("_type")) or ""
    if not kind.startswith(_STATEMENT):
        raise EnvelopeError(f'is not an in-toto statement: its _type is "{kind[:80]}"')
    predicate_type = text(value.get("predicateType")) or None
    predicate = value.get("predicate")
    return Statement(
        digests=frozenset(_subject_digests(value)),
        predicate_type=predicate_type,
        provenance=_provenance(predicate_type or "", mapping(predicate)),
        sbom=_sbom(predicate_type or "", predicate, values),
        flaws=tuple(_statement_flaws(value, kind, predicate_type)),
    )


def _subject_digests(statement: Json) -> Iterator[str]:
    for subject in items(statement.get("subject")):
        for algorithm, encoded in mapping(mapping(subject).get("digest")).items():
            if isinstance(encoded, str):
                yield f"{algorithm}:{encoded}"


def _flaw(message: str, *, is_minor: bool = False) -> Flaw:
    return Flaw(Subject.STATEMENT, message, is_minor)


def _statement_flaws(statement: Json, kind: str, predicate_type: str | None) -> Iterator[Flaw]:
    if kind not in _STATEMENTS:
        yield _flaw(f"has the _type {kind[:_SHOWN]}; v0.1 and v1 are known", is_minor=True)
    yield from _subject_flaws(statement)
    if predicate_type is not None:
        yield from _predicate_type_flaws(predicate_type)
    predicate = statement.get("predicate")
    if predicate is not None and not isinstance(predicate, dict):
        yield _flaw("has a predicate that is not a JSON object")


def _subject_flaws(statement: Json) -> Iterator[Flaw]:
    subjects = statement.get("subject")
    if subjects is not None and not isinstance(subjects, list):
        yield _flaw("has a subject that is not a list")
    without = wrong = None
    for number, each in enumerate(items(subjects)):
        digests = mapping(mapping(each).get("digest"))
        if not digests:
            without = number if without is None else without
        for algorithm, encoded in digests.items():
            # Git commits and the like have algorithms that are none of digests of blobs.
            if algorithm in ("sha256", "sha384", "sha512") and (
                parse_digest(f"{algorithm}:{encoded}") is None
            ):
                wrong = number if wrong is None else wrong
    if without is not None:
        yield _flaw(f"has no digest for its subject {without}")
    if wrong is not None:
        yield _flaw(f"has a digest of its subject {wrong} that is not hexadecimal, or not as long")


def _predicate_type_flaws(predicate_type: str) -> Iterator[Flaw]:
    if _URI.match(predicate_type) is None:
        yield _flaw(f'has the predicateType "{predicate_type[:_SHOWN]}", which is not a URI')
        return
    host = _HOST.match(predicate_type)
    if host is not None and _KNOWN_TYPES.fullmatch(predicate_type) is None:
        what = f"has the predicateType {predicate_type[:_SHOWN]}, which {host[1]} does not define"
        yield _flaw(what, is_minor=True)


# --- predicates


def _provenance(predicate_type: str, predicate: Json) -> Provenance | None:
    if not predicate_type.startswith(_PROVENANCE):
        return None
    version = predicate_type.removeprefix(_PROVENANCE).removeprefix("v")[:_SHOWN]
    major = version.partition(".")[0]
    if major == "1":
        return _provenance_1(version, predicate)
    # The fields of 0.1 have other places.
    return (
        _provenance_0(version, predicate) if version == "0.2" else Provenance(version, None, None)
    )


def _provenance_1(version: str, predicate: Json) -> Provenance:
    definition = mapping(predicate.get("buildDefinition"))
    builder = mapping(mapping(predicate.get("runDetails")).get("builder"))
    lacking = [f"buildDefinition.{name}" for name in missing(definition, ("buildType",))]
    if not isinstance(definition.get("externalParameters"), dict):
        lacking.append("buildDefinition.externalParameters")
    if not isinstance(builder.get("id"), str):
        lacking.append("runDetails.builder.id")
    return _with_flaws(version, builder, definition, lacking)


def _provenance_0(version: str, predicate: Json) -> Provenance:
    builder = mapping(predicate.get("builder"))
    lacking = [*missing(predicate, ("buildType",))]
    if not isinstance(builder.get("id"), str):
        lacking.append("builder.id")
    return _with_flaws(version, builder, predicate, lacking)


def _with_flaws(version: str, builder: Json, typed: Json, lacking: list[str]) -> Provenance:
    flaws: list[Flaw] = []
    if lacking:
        flaws.append(
            Flaw(Subject.PROVENANCE, f"is SLSA provenance {version} without {', '.join(lacking)}")
        )
    elif not builder.get("id"):
        # BuildKit writes it so, unless it is told the id.
        flaws.append(
            Flaw(Subject.PROVENANCE, f"is SLSA provenance {version} with an empty builder.id", True)
        )
    return Provenance(
        version=version,
        builder=text(builder.get("id")) or None,
        build_type=text(typed.get("buildType")) or None,
        flaws=tuple(flaws),
    )


def _sbom(predicate_type: str, predicate: object, values: Values) -> Sbom | None:
    if predicate_type.startswith("https://spdx.dev/Document"):
        form = SPDX
    elif predicate_type.startswith(("https://cyclonedx.org/bom", "https://cyclonedx.org/schema")):
        form = CYCLONEDX
    else:
        return None
    return _read_sbom(predicate, form, values)


def _read_sbom(predicate: object, form: str, values: Values) -> Sbom:
    # cosign 1 puts the document into "Data", as a text or as it is.
    inner = mapping(predicate).get("Data", predicate)
    if not isinstance(inner, str):
        return read_sbom(inner, form)
    try:
        return read_sbom(read_payload(inner.encode("utf-8", "replace"), values), form)
    except EnvelopeError:
        flaw = Flaw(Subject.SBOM, f"is {form} in another form than JSON, which is not read", True)
        return Sbom(form, None, None, 0, flaws=(flaw,))
