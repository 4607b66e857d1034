"""Manifests, changed and sealed again."""

import hashlib
import json
from pathlib import Path

ZEROS = "0" * 64


def of(export):
    """The manifest of an export."""
    return json.loads(path(export).read_text())


def path(export):
    return Path(f"{export}.manifest.json")


def seal(export, manifest):
    """Writes the manifest of an export with its checksum over itself."""
    text = json.dumps(manifest | {"manifest_sha256": ZEROS}, indent=2, ensure_ascii=False) + "\n"
    path(export).write_text(text.replace(ZEROS, hashlib.sha256(text.encode()).hexdigest()))
