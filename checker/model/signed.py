"""The envelope in a layer, and the JSON value of one."""

from __future__ import annotations

from checker.model.blob import Blob
from checker.model.envelopes import (
    READERS,
    Envelope,
    EnvelopeError,
    cose,
    simple_signing,
)
from checker.model.forms import MOST_COSE_BYTES, Form
from checker.model.image import Descriptor, mapping


def read_envelope(form: Form, blob: Blob, descriptor: Descriptor) -> Envelope:
    """The envelope in a blob.

    Args:
        form: Its form; not that of a statement or an SBOM.
        blob: The content.
        descriptor: The descriptor of the layer, whose annotations may contain the signature.

    Raises:
        EnvelopeError: It is not one.
    """
    if form is Form.COSE:
        if blob.size > MOST_COSE_BYTES:
            raise EnvelopeError(f"is larger than {MOST_COSE_BYTES} bytes, and was not read")
        return cose(blob.cose)
    value = json_of(blob)
    if form is not Form.SIMPLE_SIGNING:
        return READERS[form](mapping(value))
    raw = b"" if blob.document is None else blob.document.raw
    return simple_signing(raw, descriptor.annotations)


def json_of(blob: Blob) -> object:
    """The JSON value of a blob.

    Raises:
        EnvelopeError: It is not JSON, or was not read as a whole.
    """
    document = blob.document
    if document is None or document.error is not None or document.trailing is not None:
        raise EnvelopeError("is not JSON")
    if blob.cuts:
        raise EnvelopeError(f"was not read as a whole: limit {blob.cuts[0].limit}")
    return document.value
