"""What importing and using the schemas costs: each case runs in a process of its own."""

import subprocess
import sys
import textwrap

OPTIONAL = ("fqdn", "idna", "isoduration", "jsonpointer", "rfc3987_syntax", "webcolors")
VALIDATE = "import checker_schemas; checker_schemas.validate('oci-layout', {})"


def run(*lines: str) -> list[str]:
    """Run lines of Python in a new process and return what they print, by words."""
    program = "\n".join(textwrap.dedent(line) for line in lines)
    finished = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return finished.stdout.split()


def test_importing_the_package_imports_no_library() -> None:
    loaded = run("import sys, checker_schemas; print(*sys.modules)")

    assert "checker_schemas" in loaded
    assert not {"jsonschema", "referencing", "rpds", "attr"} & set(loaded)


def test_listing_the_schemas_imports_no_library() -> None:
    assert "jsonschema" not in run(
        "import sys, checker_schemas; checker_schemas.names(); print(*sys.modules)"
    )


def test_validating_imports_no_package_for_formats() -> None:
    loaded = run(VALIDATE, "import sys; print(*sys.modules)")

    assert "jsonschema" in loaded
    assert not {*OPTIONAL, "rfc3339_validator", "rfc3986_validator"} & set(loaded)


def test_held_back_packages_can_be_imported_afterwards() -> None:
    assert run(VALIDATE, "import idna, jsonpointer; print(idna.encode('a.example'))") == [
        "b'a.example'"
    ]


def test_packages_loaded_before_stay_loaded() -> None:
    assert run(
        "import sys, idna; before = idna",
        VALIDATE,
        "print(sys.modules['idna'] is before)",
    ) == ["True"]


def test_jsonschema_loaded_before_is_used_as_it_is() -> None:
    assert run(
        "import sys, jsonschema; before = jsonschema",
        VALIDATE,
        "print(sys.modules['jsonschema'] is before)",
    ) == ["True"]


def test_only_the_needed_files_are_read_and_nothing_is_fetched() -> None:
    opened = run(
        """
        import sys
        def watch(event, args):
            if event == "open" and str(args[0]).endswith(".json") and "checker_schemas" in args[0]:
                print(args[0].replace(chr(92), "/").rpartition("/")[2])
            if event.startswith(("socket.", "urllib.")):
                print(event)
        sys.addaudithook(watch)
        """,
        "import checker_schemas",
        "checker_schemas.validate('oci-manifest', {'config': {}, 'layers': [{}]})",
        "checker_schemas.validate('oci-manifest', {'config': {}, 'layers': [{}]})",
    )

    assert sorted(opened) == ["definitions.json", "oci-descriptor.json", "oci-manifest.json"]
