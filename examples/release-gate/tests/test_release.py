"""What is easier said in Python than in a table."""

from __future__ import annotations

from checker import CheckedArchive
from checker.pytest_plugin.config import ConfigView
from checker.pytest_plugin.rootfs import RootView
from checker.pytest_plugin.verdicts import VerdictsView


def test_it_can_be_copied_into_a_registry(verdicts: VerdictsView) -> None:
    assert verdicts["oras-1:cp --from-oci-layout"].accepts


def test_the_user_has_a_home_of_its_own(config: ConfigView, rootfs: RootView) -> None:
    lines = rootfs["etc/passwd"].text.splitlines()
    accounts = {line.split(":")[0]: line.split(":") for line in lines}
    home = rootfs[accounts[config.user][5].strip("/")]
    assert home.is_directory
    assert home.uid == int(accounts[config.user][2])


def test_the_signature_is_by_the_release_key(archive: CheckedArchive) -> None:
    results = {result.name: result.outcome for result in archive.results}
    assert results["signed-release"] == "passed"
