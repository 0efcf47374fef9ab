"""The report html: a valid page that is whole without scripts, and bounded."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from checker.checks.finding import Finding, Severity
from checker.masking import masked_run
from checker.model.location import Location
from checker.reports.html.content import MOST_IMAGES
from checker.reports.html.findings import MOST_FINDINGS
from checker.reports.html.layers import MOST_LAYERS
from checker.reports.html.overview import MOST_ROWS
from checker.reports.html.report import HtmlReport, render_html
from checker.reports.html.treemap import MOST_TILES
from checker.reports.output import Output, builtin_reports, kept_for, write_outputs
from checker.reports.printable import printable
from checker.reports.streams import OpenReports
from checker.reports.wording import OUTCOME_WORDS
from checker.results import CheckedArchive, Run
from checker.testing import build, sample_image, write_tar
from checker.testing.image import Image
from checker.testing.tar import file, symlink, whiteout
from tests.reports.consumers import TAKEN
from tests.reports.five import HOSTILE_NAMES, NAMES, SECRET, five
from tests.reports.pages import (
    Page,
    check_page,
    findings_of,
    name_of,
    rectangles,
    spaced,
    text_of,
)
from tests.reports.test_hostile import RUNS
from tests.sessions import new_session


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """The runs over the five inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("pages"))
        return five()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


DASH = "\N{EN DASH}"


def checked(name: str, data: bytes, **selection: object) -> Run:
    Path(name).write_bytes(data)
    return masked_run(new_session(selection).run([name]))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_valid(runs: Mapping[str, Run], name: str) -> None:
    check_page(Page(render_html(runs[name])))


@settings(deadline=None, max_examples=50)
@given(RUNS)
def test_no_text_breaks_a_page(run: Run) -> None:
    shown = render_html(run)
    assert shown.replace("\n", "").isprintable()
    assert TAKEN.search(shown) is None
    check_page(Page(shown))


def test_other_readers_have_a_table_where_they_were_asked() -> None:
    Path("a.tar").write_bytes(build("oci-archive").tar())
    run = masked_run(new_session().classify_all(["a.tar"]))
    (archive,) = run.archives
    page = Page(render_html(run))
    check_page(page)
    assert "Readers" in [text_of(each) for each in page.all("h3")]
    rows = [row for row in rows_of(page, "matrix") if len(row) == len(("Readers", "Answer"))]
    names = {
        f"{each.engine} {each.action}": OUTCOME_WORDS[each.outcome]
        for each in archive.reader_verdicts
    }
    assert {name: row[1] for row in rows for name in names if name in row[0]} == names
    assert names["regctl-0 image import"] == "accepts"
    assert names["buildah-1 pull docker-archive"] == "rejects"
    for each in archive.reader_verdicts:
        assert spaced(each.reason) in page.words


def test_other_readers_have_no_table_where_they_were_not_asked() -> None:
    page = Page(render_html(checked("a.tar", build("oci-archive").tar())))
    assert "Readers" not in [text_of(each) for each in page.all("h3")]


def test_archives_of_one_name_have_titles_that_differ(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(build("docker-archive").tar())
    page = Page(render_html(masked_run(new_session().run([str(path), str(path)]))))
    check_page(page)
    titles = [text_of(each) for each in page.all("h2") if str(path) in text_of(each)]
    assert titles == [str(path), f"{path} (2)"]


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_there_without_scripts(runs: Mapping[str, Run], name: str) -> None:
    """A script only filters: all findings, answers and names are text of the page."""
    run = runs[name]
    page = Page(render_html(run))
    shown = page.words
    for each in run.archives:
        assert spaced(printable(each.path)) in shown
        found = each.classification
        if found is not None:
            assert found.restore is None or spaced(printable(found.restore)) in shown
        for verdict in each.verdicts:
            assert verdict.engine in shown
    told = " ".join(map(text_of, findings_of(page)))
    for finding in run.findings:
        assert finding.rule in told
        assert str(finding.severity) in told
        if finding.waived is not None:
            assert finding.waived in told


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_text_wherever_it_is(name: str) -> None:
    label = name.replace("\udcff", "")
    image = replace(
        sample_image(),
        layers=(
            *sample_image().layers,
            (file(f"data/{name}/{name}", "x" * 9000), symlink("l", name)),
        ),
        tags=("app:1",),
        config={
            "author": label,
            "config": {"Labels": {label: "x", "y": label}, "Cmd": [label]},
            "history": [{"created_by": label}, {"created_by": label}, {"created_by": label}],
        },
    )
    path = "a.tar"
    run = checked(path, build("oci-archive", image).tar())
    page = Page(render_html(run._replace(archives=(run.archives[0]._replace(path=name),))))
    check_page(page)
    steps = [text_of(each) for each in page.all("code")]
    assert spaced(printable(label)) in steps
    titles = [text_of(each) for each in page.all("title")]
    last = spaced(printable(name.strip("/").rpartition("/")[2]))
    assert any(last in title for title in titles)


def test_secrets_are_masked_in_pictures_and_configs() -> None:
    # Some areas are so narrow that only the start of a name fits.
    others = tuple(file(f"data/{number}{SECRET}", "x" * 3000) for number in range(40))
    image = replace(
        sample_image(),
        layers=(*sample_image().layers, (file(f"data/{SECRET}/{SECRET}", "x" * 9000), *others)),
        config={
            "config": {"Env": [f"AWS_ACCESS_KEY_ID={SECRET}"]},
            "history": [{"created_by": f"RUN curl -u x:{SECRET} y"}] * 3,
        },
    )
    shown = render_html(checked("app.tar", build("docker-archive", image).tar()))
    assert "ENV AWS_ACCESS_KEY_ID=***" in shown
    assert "/data/***" in shown
    assert SECRET[:6] not in shown


# --- what is shown of an image


def layered() -> Image:
    """An image of which layers hide 3,000 bytes of the base."""
    base = sample_image()
    return replace(
        base,
        layers=(
            (*base.layers[0], file("data/old", "x" * 1000), file("data/gone", "x" * 2000)),
            (*base.layers[1], file("data/old", "y" * 1500)),
            (whiteout("data/gone"),),
        ),
        config={
            "history": [
                {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
                {"created_by": "ENV A=1", "empty_layer": True},
                {"created_by": "COPY app /bin # buildkit"},
                {"created_by": "/bin/sh -c rm /data/gone"},
            ]
        },
    )


def rows_of(page: Page, kind: str) -> list[list[str]]:
    tables = [each for each in page.all("table") if each.get("class") == kind]
    return [
        [text_of(cell) for cell in row]
        for table in tables
        for row in table.iter()
        if name_of(row) == "tr"
    ]


def test_layers_have_sizes_steps_and_what_is_hidden() -> None:
    page = Page(render_html(checked("app.tar", build("docker-archive", layered()).tar())))
    head, *rows = rows_of(page, "layers")
    assert head == ["Layer", "Uncompressed", "Hidden", "Stored", "Entries", "Build step"]
    assert [row[0] for row in rows] == ["0", "1", "2"]
    assert [row[2] for row in rows] == ["3.0 kB", DASH, DASH]
    steps = ("ADD file:1 in /", "COPY app /bin", "RUN rm /data/gone")
    assert all(row[5].startswith(step) for row, step in zip(rows, steps, strict=True))
    assert "3 layers" in page.words
    assert "1 step without a layer" in page.words


def test_the_bar_shows_layers_in_proportion() -> None:
    run = checked("app.tar", build("docker-archive", layered()).tar())
    sizes = [layer.blob.inflated_size for layer in run.archives[0].archive.images[0].layers]  # type: ignore[union-attr]
    (picture,) = [
        each
        for each in Page(render_html(run)).all("svg")
        if each.get("class", "").split() == ["bar", "wide"]
    ]
    widths = [float(group[1].get("width", "")) for group in picture if name_of(group) == "g"]
    assert widths == pytest.approx([1000 * size / sum(sizes) for size in sizes], abs=0.1)


def test_files_have_areas_by_size_and_colours_by_layer() -> None:
    base = sample_image()
    top = (file("data/large.bin", b"x" * 600_000), file("data/small.bin", b"x" * 200_000))
    image = replace(base, layers=(*base.layers, (file("opt/a", b"x" * 200_000),), top))
    page = Page(render_html(checked("app.tar", build("docker-archive", image).tar())))
    (picture,) = [
        each for each in page.all("svg") if each.get("class", "").split() == ["map", "wide"]
    ]
    tiles = {text_of(group[0]): group for group in picture if name_of(group) == "g"}
    large, small, other = (
        next(tile for title, tile in tiles.items() if title.startswith(start))
        for start in ("/data/large.bin: 600 kB", "/data/small.bin: 200 kB", "/opt/a: 200 kB")
    )
    assert (large.get("class"), small.get("class"), other.get("class")) == ("c3", "c3", "c2")
    assert area(large) == pytest.approx(3 * area(small), rel=0.02)
    assert any("layer 3" in title for title in tiles)


def area(tile: object) -> float:
    (box,) = [each for each in tile if name_of(each) == "rect"]  # type: ignore[attr-defined]
    return float(box.get("width", "")) * float(box.get("height", ""))


def test_a_root_filesystem_and_other_tars_have_a_picture() -> None:
    for name, data in (
        ("root.tar", build("export").tar()),
        ("backup.tar", write_tar((file("notes/a.txt", "x" * 900), file("b.bin", "y" * 900)))),
    ):
        page = Page(render_html(checked(name, data)))
        check_page(page)
        assert rectangles(page, "map")


# --- several archives


def test_several_archives_have_a_table_with_links(runs: Mapping[str, Run]) -> None:
    run = runs["several"]
    page = Page(render_html(run))
    _, *rows = rows_of(page, "overview")
    assert [row[0] for row in rows] == [spaced(printable(each.path)) for each in run.archives]
    assert [row[1] for row in rows] == ["ok", "ok", "failed", "unread"]
    headings = [text_of(each) for each in page.all("h2")]
    assert headings[1] == "Archives"
    links = [each.get("href", "") for each in page.all("a") if "archive-" in each.get("href", "")]
    assert links == [f"#archive-{number}" for number in range(1, 5)]
    opened = [
        each.get("open") is not None
        for section in page.all("section")
        if section.get("class") == "archive"
        for each in list(section)[:1]
    ]
    assert opened == [False, False, True, True]


def test_the_content_is_needed_once(tmp_path: Path) -> None:
    """The report that is written archive by archive is that of archives with their content."""
    Path("app.tar").write_bytes(build("docker-archive", layered()).tar())
    Path("root.tar").write_bytes(build("export").tar())
    paths = ["app.tar", "root.tar", "missing.tar"]
    (report,) = [each for each in builtin_reports() if each.name == "html"]
    outputs = (Output(report, str(tmp_path / "report.html")),)
    reports = OpenReports(outputs, io.StringIO())
    kept: list[CheckedArchive] = []

    def keep(each: CheckedArchive) -> CheckedArchive:
        kept.append(reports.kept(kept_for(outputs))(each))
        return kept[-1]

    session = new_session()
    run = session.run(paths, keep=keep)
    assert write_outputs(reports.outputs(), run, io.StringIO()) == ()
    assert not any(len(each.archive.entries) for each in kept if each.archive is not None)
    whole = masked_run(session.run(paths))._replace(started=run.started)
    written = (tmp_path / "report.html").read_text("utf-8")
    assert rectangles(Page(written), "map")
    assert written == render_html(whole)


def test_a_page_is_made_of_archives_without_content() -> None:
    run = checked("app.tar", build("docker-archive", layered()).tar())
    dropped = run._replace(archives=tuple(each.without_content() for each in run.archives))
    page = Page(render_html(dropped))
    check_page(page)
    assert "docker load -i app.tar" in page.words


# --- bounds


def note(number: int, severity: Severity = Severity.NOTE) -> Finding:
    words = f"message {'x' * (number % 97)} {number}"
    return Finding(f"ABC{number % 400:03}", "name", severity, words, Location("a.tar"))


def test_findings_are_bounded() -> None:
    run = checked("app.tar", build("docker-archive").tar())
    findings = tuple(note(number, severity) for severity in Severity for number in range(40_000))
    many = run._replace(archives=(run.archives[0]._replace(findings=findings),))
    page = Page(render_html(many))
    check_page(page)
    assert len(findings_of(page)) <= 2 * MOST_FINDINGS
    assert "more findings, see --format json" in page.words


def test_layers_images_and_files_are_bounded() -> None:
    base = sample_image()
    files = tuple(file(f"d{n % 50}/e{n % 7}/f{n}", b"x" * (n % 2000)) for n in range(4000))
    layers = tuple((file(f"l/{number}", "x" * number),) for number in range(300))
    image = replace(base, layers=(*base.layers, files, *layers))
    others = tuple(replace(base, tags=(f"b:{number}",)) for number in range(30))
    run = checked("app.tar", build("docker-archive", image, *others).tar(), select=["ARC001"])
    page = Page(render_html(run))
    check_page(page)
    images = [each for each in page.all("h3") if text_of(each).startswith("Image ")]
    assert len(images) == MOST_IMAGES
    assert len(rows_of(page, "layers")) <= MOST_IMAGES * (MOST_LAYERS + 1)
    assert len(rectangles(page, "map")) <= 2 * MOST_IMAGES * (MOST_TILES + 100)
    assert "more images" in page.words
    assert "smaller layers" in page.words


def test_archives_are_bounded(runs: Mapping[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.reports.html.report.LARGEST", 100_000)
    (each,) = runs["hostile"].archives
    run = runs["hostile"]._replace(archives=(each,) * (MOST_ROWS + 500))
    shown = render_html(run)
    assert len(shown) < 100_000 + 1000 * MOST_ROWS
    assert "500 more archives, see --format json" in shown
    assert shown.count('<section class="archive"') in range(2, 20)
    assert "archives are not described below, see --format json" in shown


def test_a_stream_that_gets_no_archive_is_a_page() -> None:
    page = Page(HtmlReport().end(Run(command="check", version="1")))
    check_page(page)
