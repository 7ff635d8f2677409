"""The validator of RO-Crates, which `make test` installs in a folder of its own."""

import json
import subprocess
from pathlib import Path

import pytest
import rocrate

VALIDATOR = Path(__file__).parents[2] / ".venv/validator/bin/rocrate-validator"
VALIDATED = pytest.mark.skipif(not VALIDATOR.exists(), reason="no validator: `make test` adds it")


def validate(crate: Path, profile: str) -> subprocess.CompletedProcess[str]:
    """Validate a folder, whose metadata then holds its context: elsewhere it is at an address."""
    path = crate / "ro-crate-metadata.json"
    metadata = json.loads(path.read_text(encoding="utf-8"))
    context = Path(rocrate.__file__).parent / "data/ro-crate.jsonld"
    terms = json.loads(context.read_text(encoding="utf-8"))["@context"]
    # The file has the terms of RO-Crate 1.2; this one had another address in 1.1.
    terms["ComputationalWorkflow"] = "https://bioschemas.org/ComputationalWorkflow"
    path.write_text(json.dumps(metadata | {"@context": terms}), encoding="utf-8")
    command = [str(VALIDATOR), "--disable-color", "-y", "validate", "--no-paging"]
    command += ["--profile-identifier", profile, str(crate)]
    return subprocess.run(command, capture_output=True, text=True)
