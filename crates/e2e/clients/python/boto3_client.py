"""boto3: presigned URLs, transfers below the multipart threshold, listings, CORS. The numbers are the rows of docs/compat.md."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import (
    ACCESS_KEY_ID, ACCOUNT, ACCOUNT_ENDPOINT, BUCKET, ENDPOINT, REGION, SECRET_ACCESS_KEY,
    assert_refused, check, fresh, resolve_localhost, send,
)

# Nothing of the machine's own settings may change what is tested.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}

PREFIX = fresh("boto3")
ODD_KEYS = [
    "a b", "a+b", "a%20b", "a//b", "/lead", "trail/", "a/../b", "ümlaut", "名前/ファイル.txt", "😀", "q?x=1&y=2", "hash#tag",
    "semi;colon,comma", "'quote\"", "(paren)!*~", "<xml>&amp;", "back\\slash", "tab\there", "new\nline",
]


def client(region=REGION, endpoint=ENDPOINT, **config):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(retries={"max_attempts": 0, "mode": "standard"}, **config),
    )


def key(name):
    return f"{PREFIX}/{name}"


def fails(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response
    raise AssertionError(f"no {code}")


def signed(s3, operation, name, expires=3600, **more):
    return s3.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": key(name), **more}, ExpiresIn=expires)


def objects(s3, style):
    with check(f"put, get, head, list and delete, {style}"):
        body = os.urandom(100_000)
        put = s3.put_object(Bucket=BUCKET, Key=key("object"), Body=body, ContentType="image/png", Metadata={"made-by": "boto3"})
        assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"', put
        got = s3.get_object(Bucket=BUCKET, Key=key("object"))
        assert got["Body"].read() == body
        assert got["ContentType"] == "image/png" and got["Metadata"] == {"made-by": "boto3"}, got
        assert s3.head_object(Bucket=BUCKET, Key=key("object"))["ContentLength"] == len(body)
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=key("object"))
        assert [entry["Key"] for entry in listed["Contents"]] == [key("object")], listed
        s3.delete_object(Bucket=BUCKET, Key=key("object"))
        fails("NoSuchKey", s3.get_object, Bucket=BUCKET, Key=key("object"))

    with check(f"002-5 list_buckets, {style}"):
        answer = s3.list_buckets()
        assert BUCKET in [bucket["Name"] for bucket in answer["Buckets"]], answer
        assert answer["Owner"]["ID"] == ACCOUNT, answer

    with check(f"unicode and odd keys, {style}"):
        for name in ODD_KEYS:
            s3.put_object(Bucket=BUCKET, Key=key(f"odd/{name}"), Body=name.encode())
            assert s3.get_object(Bucket=BUCKET, Key=key(f"odd/{name}"))["Body"].read().decode() == name
            assert send(signed(s3, "get_object", f"odd/{name}")).text == name, name
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=key("odd/"), PaginationConfig={"PageSize": 3})
        found = [entry["Key"] for page in pages for entry in page["Contents"]]
        assert found == sorted((key(f"odd/{name}") for name in ODD_KEYS), key=str.encode), found
        answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": name} for name in found]})
        assert sorted(entry["Key"] for entry in answer["Deleted"]) == sorted(found), answer
        assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix=key("odd/"))


def transfers(s3):
    with check("upload_file and download_file below the multipart threshold"), tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        for size in [0, 1, 7 * 1024 * 1024]:
            source.write_bytes(os.urandom(size))
            s3.upload_file(str(source), BUCKET, key("transfer"), ExtraArgs={"ContentType": "video/mp4"})
            s3.download_file(BUCKET, key("transfer"), str(target))
            assert target.read_bytes() == source.read_bytes(), size
        assert s3.head_object(Bucket=BUCKET, Key=key("transfer"))["ContentType"] == "video/mp4"


def presigned(s3):
    with check("003-14 generate_presigned_url, put and get"):
        url = signed(s3, "put_object", "presigned")
        assert "AWS4-HMAC-SHA256" in url and "X-Amz-SignedHeaders=host&" in url, url
        assert send(url, "PUT", {"Content-Type": "text/plain"}, b"presigned").status == 200
        got = send(signed(s3, "get_object", "presigned"))
        assert (got.status, got.text, got.headers["content-type"]) == (200, "presigned", "text/plain"), got.text

    with check("000-5 003-5 a content type given to generate_presigned_url is signed, and enforced"):
        url = signed(s3, "put_object", "typed", ContentType="image/png")
        assert parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"] == ["content-type;host"], url
        for wrong in ["image/jpeg", "image/png; charset=x"]:
            _, hint = assert_refused(send(url, "PUT", {"Content-Type": wrong}, b"x"), 403, "SignatureDoesNotMatch")
            assert wrong in hint, hint
        assert_refused(send(url, "PUT", {}, b"x"), 403, "SignatureDoesNotMatch")
        fails("404", s3.head_object, Bucket=BUCKET, Key=key("typed"))
        assert send(url, "PUT", {"Content-Type": "image/png"}, b"x").status == 200
        assert s3.head_object(Bucket=BUCKET, Key=key("typed"))["ContentType"] == "image/png"

    with check("003-14 head and delete, too"):
        assert send(signed(s3, "head_object", "presigned"), "HEAD").status == 200
        assert send(signed(s3, "delete_object", "presigned"), "DELETE").status == 204
        assert send(signed(s3, "get_object", "presigned")).status == 404

    with check("003-3 the expiry's bounds"):
        s3.put_object(Bucket=BUCKET, Key=key("bounds"), Body=b"x")
        assert send(signed(s3, "get_object", "bounds", expires=604_800)).status == 200
        assert_refused(send(signed(s3, "get_object", "bounds", expires=604_801)), 400, "InvalidArgument")
        assert_refused(send(signed(s3, "get_object", "bounds", expires=0)), 403, "ExpiredRequest")

    with check("a URL of signature version 2, the default for us-east-1, is refused by name"):
        url = signed(client(region="us-east-1"), "get_object", "bounds")
        assert "AWSAccessKeyId=" in url, url
        message, hint = assert_refused(send(url), 400, "InvalidRequest")
        assert "AWS4-HMAC-SHA256" in message + hint, (message, hint)
        version_4 = signed(client(region="us-east-1", signature_version="s3v4"), "get_object", "bounds")
        assert send(version_4).status == 200


def send_form(post, content, more=()):
    """Posts a file with the fields of generate_presigned_post, in order, as a browser's form does."""
    boundary = "f0rm"
    fields = [*post["fields"].items(), *more]
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a b.txt"\r\n\r\n')
    body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return send(post["url"], "POST", {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body)


def forms(s3, style):
    def refused(post, content, status, code, more=()):
        message, _ = assert_refused(send_form(post, content, more), status, code)
        return message

    with check(f"003-9 generate_presigned_post, {style}"):
        reply = send_form(s3.generate_presigned_post(BUCKET, key("form/${filename}")), b"by a form")
        assert reply.status == 204 and reply.headers["location"].endswith("a%20b.txt"), reply.headers
        assert s3.get_object(Bucket=BUCKET, Key=key("form/a b.txt"))["Body"].read() == b"by a form"

    with check(f"003-9 its fields and conditions, {style}"):
        fields = {"Content-Type": "image/png", "x-amz-meta-by": "boto3", "success_action_status": "201", "acl": "private"}
        limits = [["content-length-range", 2, 4], *({name: value} for name, value in fields.items())]
        post = s3.generate_presigned_post(BUCKET, key("form/typed"), fields, limits, ExpiresIn=60)
        reply = send_form(post, b"four")
        assert reply.status == 201 and f"<Key>{key('form/typed')}</Key>" in reply.text, reply.text
        head = s3.head_object(Bucket=BUCKET, Key=key("form/typed"))
        assert (head["ContentType"], head["Metadata"], head["ContentLength"]) == ("image/png", {"by": "boto3"}, 4), head

    with check(f"003-9 a form that its policy does not allow, {style}"):
        post["fields"]["key"] = key("form/other")
        assert "Policy Condition failed: [\"eq\", \"$key\"" in refused(post, b"four", 403, "AccessDenied")
        post["fields"]["key"] = key("form/typed")
        refused(post, b"x", 400, "EntityTooSmall")
        refused(post, b"longer", 400, "EntityTooLarge")
        message = refused(post, b"four", 403, "AccessDenied", [("x-amz-meta-more", "1")])
        assert message.endswith("Extra input fields: x-amz-meta-more"), message
        post["fields"]["policy"] = post["fields"]["policy"][:-4]
        refused(post, b"four", 403, "SignatureDoesNotMatch")
        expired = s3.generate_presigned_post(BUCKET, key("form/late"), ExpiresIn=-5)
        assert refused(expired, b"x", 403, "AccessDenied") == "Invalid according to Policy: Policy expired."
        fails("404", s3.head_object, Bucket=BUCKET, Key=key("form/other"))


def bucket_cors(s3):
    with check("a bucket with a CORS policy, from create to delete"):
        bucket = fresh("boto3")
        s3.create_bucket(Bucket=bucket)
        s3.head_bucket(Bucket=bucket)
        fails("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=bucket)
        rules = [{"AllowedOrigins": ["https://app.example"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 5}]
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
        assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == rules
        s3.delete_bucket_cors(Bucket=bucket)
        fails("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=bucket)
        s3.delete_bucket(Bucket=bucket)
        fails("404", s3.head_bucket, Bucket=bucket)

    with check("what is wrong with a CORS policy is said"):
        rules = [{"AllowedOrigins": ["*"], "AllowedMethods": ["OPTIONS"]}]
        answer = fails("InvalidRequest", s3.put_bucket_cors, Bucket=BUCKET, CORSConfiguration={"CORSRules": rules})
        assert "OPTIONS" in answer["Error"]["Message"], answer


resolve_localhost()
objects(client(), "path style")
objects(client(endpoint=ACCOUNT_ENDPOINT, s3={"addressing_style": "virtual"}), "virtual host")
transfers(client())
presigned(client())
forms(client(), "path style")
forms(client(endpoint=ACCOUNT_ENDPOINT, s3={"addressing_style": "virtual"}), "virtual host")
bucket_cors(client())
