"""schemathesis against Larder's REST API: requests made of its own description, both such as it allows and such as it forbids,
always the same ones. No reply may be a 5xx or differ from the description, and nothing that the description forbids may pass."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from harness import ACCOUNT, BUCKET, check

BASE = os.environ["CLOUDFLARE_API_BASE_URL"]
AUTHORIZATION = f"Bearer {os.environ['CLOUDFLARE_API_TOKEN']}"
CHECKS = [
    "not_a_server_error",
    "response_schema_conformance",
    "status_code_conformance",
    "content_type_conformance",
    "negative_data_rejection",
]
# examples of each operation: with those that the description's edges ask for, some 3,000 requests
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "4")
# what would take away what the others are about; a path that is there for users, too, has the number of its place
LAST = ["DeleteBucket", "DeleteQueue", "DeleteToken", "DeleteToken2"]


def call(method, path, document=None):
    """The result of a request to the REST API."""
    target = urlsplit(BASE)
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
    body = None if document is None else json.dumps(document)
    connection.request(method, f"{target.path}/accounts/{ACCOUNT}{path}", body, {"Authorization": AUTHORIZATION})
    reply = connection.getresponse()
    said = json.loads(reply.read())
    connection.close()
    assert reply.status == 200, said
    return said["result"]


def run(*which):
    """One run of schemathesis."""
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{BASE}/openapi.json"]
    command += ["--header", f"Authorization: {AUTHORIZATION}", "--checks", ",".join(CHECKS), "--no-color"]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--generation-deterministic"]
    command += ["--warnings", "off", "--workers", "1", *which]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    print(done.stdout[done.stdout.rindex("SUMMARY") :], flush=True)


queue = call("POST", "/queues", {"queue_name": "schema"})["queue_id"]
policy = {
    "effect": "allow",
    "resources": {f"com.cloudflare.api.account.{ACCOUNT}": "*"},
    "permission_groups": [{"id": call("GET", "/tokens/permission_groups")[0]["id"]}],
}
token = call("POST", "/tokens", {"name": "schema", "policies": [policy]})["id"]
job = call("POST", f"/r2/buckets/{BUCKET}/jobs", {"jobType": "storageClassMigration"})["id"]

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    names = {"account": ACCOUNT, "bucket": BUCKET, "queue": queue, "job": job, "token": token}
    values = ", ".join(f'{name} = "{value}"' for name, value in names.items())
    Path("schemathesis.toml").write_text(f"parameters = {{ {values} }}\n", encoding="utf-8")
    with check("rest_schema"):
        run(*(word for operation in LAST for word in ("--exclude-operation-id", operation)))
    with check("rest_schema_of_deletions"):
        run(*(word for operation in LAST for word in ("--include-operation-id", operation)))
