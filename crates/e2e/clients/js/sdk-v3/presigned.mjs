// What a presigned URL can do: each method, with the presigner's default settings, used by a client that knows nothing else.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { assertRefused, bucket, check, fresh, send } from "../harness.mjs";

const EMPTY_CRC32 = "x-amz-checksum-crc32=AAAAAA%3D%3D";

export async function presignedChecks(s3, style) {
  const prefix = fresh("presigned");
  const at = (key, more) => ({ Bucket: bucket, Key: `${prefix}/${key}`, ...more });
  const sign = (Command, key, more, options) => getSignedUrl(s3, new Command(at(key, more)), options);

  await check(`002-6 a PUT signed with the defaults takes a file, though its CRC32 is that of nothing, ${style}`, async () => {
    const url = await sign(PutObjectCommand, "file.png");
    assert(url.includes(EMPTY_CRC32), url);
    assert.match(url, /X-Amz-Expires=900&/);
    const body = randomBytes(200_000);
    // A browser sends the file's own type with it.
    const put = await send(url, { method: "PUT", headers: { "Content-Type": "image/png" }, body });
    assert.equal(put.status, 200, put.text);
    const got = await send(await sign(GetObjectCommand, "file.png"));
    assert.equal(got.headers["content-type"], "image/png");
    assert(body.equals(got.bytes));
  });

  await check(`002-6 an empty file, too, ${style}`, async () => {
    const put = await send(await sign(PutObjectCommand, "empty"), { method: "PUT" });
    assert.equal(put.status, 200, put.text);
    assert.equal((await send(await sign(GetObjectCommand, "empty"))).bytes.length, 0);
  });

  await check(`002-7 003-7 a GET opens like any link, ${style}`, async () => {
    const url = await sign(GetObjectCommand, "file.png");
    assert.match(url, /[?&]x-amz-checksum-mode=ENABLED(&|$)/);
    assert.match(url, /[?&]x-id=GetObject(&|$)/);
    assert(url.indexOf("X-Amz-Signature=") < url.indexOf("X-Amz-SignedHeaders="));
    const got = await send(url, { headers: { "User-Agent": "Mozilla/5.0", Accept: "text/html,*/*", "Upgrade-Insecure-Requests": "1" } });
    assert.equal(got.status, 200, got.text);
    assert.equal(got.headers["content-type"], "image/png");
  });

  await check(`003-1 003-2 GET, HEAD, PUT and DELETE, each signed without a word to the server, ${style}`, async () => {
    const get = await sign(GetObjectCommand, "four");
    const head = await sign(HeadObjectCommand, "four");
    const put = await sign(PutObjectCommand, "four");
    const remove = await sign(DeleteObjectCommand, "four");
    const statuses = [];
    for (const [url, method, body] of [[put, "PUT", "4"], [get, "GET"], [head, "HEAD"], [remove, "DELETE"], [get, "GET"]]) {
      statuses.push((await send(url, { method, body })).status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 204, 404]);
  });

  await check(`002-1 003-6 a URL is good for its one operation, ${style}`, async () => {
    const urls = { PUT: await sign(PutObjectCommand, "one"), GET: await sign(GetObjectCommand, "one") };
    for (const [signed, method] of [["PUT", "GET"], ["PUT", "DELETE"], ["GET", "PUT"], ["GET", "DELETE"], ["GET", "HEAD"]]) {
      const answer = await send(urls[signed], { method });
      assert.equal(answer.status, 403, `${signed} used as ${method}`);
      if (method !== "HEAD") assertRefused(answer, 403, "SignatureDoesNotMatch");
    }
  });

  await check(`003-4 two PUTs and two GETs with one URL, ${style}`, async () => {
    const put = await sign(PutObjectCommand, "again");
    const get = await sign(GetObjectCommand, "again");
    for (const body of ["first", "second"]) {
      assert.equal((await send(put, { method: "PUT", body })).status, 200);
      for (const _ of [1, 2]) assert.equal((await send(get)).text, body);
    }
  });

  await check(`003-13 whoever has the URL may use it, and what else he sends does not matter, ${style}`, async () => {
    const url = await sign(GetObjectCommand, "again");
    const headers = { Cookie: "who=someone", Referer: "https://elsewhere.example/", "X-Forwarded-For": "192.0.2.1" };
    assert.equal((await send(url, { headers })).text, "second");
  });

  await check(`metadata is moved into the query and comes back, ${style}`, async () => {
    const url = await sign(PutObjectCommand, "described", { Metadata: { "made-by": "a page" } });
    assert.match(url, /[?&]x-amz-meta-made-by=a%20page(&|$)/);
    assert.equal((await send(url, { method: "PUT", body: "x" })).status, 200);
    const { headers } = await send(await sign(HeadObjectCommand, "described"), { method: "HEAD" });
    assert.equal(headers["x-amz-meta-made-by"], "a page");
  });

  await check(`an x-amz header that is not signed is refused, ${style}`, async () => {
    const url = await sign(PutObjectCommand, "copied");
    const headers = { "x-amz-copy-source": `/${bucket}/${prefix}/again` };
    assertRefused(await send(url, { method: "PUT", headers }), 403, "AccessDenied");
    assert.equal((await send(await sign(GetObjectCommand, "copied"))).status, 404);
  });

  await check(`the reply's headers can be signed in, ${style}`, async () => {
    const url = await sign(GetObjectCommand, "again", { ResponseContentDisposition: 'attachment; filename="x y+z.txt"' });
    assert.equal((await send(url)).headers["content-disposition"], 'attachment; filename="x y+z.txt"');
  });

  await check(`an odd key, ${style}`, async () => {
    const key = "a b/(é)+'!*~ü%20//../.txt";
    assert.equal((await send(await sign(PutObjectCommand, key), { method: "PUT", body: key })).status, 200);
    assert.equal((await send(await sign(GetObjectCommand, key))).text, key);
  });
}
