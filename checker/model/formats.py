"""File formats that are mistaken for container archives, with their signatures and readers."""

from __future__ import annotations

from checker.records import NamedTuple


class Format(NamedTuple):
    """A file format.

    Attributes:
        name: The format with its article, such as ``a zip file``.
        signature: The bytes that identify it.
        offset: Byte offset of the signature.
        reader: What reads it, as a sentence part after "read it with".
        command: A shell command that turns FILE into FIXED, where one does.
        is_encrypted: Whether the content is encrypted.
    """

    name: str
    signature: bytes
    reader: str
    command: str | None = None
    offset: int = 0
    is_encrypted: bool = False


def _encrypted(name: str, signature: bytes, reader: str, command: str | None = None) -> Format:
    return Format(name, signature, reader, command, is_encrypted=True)


_GPG = "gpg --decrypt FILE > FIXED"
_AGE = "age --decrypt --output FIXED FILE"

FORMATS = (
    Format("a zip file", b"PK\x03\x04", "unzip"),
    Format("an empty zip file", b"PK\x05\x06", "unzip"),
    Format("a part of a zip file", b"PK\x07\x08", "unzip, after joining the parts"),
    Format("a 7-Zip file", b"7z\xbc\xaf\x27\x1c", "7z x"),
    Format("a RAR file", b"Rar!", "unrar x"),
    Format("a cabinet file", b"MSCF\0\0\0\0", "cabextract"),
    Format("a cpio archive", b"070701", "cpio -i"),
    Format("a cpio archive", b"070702", "cpio -i"),
    Format("a cpio archive", b"070707", "cpio -i"),
    Format("a cpio archive", b"\xc7\x71", "cpio -i"),
    Format("a cpio archive", b"\x71\xc7", "cpio -i"),
    Format("a Debian package", b"!<arch>\ndebian-binary", "dpkg-deb"),
    Format("an ar archive, such as a static library", b"!<arch>\n", "ar x"),
    Format("an RPM package", b"\xed\xab\xee\xdb", "rpm2cpio"),
    Format("a SquashFS image", b"hsqs", "unsquashfs"),
    Format("a SquashFS image", b"sqsh", "unsquashfs"),
    Format("an EROFS image", b"\xe2\xe1\xf5\xe0", "fsck.erofs --extract", offset=1024),
    Format("an ISO 9660 image", b"CD001", "bsdtar or mount -o loop", offset=0x8001),
    Format(
        "an ext file system image", b"\x53\xef\x01\x00", "debugfs or mount -o loop", offset=0x438
    ),
    Format("an XFS file system image", b"XFSB", "mount -o loop"),
    Format("a Btrfs file system image", b"_BHRfS_M", "mount -o loop", offset=0x10040),
    Format("a QCOW2 disk image", b"QFI\xfb", "qemu-img or guestmount"),
    Format("a VMDK disk image", b"KDMV", "qemu-img or guestmount"),
    Format("a VMDK disk description", b"# Disk DescriptorFile", "qemu-img"),
    Format("a VHD disk image", b"conectix", "qemu-img or guestmount"),
    Format("a VHDX disk image", b"vhdxfile", "qemu-img or guestmount"),
    Format("a VirtualBox disk image", b"\x7f\x10\xda\xbe", "qemu-img or guestmount", offset=0x40),
    Format("a disk image with a GPT partition table", b"EFI PART", "losetup -P", offset=512),
    Format("a Singularity image", b"SIF_MAGIC", "apptainer", offset=32),
    Format("a disk image with a boot sector", b"\x55\xaa", "losetup -P", offset=510),
    Format("an ELF executable", b"\x7fELF", "the operating system"),
    Format("a Windows executable", b"MZ", "Windows"),
    Format("a WebAssembly module", b"\0asm", "a WebAssembly runtime"),
    Format("a SQLite database", b"SQLite format 3\0", "sqlite3"),
    Format("a PDF document", b"%PDF-", "a PDF reader"),
    Format("a PNG image", b"\x89PNG\r\n\x1a\n", "an image viewer"),
    Format("a JPEG image", b"\xff\xd8\xff", "an image viewer"),
    Format("a Git bundle", b"# v2 git bundle", "git clone"),
    Format("a Git bundle", b"# v3 git bundle", "git clone"),
    Format("an lz4 file", b"\x04\x22\x4d\x18", "lz4", "lz4 -dc FILE > FIXED"),
    Format("an lzip file", b"LZIP", "lzip", "lzip -dc FILE > FIXED"),
    Format("an lzop file", b"\x89LZO\0\r\n\x1a\n", "lzop", "lzop -dc FILE > FIXED"),
    Format("data compressed with compress", b"\x1f\x9d", "gzip", "gzip -dc < FILE > FIXED"),
    Format("a Snappy framed file", b"\xff\x06\x00\x00sNaPpY", "snzip", "snzip -dc FILE > FIXED"),
    Format(
        "an lzma stream, the predecessor of xz",
        b"\x5d\x00\x00",
        "xz",
        "xz --format=lzma -dc FILE > FIXED",
    ),
    _encrypted("data encrypted with OpenSSL", b"Salted__", "openssl enc -d"),
    _encrypted("data encrypted with age", b"age-encryption.org/", "age", _AGE),
    _encrypted("data encrypted with age", b"-----BEGIN AGE ENCRYPTED", "age", _AGE),
    _encrypted("an OpenPGP message", b"-----BEGIN PGP MESSAGE", "gpg", _GPG),
    _encrypted("an OpenPGP message", b"\x85\x01\x0c\x03", "gpg", _GPG),
    _encrypted("an OpenPGP message", b"\x85\x01\x8c\x03", "gpg", _GPG),
    _encrypted("an OpenPGP message", b"\x85\x02\x0c\x03", "gpg", _GPG),
    _encrypted("an OpenPGP message", b"\x84\x5e\x03", "gpg", _GPG),
    _encrypted("an OpenPGP message", b"\xc1\x5e\x03", "gpg", _GPG),
    _encrypted("an OpenPGP message", b"\x8c\x0d\x04", "gpg", _GPG),
    _encrypted("an OpenPGP message", b"\xc3\x0d\x04", "gpg", _GPG),
    _encrypted("data encrypted with Ansible Vault", b"$ANSIBLE_VAULT;", "ansible-vault"),
    _encrypted("a LUKS volume", b"LUKS\xba\xbe", "cryptsetup"),
)
"""The formats, the more specific of two before the other."""


def find_format(head: bytes) -> Format | None:
    """The format that the first bytes of a file have; None if it is not known.

    Args:
        head: The first bytes, as many as there are up to 64 KiB + 256.
    """
    found = (each for each in FORMATS if head.startswith(each.signature, each.offset))
    return next(found, None)
