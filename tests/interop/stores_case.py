"""What all checks of object stores share."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from program import Program
from remote import Remote

# The numbers of contacts of two lists; the new one has all those of the old one.
OLD, NEW = 240, 300


@dataclass
class Case:
    """The program, the stores, and the URLs of two APIs, with the old list and with the new one."""

    program: Program
    folder: Path
    stores: list
    old: str
    new: str
    # By store, and for local exports, an API whose list changes when its `upstream` is replaced: an export accounts only for
    # contacts of the same API.
    changing: dict
    # The directories of local exports that have been made, by their paths and options.
    local: dict = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    # Kills runs at all requests, also at those that only read.
    thorough: bool = False

    def remote(self, store, api=None, **options):
        return Remote(self.program.path, self.folder, store, api or self.new, **options)
