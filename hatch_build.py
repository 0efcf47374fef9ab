"""Compiles the optional parts in C when a wheel is built or the checkout is installed.

Where that fails, the wheel is one for all systems, without them: nothing but speed depends on them.
With ``HATCH_BUILD_NO_HOOKS=true`` it is so in any case.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

PARTS = Path("checker", "compiled")
# The oldest Python whose stable interface has all that is used.
FIRST_PYTHON = "cp311"
FLAGS = ("-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-fPIC", "-DPy_LIMITED_API=0x030B0000")


class CompiledParts(BuildHookInterface[Any]):
    """Adds a module for each file in C."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the modules, and say that the wheel has them.

        Args:
            version: ``standard`` or ``editable``.
            build_data: What the builder is told.
        """
        self._folder = tempfile.TemporaryDirectory()
        try:
            modules = [self._compile(source) for source in self._sources()]
        except (OSError, subprocess.CalledProcessError) as error:
            self.app.display_warning(f"the parts in C are left out: {error}")
            return
        if version == "editable":
            for module in modules:
                _put(module, Path(self.root, PARTS, module.name))
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"{FIRST_PYTHON}-abi3-{_platform()}"
        build_data["force_include"].update(
            {str(module): str(PARTS / module.name) for module in modules}
        )

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what is in the wheel now."""
        self._folder.cleanup()

    def _sources(self) -> list[Path]:
        return sorted(Path(self.root, PARTS).glob("*.c"))

    def _compile(self, source: Path) -> Path:
        """Compile one file.

        Raises:
            OSError: The compiler is not installed.
            subprocess.CalledProcessError: It refuses the file.
        """
        module = Path(self._folder.name, f"{source.stem}.abi3.so")
        linker = shlex.split(sysconfig.get_config_var("LDSHARED") or "cc -shared")
        headers = f"-I{sysconfig.get_path('include')}"
        command = [*linker, *FLAGS, headers, str(source), "-o", str(module)]
        environment = {**os.environ, "LC_ALL": "C"}
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return module


def _put(module: Path, place: Path) -> None:
    """Put a module where another one may be, with which programs that run go on."""
    beside = place.with_suffix(".new")
    shutil.copy(module, beside)
    beside.replace(place)


def _platform() -> str:
    """The system and processor, as in the name of a wheel that is made on one machine."""
    return next(tag for tag in platform_tags() if "manylinux" not in tag and "musllinux" not in tag)
