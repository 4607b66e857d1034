"""The object stores that exports go to, and their buckets as a check sees them, without the program."""

import itertools
import json
from contextlib import contextmanager
from urllib.parse import quote_plus

import azurite
import boto3
import gcs
from botocore.config import Config
from botocore.exceptions import ClientError

NUMBERS = itertools.count(1)
# No output may contain these.
SECRET_KEY = "sandbox/Secret+Key0123456789abcdefghijkl"
SESSION_TOKEN = "sandbox//SessionToken+0123456789abcdefghijklmnopqrstuvwxyz=="
PRIVATE_KEY = "sandbox-private-key-0123456789"


class Store:
    """A store at an endpoint. Its buckets have names of their own, so that checks may run at the same time."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    @contextmanager
    def bucket(self):
        """Makes an empty bucket, and removes it with all that is in it."""
        name = f"bucket-{next(NUMBERS)}"
        self.make(name)
        try:
            yield Bucket(self, name)
        finally:
            self.empty(name)
            self.remove(name)

    def others(self, folder):
        """Other environments with which it lets in."""
        return []


class Bucket:
    """A bucket, or container."""

    def __init__(self, store, name):
        self.store, self.name = store, name

    def url(self, path):
        return f"{self.store.scheme}://{self.name}/{path}"

    def keys(self):
        return sorted(self.store.keys(self.name))

    def get(self, key):
        """The contents of an object; `None` if there is none."""
        return self.store.get(self.name, key)

    def put(self, key, body):
        self.store.put(self.name, key, body)

    def fill(self, objects):
        for key, body in objects.items():
            self.put(key, body)

    def all(self):
        """The contents of all objects."""
        return {key: self.get(key) for key in self.keys()}

    def json(self, key):
        return json.loads(self.get(key))

    def uploads(self):
        """The keys of open multipart uploads."""
        return sorted(self.store.uploads(self.name))


class S3(Store):
    """moto."""

    name, scheme = "S3", "s3"
    secrets = [SECRET_KEY, SESSION_TOKEN]

    def __init__(self, endpoint):
        super().__init__(endpoint)
        self.client = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="check", aws_secret_access_key="check",
            # Checks use it from several threads.
            config=Config(max_pool_connections=32, proxies={}),
        )

    @staticmethod
    def environment(endpoint):
        return {
            "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "SANDBOXACCESSKEY", "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_SESSION_TOKEN": SESSION_TOKEN,
        }

    def make(self, name):
        self.client.create_bucket(Bucket=name)

    def empty(self, name):
        for upload in self.client.list_multipart_uploads(Bucket=name).get("Uploads", []):
            self.client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
        for key in self.keys(name):
            self.client.delete_object(Bucket=name, Key=key)

    def remove(self, name):
        self.client.delete_bucket(Bucket=name)

    def others(self, folder):
        # Long-lived keys have no token.
        yield {name: value for name, value in self.environment(self.endpoint).items() if name != "AWS_SESSION_TOKEN"}

    def keys(self, name):
        listed = self.client.get_paginator("list_objects_v2").paginate(Bucket=name)
        return [entry["Key"] for page in listed for entry in page.get("Contents", [])]

    def get(self, name, key):
        try:
            return self.client.get_object(Bucket=name, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise

    def put(self, name, key, body):
        self.client.put_object(Bucket=name, Key=key, Body=body)

    def uploads(self, name):
        return [upload["Key"] for upload in self.client.list_multipart_uploads(Bucket=name).get("Uploads", [])]


class Azure(Store):
    """Azurite."""

    name, scheme = "Azure", "az"

    def __init__(self, endpoint):
        super().__init__(endpoint)
        self.client = azurite.Client(endpoint)
        self.sas = self.client.sas()
        signature = self.sas.partition("sig=")[2]
        self.secrets = [azurite.KEY, self.sas, signature]

    @staticmethod
    def environment(endpoint):
        return {
            "AZURE_STORAGE_ENDPOINT": f"{endpoint}/{azurite.ACCOUNT}",
            "AZURE_STORAGE_ACCOUNT_NAME": azurite.ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": azurite.KEY,
        }

    def others(self, folder):
        environment = self.environment(self.endpoint) | {"AZURE_STORAGE_SAS_KEY": self.sas}
        del environment["AZURE_STORAGE_ACCOUNT_KEY"]
        yield environment

    def make(self, name):
        self.client.make_container(name)

    def empty(self, name):
        for key in self.keys(name):
            self.client.send("DELETE", f"{name}/{key}")

    def remove(self, name):
        self.client.remove_container(name)

    def keys(self, name):
        return self.client.names(name)

    def get(self, name, key):
        return self.client.get(name, key)

    def put(self, name, key, body):
        self.client.put(name, key, body)

    @staticmethod
    def uploads(_):
        # Azure has none: blocks that were not committed expire, and cannot be removed.
        return []


class Google(Store):
    """The mock."""

    name, scheme = "GCS", "gs"
    secrets = [PRIVATE_KEY]

    def __init__(self, endpoint, mock):
        super().__init__(endpoint)
        self.buckets = mock.buckets

    @staticmethod
    def environment(endpoint):
        account = {
            "gcs_base_url": endpoint, "disable_oauth": True,
            "client_email": "", "private_key": PRIVATE_KEY, "private_key_id": "",
        }
        return {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account)}

    def others(self, folder):
        file = folder / "service-account.json"
        file.write_text(self.environment(self.endpoint)["GOOGLE_SERVICE_ACCOUNT_KEY"])
        yield {"GOOGLE_SERVICE_ACCOUNT": str(file)}

    def make(self, name):
        self.buckets[name] = gcs.Bucket()

    def empty(self, name):
        self.make(name)

    def remove(self, name):
        del self.buckets[name]

    def keys(self, name):
        return list(self.buckets[name].objects)

    def get(self, name, key):
        found = self.buckets[name].objects.get(key)
        return found and found.body

    def put(self, name, key, body):
        self.buckets[name].put(key, body)

    def uploads(self, name):
        return [upload.key for upload in self.buckets[name].uploads.values()]


def forms(secret):
    """A secret as it may be written: as it is, in a URL, or in JSON."""
    return {secret, quote_plus(secret), json.dumps(secret)[1:-1], secret.replace("/", "\\/")}
