"""Texts that were saved in place of an archive, and what identifies them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping

from checker.model.damage import SavedText, TextKind
from checker.model.untrusted import utf8
from checker.reading.transport.characters import utf16_text
from checker.reading.transport.plain_text import is_text, quoted
from checker.reading.transport.sample import Sample
from checker.typing_names import Any

_EXAMINED = 1 << 16
_JSON_EXAMINED = 1 << 18
_NOTED_KEYS = 8
_UTF16 = "UTF-16"
_LFS = "version https://git-lfs"
_LFS_OID = re.compile(r"^oid (\S{1,80})$", re.MULTILINE)
_LFS_SIZE = re.compile(r"^size ([0-9]{1,20})$", re.MULTILINE)
_ANNEX = re.compile(r"(?:\.\./)*+(?:\.git)?[/\\]annex[/\\]objects[/\\](\S{1,500})\s*+")
_DVC = re.compile(r"^(?:- |  )?(?:md5|sha256|etag): (\S{1,100})$", re.MULTILINE)
_DVC_PATH = re.compile(r"^(?:- |  )?path: (.{1,200})$", re.MULTILINE)
_CHECKSUM = re.compile(r"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}) ")
_ADDRESS = re.compile(r"(?:\[InternetShortcut\]\s+URL=)?(?:https?|ftp|s3|gs)://\S{1,4000}\s*+")
_PATH = re.compile(r"\S{1,4000}\.(?:tar|tgz|oci|tar\.\w{1,4})\s*+")
_PAGE = re.compile(r"(?:<!doctype\s+html|<html\b|<head\b|<body\b)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)
_HEADING = re.compile(r"<h[1-3][^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_XML = re.compile(r"<\?xml|<(?:Error|error|errors|feed|rss|svg|plist)\b")
_XML_PARTS = re.compile(r"<(Code|Message|message|title|status)>([^<]{1,300})<")
_TAG = re.compile(r"<([A-Za-z][\w:.-]{0,80})")
_MESSAGE = re.compile(
    r"""(?ix)
    error\b | err: | \w+:[ ]error | fatal\b | fata\[ | panic: | exception\b
    | time="[^"]{1,40}"[ ]level=(?:fatal|error)
    | open[ ].{1,300}:[ ](?:no[ ]such[ ]file|permission|is[ ]a[ ]directory)
    | cannot[ ] | got[ ]permission[ ]denied | permission[ ]denied | access[ ]denied | unauthorized
    | .{0,200}:[ ](?:command[ ])?not[ ]found | .{0,200}:[ ]no[ ]such[ ]file[ ]or[ ]directory
    | .{0,200}:[ ]permission[ ]denied | .{0,200}:[ ]cannot[ ](?:open|stat|access)
    | .{0,200}\bno[ ]such[ ](?:image|container|object) | invalid[ ]reference[ ]format
    | cowardly[ ]refusing | unable[ ]to[ ] | failed[ ]to[ ] | could[ ]not[ ] | not[ ]found
    | (?:docker|podman|skopeo|ctr|nerdctl|crane|buildah|sudo|ssh|scp|curl|wget|tar):[ ]
    | ssh_exchange | host[ ]key[ ]verification | connection[ ](?:refused|reset|closed|timed)
    | traceback[ ]\(most[ ]recent | (?:killed|terminated|segmentation[ ]fault)\b | sorry,[ ]try
    | .{0,200}\bis[ ]not[ ]recognized\b | .{0,200}:[ ](?:
        no[ ]space[ ]left | broken[ ]pipe | input/output[ ]error | disk[ ]quota | read-only[ ]file
      )
    """
)
_USAGE = re.compile(
    r"(?im)^[ \t]*+usage:\s|^See '[a-z ]{1,60}--help'|^Run '[a-z ]{1,60}--help'|"
    r"^(?:unknown|flag provided but not defined|unknown shorthand flag)"
)
_FIRST_LINES = 4


def find_saved_text(sample: Sample) -> SavedText | None:
    """Find whether the file is a text, and which."""
    head = sample.head[:_EXAMINED]
    text = utf16_text(head)
    if text is not None:
        return _identified(text)._replace(encoding=_UTF16) if _is_readable(text) else None
    if not is_text(head):
        return None
    return _identified(sample.head[:_JSON_EXAMINED].decode("utf-8", "surrogateescape"))


def _is_readable(text: str) -> bool:
    return is_text(text.encode("utf-8", "replace"))


def _identified(text: str) -> SavedText:
    text = text.lstrip("\ufeff \t\r\n")
    for kind, identify in _KINDS:
        quote = identify(text)
        if quote is not None:
            return SavedText(kind, quoted(utf8(quote)))
    return SavedText(TextKind.TEXT, _first_line(text))


def _first_line(text: str) -> str:
    line = next((line for line in _first_lines(text) if line.strip()), "")
    return quoted(utf8(line))


def _first_lines(text: str) -> list[str]:
    return text[:4096].splitlines()


def _lfs_pointer(text: str) -> str | None:
    if not text.startswith(_LFS):
        return None
    oid, size = _LFS_OID.search(text), _LFS_SIZE.search(text)
    if oid is None or size is None:
        return _first_line(text)
    return f"{oid[1]}, {size[1]} bytes"


def _annex_pointer(text: str) -> str | None:
    match = _ANNEX.fullmatch(text)
    return None if match is None else match[1].replace("\\", "/").rpartition("/")[2]


def _dvc_pointer(text: str) -> str | None:
    if not text.startswith(("outs:", "md5:", "wdir:", "deps:", "meta:")):
        return None
    digest, path = _DVC.search(text), _DVC_PATH.search(text)
    return None if digest is None or path is None else f"{path[1]}, {digest[1]}"


def _checksums(text: str) -> str | None:
    return _first_line(text) if _CHECKSUM.match(text) else None


def _address(text: str) -> str | None:
    return text.rstrip().rpartition("\n")[2] if _ADDRESS.fullmatch(text) else None


def _path(text: str) -> str | None:
    return text.rstrip() if _PATH.fullmatch(text) else None


def _web_page(text: str) -> str | None:
    if text.startswith("<?xml"):
        text = text.partition("?>")[2].lstrip()
    if _PAGE.match(text) is None:
        return None
    title = _TITLE.search(text) or _HEADING.search(text)
    return "" if title is None else " ".join(html.unescape(title[1]).split())


def _xml(text: str) -> str | None:
    if _XML.match(text) is None:
        return None
    parts = dict(_XML_PARTS.findall(text))
    if parts:
        return ": ".join(html.unescape(part) for part in parts.values())
    tag = _TAG.search(text.partition("?>")[2] or text)
    return "" if tag is None else f"<{tag[1]}>"


def _json(text: str) -> str | None:
    if not text.startswith(("{", "[")):
        return None
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        # Cut at the end of what is examined, or lines of JSON, or not JSON at all.
        return _first_line(text) if re.match(r'[{\[]\s*[{"\]}]', text) else None
    return next(_notable(document), None) or _first_line(text)


def _notable(document: object) -> Iterator[str]:
    """What a document of a registry, a storage service or an engine says of itself."""
    yield from _messages(document)
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, Mapping):
        return
    if {"Config", "Layers"} <= first.keys():
        yield "the content of manifest.json, without config and layers"
    elif {"Id", "RepoTags"} <= first.keys():
        yield "the output of docker inspect"
    elif "schemaVersion" in first or "mediaType" in first:
        yield f"an image manifest or index alone: {first.get('mediaType', 'schemaVersion')}"
    elif "errors" not in first:
        yield f"keys {', '.join(list(map(str, first))[:_NOTED_KEYS])}"


def _messages(document: object) -> Iterator[str]:
    """The messages of an error document."""
    if not isinstance(document, Mapping):
        return
    errors: Any = document.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        yield _joined(errors[0], "code", "message", "status", "detail", "title")
    error: Any = document.get("error")
    if isinstance(error, Mapping):
        yield _joined(error, "code", "status", "message")
    elif isinstance(error, str):
        yield _joined(document, "error", "error_description", "message")
    if isinstance(document.get("message"), str):
        yield _joined(document, "status", "code", "message")


def _joined(values: Mapping[Any, Any], *keys: str) -> str:
    found = (values.get(key) for key in keys)
    return ": ".join(str(value) for value in found if isinstance(value, str | int) and value)


def _usage(text: str) -> str | None:
    return _first_line(text) if _USAGE.search("\n".join(_first_lines(text)[:20])) else None


def _message(text: str) -> str | None:
    lines = [line.strip() for line in _first_lines(text) if line.strip()][:_FIRST_LINES]
    return next((line for line in lines if _MESSAGE.match(line)), None)


_KINDS = (
    (TextKind.LFS_POINTER, _lfs_pointer),
    (TextKind.ANNEX_POINTER, _annex_pointer),
    (TextKind.DVC_POINTER, _dvc_pointer),
    (TextKind.WEB_PAGE, _web_page),
    (TextKind.XML, _xml),
    (TextKind.JSON, _json),
    (TextKind.USAGE, _usage),
    (TextKind.ENGINE_MESSAGE, _message),
    (TextKind.CHECKSUMS, _checksums),
    (TextKind.ADDRESS, _address),
    (TextKind.PATH, _path),
)
