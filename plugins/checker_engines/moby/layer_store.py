"""Docker's classic layer store (moby layer/layer_store.go), initially empty."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from checker.model.untrusted import utf8
from checker_engines.answers.refusal import Refusal
from checker_engines.filesystem.extractor import Root
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
        new_root: Creates an empty root.
        apply: Extracts a layer onto a root.
    """

    def __init__(self, new_root: Callable[[], Root], apply: Callable[[Stream, Root], None]) -> None:
        self._new_root = new_root
        self._apply = apply
        self._known: dict[str, Chain] = {}
        # The root of the chain registered last, on which the next layer is usually based.
        self._last: tuple[Chain, Root] | None = None

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
        root = self._root_of(below)
        self._apply(layer, root)
        chain = Chain(_chain_id(below, diff_id), (*below.layers, layer))
        self._known[chain.id] = chain
        self._last = (chain, root)
        return chain

    def _root_of(self, chain: Chain) -> Root:
        if self._last is not None and self._last[0] is chain:
            return self._last[1]
        root = self._new_root()
        for layer in chain.layers:
            self._apply(layer, root)
        return root


def _chain_id(below: Chain, diff_id: str) -> str:
    if not below.id:
        return diff_id
    digest = hashlib.sha256(utf8(f"{below.id} {diff_id}"))
    return f"sha256:{digest.hexdigest()}"
