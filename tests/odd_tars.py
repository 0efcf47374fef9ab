"""Random tars whose headers are odd: numbers, names, records, maps, checksums, ends."""

from __future__ import annotations

from random import Random
from typing import Final

_BLOCK: Final = 512
_NAMES: Final = (
    *(b"a", b"b", b"a/", b"d/", b"d/e", b"d/e/f", b"./a", b"/abs", b"../up", b"/", b".", b"a//b"),
    *(b"d/.", b"C:/x", b"\\x", b"caf\xc3\xa9", b"\xff", b"t\tb", b"n" * 100, b"", b"d/../b"),
    b"v/" + b"w" * 60,
)
_TARGETS: Final = (b"a", b"b", b"d", b"/abs", b"../up", b"", b"d/e", b"x" * 100, b"c:x", b"./a")
_TYPES: Final = b"0000000\0\x001122335567DVMSNAZ~ "
_LONG: Final = (b"long/" + b"l" * 120, b"s\0hidden", b"l" * 300, b"a", b"", b"p/" * 300 + b"q")
_SIZES: Final = (
    *(b"00000000000\0", b"00000000000\0", b"00000000005\0", b"00000000005\0", b"00000001000\0"),
    *(
        b"0",
        b"5",
        b"         5 \0",
        b"00000002000 ",
        b"7777\0",
        b"77777777777\0",
        b"-1",
        b"+F",
        b"-B",
    ),
    *(b"x", b"5x", b"", b"            ", b"8", b"\x80" + bytes(10) + b"\5", b"\xff" * 12),
    *(b"\x80" + b"\xff" * 11, b"\x80\0\0\0\x7f" + b"\xff" * 7, b"\xc0" + bytes(11), b"\0005"),
    *(b"00000000005", b"000000000005", b"5\0zzz", b"\t5", b"\x80\0\0\0\1" + bytes(7)),
)
_NUMBERS: Final = (
    *(
        b"0000644\0",
        b"0000644\0",
        b"644",
        b" 644 \0",
        b"",
        b"        ",
        b"x",
        b"-1",
        b"+AA",
        b"+//////",
    ),
    *(b"77777777", b"\x80" + bytes(6) + b"\1", b"\xff" * 8, b"\x80" + b"\xff" * 7, b"9", b"12 34"),
    *(b"\xc0" + bytes(7), b"\0001", b"17777777", b"20000000", b"-////////", b"1x"),
)
# A time to come is reported with how far away it is.
_TIMES: Final = (
    *(b"14000000000\0", b"14000000000\0", b"0", b"\xff" * 12, b"1x"),
    *(b"\x80" + b"\xff" * 11, b"", b"x", b"-1", b"\xff" * 8 + b"\0\0\0\0", b"+AAAAAA"),
)
_MAGICS: Final = (
    *(b"ustar\x0000", b"ustar\x0000", b"ustar  \0", b"ustar  \0", bytes(8), b"ustar\0\0\0"),
    *(b"ustar 00", b"USTAR\x0000"),
)
_WHOLE: Final = (
    *(b"0", b"5", b"5", b"10", b"600", b"-1", b"", b"x", b"5x", b" 5", b"99999999999999999999"),
    *(b"9223372036854775807", b"9223372036854775808", b"-0", b"05", b"5\0x", b"5.5", b"-5"),
)
# What a file system refuses depends on which it is.
_FITTING: Final = tuple(one for one in _WHOLE if one != b"9223372036854775807")
_REAL_SIZES: Final = tuple(one for one in _SIZES if one[:2] not in {b"\x80\0", b"\x80\xff"})
_MTIMES: Final = (
    *(b"5", b"5.5", b"-1.5", b"-1", b"", b"x", b"5.x", b"5x", b"9223372036854775808", b"5.", b".5"),
    *(b"-9223372036854775808.5", b"1e9", b"5.0000000001", b"-0.5", b"5.12345678901234x"),
)
_MAPS: Final = (
    *(
        b"0,5",
        b"0,5,100,0",
        b"0,2,3,3",
        b"5,0",
        b"0",
        b"",
        b"x,5",
        b"0,x",
        b"0,5,",
        b"0;5",
        b"0,-5",
    ),
    *(b"0,99999999999999999999", b"9,600", b"0,5,600,5", b",", b"0, 5"),
)
_RECORDS: Final[tuple[tuple[bytes, tuple[bytes, ...]], ...]] = (
    (b"path", (*_NAMES, *_LONG)),
    (b"path", (*_NAMES, *_LONG)),
    (b"linkpath", (*_TARGETS, *_LONG)),
    (b"size", _WHOLE),
    (b"size", _WHOLE),
    (b"mtime", _MTIMES),
    (b"mtime", _MTIMES),
    (b"atime", _MTIMES),
    (b"uid", _WHOLE),
    (b"gid", (*_WHOLE, b"4294967295", b"4294967296")),
    (b"uname", (b"root", b"", b"\xff", b"nobody")),
    (b"gname", (b"root", b"", b"\xff")),
    (b"hdrcharset", (b"BINARY", b"ISO-IR 10646 2000 UTF-8", b"x")),
    (b"comment", (b"c", b"")),
    (b"charset", (b"BINARY",)),
    (b"GNU.sparse.major", (b"0", b"1", b"1", b"2", b"x", b"4294967296", b"")),
    (b"GNU.sparse.minor", (b"0", b"0", b"1", b"2", b"x")),
    (b"GNU.sparse.size", _FITTING),
    (b"GNU.sparse.realsize", _FITTING),
    (b"GNU.sparse.name", _NAMES),
    (b"GNU.sparse.numblocks", (*_WHOLE, b"1", b"1", b"2", b"2")),
    (b"GNU.sparse.offset", _FITTING),
    (b"GNU.sparse.numbytes", _FITTING),
    (b"GNU.sparse.map", _MAPS),
    (b"GNU.sparse.unknown", (b"1",)),
    (b"GNU.dumpdir", (b"", b"Ya\0\0", b"Na\0\0", b"x")),
    (b"GNU.volume.label", (b"v",)),
    (b"GNU.volume.size", _WHOLE),
    (b"GNU.volume.offset", _WHOLE),
    (b"GNU.volume.filename", _NAMES),
    (b"SCHILY.xattr.bogus.a", (b"1", b"")),
    (b"SCHILY.xattr.security.capability", (b"x", b"")),
    (b"SCHILY.xattr.", (b"1",)),
    (b"SCHILY.xattr", (b"1",)),
    (b"SCHILY.devmajor", (*_WHOLE, b"5000")),
    (b"SCHILY.devminor", _WHOLE),
    (b"SCHILY.realsize", _FITTING),
    (b"SUN.holesdata", (b" 0 5", b" 5 10 600", b"5", b" x", b" ", b" 5 0", b"")),
    (b"LIBARCHIVE.creationtime", _MTIMES),
    (b"unknown", (b"1", b"\n")),
    (b"", (b"1",)),
)
# GNU tar frees the extended attributes of a global header before it uses them.
_GLOBAL_RECORDS: Final = (
    *(one for one in _RECORDS if b"xattr" not in one[0] and one[0] != b"path"),
    (b"path", (b"a", b"d/e", b"/abs", b"../up")),
)
_SPARSE: Final = (
    (b"GNU.sparse.major=1", b"GNU.sparse.minor=0", b"GNU.sparse.name=s", b"GNU.sparse.realsize=20"),
    (b"GNU.sparse.major=1", b"GNU.sparse.minor=0", b"GNU.sparse.realsize=5"),
    (b"GNU.sparse.size=20", b"GNU.sparse.numblocks=1", b"GNU.sparse.map=0,5"),
    (b"GNU.sparse.size=20", b"GNU.sparse.numblocks=2", b"GNU.sparse.map=0,2,10,3"),
    (
        *(b"GNU.sparse.size=20", b"GNU.sparse.numblocks=2", b"GNU.sparse.offset=0"),
        *(b"GNU.sparse.numbytes=2", b"GNU.sparse.offset=15", b"GNU.sparse.numbytes=3"),
    ),
)
_LINES: Final = (
    *(
        b"1\n0\n5\n",
        b"1\n0\n5\n",
        b"0\n",
        b"2\n0\n2\n15\n3\n",
        b"1\n0\n",
        b"x\n",
        b"-1\n",
        b"1\n5\nx\n",
    ),
    *(b"99999999999999999999\n", b"1\n0\n600\n", b"# c\n1\n0\n5\n", b"1 \n0\n5\n", b"", b"\n\n\n"),
    *(
        b"1\n" + b"0" * 30 + b"\n5\n",
        b"1\n" + b"0" * 120 + b"\n5\n",
        b"5000000000\n",
        b"1\n-1\n5\n",
    ),
    b"60\n" + b"".join(b"%d\n0\n" % (1000 + number) for number in range(60)),
)
_ROWS: Final = (
    *((b"00000000000", b"00000000005"), (b"00000000000", b"00000000002"), (b"00000000012", b"3")),
    *((b"x", b"5"), (b"0", b"x"), (b"77777777777", b"5"), (b"0", b"00000001000"), (b"", b"5")),
    *((b"-1", b"5"), (b"\x80" + bytes(10) + b"\2", b"1"), (b"00000000024", b"00000000000")),
    (b"5", b""),
)


def odd_tar(seed: str) -> bytes:
    """A tar of a few members, which is the same for the same seed.

    Sizes are such that what programs do does not depend on the file system that they unpack to.
    """
    return _Maker(Random(seed)).tar()


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random
        # Most tars have a few faults: what follows the first one counts as well.
        self._oddness = random.choice((0.01, 0.05, 0.15, 0.3))

    def tar(self) -> bytes:
        count = self._random.randint(1, 5)
        data = b"".join(self._piece() for _ in range(count))
        data += bytes(_BLOCK * self._random.choice((2, 2, 2, 0, 1, 3, 20)))
        if self._is_odd(0.5):
            data = data[: self._random.randint(0, len(data))]
        return data

    def _is_odd(self, factor: float = 1.0) -> bool:
        return self._random.random() < self._oddness * factor

    def _odd(self, usual: bytes, others: tuple[bytes, ...]) -> bytes:
        return self._random.choice(others) if self._is_odd() else usual

    def _piece(self) -> bytes:
        """An entry with what is before it, or what is no entry."""
        if self._is_odd(0.5):
            return self._random.choice((bytes(_BLOCK), b"\xff" * _BLOCK, b"text", b"A" * _BLOCK))
        make = self._random.choice(
            (self._entry, self._entry, self._entry, self._gnu_sparse, self._pax_sparse)
        )
        if make != self._entry:
            return make()
        return b"".join(self._extensions()) + make()

    def _extensions(self) -> list[bytes]:
        extensions: list[bytes] = []
        while len(extensions) < 4 and self._random.random() < 0.4:
            make = self._random.choice((self._long, self._records, self._records, self._acl))
            extensions.append(make())
        return extensions

    def _long(self) -> bytes:
        kind = self._random.choice(b"LK")
        body = self._random.choice(_LONG) + self._random.choice((b"\0", b"\0", b""))
        return self._with_body(kind, body)

    def _acl(self) -> bytes:
        texts = (b"1000000\0acl\0", b"3000000\0acl\0", b"x", b"", b"5\0", b"777777777777")
        return self._with_body(ord("A"), self._random.choice(texts))

    def _records(self) -> bytes:
        kind = self._random.choice(b"xxxxXgg")
        body = b""
        for _ in range(self._random.randint(0, 4)):
            key, values = self._random.choice(_RECORDS if kind != ord("g") else _GLOBAL_RECORDS)
            body += self._record(key + b"=" + self._random.choice(values))
        return self._with_body(kind, body)

    def _record(self, text: bytes) -> bytes:
        length = len(text) + 2
        while length < len(text) + 2 + len(str(length)):
            length += 1
        record = b"%d %s\n" % (length, text)
        if not self._is_odd(0.5):
            return record
        return self._random.choice(
            (
                *(
                    record[:-1],
                    record.replace(b"=", b"-"),
                    b"x" + record,
                    b"0" + record,
                    b" " + record,
                ),
                *(record.replace(b" ", b"", 1), b"%d %s\n" % (length + 1, text), b"0 \n", b"\0"),
                *(b"99999999999999999999999 a=b\n", b"%d\t%s\n" % (length, text), b"3 \n"),
                *(b"%d  %s\n" % (length + 1, text), b"5 =1\n", b"-5 a=b\n", b"\n", b"4 a\n"),
            )
        )

    def _with_body(self, kind: int, body: bytes) -> bytes:
        size = self._odd(b"%011o\0" % len(body), _SIZES)
        name = self._random.choice((b"././@LongLink", b"PaxHeaders/x"))
        return self._header(kind, name, size) + body + bytes(-len(body) % _BLOCK)

    def _entry(self) -> bytes:
        kind = self._random.choice(_TYPES)
        has_content = kind in b"0\x007SAZ~" and self._random.random() < 0.6
        content = b"x" * self._random.choice((5, 512, 600, 11_000)) if has_content else b""
        size = self._odd(b"%011o\0" % len(content), _SIZES)
        name = self._random.choice(_NAMES)
        return self._header(kind, name, size) + content + bytes(-len(content) % _BLOCK)

    def _gnu_sparse(self) -> bytes:
        """A sparse file, which can be created: if not, its map decides on what is skipped."""
        block = bytearray(self._header(ord("S"), b"s", b"00000000005\0"))
        block[257:265] = self._odd(b"ustar  \0", _MAGICS)
        extended = b""
        block[386:482] = self._rows(4)
        block[483:495] = self._odd(b"00000000024\0", _REAL_SIZES).ljust(12, b"\0")[:12]
        if self._random.random() < 0.4:
            block[482] = 1
            count = self._random.randint(1, 2)
            more = [self._rows(21) + bytes([number < count - 1]) for number in range(count)]
            extended = b"".join(rows.ljust(_BLOCK, b"\0") for rows in more)
        content = self._random.choice((b"x" * 5, b"x" * 5, b"", b"x" * 1030))
        block[124:136] = self._odd(b"%011o\0" % len(content), _SIZES).ljust(12, b"\0")[:12]
        return self._summed(block) + extended + content + bytes(-len(content) % _BLOCK)

    def _rows(self, most: int) -> bytes:
        rows = [_ROWS[0]] if self._random.random() < 0.6 else []
        while len(rows) < most and self._random.random() < 0.5:
            rows.append(self._random.choice(_ROWS))
        if self._random.random() < 0.2:
            rows += [_ROWS[10]] * (most - len(rows))
        text = b"".join(start.ljust(12, b"\0") + length.ljust(12, b"\0") for start, length in rows)
        return text.ljust(most * 24, b"\0")

    def _pax_sparse(self) -> bytes:
        keys = list(self._random.choice(_SPARSE))
        if self._is_odd():
            keys[self._random.randrange(len(keys))] = b"GNU.sparse.minor=" + self._random.choice(
                _WHOLE
            )
        if self._is_odd():
            keys.pop(self._random.randrange(len(keys)))
        if self._is_odd():
            keys.append(b"GNU.sparse.map=" + self._random.choice(_MAPS))
        content = b"x" * 5
        if keys[0].startswith(b"GNU.sparse.major"):
            lines = self._odd(_LINES[0], _LINES)
            content = lines + bytes(-len(lines) % _BLOCK) + content
        header = self._header(ord("0"), b"GNUSparseFile/s", b"%011o\0" % len(content))
        records = self._with_body(ord("x"), b"".join(map(self._record, keys)))
        return records + header + content + bytes(-len(content) % _BLOCK)

    def _header(self, kind: int, name: bytes, size: bytes) -> bytes:
        block = bytearray(_BLOCK)
        block[:100] = name.ljust(100, b"\0")[:100]
        block[100:108] = self._odd(b"0000755\0", _NUMBERS).ljust(8, b"\0")[:8]
        block[108:116] = self._odd(b"0000000\0", _NUMBERS).ljust(8, b"\0")[:8]
        block[116:124] = self._odd(b"0000000\0", _NUMBERS).ljust(8, b"\0")[:8]
        block[124:136] = size.ljust(12, b"\0")[:12]
        block[136:148] = self._odd(b"14000000000\0", _TIMES).ljust(12, b"\0")[:12]
        block[156] = kind
        if kind in b"12" or self._is_odd():
            block[157:257] = self._random.choice(_TARGETS).ljust(100, b"\0")[:100]
        block[257:265] = self._random.choice(_MAGICS)
        if kind in b"34" or self._is_odd():
            block[329:337] = self._odd(b"0000001\0", _NUMBERS).ljust(8, b"\0")[:8]
            block[337:345] = self._odd(b"0000003\0", _NUMBERS).ljust(8, b"\0")[:8]
        if self._is_odd():
            prefix = self._random.choice((b"pre", b"pre/", b"/pre", b"../pre", b"p" * 155))
            block[345:500] = prefix.ljust(155, b"\0")
        if self._is_odd(0.5):
            block[475:500] = b"\00014000000000 14000000000 "
        return self._summed(block)

    def _summed(self, block: bytearray) -> bytes:
        block[148:156] = b" " * 8
        unsigned = sum(block)
        signed = unsigned - 256 * sum(byte > 127 for byte in block)
        usual = b"%06o\0 " % unsigned
        others = (
            *(b"%06o\0 " % max(signed, 0), b"%06o\0 " % (unsigned + 1), b"%07o\0" % unsigned),
            *(
                b"%8o" % unsigned,
                b"%o" % unsigned,
                b"",
                b"x",
                b"%06ox " % unsigned,
                b"\0%06o" % unsigned,
            ),
        )
        block[148:156] = self._odd(usual, others).ljust(8, b"\0")[:8]
        return bytes(block)
