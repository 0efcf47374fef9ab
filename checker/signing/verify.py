"""Verifies what is attached to the images of an archive, with given keys and without a network.

What cannot be known offline never passes: the identity behind a keyless certificate, inclusion in
a transparency log, timestamps. Revocation is not checked.

Sources: cosign, specs/SIGNATURE_SPEC.md; DSSE 1.0, protocol.md; Sigstore client specification;
Notary Project, specs/signature-envelope-jws.md and signature-envelope-cose.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from checker.isolation import Failure, attempt
from checker.model.archive import Archive
from checker.model.attached import Attached
from checker.model.envelopes import (
    NOTARY_PAYLOAD,
    STATEMENT_PAYLOAD,
    Envelope,
    EnvelopeError,
)
from checker.model.forms import Form
from checker.model.names import parse_digest, shorten
from checker.model.signatures import Signature, State, signature_of, unchecked
from checker.model.signed import read_envelope
from checker.records import NamedTuple
from checker.signing.chains import Anchor, ChainError, anchors_of, find_anchor, name_of, read_chain
from checker.signing.checking import Message, Tries, TriesError, is_signed, is_signed_as
from checker.signing.keys import VerifyKey, supported

_SCHEMES = frozenset({"notary.x509", "notary.x509.signingAuthority"})
_NOTARY_FORMS = frozenset({Form.JWS, Form.COSE})


class _Answer(NamedTuple):
    state: State
    key: str | None = None
    reason: str = ""


class _InvalidError(Exception):
    """A signature is not valid; the message says why."""


class _Given(NamedTuple):
    """What is given to verify with.

    Attributes:
        keys: The public keys.
        anchors: The trusted certificates.
        now: The time of verification.
        tries: Counts the work.
    """

    keys: tuple[VerifyKey, ...]
    anchors: tuple[Anchor, ...]
    now: dt.datetime
    tries: Tries


def verify(
    archive: Archive, keys: Sequence[VerifyKey], now: dt.datetime | None = None
) -> tuple[Signature, ...]:
    """All signatures, attestations and SBOMs of an archive, with what is known of each.

    Args:
        archive: The archive.
        keys: The keys and certificates; without any, nothing is verified.
        now: The time at which certificates must be valid; the present by default.
    """
    given = _Given(
        keys=tuple(each for each in keys if each.key is not None),
        anchors=anchors_of(keys),
        now=now or dt.datetime.now(tz=dt.UTC),
        tries=Tries(),
    )
    return tuple(
        signature_of(each, *_verified(archive, each, given)) if keys else unchecked(each)
        for each in archive.attached
    )


def _verified(archive: Archive, attached: Attached, given: _Given) -> _Answer:
    if attached.problem is not None:
        return _Answer(State.INVALID, reason=f"its content {attached.problem}")
    if not attached.is_signed:
        return _Answer(State.UNSIGNED)
    if attached.is_about_other:
        signed, other = shorten(min(attached.digests)), shorten(attached.expected[0])
        return _Answer(State.INVALID, reason=f"it is of {signed}, but is attached to {other}")
    if not attached.about:
        return _Answer(State.INVALID, reason="it is not attached to what it is about")
    # Libraries decode what strangers wrote: whatever they raise, nothing passes.
    answer = attempt(lambda: _answer(archive, attached, given))
    if isinstance(answer, Failure):
        return _Answer(State.INVALID, reason=f"it cannot be verified: {answer.summary[:200]}")
    return answer


def _answer(archive: Archive, attached: Attached, given: _Given) -> _Answer:
    blob = archive.members.blob_of(attached.descriptor.digest)
    if blob is None:
        return _Answer(State.INVALID, reason="its content is missing")
    try:
        envelope = read_envelope(attached.form, blob, attached.descriptor)
        if attached.form in _NOTARY_FORMS:
            return _notary(envelope, given)
        return _with_keys(archive, attached, envelope, given)
    except EnvelopeError as error:
        return _Answer(State.INVALID, reason=f"its content {error}")
    except _InvalidError as error:
        return _Answer(State.INVALID, reason=str(error))
    except ChainError as error:
        state = State.NOT_VERIFIABLE if error.is_time else State.INVALID
        return _Answer(state, reason=f"it {error}")
    except TriesError:
        reason = "the archive has more signatures than are verified"
        return _Answer(State.NOT_VERIFIABLE, reason=reason)


# --- keys


def _with_keys(archive: Archive, attached: Attached, envelope: Envelope, given: _Given) -> _Answer:
    """Verify a signature of cosign, a DSSE envelope or a bundle with the public keys."""
    kind = envelope.payload_type
    if kind is not None and kind != STATEMENT_PAYLOAD:
        raise _InvalidError(f'its payload has the type "{kind[:80]}", expected {STATEMENT_PAYLOAD}')
    message = _message(archive, envelope)
    for given_key in given.keys:
        key = given_key.key
        for signature in envelope.signatures if key is not None else ():
            if key is not None and is_signed(message, signature, key, given.tries):
                return _Answer(State.VERIFIED, given_key.name)
    if attached.has_certificate:
        reason = (
            "it is signed with a certificate: who it belongs to and when it was signed cannot be "
            "verified offline; use cosign verify"
        )
        return _Answer(State.NOT_VERIFIABLE, reason=reason)
    raise _InvalidError(_no_key(len(given.keys), envelope.left_out))


def _message(archive: Archive, envelope: Envelope) -> Message:
    if envelope.digest is None:
        return Message.of(envelope.message)
    digest = parse_digest(envelope.digest)
    blob = archive.members.blob_of(digest)
    if digest is not None and blob is not None and blob.hashes_to(digest) and not blob.cuts:
        return Message.of(b"" if blob.document is None else blob.document.raw)
    algorithm, _, encoded = envelope.digest.partition(":")
    return Message(None, {algorithm: bytes.fromhex(encoded)})


def _no_key(count: int, left_out: int) -> str:
    if not count:
        return "it is made with a key, and only certificates were given"
    keys = "the given key" if count == 1 else f"any of the {count} given keys"
    more = f"; {left_out} further signatures in it were not tried" if left_out else ""
    return f"it does not verify with {keys}{more}"


# --- the Notary Project


def _notary(envelope: Envelope, given: _Given) -> _Answer:
    """Verify a signature of the Notary Project: its integrity, then the chain or the key."""
    _check_headers(envelope, given.now)
    chain = read_chain(envelope.chain)
    if not chain:
        raise _InvalidError("it does not contain the certificate of the signer")
    key = supported(chain[0].public_key())
    if key is None:
        raise _InvalidError("its certificate has a key of a kind that is not supported")
    algorithm = envelope.headers.algorithm
    message = Message.of(envelope.message)
    if not is_signed_as(algorithm, message, envelope.signatures[0], key, given.tries):
        raise _InvalidError("its content does not match its signature")
    pinned = next((each for each in given.keys if each.key == key), None)
    if pinned is not None:
        return _Answer(State.VERIFIED, pinned.name)
    if not given.anchors:
        raise _InvalidError("the key in its certificate is none of the given ones")
    anchor = find_anchor(chain, given.anchors, given.now, given.tries)
    reason = f"signed by {name_of(chain[0])}; revocation was not checked"
    return _Answer(State.VERIFIED, anchor.name, reason)


def _check_headers(envelope: Envelope, now: dt.datetime) -> None:
    headers = envelope.headers
    if headers.unknown:
        raise _InvalidError(f"it has a critical header that is not known: {headers.unknown[0]}")
    if headers.content_type != NOTARY_PAYLOAD:
        found = (headers.content_type or "none")[:80]
        raise _InvalidError(f"its payload has the type {found}, expected {NOTARY_PAYLOAD}")
    if headers.scheme not in _SCHEMES:
        raise _InvalidError(f"its signing scheme is not known: {(headers.scheme or 'none')[:80]}")
    if headers.expiry is not None and _time(headers.expiry) <= now:
        raise _InvalidError(f"it expired on {_time(headers.expiry).date()}")


def _time(value: str | int) -> dt.datetime:
    try:
        if isinstance(value, int):
            return dt.datetime.fromtimestamp(value, tz=dt.UTC)
        found = dt.datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError) as error:
        raise _InvalidError("its expiry is not a time") from error
    if found.tzinfo is None:
        raise _InvalidError("its expiry is not a time")
    return found
