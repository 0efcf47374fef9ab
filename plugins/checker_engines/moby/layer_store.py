"""Docker's classic layer store (moby layer/layer_store.go), initially empty."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from checker.model.untrusted import utf8
from checker.records import NamedTuple
from checker_engines.answers.refusal import Refusal
from checker_engines.filesystem.storage import Layers
from checker_engines.moby.stream import Stream

_MOST_LAYERS = 125


class Chain(NamedTuple):
    """A stack of layers.

    Attributes:
        id: ChainID (OCI image-spec 1.1, config.md "Layer ChainID"); empty without layers.
        layers: The layers, base first.
    """

    id: str = ""
    layers: tuple[Stream, ...] = ()


class LayerStore:
    """The layers registered so far.

    Args:
        new_layers: Creates the layers of an image, without any.
        apply: Extracts a layer on top of others.
    """

    def __init__(
        self, new_layers: Callable[[], Layers], apply: Callable[[Stream, Layers], None]
    ) -> None:
        self._new_layers = new_layers
        self._apply = apply
        self._known: dict[str, Chain] = {}
        # Those of the chain registered last, on which the next layer is usually based.
        self._last: tuple[Chain, Layers] | None = None

    def find(self, below: Chain, diff_id: str) -> Chain | None:
        """The chain with this layer on top, if it is stored: then no file is opened."""
        return self._known.get(_chain_id(below, diff_id))

    def register(self, below: Chain, layer: Stream, diff_id: str) -> Chain:
        """Extract a layer on top of a chain.

        Raises:
            Refusal: It cannot be extracted, or there are too many layers.
        """
        if len(below.layers) >= _MOST_LAYERS:
            raise Refusal(
                "max depth exceeded",
                f"Docker's classic store supports at most {_MOST_LAYERS} layers: squash some",
                ("DKR016",),
            )
        layers = self._layers_of(below)
        self._apply(layer, layers)
        chain = Chain(_chain_id(below, diff_id), (*below.layers, layer))
        self._known[chain.id] = chain
        self._last = (chain, layers)
        return chain

    def _layers_of(self, chain: Chain) -> Layers:
        if self._last is not None and self._last[0] is chain:
            return self._last[1]
        layers = self._new_layers()
        for layer in chain.layers if layers.has_lower else ():
            self._apply(layer, layers)
        return layers


def _chain_id(below: Chain, diff_id: str) -> str:
    if not below.id:
        return diff_id
    digest = hashlib.sha256(utf8(f"{below.id} {diff_id}"))
    return f"sha256:{digest.hexdigest()}"
