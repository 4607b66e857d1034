"""A run stalls at each request that writes, and goes on when another run has taken over its lock and published."""

from concurrent.futures import ThreadPoolExecutor

import proxy
from remote import leaves_only
from stores_faults import PATHS

AT_ONCE = 10
OPTIONS = ["--lock-lease", "2s", "--max-deletes", "100%"]


def stalled_everywhere(case, store, path):
    options = [*OPTIONS, *PATHS[path]]
    with store.bucket() as bucket, proxy.to(store.endpoint) as there:
        case.remote(store, case.old).export(bucket.url(path), *options)
        before = bucket.all()
        case.remote(store).through(there).export(bucket.url(path), *options)
        writes = [request.number for request in there.requests if request.method not in ("GET", "HEAD")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = [pool.submit(stalled, case, store, path, options, before, number) for number in writes]
    faults = [future.exception() for future in started if future.exception()]
    if faults:
        raise ExceptionGroup(f"{len(faults)} of {len(writes)} moments failed", faults)
    print(f"{store.name}, {path}: stalled at {len(writes)} requests", flush=True)


def stalled(case, store, path, options, before, number):
    """Holds all requests from one on: to the store, the run has stopped."""
    with store.bucket() as bucket:
        bucket.fill(before)
        with proxy.to(store.endpoint, proxy.Hold(lambda request: request.number >= number)) as there:
            running = case.remote(store).through(there).starts_export(bucket.url(path), *options)
            proxy.wait_until(there.behavior.holds.is_set, "the run sends too few requests")
            try:
                case.remote(store, case.old).export(bucket.url(path), *options, "--lock-timeout", "60s")
                published = bucket.all()
                there.behavior.released.set()
                done = running.done()
                there.settled()
                # With 0, it has published before it stalled, or has had the lock only after the other run.
                assert done.code in (0, 75), f"exit {done.code}: {done.stderr}"
                if done.code == 75:
                    # Only a record of what it has not done may be new.
                    left = {key: body for key, body in bucket.all().items() if not key.endswith(".pending")}
                    assert left == published, f"changed by a run that has lost its lock:\n{done.stderr}"
                case.remote(store, case.old).export(bucket.url(path), *options)
                leaves_only(bucket, path)
            except AssertionError as fault:
                running.process.kill()
                fault.add_note(f"stalled at request {number}:\n{there.log()}")
                raise


def check_a_run_that_stalls_with_a_file_harms_no_other(case):
    stalled_everywhere(case, case.stores[0], "exports/contacts.parquet")


def check_a_run_that_stalls_with_a_directory_harms_no_other(case):
    stalled_everywhere(case, case.stores[0], "exports/contacts/")
