"""RFS004: programs for another architecture than that of the config."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Finding, Rootfs, RootfsEntry, Severity
from checker.model.elf import Machine, machine_for, runs_too
from checker.starting.scripts import foreign_system
from checker_rootfs.command import (
    START_CONTENT,
    ConfigCheck,
    Start,
    count_machines,
    find_start,
    program_run,
)

_FEWEST = 5
"""ELF files that a root must contain before their majority is considered."""


class WrongArchitecture(ConfigCheck):
    """The programs of an image were built for another architecture than its config says.

    What it means:
        The ELF header of the program that the image starts (of the interpreter, for a script)
        states another machine, word size or byte order than ``architecture`` of the config. That is
        an error, except where processors may support both: 386 on amd64 is a note, arm on arm64 a
        warning. In an image for Linux, a program in the format of macOS (Mach-O) is an error, and
        of Windows (PE) a warning. The majority of at least five executables is compared too: a
        difference is a warning if the started program has no architecture, and a note if that
        program matches. Variants, such as arm v6 and v7, are not compared.

    Why it matters:
        The image is selected for machines on which it cannot run: containers fail to start with
        "exec format error", or run slowly under an emulator.

    How to fix it:
        Build for the intended platform (with GOARCH or similar for cross-builds), or correct the
        architecture in the config. Often a binary for the build host was copied into an image for
        another platform.

            docker buildx build --platform linux/arm64 .

    References:
        - OCI image-spec 1.1, config.md, "architecture"; image-index.md, "platform"
        - System V ABI, chapter 4, "ELF Header"
    """

    id = "RFS004"
    name = "wrong-architecture"
    severity = Severity.ERROR
    since = "0.1.0"
    reads = START_CONTENT
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Compare the started program, or else the majority of the executables."""
        config = rootfs.config
        wanted = None if config is None else machine_for(config.architecture)
        if wanted is None:
            return
        start = find_start(rootfs)
        program = None if start is None else _elf_run(rootfs, start)
        if start is None or program is None:
            yield from () if start is None else self._check_system(rootfs, start)
            yield from self._compare_all(rootfs, wanted, Severity.WARNING)
        elif program[1] == wanted:
            yield from self._compare_all(rootfs, wanted, Severity.NOTE)
        else:
            yield from self._compare(start, *program, wanted)

    def _compare(
        self, start: Start, placed: RootfsEntry, machine: Machine, wanted: Machine
    ) -> Iterator[Finding]:
        yield self.finding(
            start.config,
            f"{start.label}: the config says {start.config.platform}, but {placed.entry.path} "
            f"(layer {placed.layer.position}) was built for {machine}",
            at={"pointer": "/architecture", "path": placed.entry.path},
            severity=_severity(machine, wanted),
        )

    def _check_system(self, rootfs: Rootfs, start: Start) -> Iterator[Finding]:
        """Report a program in the format of another operating system."""
        placed = program_run(rootfs, start)
        system = None if placed is None else foreign_system(rootfs.content(placed) or b"")
        if placed is None or system is None or start.config.os != "linux":
            return
        yield self.finding(
            start.config,
            f"{start.label}: the config says {start.config.platform}, but {placed.entry.path} "
            f"(layer {placed.layer.position}) was built for {system}",
            at={"pointer": "/os", "path": placed.entry.path},
            # Some hosts start Windows programs through a registered interpreter.
            severity=Severity.ERROR if system == "macOS" else Severity.WARNING,
        )

    def _compare_all(
        self, rootfs: Rootfs, wanted: Machine, severity: Severity
    ) -> Iterator[Finding]:
        image = rootfs.image
        if image is None or image.config is None:
            return
        counts = count_machines(self, rootfs)
        total = sum(counts.values())
        foreign = {
            machine: count
            for machine, count in counts.items()
            if machine != wanted and not runs_too(machine, wanted)
        }
        number = sum(foreign.values())
        if total < _FEWEST or number * 2 <= total:
            return
        most = max(foreign, key=lambda machine: foreign[machine])
        yield self.finding(
            image.config,
            f"{image.label}: the config says {image.config.platform}, but {number} of {total} "
            f"executables were built for another architecture, most of them for {most}",
            at={"pointer": "/architecture"},
            severity=severity,
        )


def _severity(machine: Machine, wanted: Machine) -> Severity:
    if not runs_too(machine, wanted):
        return Severity.ERROR
    return Severity.NOTE if wanted == machine_for("amd64") else Severity.WARNING


def _elf_run(rootfs: Rootfs, start: Start) -> tuple[RootfsEntry, Machine] | None:
    """The ELF file that is started, or the interpreter of the started script."""
    placed = program_run(rootfs, start)
    elf = None if placed is None else rootfs.elf(placed)
    return None if placed is None or elf is None else (placed, elf.machine)
