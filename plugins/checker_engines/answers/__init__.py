"""The human-readable parts of an engine's answer: refusal, reason, advice, conditions."""
