"""The base class of all checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from checker.checks.finding import Finding, Severity
from checker.checks.fix import Fix, as_fix
from checker.checks.option import Option
from checker.model.archive import Archive
from checker.model.content import ContentRequest
from checker.model.entries import Entry
from checker.model.image import Config, Index, Layer, Manifest
from checker.model.limits import LimitReached, Limits
from checker.model.location import Located, Location
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, Any, ClassVar, TypedDict, TypeVar
from checker.verdicts import Classification, Host, Verdict

if TYPE_CHECKING:
    from checker.model.signatures import Signature

T = TypeVar("T")


class CheckContext(NamedTuple):
    """What a run tells its checks.

    Attributes:
        action: What the user means to do with the archive: ``load``, ``import`` or None.
        limits: The limits of the run.
        verdicts: The verdicts of all engines.
        required_verdicts: Those of the engines that have to accept the archive.
        classification: What the archive is, if a plugin said so.
        options: What the settings set of the options of the rules, by rule id.
        findings: What the other rules found, after the settings; for rules that follow them.
        host: The host that the archive is meant for.
        signatures: Signatures, attestations and SBOMs of the archive, verified with the keys.
        verify_keys: Files with the keys and certificates that they are verified with.
        plugins: The settings of plugins, by name of the plugin and key.
        settings: The settings of the plugin that the rule is from.
    """

    action: str | None = None
    limits: Limits = Limits()
    verdicts: tuple[Verdict, ...] = ()
    required_verdicts: tuple[Verdict, ...] = ()
    classification: Classification | None = None
    options: Mapping[str, Mapping[str, object]] = MappingProxyType({})
    findings: tuple[Finding, ...] = ()
    host: Host = Host()
    signatures: tuple[Signature, ...] = ()
    verify_keys: tuple[str, ...] = ()
    plugins: Mapping[str, Mapping[str, object]] = MappingProxyType({})
    settings: Mapping[str, object] = MappingProxyType({})


class Place(TypedDict, total=False):
    """Fields of a location, for ``Check.finding``."""

    member: str | None
    offset: int | None
    digest: str | None
    image: str | None
    layer: int | None
    path: str | None
    pointer: str | None


class Check:
    """One rule: metadata, and a method for each kind of subject that it looks at.

    A rule overrides the methods that it needs; each yields findings made with ``finding``. Its
    docstring is its documentation, with the headings "What it means", "Why it matters", "How to
    fix it" and "References".

    Attributes:
        id: Stable id, three letters and three digits: ``ARC003``.
        name: Name in kebab case that states the bad pattern: ``bad-header-checksum``.
        severity: How much its findings matter.
        since: The version in which the rule came, such as ``0.1.0``.
        aliases: Former names and ids of the rule, which settings may go on using.
        reads: First bytes of files in the root filesystem that it needs to see.
        options: What the configuration file may decide about it.
        explains_all: Whether its findings explain whatever else is wrong with the archive. It runs
            first, and with a finding the others are skipped, except those that follow findings.
        follows_limits: Whether it runs after other rules, and sees the limits that they reached.
        follows_findings: Whether it runs after the other rules, and sees what they found.
        needs_digests: Whether it looks at digests of contents, or at what the context says of
            verdicts and signatures. A rule that does not can run while the bytes of the archive are
            still being hashed.
        stated: What a policy states, if the rule was made of one: results that are kept depend on
            it.
        is_required: Whether users ask for it by name, as with a policy: reports say so where it is
            skipped, and why.
        security: How severe its findings are for security, from 0.1 to 10.0 as scores of CVSS are
            (https://www.first.org/cvss/); None for a rule that is not about security.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    since: ClassVar[str | None] = None
    aliases: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[ContentRequest, ...]] = ()
    options: ClassVar[tuple[Option[Any], ...]] = ()
    explains_all: ClassVar[bool] = False
    follows_limits: ClassVar[bool] = False
    follows_findings: ClassVar[bool] = False
    needs_digests: ClassVar[bool] = True
    security: ClassVar[float | None] = None
    stated: ClassVar[str] = ""
    is_required: ClassVar[bool] = False

    def __init__(self, context: CheckContext) -> None:
        """Take what the run tells; a check keeps nothing else."""
        self.context = context
        self._reached: dict[LimitReached, None] = {}

    def skip_reason(self, archive: Archive) -> str | None:
        """Why the rule does not apply to this archive; None if it does."""
        del archive
        return None

    def check_archive(self, archive: Archive) -> Iterable[Finding]:
        """Look at the archive as a whole."""
        del archive
        return ()

    def check_index(self, index: Index) -> Iterable[Finding]:
        """Look at one image index or manifest list."""
        del index
        return ()

    def check_manifest(self, manifest: Manifest) -> Iterable[Finding]:
        """Look at one image manifest."""
        del manifest
        return ()

    def check_config(self, config: Config) -> Iterable[Finding]:
        """Look at the config of one image."""
        del config
        return ()

    def check_layer(self, layer: Layer) -> Iterable[Finding]:
        """Look at one layer; one that several images share is shown once."""
        del layer
        return ()

    def check_entry(self, layer: Layer, entry: Entry) -> Iterable[Finding]:
        """Look at one entry of a layer.

        ``check_layer`` with the columns of ``layer.entries`` is several times faster; this is the
        easy way.
        """
        del layer, entry
        return ()

    def check_rootfs(self, rootfs: Rootfs) -> Iterable[Finding]:
        """Look at the merged root filesystem of one image, or at a flat one."""
        del rootfs
        return ()

    @property
    def reached(self) -> tuple[LimitReached, ...]:
        """The limits because of which it did not look at everything."""
        return tuple(self._reached)

    def leave_out(self, what: str) -> None:
        """Tell that the limit ``lookups`` kept the rule from looking at everything.

        Args:
            what: What was not looked at, in words.
        """
        self._reached[LimitReached("lookups", self.context.limits.lookups, what)] = None

    def option(self, option: Option[T]) -> T:
        """What is set of one of the rule's options, else its default.

        Raises:
            OptionError: The value is not what the option takes. Settings are checked before any
                rule runs.
        """
        return option.of(self.context.options.get(self.id, {}))

    def setting(self, option: Option[T]) -> T:
        """What is set of one of the settings of the rule's plugin, else its default.

        Args:
            option: One that the hook ``checker_settings`` of the plugin returns.
        """
        return option.of(self.context.settings)

    def finding(
        self,
        subject: Located,
        message: str,
        *,
        at: Place | None = None,
        related: Iterable[Location] = (),
        fix: Fix | str | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """Make a finding of this rule.

        Args:
            subject: What it is about; the finding takes its location.
            message: What is wrong, naming both sides.
            at: Fields of the location that are more exact than the subject's.
            related: Further places.
            fix: What to do about it, where one command or edit is enough; a string is the title.
            severity: Another severity than the rule's, where the case at hand differs.
        """
        location = subject.location._replace(**at) if at else subject.location
        if location.offset is not None and location.offset < 0:
            location = location._replace(offset=None)  # a file in a directory has none
        return Finding(
            rule=self.id,
            name=self.name,
            severity=severity or self.severity,
            message=message,
            location=location,
            related=tuple(related),
            fix=as_fix(fix),
        )
