"""The overview as text, as an HTML page, as JUnit, and as JSON."""
