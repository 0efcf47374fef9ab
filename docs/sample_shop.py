"""A sample for the pictures of the documentation: an image as many are, with the usual mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from checker.testing import Image, Member, build, elf
from checker.testing.tar import directory, file, symlink, whiteout

_KB, _MB = 1000, 1_000_000
_CREATED = "2026-03-02T09:{:02}:11Z"

_DEBIAN: Mapping[str, int] = {
    "usr/bin/bash": 1300 * _KB,
    "usr/bin/dpkg": 310 * _KB,
    "usr/bin/find": 225 * _KB,
    "usr/bin/perl": 3900 * _KB,
    "usr/bin/tar": 530 * _KB,
    "usr/lib/x86_64-linux-gnu/libc.so.6": 1900 * _KB,
    "usr/lib/x86_64-linux-gnu/libcrypto.so.3": 4700 * _KB,
    "usr/lib/x86_64-linux-gnu/libdb-5.3.so": 1700 * _KB,
    "usr/lib/x86_64-linux-gnu/libgnutls.so.30": 2100 * _KB,
    "usr/lib/x86_64-linux-gnu/libm.so.6": 900 * _KB,
    "usr/lib/x86_64-linux-gnu/libstdc++.so.6": 2200 * _KB,
    "usr/lib/x86_64-linux-gnu/libsystemd.so.0": 840 * _KB,
    "usr/lib/x86_64-linux-gnu/perl-base/unicore.pl": 2600 * _KB,
    "usr/lib/locale/C.utf8/LC_CTYPE": 360 * _KB,
    "usr/share/zoneinfo/tzdata.zi": 2700 * _KB,
    "usr/share/perl5/Debconf.pm": 900 * _KB,
    "usr/share/i18n/locales.list": 600 * _KB,
    "var/lib/dpkg/status": 480 * _KB,
    "var/lib/dpkg/info/list": 1100 * _KB,
}
_APT: Mapping[str, int] = {
    "usr/bin/curl": 280 * _KB,
    "usr/lib/x86_64-linux-gnu/libcurl.so.4": 720 * _KB,
    "usr/lib/x86_64-linux-gnu/libicudata.so.72": 11 * _MB,
    "usr/lib/x86_64-linux-gnu/libpq.so.5": 340 * _KB,
    "etc/ssl/certs/ca-certificates.crt": 220 * _KB,
    "var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages": 9 * _MB,
    "var/cache/apt/pkgcache.bin": 4 * _MB,
    "var/lib/dpkg/status": 520 * _KB,
}
_PYTHON: Mapping[str, int] = {
    "usr/local/lib/libpython3.12.so.1.0": 6 * _MB,
    "usr/local/lib/python3.12/lib-dynload/_ssl.so": 2100 * _KB,
    "usr/local/lib/python3.12/asyncio/base_events.py": 480 * _KB,
    "usr/local/lib/python3.12/encodings/aliases.py": 1400 * _KB,
    "usr/local/lib/python3.12/idlelib/editor.py": 1300 * _KB,
    "usr/local/lib/python3.12/test/test_support.py": 5200 * _KB,
    "usr/local/lib/python3.12/ensurepip/_bundled/pip.whl": 1800 * _KB,
    "usr/local/include/python3.12/Python.h": 900 * _KB,
}
_PACKAGES = "usr/local/lib/python3.12/site-packages"
_PIP: Mapping[str, int] = {
    f"{_PACKAGES}/numpy/core/_multiarray.so": 7 * _MB,
    f"{_PACKAGES}/numpy/random/_generator.so": 2400 * _KB,
    f"{_PACKAGES}/numpy/linalg/lapack.so": 1500 * _KB,
    f"{_PACKAGES}/numpy.libs/libopenblas.so": 12 * _MB,
    f"{_PACKAGES}/pandas/_libs/algos.so": 6 * _MB,
    f"{_PACKAGES}/pandas/_libs/groupby.so": 5 * _MB,
    f"{_PACKAGES}/pandas/core/frame.py": 2800 * _KB,
    f"{_PACKAGES}/pandas/tests/test_frame.py": 6 * _MB,
    f"{_PACKAGES}/sqlalchemy/engine/base.py": 1300 * _KB,
    f"{_PACKAGES}/sqlalchemy/orm/session.py": 1700 * _KB,
    f"{_PACKAGES}/psycopg2/_psycopg.so": 2300 * _KB,
    f"{_PACKAGES}/fastapi/routing.py": 600 * _KB,
    f"{_PACKAGES}/pydantic_core/_pydantic_core.so": 4500 * _KB,
    f"{_PACKAGES}/uvloop/loop.so": 3700 * _KB,
    "root/.cache/pip/http-v2/wheels.bin": 21 * _MB,
}
_APP: Mapping[str, int] = {
    "app/shop/orders.py": 90 * _KB,
    "app/shop/payments.py": 70 * _KB,
    "app/shop/static/catalogue.jpg": 4800 * _KB,
    "app/shop/static/bundle.js": 1900 * _KB,
    "app/.git/objects/pack/pack-4be1.pack": 7 * _MB,
}
_ACCOUNTS = (
    file("etc/passwd", "root:x:0:0:root:/root:/bin/bash\napp:x:1000:1000::/app:/bin/bash\n"),
    file("etc/group", "root:x:0:\napp:x:1000:\n"),
    file(
        "etc/os-release",
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'
        'ID=debian\nVERSION_ID="12"\n',
    ),
)
_LINKS = (symlink("bin", "usr/bin"), symlink("lib", "usr/lib"), symlink("sbin", "usr/sbin"))
_ENTRYPOINT = (
    file("usr/local/bin/python3.12", elf("amd64"), mode=0o755),
    symlink("usr/local/bin/python", "python3.12"),
)
_SETTINGS = file("app/.env", "STRIPE_KEY=sample\nDEBUG=true\n")

_STEPS = (
    ("/bin/sh -c #(nop) ADD file:9b7c5a2f in / ", True),
    ('/bin/sh -c #(nop)  CMD ["bash"]', False),
    ("ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin", False),
    ("RUN apt-get update && apt-get install -y curl libpq5 ca-certificates # buildkit", True),
    ("COPY --from=python:3.12 /usr/local /usr/local # buildkit", True),
    ("RUN pip install -r requirements.txt # buildkit", True),
    ("COPY . /app # buildkit", True),
    ("RUN chown -R app:app /app # buildkit", True),
    ("RUN rm -rf /var/lib/apt/lists # buildkit", True),
    ('CMD ["python" "-m" "shop"]', False),
)
_CONFIG: Mapping[str, object] = {
    "Env": [
        "PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin",
        "PYTHONUNBUFFERED=1",
        "DATABASE_PASSWORD=zAq4tm9RkV2w",
    ],
    "Entrypoint": None,
    "Cmd": ["python", "-m", "shop"],
    "WorkingDir": "/app",
    "User": "",
    "ExposedPorts": {"8000/tcp": {}},
    "Labels": {"org.opencontainers.image.title": "shop-api"},
}


def shop_image() -> Image:
    """The image: 180 MB, of which 23 MB are replaced or removed by later layers."""
    history = [
        {"created": _CREATED.format(number), "created_by": step, "empty_layer": not has_layer}
        for number, (step, has_layer) in enumerate(_STEPS)
    ]
    return Image(
        layers=(
            (
                *_LINKS,
                *_tree(_DEBIAN),
                directory("usr/sbin"),
                directory("root", mode=0o700),
                *_ACCOUNTS,
            ),
            tuple(_tree(_APT)),
            (*_tree(_PYTHON), directory("usr/local/bin"), *_ENTRYPOINT),
            tuple(_tree(_PIP)),
            (*_tree(_APP), _SETTINGS),
            tuple(map(_owned, (*_tree(_APP), _SETTINGS))),
            (*map(directory, ("var", "var/lib", "var/lib/apt")), whiteout("var/lib/apt/lists")),
        ),
        config={"config": _CONFIG, "history": history, "created": _CREATED.format(30)},
        tags=("registry.example.com/shop-api:latest",),
    )


def shop_archive() -> bytes:
    """The image as ``docker save`` writes it."""
    return build("docker-oci-archive", shop_image()).tar()


def _tree(sizes: Mapping[str, int]) -> Iterator[Member]:
    """Files of some sizes, after the directories that they are in."""
    for parent in dict.fromkeys(chain.from_iterable(map(_parents, sizes))):
        yield directory(parent)
    for path, size in sizes.items():
        yield file(path, _content(path, size), mode=0o755 if "/bin/" in path else 0o644)


def _content(path: str, size: int) -> bytes:
    line = f"{path}\n".encode()
    return (line * (size // len(line) + 1))[:size]


def _parents(path: str) -> Iterable[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def _owned(member: Member) -> Member:
    return Member(
        member.name,
        member.content,
        typeflag=member.typeflag,
        mode=member.mode,
        uid=1000,
        gid=1000,
    )
