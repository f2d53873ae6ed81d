"""What the Python scripts share: settings from the five R2_* variables, one `ok <name>` line per check, and a plain HTTP client
that adds nothing to a request."""

import contextlib
import http.client
import os
import re
import socket
import sys
import uuid
from html import unescape
from urllib.parse import urlsplit


def setting(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set")
    return value


ENDPOINT = setting("R2_ENDPOINT").rstrip("/")
ACCOUNT = setting("R2_ACCOUNT_ID")
ACCESS_KEY_ID = setting("R2_ACCESS_KEY_ID")
SECRET_ACCESS_KEY = setting("R2_SECRET_ACCESS_KEY")
BUCKET = setting("R2_BUCKET")
REGION = os.environ.get("R2_REGION", "auto")
ACCOUNT_ENDPOINT = f"{urlsplit(ENDPOINT).scheme}://{ACCOUNT}.r2.localhost:{urlsplit(ENDPOINT).port}"


def fresh(word):
    """A name that no other run uses, for a bucket or as the beginning of a key."""
    return f"{word}-{uuid.uuid4().hex[:12]}"


@contextlib.contextmanager
def check(name):
    """Says that the check within holds; a failure names it and ends the script."""
    try:
        yield
    except BaseException:
        print(f"FAILED {name}", file=sys.stderr)
        raise
    print(f"ok {name}", flush=True)


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.bytes = response.read()

    @property
    def text(self):
        return self.bytes.decode()


def send(url, method="GET", headers=None, body=None):
    """One request with nothing added but Host and, with a body, Content-Length."""
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
    path = target.path + (f"?{target.query}" if target.query else "")
    with contextlib.closing(connection):
        connection.putrequest(method, path or "/", skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return Reply(connection.getresponse())


def element(xml, name):
    """The text of the first element of that name, or an empty one."""
    found = re.search(f"<{name}>(.*?)</{name}>", xml, re.DOTALL)
    return unescape(found[1]) if found else ""


def assert_refused(reply, status, code):
    """Asserts that the reply is the S3 error `code` with that status; returns its message and hint."""
    assert reply.status == status, f"{reply.status}: {reply.text}"
    assert element(reply.text, "Code") == code, reply.text
    return element(reply.text, "Message"), element(reply.text, "Hint")


def resolve_localhost():
    """Sends *.localhost to loopback, as browsers and curl do and this platform may not."""
    system = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        return system("127.0.0.1" if str(host).endswith(".localhost") else host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
