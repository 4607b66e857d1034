"""Exports of every format to each store, and the commands that read them there, against the same with local files."""

import json
import re
from pathlib import Path

import pyarrow.dataset
import pyarrow.fs

from remote import leaves_only, whole
from stores_case import NEW, OLD
from stores import SECRET_KEY, SESSION_TOKEN

FILES = {
    "contacts.parquet": ["--digest"],
    "compact.parquet": ["--parquet-profile", "compact", "--compression", "none", "--owners", "struct"],
    "contacts.ndjson": ["--owners", "table"],
    "contacts.ndjson.gz": [],
    "raw.ndjson.zst": ["--raw"],
    "deep/er/contacts é+1.csv": ["--owners", "table"],
    "contacts.csv.gz": [],
    "contacts.csv.zst": [],
}
PARTS = ["--rows-per-file", "100", "--owners", "table"]
DIRECTORIES = {"parquet/": PARTS, "ndjson/": [*PARTS, "--format", "ndjson", "--compression", "gzip"]}
DATES = ["2026-01-30", "2026-01-31"]
OWN_NAME = re.compile(r"(part-\d{5}|_owners/owners)-([0-9a-f]{16})(\..+)")
# Of a manifest: what does not depend on when and where a run was.
COMPARED = ["options", "contacts", "digest", "schema"]


def local_name(name):
    """The name of a part file or of the owners in a local directory: there it has no run's id."""
    return OWN_NAME.sub(r"\1\3", name)


def comparable(manifest):
    """What the manifests of a remote and a local export must have in common."""
    told = {key: manifest[key] for key in COMPARED} | {"level": manifest["completeness"]["level"]}
    continuity = manifest["continuity"]
    told["continuity"] = continuity and {key: continuity[key] for key in ["present", "new", "deleted", "unconfirmed", "reason"]}
    owners = manifest["owners"] and {key: value for key, value in manifest["owners"].items() if key != "file"}
    named = [manifest["file"], *manifest["parts"], manifest["owners"] and manifest["owners"]["file"]]
    files = [file | {"name": local_name(file["name"])} for file in named if file]
    return told | {"owners": owners, "files": files}


def same_export(bucket, path, there):
    """Checks an export against a local one: its manifest, and each file byte by byte."""
    manifest = whole(bucket, path)
    beside = there / "_manifest.json" if there.is_dir() else Path(f"{there}.manifest.json")
    found, wanted = comparable(manifest), comparable(json.loads(beside.read_text()))
    for key in wanted:
        assert found[key] == wanted[key], f"{key} in the manifest of {path}: {found[key]}, not {wanted[key]}"
    folder = path if there.is_dir() else f"{path.rpartition('/')[0]}/"
    for file in [manifest["file"], *manifest["parts"], manifest["owners"] and manifest["owners"]["file"]]:
        if file:
            copy = (there if there.is_dir() else there.parent) / local_name(file["name"])
            assert bucket.get(folder + file["name"]) == copy.read_bytes(), f"{folder}{file['name']} differs from the local file"
    return manifest


def same_readings(remote, url, there):
    """Checks that `verify`, `digest` and `inspect` say of an export what they say of the local one."""
    remote.verify(url)
    found, wanted = (remote.run("digest", what) for what in (url, there))
    # A raw export has no digest.
    assert (found.code, found.stdout) == (wanted.code, wanted.stdout), f"{found.command}: {found.code}, {found.stdout}{found.stderr}"
    found, wanted = (json.loads(remote.run("inspect", "--json", what).ends_with(0).stdout) for what in (url, there))
    for key in ["rows", "format", "codec", "columns", "bytes", "files"]:
        assert found[key] == wanted[key], f"inspect {url}: {key} is {found[key]}, not {wanted[key]}"


def exported_twice(case, store, bucket, path, *options):
    """Exports the old list and then the new one to a store. Returns the path of the same on this machine, which is made once."""
    api, how = case.changing[store.name], (path, *options)
    for api.upstream in case.old, case.new:
        case.remote(store, api.url).export(bucket.url(path), *options)
    with case.lock:
        if how not in case.local:
            # One directory for all partitions.
            case.local[how] = case.folder / f"local-{'partitions' if '--partition' in options else len(case.local)}"
            here = case.changing["local"]
            for here.upstream in case.old, case.new:
                local_export(case, here.url, case.local[how], path, *options)
        return case.local[how] / path


def local_export(case, api, folder, path, *options):
    there = folder / path
    there.parent.mkdir(parents=True, exist_ok=True)
    case.program.export(f"{there}/" if path.endswith("/") else there, "--base-url", api, *options)
    return there


def each_check_files(case, store):
    with store.bucket() as bucket:
        for name, options in FILES.items():
            path = f"exports/{name}"
            there = exported_twice(case, store, bucket, path, *options)
            same_export(bucket, path, there)
            same_readings(case.remote(store), bucket.url(path), there)
        leaves_only(bucket, *(f"exports/{name}" for name in FILES))


def each_check_directories(case, store):
    with store.bucket() as bucket:
        for path, options in DIRECTORIES.items():
            there = exported_twice(case, store, bucket, path, *options)
            manifest = same_export(bucket, path, there)
            names = [file["name"] for file in [*manifest["parts"], manifest["owners"]["file"]]]
            runs = {OWN_NAME.fullmatch(name)[2] for name in names}
            assert len(runs) == 1 and len(names) == 4, names
            same_readings(case.remote(store), bucket.url(path), there)
        # Nothing of the old list, either.
        leaves_only(bucket, *DIRECTORIES)


def each_check_partitions(case, store):
    api = case.changing[store.name]
    remote, paths = case.remote(store, api.url), [f"contacts/run_date={date}/" for date in DATES]
    with store.bucket() as bucket:
        for date, path in zip(DATES, paths):
            there = exported_twice(case, store, bucket, "contacts/", *PARTS, "--partition", f"run_date={date}")
            same_export(bucket, path, there / f"run_date={date}")
            remote.verify(bucket.url(path))
        leaves_only(bucket, *paths)
        earlier = bucket.all()
        remote.export(bucket.url("contacts/"), *PARTS, "--partition", "run_date=2026-02-01")
        leaves_only(bucket, *paths, "contacts/run_date=2026-02-01/")
        assert earlier.items() <= bucket.all().items(), "an export has changed another partition"
        # The newest sibling is the previous export.
        continuity = whole(bucket, "contacts/run_date=2026-02-01/")["continuity"]
        assert continuity and continuity["previous"]["name"] == f"run_date={DATES[1]}", continuity
        assert continuity["present"] == NEW, continuity


def each_check_kit(case, store):
    folder = case.folder / f"kits-{store.name}"
    folder.mkdir()
    with store.bucket() as bucket:
        for path in ["contacts.parquet", "contacts/"]:
            kits = [folder / f"{kind}-{path.rstrip('/')}" for kind in ("remote", "local")]
            case.remote(store).export(bucket.url(path), *PARTS[2:], "--kit", kits[0])
            local_export(case, case.new, folder, path, *PARTS[2:], "--kit", kits[1])
            names, wanted = (sorted(file.name for file in kit.iterdir()) for kit in kits)
            assert names == wanted, f"the kit of {path} has {names}, not {wanted}"
            for digest in kits[1].glob("*.digest.sql"):
                assert (kits[0] / digest.name).read_text() == digest.read_text(), f"{digest.name} differs"
        leaves_only(bucket, "contacts.parquet", "contacts/")


def each_check_changes_and_previous(case, store):
    pairs = {"monday.parquet": "tuesday.ndjson.gz", "monday/": "tuesday/"}
    api = case.changing[store.name]
    remote = case.remote(store, api.url)
    with store.bucket() as bucket:
        for before, after in pairs.items():
            options, there = PARTS if before.endswith("/") else [], []
            for path, api.upstream in [(before, case.old), (after, case.new)]:
                remote.export(bucket.url(path), *options)
                there.append(local_export(case, api.url, case.folder / f"pairs-{store.name}", path, *options))
            urls = [bucket.url(path) for path in (before, after)]
            wanted = changed(remote, *there)
            for either in [urls, [urls[0], there[1]], [there[0], urls[1]]]:
                assert changed(remote, *either) == wanted, f"the changes from {either[0]} to {either[1]} differ from the local ones"
            follows = f"follows/{after}"
            remote.export(bucket.url(follows), "--previous", urls[0], *options)
            continuity = whole(bucket, follows)["continuity"]
            told = continuity["present"], continuity["new"], continuity["unconfirmed"]
            assert told == (OLD, NEW - OLD, 0), continuity
        leaves_only(bucket, *pairs, *pairs.values(), *(f"follows/{after}" for after in pairs.values()))


def changed(remote, before, after):
    """The rows of the changes, without the times of the two exports."""
    done = remote.run("changes", before, after, "-o", "-", "--format", "ndjson", "--manifest", *remote.scratch("changes")).ends_with(0)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows, done
    return [{key: value for key, value in row.items() if not key.startswith("seen_")} for row in rows]


def each_check_other_credentials(case, store):
    """The other variables that name a key: a signature that is shared, a file."""
    for environment in store.others(case.folder):
        with store.bucket() as bucket:
            remote = case.remote(store, environment=environment)
            remote.export(bucket.url("contacts.parquet"))
            remote.verify(bucket.url("contacts.parquet"))
            leaves_only(bucket, "contacts.parquet")


def check_pyarrow_reads_a_directory(case):
    store = case.stores[0]
    with store.bucket() as bucket:
        case.remote(store).export(bucket.url("contacts/"), *PARTS)
        files = pyarrow.fs.S3FileSystem(
            access_key="SANDBOXACCESSKEY", secret_key=SECRET_KEY, session_token=SESSION_TOKEN,
            endpoint_override=store.endpoint.removeprefix("http://"), scheme="http", region="us-east-1",
        )
        table = pyarrow.dataset.dataset(f"{bucket.name}/contacts/", filesystem=files, format="parquet").to_table()
        assert len(set(table["id"].to_pylist())) == table.num_rows == NEW, table.num_rows
