"""Stores that fail now and then, and runs that are canceled."""

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import proxy
from remote import leaves_only

PATHS = {
    "exports/contacts.parquet": ["--owners", "table"],
    "exports/contacts/": ["--owners", "table", "--rows-per-file", "100"],
}
SEEDS, SHARE = 3, 0.1
DEADLINE = 6
# How long a run may take to end after it was canceled.
GRACE = 2


def part(request):
    return request.method == "PUT" and ("partNumber=" in request.target or "comp=block&" in request.target)


def page(_):
    return True


def check_a_tenth_of_all_requests_fails(case):
    store, failed = case.stores[0], 0
    for seed in range(SEEDS):
        for path, options in PATHS.items():
            with store.bucket() as bucket:
                url = bucket.url(path)
                case.remote(store, case.old).export(url, *options)
                with proxy.to(store.endpoint, proxy.Failing(f"{seed} {path}", SHARE)) as there:
                    remote = case.remote(store).through(there)
                    try:
                        remote.export(url, *options, "--log-format", "json")
                        remote.verify(url)
                        there.settled()
                    except AssertionError as fault:
                        fault.add_note(f"seed {seed}:\n{there.log()}")
                        raise
                failed += there.behavior.failed
                case.remote(store).verify(url)
                # The answer to a request that began an upload may have been lost: the next run ends it.
                case.remote(store).export(url, *options)
                leaves_only(bucket, path)
    print(f"{failed} requests failed", flush=True)
    assert failed >= 2 * SEEDS, f"only {failed} requests failed"


def check_the_store_goes_down_while_parts_are_uploaded(case):
    """A run ends at its deadline at the latest, and has changed nothing. The next run cleans up."""
    in_parallel(goes_down, [(case, case.stores[0], path) for path in PATHS])


def goes_down(case, store, path):
    with store.bucket() as bucket, proxy.to(store.endpoint, proxy.Down(part)) as there:
        url, options = bucket.url(path), PATHS[path]
        case.remote(store, case.old).export(url, *options)
        before = bucket.all()
        done = case.remote(store).through(there).starts_export(url, *options, "--lock-lease", "2s", "--deadline", f"{DEADLINE}s").done()
        assert done.code in (74, 75) and done.seconds < 2 * DEADLINE, f"exit {done.code} after {done.seconds:.1f} s: {done.stderr}"
        after = bucket.all()
        assert {key: after[key] for key in before} == before, f"{sorted(after)}, not {sorted(before)}"
        case.remote(store).export(url, *options, "--lock-timeout", "60s")
        leaves_only(bucket, path)


def each_check_canceled_while_a_part_is_uploaded(case, store):
    for path, options in PATHS.items():
        for after in False, True:
            with store.bucket() as bucket:
                case.remote(store, case.old).export(bucket.url(path), *options)
                before = bucket.all()
                with proxy.to(store.endpoint, proxy.Hold(part, after)) as there:
                    running = case.remote(store).through(there).starts_export(bucket.url(path), *options)
                    proxy.wait_until(there.behavior.holds.is_set, "the run uploads no part")
                    canceled(running, there)
                assert bucket.all() == before, f"{sorted(bucket.keys())}, not {sorted(before)}"
                assert not bucket.uploads(), f"open uploads of {bucket.uploads()}\n{there.log()}"


def check_canceled_while_pages_are_read(case):
    store = case.stores[0]
    for path, options in PATHS.items():
        with store.bucket() as bucket, proxy.to(case.new, proxy.Hold(page)) as api, proxy.to(store.endpoint) as there:
            running = case.remote(store, api.url).through(there).starts_export(bucket.url(path), *options)
            proxy.wait_until(api.behavior.holds.is_set, "the run reads no page")
            canceled(running, there)
            api.behavior.released.set()
            assert not bucket.keys() and not bucket.uploads(), f"left behind: {bucket.keys()}, {bucket.uploads()}\n{there.log()}"


def canceled(running, there):
    """Cancels a run, and checks how and how soon it ends."""
    start = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    done = running.done().ends_with(143)
    taken = time.monotonic() - start
    assert taken < GRACE, f"the run took {taken:.1f} s to end:\n{done.stderr}\n{there.log()}"


def check_canceled_while_it_waits_for_the_lock(case):
    store = case.stores[0]
    with store.bucket() as bucket, proxy.to(case.new, proxy.Hold(page)) as api, proxy.to(store.endpoint) as there:
        url = bucket.url("exports/contacts.parquet")
        first = case.remote(store, api.url).starts_export(url)
        proxy.wait_until(api.behavior.holds.is_set, "the first run reads no page")
        second = case.remote(store).through(there).starts_export(url, "--lock-timeout", "60s")
        proxy.wait_until(lambda: any(".lock" in request.path() and request.status for request in there.requests), "no lock is tried")
        canceled(second, there)
        api.behavior.released.set()
        first.done().ends_with(0)
        leaves_only(bucket, "exports/contacts.parquet")


def check_canceled_while_it_publishes(case):
    """The first upload is being completed: the run may finish, or leave that to the next one."""
    in_parallel(canceled_while_it_publishes, [(case, case.stores[0], path, after) for path in PATHS for after in (False, True)])


def canceled_while_it_publishes(case, store, path, after):
    options = PATHS[path]
    with store.bucket() as bucket:
        case.remote(store, case.old).export(bucket.url(path), *options)
        with proxy.to(store.endpoint, proxy.Hold(completion, after)) as there:
            running = case.remote(store).through(there).starts_export(bucket.url(path), *options, "--lock-lease", "2s")
            proxy.wait_until(there.behavior.holds.is_set, "the run completes no upload")
            running.process.send_signal(signal.SIGTERM)
            # It has the time that a canceled run may take.
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(GRACE)
            there.behavior.released.set()
            done = running.done()
            there.settled()
        assert done.code in (0, 143), f"exit {done.code}:\n{done.stderr}\n{there.log()}"
        if done.code == 0:
            leaves_only(bucket, path)
        case.remote(store, case.old).export(bucket.url(path), *options, "--lock-timeout", "60s", "--max-deletes", "100%")
        leaves_only(bucket, path)


def in_parallel(check, cases):
    with ThreadPoolExecutor(len(cases)) as pool:
        for future in [pool.submit(check, *each) for each in cases]:
            future.result()


def completion(request):
    return request.method == "POST" and "uploadId=" in request.target
