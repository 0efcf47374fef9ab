"""What an engine's answer says to people: the refusal, the reason, the advice, the conditions."""
