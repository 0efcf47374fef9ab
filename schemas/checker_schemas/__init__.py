"""JSON Schemas of the documents in a container archive, and a way to ask them.

The schemas are files beside this module, in draft 2020-12, written from the OCI Image Format
Specification 1.1, the Docker Image Specification and the Docker distribution manifests. They
are as strict as those texts and no stricter: unknown members, media types and digest algorithms
pass. The JSON Schema library is slow to import: `validate` does so only once it meets a document
that is not plainly valid.
"""

from __future__ import annotations

from checker_schemas.documents import names
from checker_schemas.quick import is_surely_valid

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    from checker_schemas.errors import SchemaError

__all__ = ["MAX_ERRORS", "SchemaError", "names", "validate"]

MAX_ERRORS = 100
"""The most errors that one call of `validate` looks for; after these it stops reading."""


def validate(schema: str, value: object) -> tuple[SchemaError, ...]:
    """Tell where a document departs from its schema.

    Args:
        schema: One of `names()`, such as ``oci-manifest``.
        value: The document as ``json.loads`` returns it, under Python's own limit on the digits
            of a number and nested at most a few hundred levels deep.

    Returns:
        The errors, sorted by pointer; empty for a valid document. At most `MAX_ERRORS`: when
        there are that many, there may be more.

    Raises:
        ValueError: No schema has that name.
    """
    if schema not in names():
        raise ValueError(f"no schema is named {schema!r}; there are {', '.join(names())}")
    if is_surely_valid(schema, value):
        return ()
    from checker_schemas.validation import schema_errors  # slow to import

    return schema_errors(schema, value, MAX_ERRORS)


if not TYPE_CHECKING:  # a type checker would take every name for one that is there

    def __getattr__(name: str) -> object:
        """Import `SchemaError` when it is first asked for (PEP 562)."""
        if name != "SchemaError":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from checker_schemas.errors import SchemaError

        return SchemaError
