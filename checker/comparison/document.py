"""A comparison as JSON for programs, version 1, frozen except for additions."""

from __future__ import annotations

import json

from checker.comparison.archives import Comparison
from checker.comparison.differences import Category, Differences
from checker.comparison.images import ImageComparison
from checker.comparison.layers import LayerFacts, LayerPair
from checker.reports.json_report import encodable

VERSION = 1

Object = dict[str, object]


def render_json(comparison: Comparison) -> str:
    """The comparison as one JSON object, indented by two spaces, with a final line end."""
    text = json.dumps(encodable(_document(comparison)), indent=2) + "\n"
    # Only strings contain it; within a line, CI systems take it for the start of a command.
    return text.replace("##", "#\\u0023")


def _document(comparison: Comparison) -> Object:
    return {
        "version": VERSION,
        "a": comparison.a,
        "b": comparison.b,
        "same": comparison.is_same,
        "identical": comparison.are_identical,
        "differs_in": _categories(comparison.categories),
        "ignored": _categories(comparison.ignored),
        "overview": [row._asdict() for row in comparison.rows],
        "images": [_image(image) for image in comparison.images],
        "only_in_a": list(comparison.only_a),
        "only_in_b": list(comparison.only_b),
        "lost_settings": [setting._asdict() for setting in comparison.lost],
        "exit_code": comparison.exit_code,
    }


def _categories(categories: frozenset[Category]) -> list[str]:
    return [category for category in Category if category in categories]


def _image(image: ImageComparison) -> Object:
    return {
        "a": image.a,
        "b": image.b,
        "config_digests": {"a": image.config_digests[0], "b": image.config_digests[1]},
        "same_image": image.is_same_image,
        "differs_in": _categories(image.categories),
        "layers": [_layer(pair) for pair in image.layers],
        "config": _differences(image.config),
        "files": _differences(image.files),
        "growth": [growth._asdict() for growth in image.growth],
        "not_compared": list(image.incomplete),
    }


def _layer(pair: LayerPair) -> Object:
    return {
        "state": pair.state,
        "a": _layer_facts(pair.a),
        "b": _layer_facts(pair.b),
        "differs_in": _categories(pair.categories),
        "files": _differences(pair.files),
    }


def _layer_facts(layer: LayerFacts | None) -> Object | None:
    return None if layer is None else layer._asdict()


def _differences(differences: Differences) -> Object:
    return {
        "added": differences.added,
        "removed": differences.removed,
        "changed": differences.changed,
        "unlisted": differences.unlisted,
        "listed": [
            {
                "where": one.where,
                "change": one.change,
                "fields": [field._asdict() for field in one.fields],
                "note": one.note,
            }
            for one in differences.listed
        ],
    }
