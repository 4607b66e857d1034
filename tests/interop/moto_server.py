"""moto, a mock of S3, as a process of its own: `python moto_server.py` prints its port and serves until it is terminated."""

import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from program import ENVIRONMENT

SECONDS = 60


@contextmanager
def served(folder):
    """Runs moto. Yields its base URL."""
    # It checks neither keys nor signatures; those that boto3 finds in the environment must not matter.
    environment = {name: value for name, value in ENVIRONMENT.items() if not name.startswith(("AWS_", "MOTO_"))}
    # Its temporary files must go with the directory.
    environment |= {"TMPDIR": str(folder), "AWS_EC2_METADATA_DISABLED": "true"}
    with open(folder / "moto.log", "w") as log:
        serving = subprocess.Popen(
            [sys.executable, __file__], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
        )
        try:
            port = serving.stdout.readline().strip()
            assert port, (folder / "moto.log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            serving.terminate()
            serving.communicate(timeout=SECONDS)


def main():
    from moto.s3.exceptions import NoSuchUpload
    from moto.s3.models import FakeBucket, MultipartDict
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    class Uploads(MultipartDict):
        """moto answers with 500 if there is no such upload, which clients retry; S3 answers with 404."""

        def __missing__(self, upload):
            raise NoSuchUpload(upload_id=upload)

    make_bucket = FakeBucket.__init__

    def makes_bucket(self, *arguments, **options):
        make_bucket(self, *arguments, **options)
        self.multiparts = Uploads()

    FakeBucket.__init__ = makes_bucket
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application, one_at_a_time = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def serialized(environment, start):
        # moto checks a condition and writes the object in two steps, which must not interleave with those of another request.
        with one_at_a_time:
            return application(environment, start)

    server = make_server("127.0.0.1", 0, serialized, threaded=True)
    print(server.server_port, flush=True)
    # When the check that started it is killed, nobody terminates it.
    threading.Thread(target=ends_with_its_parent, args=[os.getppid()], daemon=True).start()
    server.serve_forever()


def ends_with_its_parent(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
