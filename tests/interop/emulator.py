"""A BigQuery emulator and Google's two clients for it: the Python library, and the `bq` command if it is installed."""

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from program import ENVIRONMENT

PROJECT = "test"
UP = re.compile(r"running on (http://\S+)")
START_SECONDS = 120


@contextmanager
def served(folder):
    """Runs an emulator that stores everything in a directory. Yields its URL."""
    brings_extensions(folder)
    command = Path(sys.executable).with_name("local-bigquery")
    options = ["--host", "127.0.0.1", "--port", "0", "--grpc-port", "0", "--project", PROJECT, "--data-dir", folder / "data"]
    serving = subprocess.Popen(
        [command, *options, "serve"], env=ENVIRONMENT | {"HOME": str(folder)},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    urls = queue.Queue()

    def listen():
        for line in serving.stderr:
            if up := UP.search(line):
                urls.put(up[1])

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield urls.get(timeout=START_SECONDS)
    finally:
        serving.terminate()
        serving.wait(timeout=30)


def brings_extensions(folder):
    """The DuckDB in it looks for extensions in the home directory, and there is no network to download them."""
    for extension in Path(sys.prefix).glob("lib/python*/site-packages/duckdb_extension_*/extensions/*/*.duckdb_extension"):
        home = folder / ".duckdb" / "extensions" / extension.parent.name / "linux_amd64"
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(extension, home)


def client(url):
    return bigquery.Client(
        project=PROJECT, credentials=AnonymousCredentials(), client_options=ClientOptions(api_endpoint=url),
    )


def bq_environment(url, folder):
    """An environment in which `bq` uses the emulator without a login; `None` if bq or zstd is not installed."""
    installed = shutil.which("bq")
    if installed is None or shutil.which("zstd") is None:
        return None
    wrapper = folder / "bin" / "bq"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {installed} --api {url} --project_id {PROJECT} "$@"\n')
    wrapper.chmod(0o755)
    (folder / "configuration").mkdir()
    return ENVIRONMENT | {
        "HOME": str(folder), "PATH": f"{wrapper.parent}{os.pathsep}{ENVIRONMENT['PATH']}",
        "CLOUDSDK_CONFIG": str(folder / "configuration"),
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "True", "CLOUDSDK_AUTH_ACCESS_TOKEN": "none",
    }
