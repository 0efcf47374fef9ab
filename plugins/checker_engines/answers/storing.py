"""How the storage driver of the host decides, for the documentation."""

from __future__ import annotations

from collections.abc import Iterator

from checker.verdicts import Decision


def on_drivers(
    nested: str, root: str = "ignored, unless their name begins with `/`"
) -> Iterator[Decision]:
    """How layers are extracted on each storage driver.

    Args:
        nested: What becomes of a whiteout below what is not a directory.
        root: What becomes of entries of the root itself on overlays.
    """
    yield Decision(
        "layers on overlay",
        "each is extracted into an empty directory, in which files of lower layers do not exist: "
        "a hard link to one is refused, and so is an entry below a link that leads to one; an "
        "entry below a file or link of a lower layer replaces it; a whiteout becomes a device node "
        "0/0, which is refused if the same layer has the path that it hides, or if its directory "
        f"is a link to nothing; a whiteout below what is not a directory is {nested}; a whiteout "
        "that names nothing is refused; a marker of an opaque directory becomes an attribute of "
        f"whatever has its name; entries of the root itself are {root}; at the end, each path is "
        "looked up on the host, and has at most 4095 bytes with the directory of the layer",
    )
    yield Decision(
        "layers on vfs",
        "each is extracted onto a copy of the lower ones, whose files its whiteouts remove; an "
        "entry below a file of a lower layer is refused, and one below a link is extracted to what "
        "it leads to",
    )


def rootless(archive: str, layers: str = "") -> Decision:
    """What differs without the privileges of root.

    Args:
        archive: What becomes of device nodes in the archive itself.
        layers: What else differs for layers.
    """
    return Decision(
        "rootless",
        "refused are owners in layers above 65536, the highest ID of a usual user namespace; "
        "device nodes in layers are left out, attributes `trusted.*`, and `security.*` except "
        f"capabilities, are ignored; {archive}{layers}",
    )
