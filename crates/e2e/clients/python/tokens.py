"""API tokens and temporary credentials that are made over Cloudflare's REST API, used with boto3: each permission on all buckets
and on one, a roll, an end, and an upload in parts below a prefix."""

import hashlib
import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import ACCOUNT, BUCKET, ENDPOINT, REGION, assert_refused, check, fresh, send, setting

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}

BASE, ADMIN = setting("CLOUDFLARE_API_BASE_URL"), setting("CLOUDFLARE_API_TOKEN")
TOKENS = f"/accounts/{ACCOUNT}/tokens"
BUCKETS = f"/accounts/{ACCOUNT}/r2/buckets"
TEMPORARY = f"/accounts/{ACCOUNT}/r2/temp-access-credentials"
MIB = 1024 * 1024
KEY, OTHER = fresh("tokens"), fresh("other")
NAMES = {
    "admin-read-write": "Workers R2 Storage Write",
    "admin-read-only": "Workers R2 Storage Read",
    "object-read-write": "Workers R2 Storage Bucket Item Write",
    "object-read-only": "Workers R2 Storage Bucket Item Read",
}


def call(method, path, document=None, token=ADMIN):
    """A REST call; its status and envelope."""
    body = None if document is None else json.dumps(document).encode()
    reply = send(BASE + path, method, {"Authorization": f"Bearer {token}"}, body)
    return reply.status, json.loads(reply.text)


def result(method, path, document=None, token=ADMIN):
    status, envelope = call(method, path, document, token)
    assert status == 200 and envelope["success"], envelope
    return envelope["result"]


GROUPS = {group["name"]: group["id"] for group in result("GET", f"{TOKENS}/permission_groups")}


def policies(permission, bucket=None):
    account = f"com.cloudflare.api.account.{ACCOUNT}"
    if bucket is not None:
        resources = {f"com.cloudflare.edge.r2.bucket.{ACCOUNT}_default_{bucket}": "*"}
    else:
        resources = {account: "*" if permission.startswith("admin") else {"com.cloudflare.edge.r2.bucket.*": "*"}}
    return [{"effect": "allow", "resources": resources, "permission_groups": [{"id": GROUPS[NAMES[permission]]}]}]


def make(permission, bucket=None):
    return result("POST", TOKENS, {"name": permission, "policies": policies(permission, bucket)})


def boto(**credentials):
    config = Config(retries={"max_attempts": 0, "mode": "standard"}, signature_version="s3v4", s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=ENDPOINT, region_name=REGION, config=config, **credentials)


def client(token):
    """A client with the key pair of a token, as R2 documents it."""
    secret = hashlib.sha256(token["value"].encode()).hexdigest()
    return boto(aws_access_key_id=token["id"], aws_secret_access_key=secret)


def temporary(parent, prefix, **more):
    wanted = {"bucket": BUCKET, "parentAccessKeyId": parent["id"], "permission": "object-read-write", "ttlSeconds": 900, "prefixes": [prefix]}
    made = result("POST", TEMPORARY, wanted | more)
    return boto(
        aws_access_key_id=made["accessKeyId"], aws_secret_access_key=made["secretAccessKey"], aws_session_token=made["sessionToken"]
    )


def fails(status, code, operation, **arguments):
    try:
        operation(**arguments)
    except ClientError as error:
        got = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        assert got == (status, code), error.response
        return
    raise AssertionError(f"no {code}")


RULES = {"CORSRules": [{"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://a.example"]}]}
OPERATIONS = {
    "list_buckets": lambda s3, at: s3.list_buckets(),
    "create_bucket": lambda s3, at: s3.create_bucket(Bucket=fresh("made")),
    "head_bucket": lambda s3, at: s3.head_bucket(Bucket=at),
    "get_cors": lambda s3, at: s3.get_bucket_cors(Bucket=at),
    "put_cors": lambda s3, at: s3.put_bucket_cors(Bucket=at, CORSConfiguration=RULES),
    "put": lambda s3, at: s3.put_object(Bucket=at, Key=KEY, Body=b"a"),
    "get": lambda s3, at: s3.get_object(Bucket=at, Key=KEY)["Body"].read(),
    "list": lambda s3, at: s3.list_objects_v2(Bucket=at, Prefix=KEY),
    "delete": lambda s3, at: s3.delete_object(Bucket=at, Key=f"{KEY}-gone"),
}
READS = {"head_bucket", "get", "list"}
ALLOWED = {
    "admin-read-write": set(OPERATIONS),
    "admin-read-only": READS | {"list_buckets", "get_cors"},
    "object-read-write": READS | {"put", "delete"},
    "object-read-only": READS,
}


def may(operation, s3, at):
    try:
        operation(s3, at)
        return True
    except ClientError as error:
        # a HEAD has no body to name a code in
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, error.response
        return False


def each_permission():
    for permission, allowed in ALLOWED.items():
        for bound in [None] if permission.startswith("admin") else [None, BUCKET]:
            with check(f"tokens: {permission} on {'one bucket' if bound else 'all buckets'}"):
                token = make(permission, bound)
                s3 = client(token)
                for at in (BUCKET, OTHER):
                    for name, operation in OPERATIONS.items():
                        expected = name in allowed and bound in (None, at)
                        assert may(operation, s3, at) == expected, f"{name} in {at}"
                is_admin, writes = permission.startswith("admin"), permission == "admin-read-write"
                for method, path, document, expected in [
                    ("GET", BUCKETS, None, is_admin),
                    ("GET", f"{BUCKETS}/{BUCKET}/objects", None, is_admin),
                    ("PUT", f"{BUCKETS}/{BUCKET}/lifecycle", {"rules": []}, writes),
                    ("GET", TOKENS, None, writes),
                ]:
                    status, _ = call(method, path, document, token["value"])
                    assert status == (200 if expected else 403), (method, path, status)
                verified = result("GET", f"{TOKENS}/verify", token=token["value"])
                assert verified == {"id": token["id"], "status": "active"}, verified
                result("DELETE", f"{TOKENS}/{token['id']}")
                fails(401, "Unauthorized", s3.get_object, Bucket=BUCKET, Key=KEY)


def roll():
    with check("tokens: a roll counts from the next request on"):
        token = make("object-read-write", BUCKET)
        before = client(token)
        before.put_object(Bucket=BUCKET, Key=KEY, Body=b"a")
        after = client(token | {"value": result("PUT", f"{TOKENS}/{token['id']}/value", {})})
        fails(403, "SignatureDoesNotMatch", before.put_object, Bucket=BUCKET, Key=KEY, Body=b"a")
        after.put_object(Bucket=BUCKET, Key=KEY, Body=b"a")


def temporary_credentials():
    prefix = f"{fresh('temporary')}/"
    parent = make("object-read-write", BUCKET)
    with check("tokens: a temporary credential uploads in parts below its prefix, and nowhere else"):
        s3, key = temporary(parent, prefix), f"{prefix}large"
        body = os.urandom(5 * MIB + 1000)
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        parts = []
        for number, start in enumerate(range(0, len(body), 5 * MIB), 1):
            part = s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=body[start:start + 5 * MIB])
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        s3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == body
        for operation, arguments in [
            (s3.create_multipart_upload, {"Bucket": BUCKET, "Key": "outside"}),
            (s3.put_object, {"Bucket": BUCKET, "Key": "outside", "Body": b"x"}),
            (s3.put_object, {"Bucket": OTHER, "Key": key, "Body": b"x"}),
            (s3.copy_object, {"Bucket": BUCKET, "Key": f"{prefix}copy", "CopySource": {"Bucket": BUCKET, "Key": KEY}}),
            (s3.list_objects_v2, {"Bucket": BUCKET}),
            (s3.list_buckets, {}),
        ]:
            fails(403, "AccessDenied", operation, **arguments)
    with check("tokens: presigned URLs of a temporary credential, until its parent ends"):
        s3 = temporary(parent, prefix)

        def url(operation, key):
            return s3.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": key}, ExpiresIn=300)

        assert send(url("put_object", f"{prefix}presigned"), "PUT", body=b"presigned").status == 200
        read = url("get_object", f"{prefix}presigned")
        assert send(read).bytes == b"presigned"
        assert_refused(send(url("put_object", "outside"), "PUT", body=b"x"), 403, "AccessDenied")
        wider = {"bucket": BUCKET, "parentAccessKeyId": parent["id"], "permission": "admin-read-only"}
        assert call("POST", TEMPORARY, wider)[0] == 400
        assert call("POST", TEMPORARY, wider, make("admin-read-only")["value"])[0] == 403
        result("DELETE", f"{TOKENS}/{parent['id']}")
        assert_refused(send(read), 401, "Unauthorized")
        fails(401, "Unauthorized", s3.get_object, Bucket=BUCKET, Key=f"{prefix}presigned")


result("POST", BUCKETS, {"name": OTHER})
owner = client(make("admin-read-write"))
for bucket in (BUCKET, OTHER):
    OPERATIONS["put"](owner, bucket)
    OPERATIONS["put_cors"](owner, bucket)
each_permission()
roll()
temporary_credentials()
