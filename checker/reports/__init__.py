"""Reports: what a run found, in the formats that people and pipelines read."""
