/* What an ELF file needs to start, as checker/reading/elf.py reads it.

   Functions that are named there give the same here; what the limits are for is said there. No
   byte outside of the parts that are given is read. Offsets beyond the file are kept as they are,
   and sums of them end at the largest number, which is beyond any file too. Numbers are put
   together byte by byte, so the order of bytes in memory does not matter. */

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    PT_LOAD = 1,
    PT_DYNAMIC = 2,
    PT_INTERP = 3,
    DT_NULL = 0,
    DT_NEEDED = 1,
    DT_STRTAB = 5,
    DT_SONAME = 14,
    DT_RPATH = 15,
    DT_RUNPATH = 29,
    DYNAMIC_LIMIT = 16 * 1024,
    SEGMENTS = 200,
    LONGEST_PATH = 4096,
    MOST_NEEDED = 500,
    NAME = 256,
    SEARCH_PATH = 4096,
    CLOSE = 16 * 1024,
    /* Needed names, DT_SONAME, DT_RPATH, DT_RUNPATH. */
    TEXT_TAGS = 3,
};

/* What a step of the reading comes to: an error in Python, all that can be told, or more to read. */
typedef enum { FAILED = -1, ENDS = 0, GOES_ON = 1 } Step;

/* --- parts of a file */

typedef struct {
    Py_buffer head;
    uint64_t size;
    /* Gives any other part. */
    PyObject *read;
} File;

/* A part of a file, or as much of it as there is. */
typedef struct {
    const uint8_t *start;
    uint64_t length;
    /* Keeps the bytes, unless they are in the head of the file. */
    Py_buffer held;
    bool is_held;
} Part;

static uint64_t sum(uint64_t one, uint64_t other)
{
    return one > UINT64_MAX - other ? UINT64_MAX : one + other;
}

static void release(Part *part)
{
    if (part->is_held)
        PyBuffer_Release(&part->held);
    part->is_held = false;
}

/* Gives a part, which is to be released; ENDS if it is gone. */
static Step get(const File *file, uint64_t offset, uint64_t length, Part *part)
{
    uint64_t head = (uint64_t)file->head.len;
    part->is_held = false;
    if (offset > file->size)
        offset = file->size;
    if (length > file->size - offset)
        length = file->size - offset;
    if (sum(offset, length) <= head) {
        part->start = (const uint8_t *)file->head.buf + offset;
        part->length = length;
        return GOES_ON;
    }
    PyObject *bytes = PyObject_CallFunction(
        file->read, "KK", (unsigned long long)offset, (unsigned long long)length);
    if (bytes == NULL)
        return FAILED;
    bool is_gone = bytes == Py_None;
    int done = is_gone ? 0 : PyObject_GetBuffer(bytes, &part->held, PyBUF_SIMPLE);
    Py_DECREF(bytes);
    if (is_gone || done < 0)
        return is_gone ? ENDS : FAILED;
    part->is_held = true;
    part->start = part->held.buf;
    part->length = (uint64_t)part->held.len < length ? (uint64_t)part->held.len : length;
    return GOES_ON;
}

/* --- numbers */

typedef struct {
    bool is_64, is_big;
} Form;

static uint64_t number(const uint8_t *start, size_t width, bool is_big)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | start[is_big ? i : width - 1 - i];
    return value;
}

/* An address, offset or size. */
static uint64_t word(const uint8_t *start, Form form)
{
    return number(start, form.is_64 ? 8 : 4, form.is_big);
}

/* --- what is found */

typedef struct {
    uint64_t offset, length;
} Place;

typedef struct {
    uint64_t address, offset, size;
} Loaded;

typedef struct {
    Place interpreter, dynamic;
    bool has_interpreter, has_dynamic;
    size_t count;
    Loaded loaded[SEGMENTS];
} Segments;

typedef struct {
    size_t needed_count;
    bool has_texts[TEXT_TAGS], has_address;
    uint64_t needed[MOST_NEEDED], texts[TEXT_TAGS], address;
} Dynamic;

typedef struct {
    int machine_bits, is_big, machine, kind;
    PyObject *interpreter, *needed, *texts[TEXT_TAGS], *fault;
} Found;

static const int text_tags[TEXT_TAGS] = {DT_SONAME, DT_RPATH, DT_RUNPATH};
static const uint64_t text_limits[TEXT_TAGS] = {NAME, SEARCH_PATH, SEARCH_PATH};

static PyObject *decoded(const uint8_t *start, uint64_t length)
{
    return PyUnicode_DecodeUTF8((const char *)start, (Py_ssize_t)length, "surrogateescape");
}

/* Puts a new object where one is told; whether it was made. */
static bool put(PyObject **place, PyObject *object)
{
    *place = object;
    return object != NULL;
}

static Step end_with(Found *found, PyObject *fault)
{
    return put(&found->fault, fault) ? ENDS : FAILED;
}

/* --- reading */

/* elf.py, _read_segments */
static Step read_segments(const File *file, Form form, Segments *segments, Found *found)
{
    const uint8_t *head = file->head.buf;
    const size_t width = form.is_64 ? 56 : 32;
    uint64_t start = form.is_64 ? word(head + 32, form) : word(head + 28, form);
    unsigned length = (unsigned)number(head + (form.is_64 ? 54 : 42), 2, form.is_big);
    unsigned count = (unsigned)number(head + (form.is_64 ? 56 : 44), 2, form.is_big);
    if (length != width)
        return end_with(found, PyUnicode_FromFormat("has program headers of %u bytes", length));
    if (count == 0)
        return end_with(found, PyUnicode_FromString("has no program headers"));
    if (sum(start, (uint64_t)count * length) > file->size)
        return end_with(found, PyUnicode_FromString("ends before its program headers"));
    uint64_t wanted = (count < SEGMENTS ? count : SEGMENTS) * (uint64_t)width;
    Part part;
    Step step = get(file, start, wanted, &part);
    if (step != GOES_ON)
        return step;
    if (part.length < wanted)
        step = ENDS;
    for (uint64_t at = 0; step == GOES_ON && at < wanted; at += width) {
        const uint8_t *segment = part.start + at;
        uint64_t kind = number(segment, 4, form.is_big);
        uint64_t offset = word(segment + (form.is_64 ? 8 : 4), form);
        uint64_t address = word(segment + (form.is_64 ? 16 : 8), form);
        uint64_t stored = word(segment + (form.is_64 ? 32 : 16), form);
        if (kind == PT_LOAD) {
            segments->loaded[segments->count++] = (Loaded){address, offset, stored};
        } else if (kind == PT_DYNAMIC && !segments->has_dynamic) {
            segments->has_dynamic = true;
            segments->dynamic = (Place){offset, stored};
        } else if (kind == PT_INTERP && !segments->has_interpreter) {
            segments->has_interpreter = true;
            segments->interpreter = (Place){offset, stored};
        }
    }
    release(&part);
    return step;
}

/* elf.py, _read_interpreter */
static Step read_interpreter(const File *file, const Segments *segments, Found *found)
{
    Place place = segments->interpreter;
    if (!segments->has_interpreter)
        return GOES_ON;
    if (place.length < 2 || place.length > LONGEST_PATH)
        return end_with(found,
            PyUnicode_FromFormat(
                "names a loader with %llu bytes", (unsigned long long)place.length));
    if (sum(place.offset, place.length) > file->size)
        return end_with(found, PyUnicode_FromString("ends before the name of its loader"));
    Part part;
    Step step = get(file, place.offset, place.length, &part);
    if (step != GOES_ON)
        return step;
    step = ENDS;
    if (part.length == place.length && part.start[part.length - 1] != 0) {
        PyObject *fault = PyUnicode_FromString("names a loader without a NUL at the end");
        step = end_with(found, fault);
    } else if (part.length == place.length) {
        const uint8_t *end = memchr(part.start, 0, (size_t)part.length);
        PyObject *name = decoded(part.start, (uint64_t)(end - part.start));
        step = put(&found->interpreter, name) ? GOES_ON : FAILED;
    }
    release(&part);
    return step;
}

/* Notes an entry of a dynamic section; false if there are too many names. */
static bool note_entry(Dynamic *dynamic, uint64_t tag, uint64_t value)
{
    if (tag == DT_NEEDED) {
        if (dynamic->needed_count == MOST_NEEDED)
            return false;
        dynamic->needed[dynamic->needed_count++] = value;
    }
    if (tag == DT_STRTAB) {
        dynamic->has_address = true;
        dynamic->address = value;
    }
    for (size_t i = 0; i < TEXT_TAGS; i++) {
        if (tag == (uint64_t)text_tags[i]) {
            dynamic->has_texts[i] = true;
            dynamic->texts[i] = value;
        }
    }
    return true;
}

/* elf.py, _read_dynamic, but for the place of the texts */
static Step read_dynamic(const File *file, Form form, Place place, Dynamic *dynamic)
{
    const uint64_t width = form.is_64 ? 8 : 4;
    if (place.length > DYNAMIC_LIMIT)
        return ENDS;
    Part part;
    Step step = get(file, place.offset, place.length, &part);
    if (step != GOES_ON)
        return step;
    for (uint64_t at = 0; step == GOES_ON && part.length - at >= 2 * width; at += 2 * width) {
        uint64_t tag = word(part.start + at, form);
        if (tag == DT_NULL)
            break;
        if (!note_entry(dynamic, tag, word(part.start + at + width, form)))
            step = ENDS;
    }
    release(&part);
    return step;
}

/* elf.py, _offset_of */
static bool find_offset(const Segments *segments, uint64_t address, uint64_t *offset)
{
    for (size_t i = 0; i < segments->count; i++) {
        const Loaded *loaded = &segments->loaded[i];
        if (address >= loaded->address && address - loaded->address < loaded->size) {
            *offset = sum(loaded->offset, address - loaded->address);
            return true;
        }
    }
    return false;
}

/* Where texts are: all in one part, or each in its own if they are far from each other. */
typedef struct {
    const File *file;
    uint64_t table, first;
    Part close;
    bool are_close;
} Texts;

/* The text at an offset in the table; NULL without an error if it does not end in time. */
static PyObject *read_text(const Texts *texts, uint64_t offset, uint64_t limit)
{
    Part part = texts->close;
    if (texts->are_close) {
        uint64_t skipped = offset - texts->first;
        if (skipped > part.length)
            skipped = part.length;
        part.start += skipped;
        part.length -= skipped;
        if (part.length > limit)
            part.length = limit;
    } else if (get(texts->file, sum(texts->table, offset), limit, &part) != GOES_ON) {
        return NULL;
    }
    const uint8_t *end = part.length == 0 ? NULL : memchr(part.start, 0, (size_t)part.length);
    PyObject *text = end == NULL ? NULL : decoded(part.start, (uint64_t)(end - part.start));
    if (!texts->are_close)
        release(&part);
    return text;
}

/* Bytes that the text at an offset may have: the most that one that refers to it may have. */
static uint64_t limit_at(const Dynamic *dynamic, uint64_t offset)
{
    uint64_t limit = NAME;
    for (size_t i = 0; i < TEXT_TAGS; i++)
        if (dynamic->has_texts[i] && dynamic->texts[i] == offset && text_limits[i] > limit)
            limit = text_limits[i];
    return limit;
}

/* The first and the last offset of a text; false if there are none. */
static bool find_extent(const Dynamic *dynamic, uint64_t *first, uint64_t *last)
{
    *first = UINT64_MAX;
    *last = 0;
    for (size_t i = 0; i < dynamic->needed_count + TEXT_TAGS; i++) {
        bool is_needed = i < dynamic->needed_count;
        size_t text = is_needed ? 0 : i - dynamic->needed_count;
        if (!is_needed && !dynamic->has_texts[text])
            continue;
        uint64_t offset = is_needed ? dynamic->needed[i] : dynamic->texts[text];
        if (offset < *first)
            *first = offset;
        if (offset > *last)
            *last = offset;
    }
    return *first <= *last;
}

static Step put_text(const Texts *texts, const Dynamic *dynamic, uint64_t offset, PyObject **place)
{
    *place = read_text(texts, offset, limit_at(dynamic, offset));
    return *place != NULL ? GOES_ON : PyErr_Occurred() ? FAILED : ENDS;
}

/* Reads all texts; the rest of elf.py, read_elf. */
static Step read_all_texts(const Texts *texts, const Dynamic *dynamic, Found *found)
{
    Step step = GOES_ON;
    bool has_all = true;
    PyObject *needed = PyTuple_New((Py_ssize_t)dynamic->needed_count);
    if (needed == NULL)
        return FAILED;
    for (size_t i = 0; step == GOES_ON && i < dynamic->needed_count; i++) {
        PyObject *name = NULL;
        step = put_text(texts, dynamic, dynamic->needed[i], &name);
        if (step == GOES_ON) {
            has_all = has_all && PyUnicode_GetLength(name) > 0;
            PyTuple_SetItem(needed, (Py_ssize_t)i, name);
        }
    }
    for (size_t i = 0; step == GOES_ON && i < TEXT_TAGS; i++)
        if (dynamic->has_texts[i])
            step = put_text(texts, dynamic, dynamic->texts[i], &found->texts[i]);
    if (step == GOES_ON && has_all) {
        found->needed = needed;
        return GOES_ON;
    }
    Py_DECREF(needed);
    for (size_t i = 0; i < TEXT_TAGS; i++)
        Py_CLEAR(found->texts[i]);
    return step == FAILED ? FAILED : ENDS;
}

/* elf.py, _read_texts */
static Step read_texts(const File *file, const Segments *segments, const Dynamic *dynamic,
    Found *found)
{
    Texts texts = {.file = file};
    uint64_t last;
    if (!find_extent(dynamic, &texts.first, &last))
        return put(&found->needed, PyTuple_New(0)) ? GOES_ON : FAILED;
    if (!dynamic->has_address || !find_offset(segments, dynamic->address, &texts.table))
        return ENDS;
    uint64_t length = sum(last - texts.first, SEARCH_PATH);
    texts.are_close = length <= CLOSE;
    Step step = GOES_ON;
    if (texts.are_close)
        step = get(file, sum(texts.table, texts.first), length, &texts.close);
    if (step != GOES_ON)
        return step;
    step = read_all_texts(&texts, dynamic, found);
    if (texts.are_close)
        release(&texts.close);
    return step;
}

/* Reads what a file needs, after its header; whether there was no error. */
static bool read_needs(const File *file, Form form, Found *found)
{
    Segments segments = {.count = 0};
    Dynamic dynamic = {.needed_count = 0};
    Step step = read_segments(file, form, &segments, found);
    if (step == GOES_ON)
        step = read_interpreter(file, &segments, found);
    if (step != GOES_ON)
        return step != FAILED;
    if (!segments.has_dynamic || segments.dynamic.length == 0)
        return put(&found->needed, PyTuple_New(0));
    step = read_dynamic(file, form, segments.dynamic, &dynamic);
    if (step == GOES_ON)
        step = read_texts(file, &segments, &dynamic, found);
    return step != FAILED;
}

/* A reference that a tuple may take; None where nothing was found. */
static PyObject *or_none(PyObject *object)
{
    return Py_NewRef(object == NULL ? Py_None : object);
}

static PyObject *told(const Found *found)
{
    return Py_BuildValue("(isiiNNNNNN)", found->machine_bits, found->is_big ? ">" : "<",
        found->machine, found->kind, or_none(found->interpreter), or_none(found->needed),
        or_none(found->texts[0]), or_none(found->texts[1]), or_none(found->texts[2]),
        or_none(found->fault));
}

static void clear(Found *found)
{
    Py_XDECREF(found->interpreter);
    Py_XDECREF(found->needed);
    for (size_t i = 0; i < TEXT_TAGS; i++)
        Py_XDECREF(found->texts[i]);
    Py_XDECREF(found->fault);
}

/* elf.py, machine_of and the beginning of read_elf */
static PyObject *read_file(const File *file)
{
    const uint8_t *head = file->head.buf;
    Py_ssize_t length = file->head.len;
    if (length < 20 || memcmp(head, "\x7f" "ELF", 4) != 0 || (head[4] != 1 && head[4] != 2)
        || (head[5] != 1 && head[5] != 2))
        Py_RETURN_NONE;
    Form form = {.is_64 = head[4] == 2, .is_big = head[5] == 2};
    Found found = {
        .machine_bits = head[4] * 32,
        .is_big = form.is_big,
        .machine = (int)number(head + 18, 2, form.is_big),
    };
    bool is_read;
    if (length < (form.is_64 ? 64 : 52)) {
        is_read = put(&found.fault, PyUnicode_FromString("ends within its header"))
            && put(&found.needed, PyTuple_New(0));
    } else {
        found.kind = (int)number(head + 16, 2, form.is_big);
        is_read = read_needs(file, form, &found);
    }
    PyObject *result = is_read ? told(&found) : NULL;
    clear(&found);
    return result;
}

PyDoc_STRVAR(
    read_doc,
    "read_elf(head, size, read, /)\n--\n\n"
    "Read what an ELF file needs to start; None if it is not an ELF file.");

static PyObject *read_elf(PyObject *module, PyObject *args)
{
    (void)module;
    File file;
    long long size;
    PyObject *found = NULL;
    if (!PyArg_ParseTuple(args, "y*LO", &file.head, &size, &file.read))
        return NULL;
    if (size < 0 || size < (long long)file.head.len) {
        PyErr_SetString(PyExc_ValueError, "the file is smaller than its head");
    } else {
        file.size = (uint64_t)size;
        found = read_file(&file);
    }
    PyBuffer_Release(&file.head);
    return found;
}

static PyMethodDef methods[] = {
    {"read_elf", read_elf, METH_VARARGS, read_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot module_slots[] = {
    {0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "elf_files",
    .m_doc = "What ELF files need to start.",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit_elf_files(void)
{
    return PyModuleDef_Init(&module_definition);
}
