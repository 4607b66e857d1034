"""What all checks of object stores share."""

from dataclasses import dataclass, field
from pathlib import Path

import proxy
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
    # An API whose list changes when its `upstream` is replaced: an export accounts only for contacts of the same API.
    changing: proxy.Proxy
    # What local exports there are.
    local: list = field(default_factory=list)
    # Kills runs at all requests, also at those that only read.
    thorough: bool = False

    def remote(self, store, api=None, **options):
        return Remote(self.program.path, self.folder, store, api or self.new, **options)
