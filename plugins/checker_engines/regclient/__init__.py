"""regclient: ``regctl image import``."""
