/* Decompression with zstd (RFC 8878) that hardly ever takes the interpreter from other threads.
 *
 * The module of Python begins with 32 KiB of output and takes the interpreter each time that it
 * needs more, which is hundreds of times a second while another thread uses it. Here a frame is
 * decompressed into as much memory as is asked for, and a whole file without the interpreter. What
 * decompresses is the same libzstd: its functions are those of the module of Python.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The stable part of zstd.h, of version 1.4 and later. */
typedef struct ZSTD_DCtx_s ZSTD_DCtx;

typedef struct {
    const void *src;
    size_t size;
    size_t pos;
} ZSTD_inBuffer;

typedef struct {
    void *dst;
    size_t size;
    size_t pos;
} ZSTD_outBuffer;

#define ZSTD_d_windowLogMax 100

typedef struct {
    ZSTD_DCtx *(*create)(void);
    size_t (*release)(ZSTD_DCtx *context);
    size_t (*set)(ZSTD_DCtx *context, int parameter, int value);
    size_t (*decompress)(ZSTD_DCtx *context, ZSTD_outBuffer *output, ZSTD_inBuffer *input);
    unsigned (*is_error)(size_t code);
    const char *(*name_of_error)(size_t code);
} Functions;

typedef struct {
    PyTypeObject *library, *decompressor, *inflating;
} State;

/* Objects: their types are immutable, and no object refers to one that refers to it. */

static void *allocated(PyTypeObject *type) {
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return allocate(type, 0);
}

static void released(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* Library: the functions of libzstd in a file. */

typedef struct {
    PyObject_HEAD
    void *handle;
    Functions functions;
} Library;

static int find_functions(void *handle, Functions *functions) {
    const struct {
        const char *name;
        void *place;
    } wanted[] = {
        {"ZSTD_createDCtx", &functions->create},
        {"ZSTD_freeDCtx", &functions->release},
        {"ZSTD_DCtx_setParameter", &functions->set},
        {"ZSTD_decompressStream", &functions->decompress},
        {"ZSTD_isError", &functions->is_error},
        {"ZSTD_getErrorName", &functions->name_of_error},
    };
    for (size_t number = 0; number < sizeof wanted / sizeof *wanted; number++) {
        void *found = dlsym(handle, wanted[number].name);
        if (!found) {
            return 0;
        }
        memcpy(wanted[number].place, &found, sizeof found);
    }
    return 1;
}

static PyObject *library_new(PyTypeObject *type, PyObject *args, PyObject *named) {
    static char *names[] = {"file", NULL};
    PyObject *path;
    if (!PyArg_ParseTupleAndKeywords(args, named, "O&", names, PyUnicode_FSConverter, &path)) {
        return NULL;
    }
    Library *self = allocated(type);
    if (self) {
        self->handle = dlopen(PyBytes_AsString(path), RTLD_NOW | RTLD_LOCAL);
    }
    Py_DECREF(path);
    if (self && (!self->handle || !find_functions(self->handle, &self->functions))) {
        Py_DECREF(self);
        PyErr_SetString(PyExc_ImportError, "the file does not have the functions of libzstd");
        return NULL;
    }
    return (PyObject *)self;
}

static void library_dealloc(PyObject *object) {
    Library *self = (Library *)object;
    if (self->handle) {
        dlclose(self->handle);
    }
    released(object);
}

static PyType_Slot LIBRARY_SLOTS[] = {
    {Py_tp_new, library_new},
    {Py_tp_dealloc, library_dealloc},
    {0, NULL},
};

static PyType_Spec LIBRARY_SPEC = {
    .name = "checker.compiled.zstd.Library",
    .basicsize = sizeof(Library),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = LIBRARY_SLOTS,
};

/* What a call of the library says, as an exception if it is an error. */
static int check(const Library *library, size_t code) {
    if (!library->functions.is_error(code)) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "Unable to decompress Zstandard data: %s",
                 library->functions.name_of_error(code));
    return -1;
}

/* A context with a bound on the window; NULL and an exception if there is none. */
static ZSTD_DCtx *new_context(const Library *library, int window_log_max) {
    ZSTD_DCtx *context = library->functions.create();
    if (!context) {
        PyErr_NoMemory();
        return NULL;
    }
    size_t code = library->functions.set(context, ZSTD_d_windowLogMax, window_log_max);
    if (check(library, code) < 0) {
        library->functions.release(context);
        return NULL;
    }
    return context;
}

/* Decompressor: one frame, step by step. */

typedef struct {
    PyObject_HEAD
    Library *library;
    ZSTD_DCtx *context;
    PyObject *pending; /* bytes that were given; NULL if all are used */
    size_t used;       /* how many of them */
    int is_at_end;
    int needs_input;
    int is_busy; /* read and written with the interpreter lock alone */
} Decompressor;

static PyObject *decompressor_new(PyTypeObject *type, PyObject *args, PyObject *named) {
    static char *names[] = {"library", "window_log_max", NULL};
    State *state = PyType_GetModuleState(type);
    Library *library;
    int window_log_max;
    if (!PyArg_ParseTupleAndKeywords(args, named, "O!i", names, state->library, &library,
                                     &window_log_max)) {
        return NULL;
    }
    Decompressor *self = allocated(type);
    if (!self) {
        return NULL;
    }
    Py_INCREF((PyObject *)library);
    self->library = library;
    self->needs_input = 1;
    self->context = new_context(library, window_log_max);
    if (!self->context) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void decompressor_dealloc(PyObject *object) {
    Decompressor *self = (Decompressor *)object;
    if (self->context) {
        self->library->functions.release(self->context);
    }
    Py_XDECREF(self->pending);
    Py_XDECREF((PyObject *)self->library);
    released(object);
}

/* Put bytes behind those that are not used yet. */
static int add_input(Decompressor *self, PyObject *data) {
    PyObject *added = PyBytes_FromObject(data);
    if (!added) {
        return -1;
    }
    if (self->pending && PyBytes_Size(added)) {
        const char *left = PyBytes_AsString(self->pending) + self->used;
        size_t count = (size_t)PyBytes_Size(self->pending) - self->used;
        PyObject *all = PyBytes_FromStringAndSize(left, (Py_ssize_t)count);
        PyBytes_ConcatAndDel(&all, added);
        if (!all) {
            return -1;
        }
        added = all;
    } else if (self->pending) {
        Py_DECREF(added);
        return 0;
    }
    Py_XDECREF(self->pending);
    self->pending = added;
    self->used = 0;
    return 0;
}

/* Decompress until the output is full, the input is used or the frame is at its end. */
static size_t run(const Functions *functions, ZSTD_DCtx *context, ZSTD_outBuffer *output,
                  ZSTD_inBuffer *input) {
    size_t code;
    do {
        code = functions->decompress(context, output, input);
    } while (code && !functions->is_error(code) && output->pos < output->size &&
             input->pos < input->size);
    return code;
}

static PyObject *decompress(Decompressor *self, Py_ssize_t max_length) {
    const Library *library = self->library;
    PyObject *result = PyBytes_FromStringAndSize(NULL, max_length);
    if (!result) {
        return NULL;
    }
    ZSTD_inBuffer input = {PyBytes_AsString(self->pending), (size_t)PyBytes_Size(self->pending),
                           self->used};
    ZSTD_outBuffer output = {PyBytes_AsString(result), (size_t)max_length, 0};
    size_t code;
    self->is_busy = 1;
    Py_BEGIN_ALLOW_THREADS
    code = run(&library->functions, self->context, &output, &input);
    Py_END_ALLOW_THREADS
    self->is_busy = 0;
    self->used = input.pos;
    if (check(library, code) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    self->is_at_end = code == 0;
    /* Where the output is full, there may be more without any input. */
    self->needs_input = !self->is_at_end && input.pos == input.size && output.pos < output.size;
    if (input.pos == input.size) {
        Py_CLEAR(self->pending);
        self->used = 0;
    }
    if (output.pos == output.size) {
        return result;
    }
    PyObject *shorter = PyBytes_FromStringAndSize(PyBytes_AsString(result), (Py_ssize_t)output.pos);
    Py_DECREF(result);
    return shorter;
}

static PyObject *decompressor_decompress(PyObject *object, PyObject *args, PyObject *named) {
    static char *names[] = {"data", "max_length", NULL};
    Decompressor *self = (Decompressor *)object;
    PyObject *data;
    Py_ssize_t max_length;
    if (!PyArg_ParseTupleAndKeywords(args, named, "On", names, &data, &max_length)) {
        return NULL;
    }
    if (max_length <= 0) {
        PyErr_SetString(PyExc_ValueError, "max_length must be positive");
        return NULL;
    }
    if (PyUnicode_Check(data) || !PyObject_CheckBuffer(data)) {
        PyErr_SetString(PyExc_TypeError, "a bytes-like object is required");
        return NULL;
    }
    if (self->is_busy) {
        PyErr_SetString(PyExc_RuntimeError, "another thread is using this decompressor");
        return NULL;
    }
    if (self->is_at_end) {
        PyErr_SetString(PyExc_EOFError, "Already at the end of a Zstandard frame.");
        return NULL;
    }
    if (add_input(self, data) < 0) {
        return NULL;
    }
    return decompress(self, max_length);
}

static PyObject *decompressor_eof(PyObject *self, void *unused) {
    (void)unused;
    return PyBool_FromLong(((Decompressor *)self)->is_at_end);
}

static PyObject *decompressor_needs_input(PyObject *self, void *unused) {
    (void)unused;
    return PyBool_FromLong(((Decompressor *)self)->needs_input);
}

static PyObject *decompressor_unused_data(PyObject *object, void *unused) {
    Decompressor *self = (Decompressor *)object;
    (void)unused;
    if (!self->is_at_end || !self->pending) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    return PyBytes_FromStringAndSize(PyBytes_AsString(self->pending) + self->used,
                                     PyBytes_Size(self->pending) - (Py_ssize_t)self->used);
}

static PyMethodDef DECOMPRESSOR_METHODS[] = {
    {"decompress", (PyCFunction)(void (*)(void))decompressor_decompress,
     METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef DECOMPRESSOR_PROPERTIES[] = {
    {"eof", decompressor_eof, NULL, NULL, NULL},
    {"needs_input", decompressor_needs_input, NULL, NULL, NULL},
    {"unused_data", decompressor_unused_data, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot DECOMPRESSOR_SLOTS[] = {
    {Py_tp_new, decompressor_new},
    {Py_tp_dealloc, decompressor_dealloc},
    {Py_tp_methods, DECOMPRESSOR_METHODS},
    {Py_tp_getset, DECOMPRESSOR_PROPERTIES},
    {0, NULL},
};

static PyType_Spec DECOMPRESSOR_SPEC = {
    .name = "checker.compiled.zstd.Decompressor",
    .basicsize = sizeof(Decompressor),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = DECOMPRESSOR_SLOTS,
};

/* Inflating: all frames of a stretch of a file, on a thread that has the interpreter at its start
 * and end alone. Another thread takes the pieces; each is an object that was made with the
 * interpreter, and is filled without it.
 */

#define PIECE (1 << 20)
#define MOST_PIECES 32
#define CHUNK (1 << 20)
/* Compressed bytes for which any number of frames is fine, one for each so many. */
#define BYTES_PER_FRAME 100

typedef struct {
    PyObject *object; /* of `PIECE` bytes */
    char *bytes;
    size_t size; /* how many of these are filled */
} Piece;

typedef struct {
    Piece pieces[MOST_PIECES];
    size_t first, count;
} Ring;

static void ring_put(Ring *ring, Piece piece) {
    ring->pieces[(ring->first + ring->count) % MOST_PIECES] = piece;
    ring->count++;
}

static Piece ring_take(Ring *ring) {
    Piece piece = ring->pieces[ring->first];
    ring->first = (ring->first + 1) % MOST_PIECES;
    ring->count--;
    return piece;
}

/* The piece that was put last, whose memory is most likely in the caches of the processor. */
static Piece ring_take_last(Ring *ring) {
    ring->count--;
    return ring->pieces[(ring->first + ring->count) % MOST_PIECES];
}

static void ring_clear(Ring *ring) {
    while (ring->count) {
        Py_DECREF(ring_take(ring).object);
    }
}

/* Add an empty piece; -1 and an exception if there is no memory. */
static int ring_add(Ring *ring) {
    PyObject *object = PyBytes_FromStringAndSize(NULL, PIECE);
    if (!object) {
        return -1;
    }
    ring_put(ring, (Piece){object, PyBytes_AsString(object), 0});
    return 0;
}

/* What ordinary streams keep to. */
typedef struct {
    long long expansion, expansion_from, inflated, frames;
} Bounds;

typedef struct {
    PyObject_HEAD
    Library *library;
    int file;
    off_t offset;
    long long left; /* bytes of the stretch that are not read yet */
    int window_log_max;
    Bounds bounds;
    int has_run;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* With the lock: */
    Ring empty, full;
    int is_ended, is_closed;
    const char *problem; /* why it ended early; NULL if it did not */
    long long taken, given, streams;
} Inflating;

static PyObject *inflating_new(PyTypeObject *type, PyObject *args, PyObject *named) {
    static char *names[] = {"library",        "file",   "offset", "length",
                            "window_log_max", "bounds", NULL};
    State *state = PyType_GetModuleState(type);
    Library *library;
    int file, window_log_max;
    long long offset, length;
    Bounds bounds;
    if (!PyArg_ParseTupleAndKeywords(args, named, "O!iLLi(LLLL)", names, state->library, &library,
                                     &file, &offset, &length, &window_log_max, &bounds.expansion,
                                     &bounds.expansion_from, &bounds.inflated, &bounds.frames)) {
        return NULL;
    }
    Inflating *self = allocated(type);
    if (!self) {
        return NULL;
    }
    Py_INCREF((PyObject *)library);
    self->library = library;
    self->file = file;
    self->offset = (off_t)offset;
    self->left = length;
    self->window_log_max = window_log_max;
    self->bounds = bounds;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    return (PyObject *)self;
}

static void inflating_dealloc(PyObject *object) {
    Inflating *self = (Inflating *)object;
    if (self->library) {
        pthread_cond_destroy(&self->changed);
        pthread_mutex_destroy(&self->lock);
    }
    ring_clear(&self->empty);
    ring_clear(&self->full);
    Py_XDECREF((PyObject *)self->library);
    released(object);
}

/* Wait for an empty piece; 0 if nobody wants any more. */
static int wait_for_empty(Inflating *self, Piece *piece) {
    pthread_mutex_lock(&self->lock);
    while (!self->empty.count && !self->is_closed) {
        pthread_cond_wait(&self->changed, &self->lock);
    }
    int is_wanted = !self->is_closed;
    if (is_wanted) {
        *piece = ring_take_last(&self->empty);
    }
    pthread_mutex_unlock(&self->lock);
    return is_wanted;
}

/* Hand over a piece, if there is anything in it. */
static void hand_over(Inflating *self, Piece piece) {
    pthread_mutex_lock(&self->lock);
    ring_put(piece.size ? &self->full : &self->empty, piece);
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

/* Count what a step took and gave; why it must be the last one, or NULL. */
static const char *count(Inflating *self, size_t taken, size_t given, int is_frame) {
    const Bounds *bounds = &self->bounds;
    pthread_mutex_lock(&self->lock);
    self->taken += (long long)taken;
    self->given += (long long)given;
    self->streams += is_frame;
    long long all_taken = self->taken, all_given = self->given, streams = self->streams;
    pthread_mutex_unlock(&self->lock);
    if (all_given > bounds->inflated ||
        (all_given > bounds->expansion_from && all_given / bounds->expansion >= all_taken)) {
        return "the output exceeds a limit";
    }
    if (streams > bounds->frames + all_taken / BYTES_PER_FRAME) {
        return "the frames exceed a limit";
    }
    return NULL;
}

/* Read the next bytes of the stretch; why that is not possible, or NULL. */
static const char *read_on(Inflating *self, uint8_t *buffer, ZSTD_inBuffer *input) {
    size_t most = self->left < CHUNK ? (size_t)self->left : CHUNK;
    ssize_t count;
    do {
        count = pread(self->file, buffer, most, self->offset);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
        return count ? "the file cannot be read" : "the file became shorter";
    }
    self->offset += count;
    self->left -= count;
    *input = (ZSTD_inBuffer){buffer, (size_t)count, 0};
    return NULL;
}

/* Fill a piece; why it ended early, or NULL. `is_open` says whether a frame has begun. */
static const char *fill(Inflating *self, ZSTD_DCtx *context, ZSTD_inBuffer *input, uint8_t *buffer,
                        ZSTD_outBuffer *output, int *is_open) {
    const Functions *functions = &self->library->functions;
    while (output->pos < output->size) {
        int is_used = input->pos == input->size;
        const char *problem = is_used && self->left ? read_on(self, buffer, input) : NULL;
        if (problem || (is_used && input->pos == input->size && !*is_open)) {
            return problem;
        }
        size_t before = input->pos, filled = output->pos;
        size_t code = functions->decompress(context, output, input);
        if (functions->is_error(code)) {
            return functions->name_of_error(code);
        }
        *is_open = code != 0;
        problem = count(self, input->pos - before, output->pos - filled, code == 0);
        if (problem) {
            return problem;
        }
        if (*is_open && !self->left && input->pos == input->size && output->pos == filled) {
            return "the stream is cut";
        }
    }
    return NULL;
}

/* Decompress all; why it ended early, or NULL. */
static const char *inflate(Inflating *self, ZSTD_DCtx *context, uint8_t *buffer) {
    ZSTD_inBuffer input = {buffer, 0, 0};
    int is_open = 0;
    Piece piece;
    while (wait_for_empty(self, &piece)) {
        ZSTD_outBuffer output = {piece.bytes, PIECE, 0};
        const char *problem = fill(self, context, &input, buffer, &output, &is_open);
        piece.size = output.pos;
        hand_over(self, piece);
        if (problem || output.pos < PIECE) {
            return problem;
        }
    }
    return "nobody wants it";
}

static void end(Inflating *self, const char *problem) {
    pthread_mutex_lock(&self->lock);
    self->is_ended = 1;
    self->problem = problem;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

/* Give all that it needs to a run; NULL and an exception if that is not there. */
static ZSTD_DCtx *prepare_run(Inflating *self) {
    if (self->has_run) {
        PyErr_SetString(PyExc_RuntimeError, "it has run");
        return NULL;
    }
    self->has_run = 1;
    for (int number = 0; number < MOST_PIECES; number++) {
        if (ring_add(&self->empty) < 0) {
            return NULL;
        }
    }
    return new_context(self->library, self->window_log_max);
}

/* Give back the memory that is not needed after the end of a run. */
static void give_back(Inflating *self) {
    pthread_mutex_lock(&self->lock);
    Ring empty = self->empty, full = {.count = 0};
    self->empty.count = 0;
    if (self->is_closed) {
        full = self->full;
        self->full.count = 0;
    }
    pthread_mutex_unlock(&self->lock);
    ring_clear(&empty);
    ring_clear(&full);
}

static PyObject *inflating_run(PyObject *object, PyObject *unused) {
    Inflating *self = (Inflating *)object;
    (void)unused;
    ZSTD_DCtx *context = prepare_run(self);
    uint8_t *buffer = context ? PyMem_Malloc(CHUNK) : NULL;
    if (!buffer) {
        if (context) {
            self->library->functions.release(context);
            PyErr_NoMemory();
        }
        end(self, "there is not enough memory");
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    end(self, inflate(self, context, buffer));
    self->library->functions.release(context);
    Py_END_ALLOW_THREADS
    PyMem_Free(buffer);
    give_back(self);
    Py_RETURN_NONE;
}

/* Wait for a piece, but not so long that a signal would be handled late; whether it is there, or
 * there are no more, in which case its object is NULL. */
static int wait_for_full(Inflating *self, Piece *piece) {
    struct timespec until;
    int is_late = clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_mutex_lock(&self->lock);
    while (!self->full.count && !self->is_ended && !is_late) {
        is_late = pthread_cond_timedwait(&self->changed, &self->lock, &until);
    }
    int is_there = self->full.count || self->is_ended;
    if (self->full.count) {
        *piece = ring_take(&self->full);
    }
    pthread_mutex_unlock(&self->lock);
    return is_there;
}

/* Put an empty piece in place of one that was taken, if the run goes on. */
static int replace(Inflating *self) {
    Ring fresh = {.count = 0};
    if (ring_add(&fresh) < 0) {
        return -1;
    }
    pthread_mutex_lock(&self->lock);
    if (!self->is_ended) {
        ring_put(&self->empty, ring_take(&fresh));
        pthread_cond_broadcast(&self->changed);
    }
    pthread_mutex_unlock(&self->lock);
    ring_clear(&fresh);
    return 0;
}

static PyObject *at_the_end(Inflating *self) {
    if (self->problem) {
        PyErr_SetString(PyExc_ValueError, self->problem);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *inflating_take(PyObject *object, PyObject *unused) {
    Inflating *self = (Inflating *)object;
    Piece piece = {NULL, NULL, 0};
    int is_there;
    (void)unused;
    do {
        if (PyErr_CheckSignals() < 0) {
            return NULL;
        }
        Py_BEGIN_ALLOW_THREADS
        is_there = wait_for_full(self, &piece);
        Py_END_ALLOW_THREADS
    } while (!is_there);
    if (!piece.object) {
        return at_the_end(self);
    }
    if (replace(self) < 0) {
        Py_DECREF(piece.object);
        return NULL;
    }
    if (piece.size == PIECE) {
        return piece.object;
    }
    PyObject *shorter = PyBytes_FromStringAndSize(piece.bytes, (Py_ssize_t)piece.size);
    Py_DECREF(piece.object);
    return shorter;
}

static PyObject *inflating_close(PyObject *object, PyObject *unused) {
    Inflating *self = (Inflating *)object;
    (void)unused;
    pthread_mutex_lock(&self->lock);
    self->is_closed = 1;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    Py_RETURN_NONE;
}

static PyObject *number(Inflating *self, const long long *place) {
    pthread_mutex_lock(&self->lock);
    long long value = *place;
    pthread_mutex_unlock(&self->lock);
    return PyLong_FromLongLong(value);
}

static PyObject *inflating_taken(PyObject *self, void *unused) {
    (void)unused;
    return number((Inflating *)self, &((Inflating *)self)->taken);
}

static PyObject *inflating_streams(PyObject *self, void *unused) {
    (void)unused;
    return number((Inflating *)self, &((Inflating *)self)->streams);
}

static PyMethodDef INFLATING_METHODS[] = {
    {"run", inflating_run, METH_NOARGS, NULL},
    {"take", inflating_take, METH_NOARGS, NULL},
    {"close", inflating_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef INFLATING_PROPERTIES[] = {
    {"taken", inflating_taken, NULL, NULL, NULL},
    {"streams", inflating_streams, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot INFLATING_SLOTS[] = {
    {Py_tp_new, inflating_new},
    {Py_tp_dealloc, inflating_dealloc},
    {Py_tp_methods, INFLATING_METHODS},
    {Py_tp_getset, INFLATING_PROPERTIES},
    {0, NULL},
};

static PyType_Spec INFLATING_SPEC = {
    .name = "checker.compiled.zstd.Inflating",
    .basicsize = sizeof(Inflating),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = INFLATING_SLOTS,
};

/* The module. */

static int add_type(PyObject *module, const char *name, PyType_Spec *spec, PyTypeObject **place) {
    *place = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *place ? PyModule_AddObjectRef(module, name, (PyObject *)*place) : -1;
}

static int prepare(PyObject *module) {
    State *state = PyModule_GetState(module);
    if (add_type(module, "Library", &LIBRARY_SPEC, &state->library) < 0 ||
        add_type(module, "Decompressor", &DECOMPRESSOR_SPEC, &state->decompressor) < 0) {
        return -1;
    }
    return add_type(module, "Inflating", &INFLATING_SPEC, &state->inflating);
}

static int visit_state(PyObject *module, visitproc visit, void *arg) {
    State *state = PyModule_GetState(module);
    Py_VISIT(state->library);
    Py_VISIT(state->decompressor);
    Py_VISIT(state->inflating);
    return 0;
}

static int clear_state(PyObject *module) {
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->library);
    Py_CLEAR(state->decompressor);
    Py_CLEAR(state->inflating);
    return 0;
}

static void free_state(void *module) { clear_state(module); }

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, prepare},
    {0, NULL},
};

static PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,     .m_name = "zstd",       .m_size = sizeof(State), .m_slots = SLOTS,
    .m_traverse = visit_state, .m_clear = clear_state, .m_free = free_state,
};

PyMODINIT_FUNC PyInit_zstd(void) { return PyModuleDef_Init(&MODULE); }
