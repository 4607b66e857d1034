"""Programs from Debian's packages, unpacked into the user's cache. Needs apt, but not root."""

import os
import subprocess
import tempfile
from pathlib import Path

DOWNLOAD_SECONDS = 300
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "linq-export"


def unpacked(package):
    """The directory with the package's files, cached; `None` if it cannot be downloaded."""
    kept = CACHE / package
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as own:
            try:
                unpack(package, Path(own), Path(own) / "root")
                (Path(own) / "root").rename(kept)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"cannot download {package}: {error}", flush=True)
                return None
    return kept


def unpack(package, own, root):
    """Downloads the package with package lists of its own, since only root may update the system's."""
    for folder in ["state/lists/partial", "cache/archives/partial"]:
        (own / folder).mkdir(parents=True)
    options = [f"Dir::State={own}/state", "Dir::State::status=/dev/null", f"Dir::Cache={own}/cache", "APT::Sandbox::User="]
    apt = ["apt-get", "--quiet", "--quiet", *(f"--option={option}" for option in options)]
    quiet = {"check": True, "cwd": own, "stdin": subprocess.DEVNULL, "timeout": DOWNLOAD_SECONDS}
    subprocess.run([*apt, "update"], **quiet)
    subprocess.run([*apt, "download", package], **quiet)
    subprocess.run(["dpkg", "--extract", *own.glob(f"{package}_*.deb"), root], **quiet)
