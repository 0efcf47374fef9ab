"""Compares installed tools with their profiles: ``python -m benchmarks.readers CORPUS...``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.agreement import Score, figures_of, show
from benchmarks.figures import TOOLS, Measured, add_figures
from benchmarks.readers.cosign import annotate
from benchmarks.readers.tools import Bench, Tool, installed_tools, running_bench, version_of
from checker.plugins import load_plugins
from checker.session import Session

Recorded = dict[str, dict[str, Any]]


def archives_of(corpora: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """The archives of some corpora, with a name for each."""
    for corpus in corpora:
        for path in sorted((corpus / "archives").iterdir()):
            if path.is_file():
                yield f"{corpus.name}/{path.name}", path


def directories_of(archives: Mapping[str, Path], folder: Path) -> Iterator[tuple[str, Path]]:
    """The image layouts among some archives, each unpacked into a directory."""
    for name, path in archives.items():
        target = folder / name
        target.mkdir(parents=True)
        command = ["bsdtar", "-xf", str(path), "-C", str(target)]
        subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
        if (target / "index.json").is_file():
            yield f"{name}/", target


def record(tools: Sequence[Tool], archives: Mapping[str, Path], bench: Bench) -> Recorded:
    """What each tool does with each archive, by title and name."""
    return {tool.title: dict(_said(tool, archives, bench)) for tool in tools}


def _said(
    tool: Tool, archives: Mapping[str, Path], bench: Bench
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, path in archives.items():
        try:
            yield name, tool.read(bench, path)._asdict()
        except subprocess.TimeoutExpired as error:
            print(f"{tool.title}: {name}: skipped after {error.timeout:.0f} seconds")


def compare(recorded: Recorded, archives: Mapping[str, Path]) -> dict[str, Score]:
    """The figures of each tool."""
    readers = load_plugins().readers().engines
    titles = {f"{one.name} {one.action}" for one in readers} & recorded.keys()
    scores = {title: Score() for title in sorted(titles)}
    session = Session()
    for name, path in archives.items():
        checked = session.classify(path)
        if checked.crashes:
            raise RuntimeError(f"{name}: {checked.crashes[0]}")
        for verdict in checked.reader_verdicts:
            title = f"{verdict.engine} {verdict.action}"
            truth = recorded.get(title, {}).get(name)
            if truth is not None:
                scores[title].count(name, truth, verdict)
    return scores


def by_corpus(archives: Mapping[str, Path]) -> dict[str, dict[str, Path]]:
    """Archives, which are named by corpus and file, by corpus."""
    corpora: dict[str, dict[str, Path]] = {}
    for name, path in archives.items():
        corpora.setdefault(name.partition("/")[0], {})[name] = path
    return corpora


def main() -> int:
    """Run the comparison; 1 if an outcome differs, or more than one message in ten."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="+", type=Path, metavar="CORPUS")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th archive")
    parser.add_argument("--tool", default="*", help="pattern of 'profile action', such as crane*")
    parser.add_argument(
        "--directories", action="store_true", help="unpack image layouts first, with bsdtar"
    )
    parser.add_argument(
        "--annotated", action="store_true", help="annotate these layouts as cosign save does"
    )
    parser.add_argument("--record", type=Path, help="write what the tools did to this file")
    parser.add_argument("--replay", type=Path, help="compare with this file, and run no tool")
    parser.add_argument(
        "--figures", type=Path, metavar="FILE", help="write the figures to a file, all cases only"
    )
    options = parser.parse_args()
    if options.figures is not None and (options.every != 1 or options.replay is not None):
        parser.error("--figures are of all archives: leave out --every and --replay")
    archives = dict(islice(archives_of(options.corpora), 0, None, options.every))
    tools = [] if options.replay is not None else installed_tools(options.tool)
    is_good = True
    with tempfile.TemporaryDirectory(prefix="readers-") as folder:
        if options.directories:
            archives = dict(directories_of(archives, Path(folder) / "layouts"))
        if options.annotated:
            for layout in archives.values():
                annotate(layout / "index.json")
        recorded = _recorded(options.replay, tools, archives, Path(folder))
        for corpus, some in by_corpus(archives).items():
            scores = compare(recorded, some)
            print(f"{corpus}:")
            show(scores, misses=True)
            is_good = is_good and all(score.is_good for score in scores.values())
            if options.figures is not None:
                releases = {tool.engine: version_of(tool) for tool in tools}
                name = f"{corpus}, directories" if options.directories else corpus
                measured = Measured(len(some), releases, figures_of(scores))
                add_figures(options.figures, TOOLS, name, measured)
    if options.record is not None:
        options.record.write_text(json.dumps(recorded, indent=1))
    return int(not is_good)


def _recorded(
    replay: Path | None, tools: Sequence[Tool], archives: Mapping[str, Path], folder: Path
) -> Recorded:
    if replay is not None:
        replayed: Recorded = json.loads(replay.read_text("utf-8"))
        return replayed
    for tool in tools:
        print(f"{tool.title}: {version_of(tool)}")
    with running_bench(folder / "bench") as bench:
        return record(tools, archives, bench)


if __name__ == "__main__":
    sys.exit(main())
