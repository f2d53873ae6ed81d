"""Temporary credentials with boto3. The token is made here, by a signer that shares nothing with the server's but R2's description
of it; the one of `larder temp-credentials` comes in TEMPORARY_* variables. The numbers are the rows of docs/compat.md."""

import base64
import hashlib
import hmac
import json
import os
import time
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import ACCESS_KEY_ID, ACCOUNT, BUCKET, ENDPOINT, REGION, SECRET_ACCESS_KEY, assert_refused, check, fresh, send

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}

PREFIX = fresh("temporary")
MIB = 1024 * 1024


def url_safe(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def temporary(scope="object-read-write", seconds=900, issued=None, audience=urlsplit(ENDPOINT).netloc, **claims):
    """The three values, as R2's documentation describes them."""
    issued = int(time.time()) if issued is None else issued
    payload = {
        "sub": ACCOUNT, "iss": ACCESS_KEY_ID, "aud": audience, "iat": issued, "exp": issued + seconds,
        "bucket": BUCKET, "scope": scope, **claims,
    }
    header = {"alg": "HS256", "typ": "JWT"}
    signed = ".".join(url_safe(json.dumps(part).encode()) for part in (header, payload))
    signature = hmac.new(SECRET_ACCESS_KEY.encode(), signed.encode(), hashlib.sha256).digest()
    jwt = f"{signed}.{url_safe(signature)}"
    return {
        "aws_access_key_id": ACCESS_KEY_ID,
        "aws_secret_access_key": hashlib.sha256(jwt.encode()).hexdigest(),
        "aws_session_token": base64.b64encode(f"jwt/{jwt}".encode()).decode(),
    }


def client(credentials):
    config = Config(retries={"max_attempts": 0, "mode": "standard"}, signature_version="s3v4")
    return boto3.client("s3", endpoint_url=ENDPOINT, region_name=REGION, config=config, **credentials)


def fails(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return
    raise AssertionError(f"no {code}")


def key(name):
    return f"{PREFIX}/in/{name}"


def uploads_in_parts(s3, outside):
    body = os.urandom(5 * MIB + 1000)
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key("large"))["UploadId"]
    parts = []
    for number, start in enumerate(range(0, len(body), 5 * MIB), 1):
        part = body[start:start + 5 * MIB]
        etag = s3.upload_part(Bucket=BUCKET, Key=key("large"), UploadId=upload, PartNumber=number, Body=part)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(Bucket=BUCKET, Key=key("large"), UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=BUCKET, Key=key("large"))["Body"].read() == body
    fails("AccessDenied", s3.create_multipart_upload, Bucket=BUCKET, Key=outside)


def presigned(s3, outside):
    def url(operation, name):
        return s3.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": name}, ExpiresIn=300)

    put = url("put_object", key("presigned"))
    assert "X-Amz-Security-Token=" in put, put
    assert send(put, "PUT", body=b"presigned").status == 200
    assert send(url("get_object", key("presigned"))).bytes == b"presigned"
    assert_refused(send(url("put_object", outside), "PUT", body=b"x"), 403, "AccessDenied")
    without = "&".join(pair for pair in put.split("&") if not pair.startswith("X-Amz-Security-Token="))
    assert_refused(send(without, "PUT", body=b"x"), 403, "SignatureDoesNotMatch")


def form(s3):
    post = s3.generate_presigned_post(BUCKET, key("form"), ExpiresIn=300)
    assert "x-amz-security-token" in post["fields"], post
    boundary = "--------------------------x1"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in post["fields"].items()]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nform\r\n--{boundary}--\r\n'
    reply = send(post["url"], "POST", {"Content-Type": f"multipart/form-data; boundary={boundary}"}, ("".join(parts) + file).encode())
    assert reply.status == 204, reply.text
    assert s3.get_object(Bucket=BUCKET, Key=key("form"))["Body"].read() == b"form"


def whole_story(credentials, whose):
    s3, outside = client(credentials), f"{PREFIX}/out"
    with check(f"003-12 objects below the prefix, {whose}"):
        s3.put_object(Bucket=BUCKET, Key=key("a"), Body=b"a")
        assert s3.get_object(Bucket=BUCKET, Key=key("a"))["Body"].read() == b"a"
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{PREFIX}/in/")["Contents"]
        assert key("a") in [entry["Key"] for entry in listed], listed
        for call, arguments in [
            (s3.put_object, {"Key": outside, "Body": b"x"}),
            (s3.get_object, {"Key": outside}),
            (s3.delete_object, {"Key": outside}),
            (s3.list_objects_v2, {"Prefix": PREFIX}),
            (s3.list_objects_v2, {}),
            (s3.copy_object, {"Key": key("copy"), "CopySource": {"Bucket": BUCKET, "Key": outside}}),
            (s3.get_bucket_cors, {}),
        ]:
            fails("AccessDenied", call, Bucket=BUCKET, **arguments)
        fails("AccessDenied", s3.list_buckets)
    with check(f"003-12 an upload in parts, {whose}"):
        uploads_in_parts(s3, outside)
    with check(f"003-12 presigned URLs, {whose}"):
        presigned(s3, outside)
    with check(f"003-12 a form, {whose}"):
        form(s3)


def refusals():
    with check("003-12 what is expired, tampered with or signed by a stranger is refused"):
        expired = temporary(issued=int(time.time()) - 1000)
        fails("ExpiredToken", client(expired).list_objects_v2, Bucket=BUCKET)
        for bad in [
            temporary(audience="s3.amazonaws.com"), temporary(seconds=604_801), temporary(scope="everything"),
            temporary(sub="0" * 32), temporary(iss="0" * 32), temporary(role="admin"),
            {**temporary(), "aws_session_token": "anything"},
        ]:
            fails("InvalidToken", client(bad).list_objects_v2, Bucket=BUCKET)
        mixed = {**temporary(), "aws_secret_access_key": SECRET_ACCESS_KEY}
        fails("SignatureDoesNotMatch", client(mixed).list_objects_v2, Bucket=BUCKET)
        listed = client(temporary(actions=["ListObjectsV2"]))
        listed.list_objects_v2(Bucket=BUCKET)
        fails("AccessDenied", listed.list_objects, Bucket=BUCKET)
        r2s_host = temporary(audience=f"{ACCOUNT}.r2.cloudflarestorage.com")
        client(r2s_host).list_objects_v2(Bucket=BUCKET)


whole_story(temporary(paths={"prefixPaths": [f"{PREFIX}/in/"], "objectPaths": []}), "signed by an independent signer")
if "TEMPORARY_SESSION_TOKEN" in os.environ:
    PREFIX = "by-command"
    whole_story(
        {
            "aws_access_key_id": os.environ["TEMPORARY_ACCESS_KEY_ID"],
            "aws_secret_access_key": os.environ["TEMPORARY_SECRET_ACCESS_KEY"],
            "aws_session_token": os.environ["TEMPORARY_SESSION_TOKEN"],
        },
        "made by the command",
    )
refusals()
