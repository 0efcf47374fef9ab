/* Plain headers of a tar that follow one another, as columns.

   A header is plain if nothing about it is special: a file, a directory or a link, well-formed
   numbers in which programs agree, an ordinary name, the right sum. It may follow a PAX header with
   records that all programs take in the same way.
   Of any other nothing is said here; the caller reads it. What each function takes is what the
   functions of checker/reading/tar take that are named with it, and never more.

   No function reads a byte outside of the block that it is given, and none keeps state between
   calls. Numbers are put together byte by byte, so the order of bytes in memory does not matter. */

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Offsets and sizes are no larger, so that no sum of them overflows; nor is any real one. */
#define FARTHEST (INT64_MAX / 8)

enum {
    BLOCK = 512,
    NAME = 0,
    NAME_WIDTH = 100,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    MTIME = 136,
    CHECKSUM = 148,
    KIND = 156,
    TARGET = 157,
    /* The last byte of a target is NUL in a plain header. */
    TARGET_END = 256,
    MAGIC = 257,
    DEVICE_MAJOR = 329,
    DEVICE_MINOR = 337,
    PREFIX = 345,
    PREFIX_WIDTH = 155,
    STAR_TRAILER = 508,
    SHORT_NUMBER = 8,
    LONG_NUMBER = 12,
    LONGEST_NAME = PREFIX_WIDTH + 1 + NAME_WIDTH,
    /* table.py, is_ordinary */
    SHORT = 90,
    ORDINARY_NAME = 200,
    ORDINARY_NESTING = 4096,
    EXECUTABLE = 0111,
    /* pax.py */
    LENGTH_DIGITS = 10,
    ID_DIGITS = 9,
    NUMBER_DIGITS = 18,
    /* extensions.py; entries with more or longer attributes are left to the caller */
    MOST_XATTRS = 16,
    XATTR_VALUE = 256,
    BYTES_OF_RECORD = 100,
    /* entries.py */
    OWN_SPELLING = 255,
};

typedef struct {
    const uint8_t *start;
    size_t length;
} Text;

static bool starts_with(Text text, const char *start) {
    size_t length = strlen(start);
    return text.length >= length && memcmp(text.start, start, length) == 0;
}

static Text as_text(const char *start) { return (Text){(const uint8_t *)start, strlen(start)}; }

static bool are_equal(Text one, Text other) {
    return one.length == other.length && memcmp(one.start, other.start, one.length) == 0;
}

/* What is before the first NUL. */
static Text until_nul(const uint8_t *start, size_t width) {
    const uint8_t *end = memchr(start, 0, width);
    return (Text){start, end == NULL ? width : (size_t)(end - start)};
}

/* --- numbers */

/* The bytes of the whole blocks that some bytes fill. */
static uint64_t padded(uint64_t size) { return (size + BLOCK - 1) / BLOCK * BLOCK; }

static bool is_blank(uint8_t byte) { return byte == 0 || byte == ' '; }

/* Octal digits with blanks around, or with NUL and anything after: header.py, parse_octal. */
static bool read_octal(const uint8_t *field, size_t width, int64_t *value) {
    size_t start = 0;
    int64_t number = 0;
    while (start < width && is_blank(field[start]))
        start++;
    while (width > start && is_blank(field[width - 1]))
        width--;
    for (size_t i = start; i < width && field[i] != 0; i++) {
        if (field[i] < '0' || field[i] > '7')
            return false;
        number = number * 8 + (field[i] - '0');
    }
    *value = number;
    return true;
}

/* A two's complement number whose first byte is a mark and 0 or -1: header.py, parse_number. */
static bool read_base_256(const uint8_t *field, size_t width, int64_t *value) {
    uint8_t fill = field[0] == 0xff ? 0xff : 0;
    uint64_t number = field[0] == 0xff ? UINT64_MAX : 0;
    size_t i = 1;
    for (; width - i > sizeof number; i++)
        if (field[i] != fill)
            return false;
    if (width - i == sizeof number && (field[i] & 0x80) != (fill & 0x80))
        return false;
    for (; i < width; i++)
        number = number << 8 | field[i];
    memcpy(value, &number, sizeof number);
    return true;
}

/* A number in which programs agree: header.py, plain_number. */
static bool read_number(const uint8_t *field, size_t width, int64_t *value) {
    uint8_t first = field[0];
    if (first >= 0x80)
        return (first == 0x80 || first == 0xff) && read_base_256(field, width, value);
    if (first == 0) {
        for (size_t i = 1; i < width; i++)
            if (!is_blank(field[i]))
                return false;
        *value = 0;
        return true;
    }
    if (first == ' ') {
        size_t i = 1;
        while (i < width && field[i] == ' ')
            i++;
        if (i == width)
            return false;
    }
    return read_octal(field, width, value);
}

/* The sum of all bytes, those of the checksum taken as spaces. */
static uint32_t sum_of(const uint8_t *block) {
    const uint64_t every_other = UINT64_C(0x00ff00ff00ff00ff);
    /* Four sums of 16 bits each: 64 times twice 255 fits. */
    uint64_t sums = 0;
    for (size_t at = 0; at < BLOCK; at += 8) {
        uint64_t word;
        memcpy(&word, block + at, sizeof word);
        sums += (word & every_other) + (word >> 8 & every_other);
    }
    uint32_t sum = 0;
    for (int shift = 0; shift < 64; shift += 16)
        sum += (uint32_t)(sums >> shift & 0xffff);
    for (size_t at = CHECKSUM; at < KIND; at++)
        sum = sum + ' ' - block[at];
    return sum;
}

static bool has_right_sum(const uint8_t *block) {
    int64_t stored;
    /* header.py, plain_sum: some programs read none where the field begins with NUL. */
    return block[CHECKSUM] != 0 && read_octal(block + CHECKSUM, SHORT_NUMBER, &stored) &&
           stored == sum_of(block);
}

/* --- names */

static bool is_flat(Text path) {
    size_t slashes = 0;
    for (size_t i = 0; i < path.length; i++)
        slashes += path.start[i] == '/';
    return path.length * slashes <= ORDINARY_NESTING;
}

/* table.py, is_ordinary */
static bool is_ordinary(Text name, Text link) {
    if (name.length <= SHORT && link.length <= SHORT)
        return true;
    return name.length + link.length <= ORDINARY_NAME && is_flat(name) && is_flat(link);
}

/* Whether clean_path of entries.py gives the same. */
static bool is_clean(Text path) {
    size_t part = 0;
    for (size_t i = 0; i <= path.length; i++) {
        if (i < path.length && path.start[i] != '/')
            continue;
        const uint8_t *start = path.start + part;
        size_t length = i - part;
        if (length == 0 || (length == 1 && start[0] == '.') ||
            (length == 2 && start[0] == '.' && start[1] == '.'))
            return false;
        part = i + 1;
    }
    return true;
}

/* The path of a name, and the position of its spelling in SPELLINGS: entries.py, spell.
   If the path has to be cleaned, the name itself, and OWN_SPELLING. */
static void spell(Text name, Text *path, uint8_t *spelling) {
    static const char *const prefixes[] = {"", "./", "/"};
    int prefix = starts_with(name, "./") ? 1 : starts_with(name, "/") ? 2 : 0;
    size_t skipped = strlen(prefixes[prefix]);
    *path = (Text){name.start + skipped, name.length - skipped};
    *spelling = (uint8_t)(2 * prefix);
    if (path->length == 0)
        return;
    if (path->start[path->length - 1] == '/') {
        path->length--;
        *spelling += 1;
    }
    if (!is_clean(*path)) {
        *path = name;
        *spelling = OWN_SPELLING;
    }
}

static Text last_part(Text path) {
    size_t start = path.length;
    while (start > 0 && path.start[start - 1] != '/')
        start--;
    return (Text){path.start + start, path.length - start};
}

/* Whether it is the last part of the name of a shared library: contents.py, _is_library. */
static bool is_library(Text base) {
    if (!starts_with(base, "lib") && !starts_with(base, "ld"))
        return false;
    for (size_t i = 0; i + 3 <= base.length; i++)
        if (memcmp(base.start + i, ".so", 3) == 0 &&
            (i + 3 == base.length || base.start[i + 3] == '.'))
            return true;
    return false;
}

/* --- headers */

typedef struct {
    int64_t uid, gid, size, mtime, offset;
    uint32_t mode;
    uint8_t kind, spelling;
} Row;

typedef struct {
    Text key, value;
} Record;

/* What a PAX header says of the entry that follows. */
typedef struct {
    /* Which keys it has: a bit for each place in `keys`. */
    uint32_t has;
    Text path, link;
    int64_t mtime, uid, gid, size;
    size_t count;
    /* Extended attributes, their keys with the prefix; and bytes of all these. */
    Record xattrs[MOST_XATTRS];
    size_t xattr_count, xattr_bytes;
} Extension;

typedef struct {
    Row row;
    Text name, path, link;
    Extension extension;
    /* The name is here if it is in two parts in the header. */
    uint8_t joined[LONGEST_NAME];
} Header;

static bool is_plain_kind(uint8_t kind) {
    return kind == '0' || kind == '1' || kind == '2' || kind == '5';
}

/* The name of an entry; not where programs see other ones: columns.py, _prefix_of. */
static bool read_name(const uint8_t *block, Header *header) {
    Text name = until_nul(block + NAME, NAME_WIDTH);
    Text prefix = until_nul(block + PREFIX, PREFIX_WIDTH);
    if (memcmp(block + STAR_TRAILER, "tar\0", 4) == 0)
        return false;
    header->name = name;
    if (prefix.length == 0)
        return true;
    /* Where ustar has a prefix, others have times. */
    if (memcmp(block + MAGIC, "ustar\0", 6) != 0)
        return false;
    memcpy(header->joined, prefix.start, prefix.length);
    header->joined[prefix.length] = '/';
    memcpy(header->joined + prefix.length + 1, name.start, name.length);
    header->name = (Text){header->joined, prefix.length + 1 + name.length};
    return true;
}

/* Reads the fields that headers of any kind have; false if one is not plain. */
static bool read_fields(const uint8_t *block, Header *header) {
    Row *row = &header->row;
    int64_t mode, device;
    row->kind = block[KIND];
    if (!has_right_sum(block))
        return false;
    if (!read_number(block + MODE, SHORT_NUMBER, &mode) ||
        !read_number(block + UID, SHORT_NUMBER, &row->uid) ||
        !read_number(block + GID, SHORT_NUMBER, &row->gid) ||
        !read_number(block + SIZE, LONG_NUMBER, &row->size) || row->size < 0 ||
        !read_number(block + MTIME, LONG_NUMBER, &row->mtime) ||
        !read_number(block + DEVICE_MAJOR, SHORT_NUMBER, &device) ||
        !read_number(block + DEVICE_MINOR, SHORT_NUMBER, &device))
        return false;
    row->mode = (uint32_t)((uint64_t)mode & UINT32_MAX);
    return read_name(block, header);
}

/* --- PAX headers */

/* Keys whose values are known, the texts first: pax.py, _USUAL_VALUES. */
enum { PATH, LINK, UNAME, GNAME, COMMENT, USER, GROUP, LENGTH, MODIFIED, ACCESSED, CHANGED, KEYS };
static const char *const keys[KEYS] = {
    [PATH] = "path",       [LINK] = "linkpath",  [UNAME] = "uname",   [GNAME] = "gname",
    [COMMENT] = "comment", [USER] = "uid",       [GROUP] = "gid",     [LENGTH] = "size",
    [MODIFIED] = "mtime",  [ACCESSED] = "atime", [CHANGED] = "ctime",
};
static const char xattr_prefix[] = "SCHILY.xattr.";

static bool has_key(const Extension *extension, int key) {
    return (extension->has & UINT32_C(1) << key) != 0;
}

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

/* Reads decimal digits from the start of a text, which is shortened; false if there are none, or
   more than so many, at most 18. */
static bool read_digits(Text *text, size_t most, int64_t *value) {
    size_t count = 0;
    int64_t number = 0;
    while (count < text->length && count < most && is_digit(text->start[count]))
        number = number * 10 + (text->start[count++] - '0');
    *value = number;
    *text = (Text){text->start + count, text->length - count};
    return count > 0 && !(text->length > 0 && is_digit(text->start[0]));
}

/* pax.py, _ID and _SIZE */
static bool read_decimal(Text text, size_t most, int64_t *value) {
    return read_digits(&text, most, value) && text.length == 0;
}

/* Whole seconds, and a fraction that is left out: pax.py, _TIME; extensions.py, _time. */
static bool read_time(Text text, int64_t *value) {
    bool is_negative = text.length > 0 && text.start[0] == '-';
    if (is_negative)
        text = (Text){text.start + 1, text.length - 1};
    if (!read_digits(&text, NUMBER_DIGITS, value))
        return false;
    *value = is_negative ? -*value : *value;
    if (text.length == 0)
        return true;
    size_t i = 1;
    while (i < text.length && is_digit(text.start[i]))
        i++;
    return text.start[0] == '.' && text.length > 1 && i == text.length;
}

/* How many bytes of UTF-8 begin a text; 0 if it is something else. */
static size_t utf8_length(const uint8_t *start, size_t left) {
    uint8_t first = start[0], lowest = 0x80, highest = 0xbf;
    if (first < 0x80)
        return 1;
    size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || left < length)
        return 0;
    /* Nothing in more bytes than it takes, no surrogates, nothing beyond U+10FFFF. */
    if (first == 0xe0)
        lowest = 0xa0;
    if (first == 0xf0)
        lowest = 0x90;
    if (first == 0xed)
        highest = 0x9f;
    if (first == 0xf4)
        highest = 0x8f;
    if (start[1] < lowest || start[1] > highest)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((start[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* pax.py, _TEXT and _is_utf8 */
static bool is_text_value(Text text) {
    size_t at = 0;
    while (at < text.length) {
        size_t length = text.start[at] == 0 ? 0 : utf8_length(text.start + at, text.length - at);
        if (length == 0)
            return false;
        at += length;
    }
    return text.length > 0;
}

/* Takes an extended attribute; false where the caller has to look at it. */
static bool take_xattr(Extension *extension, Record record) {
    if (record.key.length == strlen(xattr_prefix) || record.value.length > XATTR_VALUE ||
        memchr(record.key.start, 0, record.key.length) != NULL ||
        extension->xattr_count == MOST_XATTRS)
        return false;
    for (size_t i = 0; i < extension->xattr_count; i++)
        if (are_equal(extension->xattrs[i].key, record.key))
            return false;
    extension->xattrs[extension->xattr_count++] = record;
    extension->xattr_bytes += record.key.length + record.value.length;
    return true;
}

/* Takes a record; false if it is not usual: pax.py, is_usual. */
static bool take_record(Extension *extension, Record record) {
    Text value = record.value;
    int64_t number = 0;
    int key = 0;
    while (key < KEYS && !are_equal(record.key, as_text(keys[key])))
        key++;
    if (key == KEYS)
        return starts_with(record.key, xattr_prefix) && take_xattr(extension, record);
    if (has_key(extension, key))
        return false;
    extension->has |= UINT32_C(1) << key;
    switch (key) {
    case PATH:
        extension->path = value;
        return is_text_value(value);
    case LINK:
        extension->link = value;
        return is_text_value(value);
    case USER:
        return read_decimal(value, ID_DIGITS, &extension->uid);
    case GROUP:
        return read_decimal(value, ID_DIGITS, &extension->gid);
    case LENGTH:
        return read_decimal(value, NUMBER_DIGITS, &extension->size);
    case MODIFIED:
        return read_time(value, &extension->mtime);
    case ACCESSED:
    case CHANGED:
        return read_time(value, &number);
    default:
        return is_text_value(value);
    }
}

/* Reads the record at the start of a body, which is shortened: pax.py, _plain_records. */
static bool read_record(Text *body, Record *record) {
    Text rest = *body;
    int64_t length;
    if (!read_digits(&rest, LENGTH_DIGITS, &length) || (uint64_t)length > body->length)
        return false;
    const uint8_t *end = body->start + length;
    const uint8_t *newline = memchr(body->start, '\n', body->length);
    if (newline == NULL || newline + 1 != end || rest.start[0] != ' ')
        return false;
    const uint8_t *key = rest.start + 1;
    const uint8_t *equals = key < newline ? memchr(key, '=', (size_t)(newline - key)) : NULL;
    if (equals == NULL || equals == key)
        return false;
    record->key = (Text){key, (size_t)(equals - key)};
    record->value = (Text){equals + 1, (size_t)(newline - equals - 1)};
    *body = (Text){end, body->length - (size_t)length};
    return true;
}

/* Reads the body of a PAX header; false if it is not usual. */
static bool read_records(Text body, Extension *extension) {
    Record record;
    while (body.length > 0) {
        if (!read_record(&body, &record) || !take_record(extension, record))
            return false;
        extension->count++;
    }
    return true;
}

/* Reads a PAX header; its bytes with those of its body, and 0 if it is not plain.
   At most so many bytes are there; a body has at most so many. */
static uint64_t read_extension(const uint8_t *block, uint64_t there, int64_t longest,
                               Header *header) {
    if (!read_fields(block, header) || header->row.size == 0 || header->row.size > longest)
        return 0;
    uint64_t size = (uint64_t)header->row.size, whole = BLOCK + padded(size);
    if (whole > there - BLOCK)
        return 0;
    return read_records((Text){block + BLOCK, (size_t)size}, &header->extension) ? whole : 0;
}

/* Changes a header as the PAX header before it says: extensions.py, apply. */
static void apply(const Extension *extension, Header *header) {
    Row *row = &header->row;
    if (has_key(extension, PATH))
        header->name = extension->path;
    if (has_key(extension, USER))
        row->uid = extension->uid;
    if (has_key(extension, GROUP))
        row->gid = extension->gid;
    if (has_key(extension, LENGTH))
        row->size = extension->size;
    if (has_key(extension, MODIFIED))
        row->mtime = extension->mtime;
}

/* Reads a plain header, and the PAX header before it if there is one.
   Gives how many bytes are before the header itself; false if it is not plain. */
static bool read_header(const uint8_t *block, uint64_t there, int64_t longest, Header *header,
                        uint64_t *before) {
    Row *row = &header->row;
    Extension *extension = &header->extension;
    extension->has = 0;
    extension->count = extension->xattr_count = extension->xattr_bytes = 0;
    *before = 0;
    if (block[KIND] == 'x') {
        *before = read_extension(block, there, longest, header);
        if (*before == 0)
            return false;
        block += *before;
    }
    if (!is_plain_kind(block[KIND]) || !read_fields(block, header))
        return false;
    header->link = (Text){NULL, 0};
    bool is_link = row->kind == '1' || row->kind == '2';
    if (is_link && has_key(extension, LINK))
        header->link = extension->link;
    else if (block[TARGET_END] != 0)
        return false;
    else if (is_link)
        header->link = until_nul(block + TARGET, TARGET_END - TARGET);
    apply(extension, header);
    if (!is_ordinary(header->name, header->link))
        return false;
    spell(header->name, &header->path, &row->spelling);
    return true;
}

/* --- sets of names */

typedef struct {
    Text *slots;
    size_t mask;
} Names;

/* Fowler, Noll and Vo, FNV-1a. */
static size_t hash_of(Text name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ name.start[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32);
}

static Text *slot_of(const Names *names, Text name) {
    size_t slot = hash_of(name) & names->mask;
    while (names->slots[slot].start != NULL && !are_equal(names->slots[slot], name))
        slot = (slot + 1) & names->mask;
    return &names->slots[slot];
}

static bool has_name(const Names *names, Text name) {
    return names->slots != NULL && slot_of(names, name)->start != NULL;
}

static void free_texts(Text *texts, size_t count) {
    for (size_t i = 0; texts != NULL && i < count; i++)
        PyMem_Free((void *)texts[i].start);
    PyMem_Free(texts);
}

/* A copy of the bytes of an object; no start if there is an error. */
static Text copy_of(PyObject *bytes) {
    char *start;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(bytes, &start, &length) < 0)
        return (Text){NULL, 0};
    uint8_t *copy = PyMem_Malloc(length > 0 ? (size_t)length : 1);
    if (copy == NULL) {
        PyErr_NoMemory();
        return (Text){NULL, 0};
    }
    memcpy(copy, start, (size_t)length);
    return (Text){copy, (size_t)length};
}

/* Keeps copies of the names in a tuple; -1 if there is an error. */
static int fill_names(Names *names, PyObject *tuple) {
    size_t count = (size_t)PyTuple_Size(tuple), size = 8;
    if (count == 0)
        return 0;
    /* At most half of the slots are taken, so that a search ends soon. */
    while (size < 2 * count)
        size *= 2;
    names->slots = PyMem_Calloc(size, sizeof *names->slots);
    if (names->slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    names->mask = size - 1;
    for (size_t i = 0; i < count; i++) {
        Text copy = copy_of(PyTuple_GetItem(tuple, (Py_ssize_t)i));
        if (copy.start == NULL)
            return -1;
        Text *slot = slot_of(names, copy);
        if (slot->start == NULL)
            *slot = copy;
        else
            PyMem_Free((void *)copy.start);
    }
    return 0;
}

/* --- what reads them */

/* Directories, without slashes around them. */
typedef struct {
    Text *tops;
    size_t count;
} Directories;

typedef struct {
    PyObject_HEAD
    Names named, hashed, system;
    Directories below, applications;
    int64_t smallest_text, largest_text;
    bool wants_executables, wants_libraries;
    Py_ssize_t enough, window;
    int64_t reach, longest;
} Reader;

/* What there is room for: rows, records of PAX headers besides the share of the bytes before them,
   bytes of extended attributes. */
typedef struct {
    size_t rows;
    int64_t records;
    size_t xattr_bytes;
} Room;

/* Rows that were read. */
typedef struct {
    PyObject *paths, *links, *meant, *texts, *xattrs;
    Row *rows;
    size_t count, room;
    size_t records, xattr_bytes;
    char *names;
    size_t names_length, names_room;
} Rows;

static bool is_below(const Directories *directories, Text path) {
    for (size_t i = 0; i < directories->count; i++) {
        Text top = directories->tops[i];
        if (path.length > top.length && path.start[top.length] == '/' &&
            memcmp(path.start, top.start, top.length) == 0)
            return true;
    }
    return false;
}

/* Whether a file may be searched for secrets: text_files.py, searched_by_size and _is_place. */
static bool is_text(const Reader *reader, const Row *row, Text path) {
    if (row->size < reader->smallest_text || row->size > reader->largest_text)
        return false;
    if (row->spelling == OWN_SPELLING)
        return true;
    const uint8_t *slash = memchr(path.start, '/', path.length);
    Text top = {path.start, slash == NULL ? 0 : (size_t)(slash - path.start)};
    return slash == NULL || !has_name(&reader->system, top) ||
           is_below(&reader->applications, path);
}

/* Whether the content of a file may be wanted: contents.py, _meant. */
static bool is_meant(const Reader *reader, const Row *row, Text path, Text base) {
    if (row->mode & EXECUTABLE && (reader->wants_executables || reader->wants_libraries))
        return true;
    if (row->spelling == OWN_SPELLING)
        return true;
    return has_name(&reader->named, base) || (reader->wants_libraries && is_library(base)) ||
           is_below(&reader->below, path);
}

static int begin_rows(Rows *rows) {
    *rows = (Rows){
        .paths = PyList_New(0),
        .links = PyDict_New(),
        .meant = PyList_New(0),
        .texts = PyList_New(0),
        .xattrs = PyDict_New(),
    };
    bool are_made = rows->paths != NULL && rows->links != NULL && rows->meant != NULL &&
                    rows->texts != NULL && rows->xattrs != NULL;
    return are_made ? 0 : -1;
}

static void end_rows(Rows *rows) {
    Py_XDECREF(rows->paths);
    Py_XDECREF(rows->links);
    Py_XDECREF(rows->meant);
    Py_XDECREF(rows->texts);
    Py_XDECREF(rows->xattrs);
    PyMem_Free(rows->rows);
    PyMem_Free(rows->names);
}

/* Room for more in an array that grows; NULL if there is an error. */
static void *with_room(void *array, size_t *room, size_t wanted, size_t width) {
    if (wanted <= *room)
        return array;
    size_t more = wanted < 32 ? 64 : 2 * wanted;
    void *grown = more > SIZE_MAX / width ? NULL : PyMem_Realloc(array, more * width);
    if (grown == NULL)
        PyErr_NoMemory();
    else
        *room = more;
    return grown;
}

static int add_name(Rows *rows, Text name) {
    size_t start = rows->names_length, wanted = start + name.length + 1;
    char *grown = with_room(rows->names, &rows->names_room, wanted, 1);
    if (grown == NULL)
        return -1;
    rows->names = grown;
    memcpy(grown + start, name.start, name.length);
    grown[wanted - 1] = 0;
    rows->names_length = wanted;
    return 0;
}

static int add_row(Rows *rows, const Row *row) {
    Row *grown = with_room(rows->rows, &rows->room, rows->count + 1, sizeof *row);
    if (grown == NULL)
        return -1;
    rows->rows = grown;
    grown[rows->count++] = *row;
    return 0;
}

/* Appends an object, which is released. */
static int append(PyObject *list, PyObject *item) {
    if (item == NULL)
        return -1;
    int done = PyList_Append(list, item);
    Py_DECREF(item);
    return done;
}

/* Adds to a dict a key and its value, which are released. */
static int set(PyObject *dict, PyObject *key, PyObject *value) {
    int done = key == NULL || value == NULL ? -1 : PyDict_SetItem(dict, key, value);
    Py_XDECREF(key);
    Py_XDECREF(value);
    return done;
}

static PyObject *bytes_of(Text text) {
    return PyBytes_FromStringAndSize((const char *)text.start, (Py_ssize_t)text.length);
}

static PyObject *decode(Text text) {
    return PyUnicode_DecodeUTF8((const char *)text.start, (Py_ssize_t)text.length,
                                "surrogateescape");
}

static int add_link(Rows *rows, Text link) {
    return set(rows->links, PyLong_FromSize_t(rows->count), bytes_of(link));
}

static PyObject *xattrs_of(const Extension *extension) {
    const size_t prefix = strlen(xattr_prefix);
    PyObject *found = PyDict_New();
    for (size_t i = 0; found != NULL && i < extension->xattr_count; i++) {
        Record record = extension->xattrs[i];
        Text name = {record.key.start + prefix, record.key.length - prefix};
        if (set(found, decode(name), bytes_of(record.value)) < 0)
            Py_CLEAR(found);
    }
    return found;
}

/* Adds what the PAX header of an entry says besides the columns. */
static int add_extension(Rows *rows, const Extension *extension) {
    rows->records += extension->count;
    rows->xattr_bytes += extension->xattr_bytes;
    if (extension->xattr_count == 0)
        return 0;
    return set(rows->xattrs, PyLong_FromSize_t(rows->count), xattrs_of(extension));
}

/* Adds what a header says; 1 if the rows end with it, -1 if there is an error. */
static int add_header(const Reader *reader, Rows *rows, const Header *header) {
    const Row *row = &header->row;
    Text path = header->path;
    bool has_content = row->size > 0;
    /* After links and directories that say a size it depends on the reader what comes next. */
    bool ends = has_content && row->kind != '0';
    if (has_content && row->kind == '0') {
        Text base = last_part(path);
        bool is_own = row->spelling == OWN_SPELLING;
        ends = reader->hashed.slots != NULL && (is_own || has_name(&reader->hashed, base));
        if (is_meant(reader, row, path, base) &&
            append(rows->meant, PyLong_FromSize_t(rows->count)) < 0)
            return -1;
        if (is_text(reader, row, path) && append(rows->texts, PyLong_FromSize_t(rows->count)) < 0)
            return -1;
    }
    if (header->link.length > 0 && add_link(rows, header->link) < 0)
        return -1;
    if (add_extension(rows, &header->extension) < 0 || append(rows->paths, decode(path)) < 0 ||
        add_name(rows, header->name) < 0 || add_row(rows, row) < 0)
        return -1;
    return ends ? 1 : 0;
}

/* --- columns */

#define COLUMN(name, type, field)                                                                  \
    static PyObject *name(const Rows *rows) {                                                      \
        PyObject *column =                                                                         \
            PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(rows->count * sizeof(type)));             \
        char *to = column == NULL ? NULL : PyBytes_AsString(column);                               \
        for (size_t i = 0; to != NULL && i < rows->count; i++)                                     \
            memcpy(to + i * sizeof(type), &rows->rows[i].field, sizeof(type));                     \
        return column;                                                                             \
    }

COLUMN(kinds_of, uint8_t, kind)
COLUMN(spellings_of, uint8_t, spelling)
COLUMN(modes_of, uint32_t, mode)
COLUMN(uids_of, int64_t, uid)
COLUMN(gids_of, int64_t, gid)
COLUMN(sizes_of, int64_t, size)
COLUMN(mtimes_of, int64_t, mtime)
COLUMN(offsets_of, int64_t, offset)

static PyObject *names_of(const Rows *rows) {
    /* Without the last NUL. */
    return PyBytes_FromStringAndSize(rows->names, (Py_ssize_t)rows->names_length - 1);
}

static PyObject *paths_of(const Rows *rows) { return Py_NewRef(rows->paths); }

static PyObject *links_of(const Rows *rows) { return Py_NewRef(rows->links); }

static PyObject *meant_of(const Rows *rows) { return Py_NewRef(rows->meant); }

static PyObject *texts_of(const Rows *rows) { return Py_NewRef(rows->texts); }

static PyObject *xattrs_by_row(const Rows *rows) { return Py_NewRef(rows->xattrs); }

static PyObject *records_of(const Rows *rows) { return PyLong_FromSize_t(rows->records); }

/* In the order of plain_headers.pyi. */
static PyObject *(*const columns[])(const Rows *) = {
    names_of,   links_of, kinds_of,     modes_of, uids_of,  gids_of,       sizes_of,   mtimes_of,
    offsets_of, paths_of, spellings_of, meant_of, texts_of, xattrs_by_row, records_of,
};

static PyObject *columns_of(const Rows *rows) {
    const size_t count = sizeof columns / sizeof *columns;
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; tuple != NULL && i < count; i++) {
        PyObject *column = columns[i](rows);
        if (column == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SetItem(tuple, (Py_ssize_t)i, column);
    }
    return tuple;
}

/* --- reading */

/* What is read: a part of the tar, and what gives another part. */
typedef struct {
    Py_buffer part;
    /* Where in the part the next header is, and where the part is in the tar. */
    uint64_t position, offset;
    PyObject *read_on;
} Place;

static bool has_block(const Place *place) {
    uint64_t length = (uint64_t)place->part.len;
    return length >= BLOCK && place->position <= length - BLOCK;
}

/* Goes on behind the part; 1 if there is a block, -1 if there is an error. */
static int read_on(Place *place, Py_ssize_t most) {
    PyBuffer_Release(&place->part);
    place->offset += place->position;
    place->position = 0;
    PyObject *part = PyObject_CallFunction(place->read_on, "Ln", (long long)place->offset, most);
    if (part == NULL)
        return -1;
    int done = PyObject_GetBuffer(part, &place->part, PyBUF_SIMPLE);
    Py_DECREF(part);
    return done < 0 ? -1 : has_block(place) ? 1 : 0;
}

/* Whether there is room for the PAX records of an entry and its attributes: table.py,
   count_records and spend. Where there may be none, the caller counts. */
static bool has_room(const Rows *rows, const Room *room, const Header *header, uint64_t offset) {
    const Extension *extension = &header->extension;
    if (extension->count == 0)
        return true;
    int64_t records = (int64_t)(rows->records + extension->count);
    return records - (int64_t)(offset / BYTES_OF_RECORD) <= room->records &&
           rows->xattr_bytes + extension->xattr_bytes <= room->xattr_bytes;
}

/* Reads the header at a place, to which it goes past what is before the header itself; false if it
   is not plain, or there is no room for what it says. */
static bool read_next(const Reader *reader, Place *place, const Room *room, const Rows *rows,
                      Header *header) {
    const uint8_t *block = (const uint8_t *)place->part.buf + place->position;
    uint64_t there = (uint64_t)place->part.len - place->position, before;
    if (!read_header(block, there, reader->longest, header, &before) ||
        !has_room(rows, room, header, place->offset + place->position))
        return false;
    place->position += before;
    header->row.offset = (int64_t)(place->offset + place->position);
    return true;
}

/* Reads headers until one ends the rows; the first was read. -1 if there is an error. */
static int read_rows(const Reader *reader, Place *place, Header *header, const Room *room,
                     Rows *rows) {
    const uint64_t reach = place->offset + place->position + (uint64_t)reader->reach;
    for (;;) {
        int ends = add_header(reader, rows, header);
        if (ends != 0 || rows->count >= room->rows)
            return ends < 0 ? -1 : 0;
        uint64_t size = (uint64_t)header->row.size;
        if (size > (uint64_t)FARTHEST)
            return 0;
        place->position += BLOCK + padded(size);
        if (!has_block(place)) {
            if (place->read_on == NULL || rows->count >= (size_t)reader->enough ||
                place->offset + place->position > reach)
                return 0;
            int found = read_on(place, reader->window);
            if (found <= 0)
                return found;
        }
        if (!read_next(reader, place, room, rows, header))
            return 0;
    }
}

static PyObject *read_columns(const Reader *reader, Place *place, const Room *room) {
    Header header;
    Rows rows = {.records = 0};
    if (room->rows == 0 || !has_block(place) || place->offset > (uint64_t)FARTHEST ||
        !read_next(reader, place, room, &rows, &header))
        Py_RETURN_NONE;
    PyObject *found = NULL;
    if (begin_rows(&rows) == 0 && read_rows(reader, place, &header, room, &rows) == 0)
        found = columns_of(&rows);
    end_rows(&rows);
    return found;
}

PyDoc_STRVAR(read_doc,
             "read(data, position, offset, room, read_on, /)\n--\n\n"
             "Read plain headers that follow one another; None if the first is not plain.");

static PyObject *reader_read(PyObject *self, PyObject *args) {
    Place place = {.read_on = NULL};
    Py_ssize_t position, most, xattr_bytes;
    long long offset, records;
    PyObject *found = NULL;
    if (!PyArg_ParseTuple(args, "y*nL(nLn)O", &place.part, &position, &offset, &most, &records,
                          &xattr_bytes, &place.read_on))
        return NULL;
    if (position < 0 || offset < 0 || most < 0 || xattr_bytes < 0) {
        PyErr_SetString(PyExc_ValueError, "a number is below 0");
    } else {
        place.position = (uint64_t)position;
        place.offset = (uint64_t)offset;
        if (place.read_on == Py_None)
            place.read_on = NULL;
        const Room room = {(size_t)most, records, (size_t)xattr_bytes};
        found = read_columns((const Reader *)self, &place, &room);
    }
    PyBuffer_Release(&place.part);
    return found;
}

static void reader_dealloc(PyObject *self) {
    Reader *reader = (Reader *)self;
    PyTypeObject *type = Py_TYPE(self);
    free_texts(reader->named.slots, reader->named.mask + 1);
    free_texts(reader->hashed.slots, reader->hashed.mask + 1);
    free_texts(reader->system.slots, reader->system.mask + 1);
    free_texts(reader->below.tops, reader->below.count);
    free_texts(reader->applications.tops, reader->applications.count);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* Keeps copies of the directories in a tuple; -1 if there is an error. */
static int fill_directories(Directories *directories, PyObject *tuple) {
    size_t count = (size_t)PyTuple_Size(tuple);
    if (count == 0)
        return 0;
    directories->tops = PyMem_Calloc(count, sizeof *directories->tops);
    if (directories->tops == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    directories->count = count;
    for (size_t i = 0; i < count; i++) {
        directories->tops[i] = copy_of(PyTuple_GetItem(tuple, (Py_ssize_t)i));
        if (directories->tops[i].start == NULL)
            return -1;
    }
    return 0;
}

static PyObject *reader_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static char *names[] = {
        "named",        "below",   "executables", "libraries", "hashed", "texts", "system",
        "applications", "longest", "enough",      "reach",     "window", NULL};
    PyObject *named, *below, *hashed, *system, *applications;
    int executables, libraries;
    Py_ssize_t enough, window;
    long long longest, reach, smallest, largest;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "$O!O!ppO!(LL)O!O!LnLn", names, &PyTuple_Type,
                                     &named, &PyTuple_Type, &below, &executables, &libraries,
                                     &PyTuple_Type, &hashed, &smallest, &largest, &PyTuple_Type,
                                     &system, &PyTuple_Type, &applications, &longest, &enough,
                                     &reach, &window))
        return NULL;
    if (enough < 0 || reach < 0 || reach > FARTHEST || longest > FARTHEST) {
        PyErr_SetString(PyExc_ValueError, "a number is out of range");
        return NULL;
    }
    Reader *reader = (Reader *)PyType_GenericAlloc(type, 0);
    if (reader == NULL)
        return NULL;
    reader->wants_executables = executables != 0;
    reader->wants_libraries = libraries != 0;
    reader->smallest_text = smallest;
    reader->largest_text = largest;
    reader->enough = enough;
    reader->window = window;
    reader->reach = reach;
    reader->longest = longest;
    if (fill_names(&reader->named, named) < 0 || fill_names(&reader->hashed, hashed) < 0 ||
        fill_names(&reader->system, system) < 0 || fill_directories(&reader->below, below) < 0 ||
        fill_directories(&reader->applications, applications) < 0) {
        Py_DECREF(reader);
        return NULL;
    }
    return (PyObject *)reader;
}

static PyMethodDef reader_methods[] = {
    {"read", reader_read, METH_VARARGS, read_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot reader_slots[] = {
    {Py_tp_doc, "Reads plain headers of a tar."},
    {Py_tp_new, reader_new},
    {Py_tp_dealloc, reader_dealloc},
    {Py_tp_methods, reader_methods},
    {0, NULL},
};

static PyType_Spec reader_spec = {
    .name = "checker.compiled.plain_headers.Reader",
    .basicsize = sizeof(Reader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = reader_slots,
};

static int execute(PyObject *module) {
    PyObject *type = PyType_FromModuleAndSpec(module, &reader_spec, NULL);
    if (type == NULL)
        return -1;
    int done = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return done;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, (void *)execute},
    {0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "plain_headers",
    .m_doc = "Plain headers of a tar, many at a time.",
    .m_size = 0,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit_plain_headers(void) { return PyModuleDef_Init(&module_definition); }
