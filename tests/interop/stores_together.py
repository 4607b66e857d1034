"""Two and more runs at once, with the same output."""

import signal

import proxy
from remote import leaves_only, whole
from stores_case import NEW, OLD

PATHS = ["exports/contacts.parquet", "exports/contacts/"]
LONG, SHORT = ["--lock-timeout", "60s"], ["--lock-lease", "2s"]


def holding_pages(_):
    return True


def each_check_the_second_run_ends_with_75(case, store):
    for path in PATHS:
        with store.bucket() as bucket, proxy.to(case.new, proxy.Hold(holding_pages)) as api:
            first = case.remote(store, api.url).starts_export(bucket.url(path))
            proxy.wait_until(api.behavior.holds.is_set, "the first run reads no page")
            second = case.remote(store, case.old).starts_export(bucket.url(path)).done()
            api.behavior.released.set()
            first.done().ends_with(0)
            second.ends_with(75, "lock")
            leaves_only(bucket, path)
            assert whole(bucket, path)["contacts"]["rows"] == NEW


def each_check_the_second_run_waits(case, store):
    for path in PATHS:
        with store.bucket() as bucket, proxy.to(case.new, proxy.Hold(holding_pages)) as api, proxy.to(store.endpoint) as there:
            first = case.remote(store, api.url).starts_export(bucket.url(path))
            proxy.wait_until(api.behavior.holds.is_set, "the first run reads no page")
            second = case.remote(store, case.old).through(there).starts_export(bucket.url(path), *LONG, "--max-deletes", "100%")
            # It has tried to lock more than once.
            proxy.wait_until(lambda: lock_requests(there) > 3, "the second run does not try again to lock")
            assert second.process.poll() is None, second.done().stderr
            api.behavior.released.set()
            first.done().ends_with(0)
            second.done().ends_with(0)
            leaves_only(bucket, path)
            assert whole(bucket, path)["contacts"]["rows"] == OLD


def lock_requests(there):
    return sum(".lock" in request.path() for request in there.requests)


def check_four_runs_at_once(case):
    store = case.stores[0]
    for path in PATHS:
        with store.bucket() as bucket:
            remotes = [case.remote(store, api) for api in (case.old, case.new) * 2]
            runs = [remote.starts_export(bucket.url(path), "--max-deletes", "100%") for remote in remotes]
            codes = [run.done().code for run in runs]
            assert set(codes) <= {0, 75} and 0 in codes, codes
            leaves_only(bucket, path)
            runs = [remote.starts_export(bucket.url(path), "--max-deletes", "100%", *LONG) for remote in remotes]
            for run in runs:
                run.done().ends_with(0)
            leaves_only(bucket, path)
            case.remote(store).verify(bucket.url(path))


def each_check_a_run_that_lost_its_lock_publishes_nothing(case, store):
    """A run is stopped for longer than its lease; another takes the lock over and publishes."""
    for path in PATHS:
        with store.bucket() as bucket, proxy.to(case.old, proxy.Hold(holding_pages)) as api:
            stopped = case.remote(store, api.url).starts_export(bucket.url(path), *SHORT)
            proxy.wait_until(api.behavior.holds.is_set, "the run reads no page")
            stopped.process.send_signal(signal.SIGSTOP)
            try:
                case.remote(store).export(bucket.url(path), *SHORT, *LONG)
                published = bucket.all()
                api.behavior.released.set()
            finally:
                stopped.process.send_signal(signal.SIGCONT)
            stopped.done().ends_with(75)
            assert bucket.all() == published, "the run that lost its lock has changed something"
            leaves_only(bucket, path)


def check_a_lease_is_renewed(case):
    """A run that takes longer than its lease keeps its lock."""
    store = case.stores[0]
    with store.bucket() as bucket, proxy.to(case.new, proxy.Hold(holding_pages)) as api, proxy.to(store.endpoint) as there:
        url = bucket.url(PATHS[0])
        first = case.remote(store, api.url).through(there).starts_export(url, *SHORT)
        proxy.wait_until(api.behavior.holds.is_set, "the run reads no page")
        renewed = lock_requests(there) + 6
        proxy.wait_until(lambda: lock_requests(there) >= renewed, "the lock is not renewed")
        second = case.remote(store).starts_export(url, *SHORT).done()
        api.behavior.released.set()
        first.done().ends_with(0)
        second.ends_with(75)
        leaves_only(bucket, PATHS[0])


def each_check_without_a_lock_an_export_is_whole(case, store):
    """Two runs with `--no-lock`: the later publication replaces the other one, or is refused; they do not mix."""
    for path in PATHS:
        with store.bucket() as bucket, proxy.to(case.old, proxy.Hold(holding_pages)) as api:
            case.remote(store).export(bucket.url(path))
            late = case.remote(store, api.url).starts_export(bucket.url(path), "--no-lock", "--max-deletes", "100%")
            proxy.wait_until(api.behavior.holds.is_set, "the run reads no page")
            case.remote(store).export(bucket.url(path), "--no-lock")
            published = bucket.all()
            api.behavior.released.set()
            done = late.done()
            assert done.code == 0 or (done.code == 75 and bucket.all() == published), f"exit {done.code}: {done.stderr}"
            whole(bucket, path)
            # Removes what the two have left.
            case.remote(store).export(bucket.url(path))
            leaves_only(bucket, path)
