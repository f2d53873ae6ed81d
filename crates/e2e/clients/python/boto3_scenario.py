"""The scenario of ../../tests/it/scenario.rs on boto3, the large file through its TransferManager. The step is the argument; the
files lie in SCENARIO_FOLDER."""

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config

from harness import ACCESS_KEY_ID, BUCKET, ENDPOINT, REGION, SECRET_ACCESS_KEY, setting

# Nothing of the machine's own settings may change what is tested.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}

FOLDER = Path(setting("SCENARIO_FOLDER"))
AT_ONCE = 16
SMALL = "copy me + 100% #1 é 😀.txt"

s3 = boto3.client(
    "s3",
    endpoint_url=ENDPOINT,
    region_name=REGION,
    aws_access_key_id=ACCESS_KEY_ID,
    aws_secret_access_key=SECRET_ACCESS_KEY,
    config=Config(retries={"max_attempts": 0, "mode": "standard"}, max_pool_connections=AT_ONCE),
)


def objects(prefix):
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
        yield from page.get("Contents", [])


def concurrently(work, items):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(work, items):
            pass


def save(key, file):
    file.parent.mkdir(parents=True, exist_ok=True)
    s3.download_file(BUCKET, key, str(file))


def upload():
    s3.upload_file(str(FOLDER / "large.bin"), BUCKET, "large.bin")


def sync():
    there = {entry["Key"]: entry["ETag"] for entry in objects("tree/")}

    def send(file):
        key, body = f"tree/{file.relative_to(FOLDER / 'tree')}", file.read_bytes()
        if there.get(key) != f'"{hashlib.md5(body).hexdigest()}"':
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    concurrently(send, [file for file in (FOLDER / "tree").rglob("*") if file.is_file()])


def list_keys():
    for entry in objects("tree/"):
        print(entry["Key"])


def copy():
    s3.copy({"Bucket": BUCKET, "Key": f"tree/{SMALL}"}, BUCKET, "copies/small.txt")
    s3.copy({"Bucket": BUCKET, "Key": "large.bin"}, BUCKET, "copies/large.bin")


def download():
    save("copies/large.bin", FOLDER / "back/large.bin")


def fetch():
    concurrently(lambda key: save(key, FOLDER / "back" / key), [entry["Key"] for entry in objects("tree/")])


def delete():
    keys = [{"Key": entry["Key"]} for entry in objects("")]
    for start in range(0, len(keys), 1000):
        done = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys[start : start + 1000], "Quiet": True})
        assert not done.get("Errors"), done


sys.stdout.reconfigure(encoding="utf-8")
{"upload": upload, "sync": sync, "list": list_keys, "copy": copy, "download": download, "fetch": fetch, "delete": delete}[sys.argv[1]]()
