"""A run that replaces an earlier export is killed at every request, before the request reaches the store and after it."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import api
import proxy
from remote import files, leaves_only, pending_manifest, sha256, whole

MIB = 1 << 20
OLD = 30
# The first part of the directory, and the single object, need two parts of a multipart upload.
NEW, LARGE = 24, 9
# The lock of a run that was killed is free after two seconds.
OPTIONS = ["--owners", "table", "--max-deletes", "100%", "--per-page", "5", "--lock-lease", "2s"]
NEXT = ["--lock-timeout", "60s"]
AT_ONCE = 6
BOTH, AFTER = (False, True), (True,)


@dataclass
class Output:
    """What is exported, and where its own objects are."""

    path: str
    pending: str
    options: list

    def manifest_key(self):
        return f"{self.path}_manifest.json" if self.path.endswith("/") else f"{self.path}.manifest.json"


FILE = Output("exports/contacts.ndjson", "exports/.contacts.ndjson.pending", OPTIONS)
DIRECTORY = Output(
    "exports/contacts/", "exports/.contacts.pending", [*OPTIONS, "--rows-per-file", str(LARGE), "--format", "ndjson"],
)


def contacts(how_many, large, first):
    """Contacts, newest first, some of which have a megabyte of text."""
    for number in range(how_many):
        contact = {
            "id": first + how_many - number, "created_at": f"2026-01-{28 - number // 24:02}T{23 - number % 24:02}:00:00Z",
            "location": "ab" * (MIB // 2) if number < large else "Oslo",
            "contact_owner": {"id": 1 + number % 3, "email": f"owner{first + number % 3}@example.com"},
        }
        yield json.dumps(contact | {"updated_at": contact["created_at"]}).encode()


@contextmanager
def lists():
    """Serves the old list and the new one. They share no contact."""
    with api.served([*contacts(OLD, 0, 1000)]) as old, api.served([*contacts(NEW, LARGE, 5000)]) as new:
        yield old, new


def killed_everywhere(case, store, output, sides, every=1):
    """Kills a run before or after every request that writes, or at some of them. Returns how many runs were killed.

    What a run leaves if it is killed at a request that reads, it also leaves at the request that wrote last. And before a request
    there is what there was after the one before, unless two were in flight.
    """
    with lists() as (old, new):
        with store.bucket() as bucket, proxy.to(store.endpoint) as there:
            case.remote(store, old).export(bucket.url(output.path), *output.options)
            before = bucket.all()
            case.remote(store, new).through(there).export(bucket.url(output.path), *output.options)
            leaves_only(bucket, output.path)
            requests = [request for request in there.requests if case.thorough or request.method not in ("GET", "HEAD")]
        moments = [(request.number, after) for request in requests for after in (BOTH if case.thorough else sides)][::every]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            started = [pool.submit(killed, case, store, output, before, (old, new), *moment) for moment in moments]
        faults = [future.exception() for future in started if future.exception()]
        if faults:
            raise ExceptionGroup(f"{len(faults)} of {len(moments)} moments failed", faults)
        ended = sum(future.result() for future in started)
    print(f"{store.name}, {output.path}: {len(there.requests)} requests, {ended} runs killed", flush=True)
    return ended


def killed(case, store, output, before, lists, number, after):
    """Kills one run, and checks what it leaves and what the next run makes of it. Returns whether it came to that."""
    old, new = lists
    with store.bucket() as bucket:
        bucket.fill(before)
        with proxy.to(store.endpoint, proxy.Kill(lambda request: request.number == number, after)) as there:
            running = case.remote(store, new).through(there).starts_export(bucket.url(output.path), *output.options)
            there.behavior.process = running.process
            done = running.done()
            there.settled()
        # The number of requests is not the same in each run.
        was_killed = there.behavior.done and done.code == -9
        try:
            if was_killed:
                intact(bucket, output)
            else:
                done.ends_with(0)
            # Of the old list, because it is small.
            remote = case.remote(store, old)
            remote.export(bucket.url(output.path), *output.options, *NEXT)
            leaves_only(bucket, output.path)
            remote.verify(bucket.url(output.path))
        except AssertionError as fault:
            fault.add_note(f"killed at request {number}, {'after' if after else 'before'} it reached the store:\n{there.log()}")
            raise
        return was_killed


def intact(bucket, output):
    """Checks that a killed run has left a whole export: the old one, or the new one."""
    if output.path.endswith("/"):
        # The manifest is the commit: whatever it names is there.
        whole(bucket, output.path)
        return
    manifest, pending = bucket.json(output.manifest_key()), pending_manifest(bucket, output.pending)
    folder, promised = f"{output.path.rpartition('/')[0]}/", files(manifest)
    planned = files(pending) if pending else {}
    for name in {**promised, **planned}:
        body = bucket.get(folder + name)
        assert body is not None, f"{name} is missing"
        assert sha256(body) in (promised.get(name), planned.get(name)), f"{name} matches neither the manifest nor the pending record"


def check_killed_at_every_request_of_a_file(case):
    assert killed_everywhere(case, case.stores[0], FILE, BOTH) >= 20


def check_killed_at_every_request_of_a_directory(case):
    assert killed_everywhere(case, case.stores[0], DIRECTORY, AFTER) >= 20


def check_killed_at_some_requests_on_other_stores(case):
    for store in case.stores[1:]:
        for output in FILE, DIRECTORY:
            killed_everywhere(case, store, output, BOTH, every=11)


def check_the_next_run_finishes_a_publication_even_if_it_fails_itself(case):
    """Killed once the pending record is there: the next run completes the uploads in it before it reads any page."""
    store = case.stores[0]
    for output in FILE, DIRECTORY:
        with lists() as (old, new), store.bucket() as bucket:
            case.remote(store, old).export(bucket.url(output.path), *output.options)
            earlier = bucket.json(output.manifest_key())
            behavior = proxy.Kill(lambda request: request.method == "PUT" and output.pending in request.path(), after=True)
            with proxy.to(store.endpoint, behavior) as there:
                running = case.remote(store, new).through(there).starts_export(bucket.url(output.path), *output.options)
                behavior.process = running.process
                assert running.done().code == -9, f"the run was not killed:\n{there.log()}"
                there.settled()
            assert bucket.json(output.manifest_key()) == earlier
            # The API refuses the token.
            with proxy.to(new, proxy.Refuse(401, "Unauthorized")) as refusing:
                failed = case.remote(store, refusing.url).starts_export(bucket.url(output.path), *output.options, *NEXT).done()
            failed.ends_with(77)
            leaves_only(bucket, output.path)
            assert bucket.json(output.manifest_key()) != earlier, "the publication was not finished"
