"""What is shown of an archive: texts and numbers alone, so that secrets in them can be masked."""

from __future__ import annotations

from collections.abc import Mapping

from checker.records import NamedTuple


class Settings(NamedTuple):
    """The ``config`` object of an image, what has the wrong JSON type left out.

    Attributes:
        entrypoint: ENTRYPOINT.
        cmd: CMD.
        env: ENV, each as ``NAME=value``.
        user: USER.
        working_dir: WORKDIR.
        exposed_ports: EXPOSE, such as ``80/tcp``.
        volumes: VOLUME.
        labels: LABEL.
        healthcheck: HEALTHCHECK as an instruction would give it, without the word itself.
        stop_signal: STOPSIGNAL.
        shell: SHELL.
        onbuild: ONBUILD, each an instruction.
    """

    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    env: tuple[str, ...]
    user: str | None
    working_dir: str | None
    exposed_ports: tuple[str, ...]
    volumes: tuple[str, ...]
    labels: Mapping[str, str]
    healthcheck: str | None
    stop_signal: str | None
    shell: tuple[str, ...]
    onbuild: tuple[str, ...]


class Step(NamedTuple):
    """One step of the history.

    Attributes:
        created: When, as written there.
        created_by: The instruction or command.
        comment: The comment.
        layer: Position of the layer that it made; None if it made none, or one not in the image.
        size: Bytes of that layer, uncompressed; None if it is not known.
    """

    created: str | None
    created_by: str | None
    comment: str | None
    layer: int | None
    size: int | None


class LayerFacts(NamedTuple):
    """One layer of an image.

    Attributes:
        position: Position in the image, 0 for the base.
        digest: Digest of the blob, as its descriptor says or, without one, as its content hashes.
        diff_id: Digest of the content, uncompressed, or what the config says if that is not known.
        media_type: Media type, if a descriptor gives it.
        compression: How it is compressed; None if it is not in the archive.
        size: Bytes as stored.
        uncompressed_size: Bytes uncompressed; None if they are not known.
        entries: Number of its entries; None if they are not known.
        member: The member that it is, if it is in the archive.
        problems: What is wrong with it.
    """

    position: int
    digest: str | None
    diff_id: str | None
    media_type: str | None
    compression: str | None
    size: int | None
    uncompressed_size: int | None
    entries: int | None
    member: str | None
    problems: tuple[str, ...]


class Space(NamedTuple):
    """The bytes that an image takes, each layer counted once.

    Attributes:
        stored: Its layers as they are in the archive, which a content store keeps.
        unpacked: The files of all layers, in blocks of 4 KiB.
        peak: What ``docker load`` needs at most while it runs: the archive in a temporary
            directory, and the files.
    """

    stored: int
    unpacked: int
    peak: int


class StartFacts(NamedTuple):
    """Whether a container of the image starts.

    Attributes:
        answer: ``yes``, ``no`` or ``unknown``.
        reason: Why.
        message: What the runtime prints if it does not; empty if nothing is known.
        command: The command line.
    """

    answer: str
    reason: str
    message: str
    command: tuple[str, ...]


class ImageFacts(NamedTuple):
    """One image.

    Attributes:
        label: How messages call it.
        names: Its names.
        config_digest: Digest of its config, which engines use as its id.
        manifest_digest: Digest of its manifest.
        platform: Such as ``linux/amd64``.
        created: When, as written there.
        author: Who.
        settings: Its settings; None if its config cannot be read.
        history: The steps that made it, oldest first.
        layers: Its layers, base first.
        space: The space that it takes.
        start: Whether a container of it starts; None if that was not examined.
        problems: What is wrong with it.
    """

    label: str
    names: tuple[str, ...]
    config_digest: str | None
    manifest_digest: str | None
    platform: str | None
    created: str | None
    author: str | None
    settings: Settings | None
    history: tuple[Step, ...]
    layers: tuple[LayerFacts, ...]
    space: Space
    start: StartFacts | None
    problems: tuple[str, ...]


class PartFacts(NamedTuple):
    """The config or a layer of an artifact.

    Attributes:
        media_type: Its media type.
        digest: Its digest, as written there.
        size: Its bytes, as written there.
        title: The file name that its annotations give.
        is_present: Whether it is in the archive.
    """

    media_type: str | None
    digest: str | None
    size: int | None
    title: str | None
    is_present: bool


class ArtifactFacts(NamedTuple):
    """A manifest that is not that of an image, such as a chart or an attestation.

    Attributes:
        names: Its names.
        digest: Digest of the manifest.
        kind: What it is: its type, ``attestation``, or what its config or first layer is.
        artifact_type: Its type, if it states one.
        subject: Digest of the manifest that it is about.
        config: Its config.
        layers: Its layers.
    """

    names: tuple[str, ...]
    digest: str | None
    kind: str | None
    artifact_type: str | None
    subject: str | None
    config: PartFacts | None
    layers: tuple[PartFacts, ...]


class SignatureFacts(NamedTuple):
    """A signature, attestation or SBOM.

    Attributes:
        use: What it is for: ``signature``, ``attestation`` or ``sbom``.
        form: Its form, such as ``cosign`` or ``notation-jws``.
        digest: Digest of the layer that it is.
        subjects: The digests that it is about, and attached to.
        predicate_type: The type of an in-toto statement's predicate.
        builder: The builder that SLSA provenance names.
        sbom: Format and version of the SBOM that it is or contains.
        state: What is known of it, such as ``verified``; ``unchecked`` without keys.
        key: The file of the key or certificate that verifies it.
        reason: Who signed it, or why it is not verified.
    """

    use: str
    form: str
    digest: str | None
    subjects: tuple[str, ...]
    predicate_type: str | None
    builder: str | None
    sbom: str | None
    state: str
    key: str | None
    reason: str | None


class RootFacts(NamedTuple):
    """A root filesystem, or a single layer, that is not in an image.

    Attributes:
        entries: Number of its entries.
        unpacked: The files, in blocks of 4 KiB.
        system: Name of the distribution (os-release(5), ``PRETTY_NAME`` or ``NAME``).
        start: Whether a container of it starts; None if that was not examined.
    """

    entries: int
    unpacked: int
    system: str | None
    start: StartFacts | None


class Contents(NamedTuple):
    """Everything that is shown of an archive.

    Attributes:
        steps: What was removed around it, such as a wrapping directory.
        problems: What is wrong with the archive, or was not read.
        images: Its images.
        artifacts: Its other manifests.
        root: Its root filesystem.
        signatures: Its signatures, attestations and SBOMs.
    """

    steps: tuple[str, ...]
    problems: tuple[str, ...]
    images: tuple[ImageFacts, ...]
    artifacts: tuple[ArtifactFacts, ...]
    root: RootFacts | None
    signatures: tuple[SignatureFacts, ...] = ()
