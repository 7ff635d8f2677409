"""The results that are part of the repository."""

from pathlib import Path

from workflow import configuration

STORED = Path("results", configuration.default(from_stored=True).stem)
