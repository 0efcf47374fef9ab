/* SHA-256 (FIPS 180-4) of two streams at once, where they are the same bytes for a part of their
 * way, as those of a file and of a member in it are.
 *
 * A processor works on the rounds of one hash half of the time and waits for results during the
 * other half. Two hashes of the same blocks also share the message schedule, so that the second one
 * takes no time. OpenSSL does not offer this.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))
#endif

#define BLOCK 64
#define LENGTH_SIZE 8
#define WORDS 8
/* Below this many bytes, to release the interpreter costs more than it gives. */
#define WORTH_A_RELEASE 2048

typedef struct {
    PyObject_HEAD
    uint32_t words[WORDS];
    uint8_t partial[BLOCK];
    size_t used;    /* bytes of the partial block */
    uint64_t count; /* all bytes */
    int is_busy;    /* read and written with the interpreter lock alone */
} Sha256;

typedef struct {
    PyTypeObject *type;
} State;

static const uint32_t START[WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

#if defined(__x86_64__)

static const uint32_t CONSTANTS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The eight words of a hash, in the order that the instructions want: ABEF and CDGH. */
typedef struct {
    __m128i abef, cdgh;
} Pair;

WITH_SHA static inline Pair load_words(const uint32_t *words) {
    __m128i low = _mm_loadu_si128((const __m128i *)words);
    __m128i high = _mm_loadu_si128((const __m128i *)(words + 4));
    low = _mm_shuffle_epi32(low, 0xB1);
    high = _mm_shuffle_epi32(high, 0x1B);
    Pair pair = {_mm_alignr_epi8(low, high, 8), _mm_blend_epi16(high, low, 0xF0)};
    return pair;
}

WITH_SHA static inline void store_words(uint32_t *words, Pair pair) {
    __m128i low = _mm_shuffle_epi32(pair.abef, 0x1B);
    __m128i high = _mm_shuffle_epi32(pair.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)words, _mm_blend_epi16(low, high, 0xF0));
    _mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(high, low, 8));
}

/* Words 4 * group to 4 * group + 3 of the message schedule; `last` has those of four groups. */
WITH_SHA static inline __m128i schedule(__m128i *last, const uint8_t *block, int group) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    __m128i *own = &last[group & 3];
    if (group < 4) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(block + 16 * group));
        return *own = _mm_shuffle_epi8(bytes, swap);
    }
    __m128i before = last[(group + 3) & 3];
    __m128i shifted = _mm_alignr_epi8(before, last[(group + 2) & 3], 4);
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(*own, last[(group + 1) & 3]), shifted);
    return *own = _mm_sha256msg2_epu32(sum, before);
}

WITH_SHA static inline __m128i constants(int group) {
    return _mm_loadu_si128((const __m128i *)(CONSTANTS + 4 * group));
}

/* Four rounds. */
WITH_SHA static inline void rounds(Pair *pair, __m128i words) {
    pair->cdgh = _mm_sha256rnds2_epu32(pair->cdgh, pair->abef, words);
    words = _mm_shuffle_epi32(words, 0x0E);
    pair->abef = _mm_sha256rnds2_epu32(pair->abef, pair->cdgh, words);
}

WITH_SHA static inline Pair sum_of(Pair one, Pair other) {
    Pair pair = {_mm_add_epi32(one.abef, other.abef), _mm_add_epi32(one.cdgh, other.cdgh)};
    return pair;
}

WITH_SHA static void hash_blocks(uint32_t *words, const uint8_t *data, size_t blocks) {
    Pair pair = load_words(words);
    for (; blocks; blocks--, data += BLOCK) {
        Pair now = pair;
        __m128i last[4];
#pragma GCC unroll 16
        for (int group = 0; group < 16; group++) {
            rounds(&now, _mm_add_epi32(schedule(last, data, group), constants(group)));
        }
        pair = sum_of(pair, now);
    }
    store_words(words, pair);
}

WITH_SHA static void hash_blocks_of_both(uint32_t *one, uint32_t *other, const uint8_t *data,
                                         size_t blocks) {
    Pair first = load_words(one), second = load_words(other);
    for (; blocks; blocks--, data += BLOCK) {
        Pair now = first, also = second;
        __m128i last[4];
#pragma GCC unroll 16
        for (int group = 0; group < 16; group++) {
            __m128i words = _mm_add_epi32(schedule(last, data, group), constants(group));
            rounds(&now, words);
            rounds(&also, words);
        }
        first = sum_of(first, now);
        second = sum_of(second, also);
    }
    store_words(one, first);
    store_words(other, second);
}

static int has_instructions(void) {
    unsigned int eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_SSSE3) || !(ecx & bit_SSE4_1)) {
        return 0;
    }
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA);
}

#else

/* Not called: the module cannot be imported. */
static void hash_blocks(uint32_t *words, const uint8_t *data, size_t blocks) {
    (void)words, (void)data, (void)blocks;
}

static void hash_blocks_of_both(uint32_t *one, uint32_t *other, const uint8_t *data,
                                size_t blocks) {
    (void)one, (void)other, (void)data, (void)blocks;
}

static int has_instructions(void) { return 0; }

#endif

/* Bytes without which the partial block is complete, at most so many. */
static size_t missing_of(const Sha256 *self, size_t most) {
    size_t missing = self->used ? BLOCK - self->used : 0;
    return missing < most ? missing : most;
}

/* Take bytes into the partial block, which they do not go beyond. */
static void fill_partial(Sha256 *self, const uint8_t *data, size_t size) {
    if (size) {
        memcpy(self->partial + self->used, data, size);
        self->used += size;
    }
    if (self->used == BLOCK) {
        hash_blocks(self->words, self->partial, 1);
        self->used = 0;
    }
}

static void hash_bytes(Sha256 *self, const uint8_t *data, size_t size) {
    size_t missing = missing_of(self, size);
    fill_partial(self, data, missing);
    data += missing;
    size -= missing;
    hash_blocks(self->words, data, size / BLOCK);
    fill_partial(self, data + size / BLOCK * BLOCK, size % BLOCK);
}

static void hash_bytes_of_both(Sha256 *self, Sha256 *other, const uint8_t *data, size_t size) {
    if (self->used != other->used) {
        /* Their blocks are not the same. */
        hash_bytes(self, data, size);
        hash_bytes(other, data, size);
        return;
    }
    size_t missing = missing_of(self, size);
    fill_partial(self, data, missing);
    fill_partial(other, data, missing);
    data += missing;
    size -= missing;
    hash_blocks_of_both(self->words, other->words, data, size / BLOCK);
    fill_partial(self, data + size / BLOCK * BLOCK, size % BLOCK);
    fill_partial(other, data + size / BLOCK * BLOCK, size % BLOCK);
}

static int is_free(const Sha256 *self) {
    if (self->is_busy) {
        PyErr_SetString(PyExc_RuntimeError, "another thread is updating this hash");
        return 0;
    }
    return 1;
}

static PyObject *sha256_new(PyTypeObject *type, PyObject *args, PyObject *named) {
    if (PyTuple_Size(args) || (named && PyDict_Size(named))) {
        PyErr_SetString(PyExc_TypeError, "Sha256() takes no arguments");
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Sha256 *self = (Sha256 *)allocate(type, 0);
    if (self) {
        memcpy(self->words, START, sizeof START);
    }
    return (PyObject *)self;
}

static void sha256_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyObject *sha256_update(PyObject *object, PyObject *data) {
    Sha256 *self = (Sha256 *)object;
    Py_buffer bytes;
    if (PyObject_GetBuffer(data, &bytes, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (!is_free(self)) {
        PyBuffer_Release(&bytes);
        return NULL;
    }
    if (bytes.len < WORTH_A_RELEASE) {
        hash_bytes(self, bytes.buf, (size_t)bytes.len);
    } else {
        self->is_busy = 1;
        Py_BEGIN_ALLOW_THREADS
        hash_bytes(self, bytes.buf, (size_t)bytes.len);
        Py_END_ALLOW_THREADS
        self->is_busy = 0;
    }
    self->count += (uint64_t)bytes.len;
    PyBuffer_Release(&bytes);
    Py_RETURN_NONE;
}

/* The end of the last block: one bit, zeros, and the number of bits (FIPS 180-4, section 5.1.1). */
static void pad(Sha256 *self) {
    static const uint8_t padding[BLOCK] = {0x80};
    uint8_t length[LENGTH_SIZE];
    for (int number = 0; number < LENGTH_SIZE; number++) {
        length[number] = (uint8_t)(self->count * 8 >> (56 - 8 * number));
    }
    size_t end = BLOCK - LENGTH_SIZE;
    size_t zeros = self->used < end ? end - self->used : end + BLOCK - self->used;
    hash_bytes(self, padding, zeros);
    hash_bytes(self, length, LENGTH_SIZE);
}

static PyObject *sha256_hexdigest(PyObject *object, PyObject *unused) {
    static const char digits[] = "0123456789abcdef";
    Sha256 *self = (Sha256 *)object;
    (void)unused;
    if (!is_free(self)) {
        return NULL;
    }
    Sha256 padded = *self;
    pad(&padded);
    char text[8 * WORDS];
    for (int place = 0; place < 8 * WORDS; place++) {
        text[place] = digits[padded.words[place / 8] >> (28 - 4 * (place % 8)) & 15];
    }
    return PyUnicode_FromStringAndSize(text, sizeof text);
}

static PyMethodDef SHA256_METHODS[] = {
    {"update", sha256_update, METH_O, NULL},
    {"hexdigest", sha256_hexdigest, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot SHA256_SLOTS[] = {
    {Py_tp_new, sha256_new},
    {Py_tp_dealloc, sha256_dealloc},
    {Py_tp_methods, SHA256_METHODS},
    {0, NULL},
};

static PyType_Spec SHA256_SPEC = {
    .name = "checker.compiled.sha256.Sha256",
    .basicsize = sizeof(Sha256),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = SHA256_SLOTS,
};

static PyObject *update_both(PyObject *module, PyObject *args) {
    State *state = PyModule_GetState(module);
    PyObject *one, *other, *data;
    if (!PyArg_ParseTuple(args, "O!O!O", state->type, &one, state->type, &other, &data)) {
        return NULL;
    }
    if (one == other) {
        PyErr_SetString(PyExc_ValueError, "both are the same hash");
        return NULL;
    }
    Sha256 *self = (Sha256 *)one, *also = (Sha256 *)other;
    Py_buffer bytes;
    if (PyObject_GetBuffer(data, &bytes, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (!is_free(self) || !is_free(also)) {
        PyBuffer_Release(&bytes);
        return NULL;
    }
    self->is_busy = also->is_busy = 1;
    Py_BEGIN_ALLOW_THREADS
    hash_bytes_of_both(self, also, bytes.buf, (size_t)bytes.len);
    Py_END_ALLOW_THREADS
    self->is_busy = also->is_busy = 0;
    self->count += (uint64_t)bytes.len;
    also->count += (uint64_t)bytes.len;
    PyBuffer_Release(&bytes);
    Py_RETURN_NONE;
}

static int prepare(PyObject *module) {
    State *state = PyModule_GetState(module);
    if (!has_instructions()) {
        PyErr_SetString(PyExc_ImportError, "the processor has no instructions for SHA-256");
        return -1;
    }
    state->type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &SHA256_SPEC, NULL);
    if (!state->type) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Sha256", (PyObject *)state->type);
}

static int visit_state(PyObject *module, visitproc visit, void *arg) {
    State *state = PyModule_GetState(module);
    Py_VISIT(state->type);
    return 0;
}

static int clear_state(PyObject *module) {
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->type);
    return 0;
}

static void free_state(void *module) { clear_state(module); }

static PyMethodDef METHODS[] = {
    {"update_both", update_both, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, prepare},
    {0, NULL},
};

static PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, .m_name = "sha256",        .m_size = sizeof(State), .m_methods = METHODS,
    .m_slots = SLOTS,      .m_traverse = visit_state, .m_clear = clear_state,  .m_free = free_state,
};

PyMODINIT_FUNC PyInit_sha256(void) { return PyModuleDef_Init(&MODULE); }
