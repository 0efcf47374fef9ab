"""Images for Windows, and for other processors than amd64.

Sources: OCI image-spec 1.1 ``config.md`` (``os.version``, ``os.features``) and ``layer.md``
(non-distributable layers), hcsshim ``pkg/ociwclayer``, moby ``image/spec/v1.2.md`` (LayerSources).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from types import MappingProxyType

from checker import Kind
from checker.testing.archive import build, layout_members
from checker.testing.elf import elf
from checker.testing.image import Blob, Image, sample_image
from checker.testing.tar import directory, file, symlink

from . import docker_tools, roots
from .parts import (
    PATH,
    Json,
    Sample,
    Samples,
    Stored,
    config_of,
    described,
    index_of,
    manifest_of,
    step,
    stored,
)

OS_VERSION = "10.0.20348.2762"
FOREIGN_DOCKER = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
FOREIGN_OCI = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
URL = "https://mcr.microsoft.com/v2/windows/nanoserver/blobs/"
WINDOWS_PATH = "PATH=C:\\Windows\\System32;C:\\Windows"

# --- Windows


def _windows_history() -> list[Json]:
    return [
        step("Apply image ltsc2022"),
        step("cmd /S /C copy app.exe C:\\app\\"),
        step('cmd /S /C #(nop)  CMD ["C:\\\\app\\\\app.exe"]', empty=True),
    ]


_WINDOWS_SETTINGS: Json = {
    "User": "ContainerUser",
    "Env": [WINDOWS_PATH],
    "Cmd": ["C:\\app\\app.exe", "/serve"],
    "WorkingDir": "C:\\app",
    "Volumes": {"C:\\data": {}},
}


def windows_image() -> Image:
    """An application on nanoserver."""
    return Image(
        layers=(roots.windows_base(), roots.windows_app()),
        os="windows",
        tags=("shop/web:windows",),
        config={
            "os.version": OS_VERSION,
            "config": {**_WINDOWS_SETTINGS, "Entrypoint": None},
            "history": _windows_history(),
        },
    )


def windows_from_registry(*, foreign: bool, media_type: str = FOREIGN_OCI) -> Sample:
    """A layout whose base layer is to be fetched from elsewhere, or which has it."""
    base = stored(roots.windows_base(), media_type=media_type)
    app = stored(roots.windows_app())
    config = config_of(
        [base, app],
        _WINDOWS_SETTINGS,
        _windows_history(),
        os="windows",
        **{"os.version": OS_VERSION},
    )
    elsewhere = described(base.blob, urls=[f"{URL}{base.blob.digest}"])
    manifest = manifest_of(
        config, [elsewhere if foreign else base.blob.descriptor, app.blob.descriptor]
    )
    blobs = [config, app.blob, manifest, *([] if foreign else [base.blob])]
    where = {"architecture": "amd64", "os": "windows", "os.version": OS_VERSION}
    index = index_of([described(manifest, platform=where)])
    return Sample(Kind.OCI_ARCHIVE, layout_members([*blobs, index], [described(index)]))


def windows_program(name: str = "Files/app.exe") -> Stored:
    """A layer of ko or crane for Windows: folders and a program."""
    return stored((directory("Hives"), directory("Files"), file(name, b"MZ" + bytes(99))))


def windows_and_linux() -> Sample:
    """An index of two versions of Windows and one of Linux, as ``docker buildx`` makes."""
    found: list[tuple[Blob, Blob, Stored, Json]] = []
    for version in ("10.0.17763.6414", OS_VERSION):
        layer = windows_program()
        settings = {"Entrypoint": ["/app.exe"], "User": "ContainerAdministrator"}
        config = config_of(
            [layer], settings, [step("COPY")], os="windows", **{"os.version": version}
        )
        where = {
            "architecture": "amd64",
            "os": "windows",
            "os.version": version,
            "os.features": ["win32k"],
        }
        found.append((config, manifest_of(config, [layer.blob.descriptor]), layer, where))
    layer = stored(roots.copied_program())
    config = config_of([layer], {"Entrypoint": ["/app"]}, [step("COPY")])
    linux: Json = {"architecture": "amd64", "os": "linux"}
    found.append((config, manifest_of(config, [layer.blob.descriptor]), layer, linux))
    index = index_of([described(manifest, platform=where) for _, manifest, _, where in found])
    blobs: Iterable[Blob] = (
        blob for config, manifest, layer, _ in found for blob in (config, manifest, layer.blob)
    )
    return Sample(Kind.OCI_ARCHIVE, layout_members([*blobs, index], [described(index)]))


def windows_rootfs() -> Sample:
    """The folders of a Windows layer in a tar of their own."""
    return Sample(Kind.ROOTFS, roots.windows_base())


# --- other processors

LOADERS = MappingProxyType(
    {
        "386": ("lib/ld-linux.so.2", ""),
        "arm": ("lib/ld-linux-armhf.so.3", "v7"),
        "arm64": ("lib/ld-linux-aarch64.so.1", "v8"),
        "ppc64le": ("lib64/ld64.so.2", ""),
        "riscv64": ("lib/ld-linux-riscv64-lp64d.so.1", ""),
        "s390x": ("lib/ld64.so.1", ""),
    }
)
"""The dynamic loader and the variant of each architecture."""


def dynamic_image(architecture: str) -> Image:
    """A program that needs a dynamic loader, and the loader."""
    loader, variant = LOADERS[architecture]
    base = sample_image(architecture, variant).layers[0]
    folder, _, name = loader.rpartition("/")
    top = (
        directory(folder),
        file(f"{folder}/{name}.real", elf(architecture), mode=0o755),
        symlink(loader, f"{name}.real"),
        file("usr/bin/server", elf(architecture, f"/{loader}"), mode=0o755),
    )
    return Image(
        layers=(base, top),
        architecture=architecture,
        variant=variant,
        tags=("shop/server:1",),
        config={"config": {"Env": [PATH], "Entrypoint": None, "Cmd": ["server"], "User": "1000"}},
    )


def docker_save_for(architecture: str) -> Sample:
    """``docker save`` of an image for an architecture."""
    return docker_tools.docker_save(dynamic_image(architecture))


def oci_archive_for(architecture: str) -> Sample:
    """``skopeo copy --override-arch`` to an OCI archive."""
    return Sample(Kind.OCI_ARCHIVE, build("oci-archive", dynamic_image(architecture)).members)


_WINDOWS: Samples = MappingProxyType(
    {
        "Windows, docker save": lambda: docker_tools.docker_save(windows_image()),
        "Windows, docker save, Docker 25": lambda: docker_tools.docker_save_hybrid(windows_image()),
        "Windows, crane pull": lambda: docker_tools.crane_pull(windows_image()),
        "Windows, base layer elsewhere": lambda: windows_from_registry(foreign=True),
        "Windows, base layer elsewhere, Docker's type": lambda: windows_from_registry(
            foreign=True, media_type=FOREIGN_DOCKER
        ),
        "Windows, base layer there": lambda: windows_from_registry(
            foreign=False, media_type=docker_tools.DOCKER_LAYER
        ),
        "Windows and Linux": windows_and_linux,
        "Windows, root": windows_rootfs,
    }
)
_OTHERS: dict[str, Callable[[], Sample]] = {}
for _architecture in LOADERS:
    _OTHERS[f"docker save, {_architecture}"] = partial(docker_save_for, _architecture)
    _OTHERS[f"oci-archive, {_architecture}"] = partial(oci_archive_for, _architecture)

SAMPLES: Samples = MappingProxyType({**_WINDOWS, **_OTHERS})
"""The archives by name."""
