"""The aws command, as its users type it: s3 cp, ls, presign, and s3api for CORS. The numbers are the rows of docs/compat.md."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import ACCESS_KEY_ID, ACCOUNT, BUCKET, ENDPOINT, REGION, SECRET_ACCESS_KEY, check, fresh, send

# Beside the interpreter, where the environment put it.
AWS = Path(sys.executable).with_name("aws")
PREFIX = fresh("aws-cli")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
    "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
}
# The file of the CORS seed document.
CORS = {
    "CORSRules": [
        {
            "AllowedOrigins": ["https://app.mycompany.com"],
            "AllowedMethods": ["PUT", "GET", "HEAD"],
            "AllowedHeaders": ["Content-Type", "Content-Length"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 86400,
        }
    ]
}


def aws(*arguments):
    command = [sys.executable, str(AWS), "--endpoint-url", ENDPOINT, *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"aws {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


def copies(folder):
    source, target = folder / "große Datei.bin", folder / "back.bin"
    there = f"s3://{BUCKET}/{PREFIX}/"

    with check("s3 cp up and down"):
        for size in [0, 5, 7 * 1024 * 1024]:
            source.write_bytes(os.urandom(size))
            aws("s3", "cp", str(source), there)
            aws("s3", "cp", f"{there}{source.name}", str(target))
            assert target.read_bytes() == source.read_bytes(), size

    with check("s3 ls, of buckets and below a prefix"):
        assert BUCKET in aws("s3", "ls"), "no bucket"
        listing = aws("s3", "ls", there)
        assert f"{7 * 1024 * 1024} {source.name}" in listing, listing
        assert f"PRE {PREFIX}/" in aws("s3", "ls", f"s3://{BUCKET}/{PREFIX}"), "no common prefix"

    with check("003-14 s3 presign"):
        url = aws("s3", "presign", f"{there}{source.name}", "--expires-in", "600").strip()
        assert "X-Amz-Expires=600" in url, url
        got = send(url)
        assert (got.status, got.bytes) == (200, source.read_bytes()), got.status

    with check("s3 rm and rb"):
        aws("s3", "rm", f"{there}{source.name}")
        assert send(url).status == 404
        bucket = fresh("aws-cli")
        aws("s3", "mb", f"s3://{bucket}")
        aws("s3api", "put-object", "--bucket", bucket, "--key", "a b", "--body", str(source), "--content-type", "text/x")
        assert json.loads(aws("s3api", "head-object", "--bucket", bucket, "--key", "a b"))["ContentType"] == "text/x"
        aws("s3", "rb", "--force", f"s3://{bucket}")


def cors(folder):
    bucket = fresh("aws-cli-cors")
    aws("s3api", "create-bucket", "--bucket", bucket)

    with check("004-2 put-bucket-cors from a file, and back"):
        file = folder / "cors.json"
        file.write_text(json.dumps(CORS))
        aws("s3api", "put-bucket-cors", "--bucket", bucket, "--cors-configuration", f"file://{file}")
        assert json.loads(aws("s3api", "get-bucket-cors", "--bucket", bucket)) == CORS

    with check("004-2 the policy's preflight"):
        headers = {
            "Origin": "https://app.mycompany.com",
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type",
        }
        reply = send(f"{ENDPOINT}/{bucket}/avatars/1.jpg", "OPTIONS", headers)
        assert reply.status in (200, 204), reply.status
        assert reply.headers["access-control-allow-origin"] == headers["Origin"], reply.headers
        assert reply.headers["access-control-max-age"] == "86400", reply.headers

    aws("s3api", "delete-bucket-cors", "--bucket", bucket)
    aws("s3api", "delete-bucket", "--bucket", bucket)


def list_buckets():
    with check("002-5 list-buckets"):
        answer = json.loads(aws("s3api", "list-buckets"))
        assert BUCKET in [bucket["Name"] for bucket in answer["Buckets"]], answer
        assert answer["Owner"]["ID"] == ACCOUNT, answer


with tempfile.TemporaryDirectory() as name:
    copies(Path(name))
    cors(Path(name))
list_buckets()
