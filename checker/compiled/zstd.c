/* Decompression of a zstd frame (RFC 8878) into as much memory as is asked for at once.
 *
 * The module of Python begins with 32 KiB and takes the interpreter each time that it needs more,
 * which is hundreds of times a second while another thread uses it. Here this happens once a call.
 * What decompresses is the same libzstd: its functions are those of the module of Python.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include <string.h>

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

/* Python 3.14, as a number. */
#define FIRST_WITH_ZSTD 0x030E0000

typedef struct {
    ZSTD_DCtx *(*create)(void);
    size_t (*release)(ZSTD_DCtx *context);
    size_t (*set)(ZSTD_DCtx *context, int parameter, int value);
    size_t (*decompress)(ZSTD_DCtx *context, ZSTD_outBuffer *output, ZSTD_inBuffer *input);
    unsigned (*is_error)(size_t code);
    const char *(*name_of_error)(size_t code);
} Library;

typedef struct {
    PyTypeObject *type;
    void *handle;
    Library library;
} State;

typedef struct {
    PyObject_HEAD
    ZSTD_DCtx *context;
    PyObject *pending; /* bytes that were given; NULL if all are used */
    size_t used;       /* how many of them */
    int is_at_end;
    int needs_input;
    int is_busy; /* read and written with the interpreter lock alone */
} Decompressor;

static const Library *library_of(PyObject *self) {
    State *state = PyType_GetModuleState(Py_TYPE(self));
    return &state->library;
}

/* What a call of the library says, as an exception if it is an error. */
static int check(const Library *library, size_t code) {
    if (!library->is_error(code)) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "Unable to decompress Zstandard data: %s",
                 library->name_of_error(code));
    return -1;
}

static PyObject *decompressor_new(PyTypeObject *type, PyObject *args, PyObject *named) {
    static char *names[] = {"window_log_max", NULL};
    int window_log_max;
    if (!PyArg_ParseTupleAndKeywords(args, named, "i", names, &window_log_max)) {
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Decompressor *self = (Decompressor *)allocate(type, 0);
    if (!self) {
        return NULL;
    }
    const Library *library = library_of((PyObject *)self);
    self->needs_input = 1;
    self->context = library->create();
    if (!self->context) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    if (check(library, library->set(self->context, ZSTD_d_windowLogMax, window_log_max)) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void decompressor_dealloc(PyObject *object) {
    Decompressor *self = (Decompressor *)object;
    PyTypeObject *type = Py_TYPE(object);
    library_of(object)->release(self->context); /* NULL is fine */
    Py_CLEAR(self->pending);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
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
static size_t run(const Library *library, ZSTD_DCtx *context, ZSTD_outBuffer *output,
                  ZSTD_inBuffer *input) {
    size_t code;
    do {
        code = library->decompress(context, output, input);
    } while (code && !library->is_error(code) && output->pos < output->size &&
             input->pos < input->size);
    return code;
}

static PyObject *decompress(Decompressor *self, Py_ssize_t max_length) {
    const Library *library = library_of((PyObject *)self);
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
    code = run(library, self->context, &output, &input);
    Py_END_ALLOW_THREADS
    self->is_busy = 0;
    self->used = input.pos;
    if (check(library, code) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    self->is_at_end = code == 0;
    /* Where the output is full, there may be more without any input. */
    self->needs_input =
        !self->is_at_end && input.pos == input.size && output.pos < output.size;
    if (input.pos == input.size) {
        Py_CLEAR(self->pending);
        self->used = 0;
    }
    if (output.pos == output.size) {
        return result;
    }
    PyObject *shorter = PyBytes_FromStringAndSize(PyBytes_AsString(result),
                                                  (Py_ssize_t)output.pos);
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

/* A handle of the module that has libzstd, of which it is loaded already. */
static void *open_library(void) {
    int has_own = Py_Version >= FIRST_WITH_ZSTD;
    PyObject *module = PyImport_ImportModule(has_own ? "_zstd" : "backports.zstd._zstd");
    PyObject *file = module ? PyObject_GetAttrString(module, "__file__") : NULL;
    PyObject *path = NULL;
    void *handle = NULL;
    if (file && PyUnicode_FSConverter(file, &path)) {
        handle = dlopen(PyBytes_AsString(path), RTLD_NOW | RTLD_LOCAL);
    }
    Py_XDECREF(path);
    Py_XDECREF(file);
    Py_XDECREF(module);
    return handle;
}

static int find_functions(void *handle, Library *library) {
    const struct {
        const char *name;
        void *place;
    } functions[] = {
        {"ZSTD_createDCtx", &library->create},
        {"ZSTD_freeDCtx", &library->release},
        {"ZSTD_DCtx_setParameter", &library->set},
        {"ZSTD_decompressStream", &library->decompress},
        {"ZSTD_isError", &library->is_error},
        {"ZSTD_getErrorName", &library->name_of_error},
    };
    for (size_t number = 0; number < sizeof functions / sizeof *functions; number++) {
        void *found = dlsym(handle, functions[number].name);
        if (!found) {
            return 0;
        }
        memcpy(functions[number].place, &found, sizeof found);
    }
    return 1;
}

static int prepare(PyObject *module) {
    State *state = PyModule_GetState(module);
    state->handle = open_library();
    if (PyErr_Occurred()) {
        return -1;
    }
    if (!state->handle || !find_functions(state->handle, &state->library)) {
        PyErr_SetString(PyExc_ImportError, "the functions of libzstd cannot be found");
        return -1;
    }
    state->type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &DECOMPRESSOR_SPEC, NULL);
    if (!state->type) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Decompressor", (PyObject *)state->type);
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

static void free_state(void *module) {
    State *state = PyModule_GetState(module);
    clear_state(module);
    if (state->handle) {
        dlclose(state->handle);
        state->handle = NULL;
    }
}

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, prepare},
    {0, NULL},
};

static PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "zstd",
    .m_size = sizeof(State),
    .m_slots = SLOTS,
    .m_traverse = visit_state,
    .m_clear = clear_state,
    .m_free = free_state,
};

PyMODINIT_FUNC PyInit_zstd(void) { return PyModuleDef_Init(&MODULE); }
