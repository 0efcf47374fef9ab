"""What is known of the profiles: the releases that behave so, and how they were measured.

The releases follow from the changes of the tools between their tags; see the tables of versions for
what differs between the profiles.
"""

from __future__ import annotations

from checker.verdicts import EngineProfile, Evidence, ReleaseRange

KUBERNETES = "kubernetes"
_CORPUS = "400 archives with one fault each, and random archives"

ENGINES = (
    EngineProfile(
        name="docker-20.10",
        tool="docker",
        releases=(ReleaseRange("20.10", "20.10"),),
        library="moby, image/tarexport",
        evidence=Evidence.MEASURED,
        measured_with=f"20.10.24: {_CORPUS}",
    ),
    EngineProfile(
        name="docker-28",
        tool="docker",
        releases=(
            ReleaseRange(
                "23.0",
                "23.0",
                "errors of an extraction begin with `Error processing tar file(exit status 1): `",
            ),
            ReleaseRange("24.0", "27.5", "`docker load` does not take `--platform`"),
            ReleaseRange("28.0", "28.5"),
        ),
        library="moby, image/tarexport",
        evidence=Evidence.MEASURED,
        measured_with="28.5.2: 400 archives with one fault each; `import` is not measured",
    ),
    EngineProfile(
        name="docker-29-graphdriver",
        tool="docker",
        releases=(
            ReleaseRange(
                "29.0",
                "29.6",
                "names that point outside the archive are resolved below its root, as by docker-28 "
                "(go-archive 0.1 and 0.2)",
            ),
            ReleaseRange("29.7"),
        ),
        library="moby, daemon/internal/image/tarexport",
        evidence=Evidence.MEASURED,
        measured_with="29.7.2: 400 archives with one fault each",
    ),
    EngineProfile(
        name="docker-29-containerd",
        tool="docker",
        releases=(ReleaseRange("29.0"),),
        library="containerd 2, core/images/archive",
        evidence=Evidence.MEASURED,
        measured_with="29.7.2: 400 archives with one fault each",
    ),
    EngineProfile(
        name="containerd-2",
        tool="containerd",
        releases=(ReleaseRange("2.0"),),
        library="containerd 2, core/images/archive",
        evidence=Evidence.MEASURED,
        measured_with="2.3.4: 400 archives with one fault each",
    ),
    EngineProfile(
        name="podman-4",
        tool="podman",
        releases=(
            ReleaseRange("4.0", "4.5"),
            ReleaseRange("4.6", "4.9", "a docker-archive compressed with gzip is read"),
        ),
        library="containers/image 5.23, containers-storage 1.43",
        evidence=Evidence.MEASURED,
        measured_with=f"4.3.1: {_CORPUS}",
    ),
    EngineProfile(
        name="podman-5",
        tool="podman",
        releases=(
            ReleaseRange(
                "5.0", "5.3", "the layers are not compared with the diff_ids of an OCI config"
            ),
            ReleaseRange("5.4"),
        ),
        library="containers/image 5.39, containers-storage 1.62",
        evidence=Evidence.MEASURED,
        measured_with="5.8.2: 400 archives with one fault each",
    ),
    EngineProfile(
        name="skopeo-1",
        tool="skopeo",
        releases=(
            ReleaseRange("1.13", "1.21", "the text of some messages"),
            ReleaseRange("1.22"),
        ),
        library="containers/image 5.39",
        evidence=Evidence.MEASURED,
        measured_with="1.22.2: 400 archives with one fault each",
    ),
)
"""The profiles of engines, in the order in which they are asked."""
