"""What a store refuses, and what a run must refuse: with 73 or 2, before any page is read."""

from contextlib import contextmanager

import azurite
import proxy
from remote import leaves_only

PATH = "exports/contacts.parquet"
# How S3 words them.
REFUSALS = {
    "wrong secret": (
        proxy.Refuse(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."),
        ["SignatureDoesNotMatch"],
    ),
    "unknown key": (
        proxy.Refuse(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        ["InvalidAccessKeyId"],
    ),
    "no permission": (proxy.Refuse(403, "AccessDenied", "Access Denied"), ["AccessDenied"]),
    "expired token": (proxy.Refuse(400, "ExpiredToken", "The provided token has expired."), ["ExpiredToken"]),
    "another region, by the region": (
        proxy.Refuse(
            400, "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
        ),
        ["AuthorizationHeaderMalformed", "AWS_REGION"],
    ),
    "another region, by a redirect": (
        proxy.Refuse(
            301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.",
            [("x-amz-bucket-region", "eu-central-1")],
        ),
        ["AWS_REGION"],
    ),
}
# The first of several names that a refusal has in each store.
NO_BUCKET = {"S3": "NoSuchBucket", "GCS": "NoSuchBucket", "Azure": "ContainerNotFound"}
BAD_URLS = [
    "s3://", "s3:///contacts.parquet", "s3:/bucket/contacts.parquet", "S3://bucket/contacts.parquet",
    "s3://bucket/contacts.parquet?versionId=1", "s3://bucket/contacts.parquet#x", "s3://bucket/a/../contacts.parquet",
    "s3://user:pass@bucket/contacts.parquet", "gs://", "az:/container/contacts.parquet",
]
# A refusal must not wait for anything.
AT_ONCE = 10


@contextmanager
def unread(case):
    """Yields the URL of an API that must not be asked for anything."""
    with proxy.to(case.new) as api:
        yield api.url
        assert not api.requests, f"pages were read:\n{api.log()}"


def refused(remote, url, code, *words, options=()):
    done = remote.starts_export(url, *options).done().ends_with(code, *words)
    assert done.seconds < AT_ONCE, f"{done.command} took {done.seconds:.1f} s:\n{done.stderr}"


def check_what_s3_refuses(case):
    store = case.stores[0]
    for what, (behavior, words) in REFUSALS.items():
        with store.bucket() as bucket, unread(case) as api, proxy.to(store.endpoint, behavior) as there:
            remote = case.remote(store, api).through(there)
            for path in PATH, "exports/contacts/":
                refused(remote, bucket.url(path), 73, *words)
            assert there.requests, what
            # A command that only reads has no output that it cannot create.
            assert remote.run("verify", bucket.url(PATH)).code != 0


def each_check_no_bucket(case, store):
    with store.bucket() as bucket, unread(case) as api:
        remote = case.remote(store, api)
        refused(remote, f"{bucket.url('').replace(bucket.name, 'no-such-bucket')}{PATH}", 73, NO_BUCKET[store.name])
        missing = remote.run("verify", bucket.url("nothing.parquet"))
        missing.ends_with(66)


def each_check_no_credentials(case, store):
    """Nothing is sent: not to the store, and to no metadata address, which would take its time."""
    without = {name: value for name, value in store.environment("").items() if name in ("AWS_REGION", "AZURE_STORAGE_ACCOUNT_NAME")}
    with unread(case) as api:
        refused(case.remote(store, api, environment=without), f"{store.scheme}://bucket/{PATH}", 73)


def check_a_wrong_key_of_azure(case):
    store = next((store for store in case.stores if store.name == "Azure"), None)
    if store is None:
        return
    environment = store.environment(store.endpoint) | {"AZURE_STORAGE_ACCOUNT_KEY": azurite.KEY[::-1].lstrip("=") + "=="}
    with store.bucket() as bucket, unread(case) as api:
        refused(case.remote(store, api, environment=environment), bucket.url(PATH), 73)
        assert not bucket.keys()


def check_bad_urls(case):
    with unread(case) as api:
        for url in BAD_URLS:
            refused(case.remote(case.stores[0], api), url, 2)


def check_plain_http_goes_to_loopback_only(case):
    store = case.stores[0]
    environment = store.environment("http://192.0.2.1:9000")
    with unread(case) as api:
        done = case.remote(store, api, environment=environment).starts_export(f"s3://bucket/{PATH}").done()
    assert done.code in (2, 73) and done.seconds < AT_ONCE, done


def check_a_store_that_ignores_conditions(case):
    store = case.stores[0]
    for path in PATH, "exports/contacts/":
        with store.bucket() as bucket, proxy.to(store.endpoint, proxy.ignoring_conditions) as there:
            with unread(case) as api:
                remote = case.remote(store, api).through(there)
                refused(remote, bucket.url(path), 73, "does not honor conditional writes", "--no-lock")
            assert not bucket.keys() and not bucket.uploads(), f"left behind: {bucket.keys()}, {bucket.uploads()}"
            for api in case.old, case.new:
                case.remote(store, api).through(there).export(bucket.url(path), "--no-lock")
                leaves_only(bucket, path)
            case.remote(store).verify(bucket.url(path))


def each_check_what_is_not_ours_stays(case, store):
    """Objects of another kind under our names, and strangers in a directory."""
    for key, path, words in [
        ("exports/contacts/notes.txt", "exports/contacts/", ["notes.txt"]),
        ("exports/contacts/part-00000.parquet", "exports/contacts/", ["part-00000.parquet"]),
        ("exports/.contacts.lock", "exports/contacts/", [".contacts.lock"]),
        ("exports/.contacts.parquet.lock", PATH, [".contacts.parquet.lock"]),
    ]:
        with store.bucket() as bucket, unread(case) as api:
            bucket.put(key, b"mine")
            refused(case.remote(store, api), bucket.url(path), 73, *words)
            assert bucket.all() == {key: b"mine"}, f"{key}: {bucket.keys()}"
            assert not bucket.uploads()


def check_changes_of_the_same_run_are_refused(case):
    with unread(case) as api, case.stores[0].bucket() as bucket:
        remote = case.remote(case.stores[0], api)
        refused(remote, bucket.url(PATH), 2, options=["--changes", case.folder / "changes.parquet"])
        assert not bucket.keys()
