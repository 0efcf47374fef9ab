"""The arguments of ``checker sweep``."""

from __future__ import annotations

from checker.cli.arguments.options import add_checking, add_format, add_formats, add_reading
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_RUN_EXIT_CODES = """\
exit codes:
  0    all archives pass, those that did not change as in the last sweep
  1    archives that do not pass
  2    invalid command line or configuration
  3    no archives, or some that could not be found or checked completely
"""
_REPORT_EXIT_CODES = """\
exit codes:
  0    written
  2    invalid command line
  3    the results cannot be read, or are empty
"""


def add(commands: Commands) -> None:
    """Add the command."""
    sweep = commands.add_parser(
        "sweep",
        help="check the archives of stores, with the workers of a cluster",
        description=(
            "Check the archives of stores of any size, with the workers of a Dask cluster. Needs "
            "the extra archive-checker[fleet]. 'checker sweep SOURCE...' is short for 'checker "
            "sweep run SOURCE...'."
        ),
    )
    actions = sweep.add_subparsers(dest="action_of_sweep", required=True, metavar="ACTION")
    _add_run(actions)
    _add_report(actions)


def _add_run(actions: Commands) -> None:
    run = actions.add_parser(
        "run",
        help="check archives that are new or changed, and write the results",
        description=(
            "Check the archives of stores that are new or changed since the last sweep,\n"
            "and write the results as Parquet and JSON Lines."
        ),
        epilog=_RUN_EXIT_CODES,
        allow_abbrev=False,
    )
    run.add_argument(
        "paths",
        nargs="*",
        metavar="SOURCE",
        help="URL or path of an archive, of a directory of archives, or a pattern, such as "
        "'s3://bucket/**/*.tar'",
    )
    run.add_argument(
        "-o",
        "--results",
        metavar="RESULTS",
        default="checker-sweep",
        help="URL or path of the directory for the results; default: checker-sweep",
    )
    run.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="address of the scheduler of a Dask cluster, such as tcp://127.0.0.1:8786; default: a "
        "cluster on this machine",
    )
    run.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes of the cluster on this machine; 0 for none: one archive after another in "
        "this process; default: CPUs",
    )
    run.add_argument("--again", action="store_true", help="check also archives that did not change")
    run.add_argument(
        "--no-shared-layers",
        action="store_true",
        help="read every layer, also if one of its digest, size and beginning was read before",
    )
    run.add_argument(
        "--share-from",
        type=int,
        metavar="BYTES",
        help="smallest layer that is shared between archives; default: 1 MiB",
    )
    run.add_argument(
        "--split-from",
        type=int,
        metavar="BYTES",
        help="smallest archive whose layers are read by tasks of their own; default: 1 GiB",
    )
    add_format(run)
    add_reading(run)
    add_checking(run)


def _add_report(actions: Commands) -> None:
    report = actions.add_parser(
        "report",
        help="show an overview of the results of sweeps",
        description=(
            "Show an overview of the results: the worst archives, findings rule by rule,\n"
            "base layers by use, and what an upgrade of an engine would break."
        ),
        epilog=_REPORT_EXIT_CODES,
        allow_abbrev=False,
    )
    report.add_argument(
        "results",
        nargs="?",
        default="checker-sweep",
        metavar="RESULTS",
        help="URL or path of the results; default: checker-sweep",
    )
    add_formats(
        report,
        "text (default), html, junit or json; repeatable, to FILE or standard output",
    )
    report.add_argument(
        "--upgrade",
        action="append",
        default=[],
        metavar="FROM:TO",
        dest="upgrades",
        help="list the archives that an upgrade of an engine breaks, such as "
        "docker-28:docker-29; repeatable; default: from each release to the next",
    )
    report.add_argument(
        "--top", type=int, metavar="N", default=10, help="rows of each list; default: 10"
    )
