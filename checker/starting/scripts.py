"""Properties of a program that is not an ELF file, from its first bytes.

Source: Linux 6.6, fs/binfmt_script.c; mach-o/loader.h and mach-o/fat.h.
"""

from __future__ import annotations

from checker.records import NamedTuple

BYTE_ORDER_MARK = "\ufeff"
"""Written at the start of a file by some editors; in a script it hides the ``#!``."""

LINE = 256
"""Bytes of the first line that Linux reads (BINPRM_BUF_SIZE; 128 before Linux 5.1)."""

# Mach-O of 32 and 64 bits (mach-o/loader.h), and several of them in one file (mach-o/fat.h). Java
# classes begin like the latter, but their version is higher than the number of programs.
_MACH_O = (b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_FAT = b"\xca\xfe\xba\xbe\0\0\0"
_FAT_MOST = 20


class Shebang(NamedTuple):
    """The first line of a script.

    Attributes:
        interpreter: The program that it names, as the kernel reads it.
        argument: The rest of the line, which is a single argument.
    """

    interpreter: str
    argument: str

    @property
    def ends_in_cr(self) -> bool:
        """Whether a carriage return is part of the interpreter's name or argument."""
        return self.interpreter.endswith("\r") or self.argument.endswith("\r")


def shebang_of(head: bytes) -> Shebang | None:
    """The first line of a script; None if it does not name an interpreter."""
    if not head.startswith(b"#!"):
        return None
    line = head[2:LINE].partition(b"\n")[0].strip(b" \t")
    interpreter, _, argument = line.replace(b"\t", b" ").partition(b" ")
    if not interpreter or b"\0" in line:
        return None
    return Shebang(_decode(interpreter), _decode(argument.strip(b" ")))


def program_of_env(argument: str) -> str | None:
    """The program that ``env`` starts; None if its argument does not tell.

    The whole argument is one name, as the kernel does not split it; ``-S`` does (GNU coreutils
    8.30). Other options and assignments of variables are not examined.
    """
    name = argument
    for option in ("-S", "--split-string="):
        if argument.startswith(option):
            name = argument.removeprefix(option).strip().partition(" ")[0]
            break
    is_plain = not set(name) & set("=\"'\\$") and not name.startswith("-")
    return name if name and is_plain else None


def foreign_system(head: bytes) -> str | None:
    """The operating system of a program, if its format is not that of Linux."""
    if head.startswith(_MACH_O) or (head.startswith(_FAT) and 0 < head[7] < _FAT_MOST):
        return "macOS"
    return "Windows" if head.startswith(b"MZ") else None


def is_plain_text(head: bytes) -> bool:
    """Whether a file contains text or is empty, and so is not a program of any format."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may have been cut in two.
        if error.reason != "unexpected end of data":
            return False
        text = head[: error.start].decode("utf-8")
    text = text.removeprefix(BYTE_ORDER_MARK)
    return all(character.isprintable() or character in "\t\n\r\f" for character in text)


def describe_text(head: bytes) -> str:
    """Describe a text file that names no interpreter."""
    if head.startswith(BYTE_ORDER_MARK.encode()):
        return "a text file that begins with a byte order mark"
    return "a text file without an interpreter line" if head else "empty"


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
