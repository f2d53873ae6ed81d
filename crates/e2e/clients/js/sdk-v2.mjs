// aws-sdk v2, as R2's own example page uses it: signature version 4, no region. The numbers are the rows of docs/compat.md.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  accessKeyId, account, accountEndpoint, agent, assertRefused, bucket, check, element, elements, endpoint, fresh, preflight,
  secretAccessKey, send,
} from "./harness.mjs";

// Read when the module loads; its end-of-support notice is known.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const { default: AWS } = await import("aws-sdk");

const client = (options) =>
  new AWS.S3({ accessKeyId, secretAccessKey, signatureVersion: "v4", httpOptions: { agent }, maxRetries: 0, ...options });
// The library's default addressing is the virtual host, except for an endpoint that is an IP address.
const hosted = client({ endpoint: accountEndpoint });
const s3 = client({ endpoint: endpoint.origin, s3ForcePathStyle: true });

const prefix = fresh("sdk-v2");
const md5 = (text) => `"${createHash("md5").update(text).digest("hex")}"`;
const at = (key, more) => ({ Bucket: bucket, Key: `${prefix}/${key}`, ...more });
const put = (url, type, body = "the body") => send(url, { method: "PUT", headers: type ? { "Content-Type": type } : {}, body });

for (const [style, client] of Object.entries({ "path style": s3, "virtual host": hosted })) {
  await check(`000-1 put, get, head, list and delete without a region, ${style}`, async () => {
    const object = at(`first/${style}`);
    const stored = await client.putObject({ ...object, Body: "v2", ContentType: "text/plain", Metadata: { who: "me" } }).promise();
    assert.equal(stored.ETag, md5("v2"));
    const got = await client.getObject(object).promise();
    assert.equal(got.Body.toString(), "v2");
    assert.equal(got.ContentType, "text/plain");
    assert.deepEqual(got.Metadata, { who: "me" });
    assert.equal((await client.headObject(object).promise()).ContentLength, 2);
    const { Contents } = await client.listObjects({ Bucket: bucket, Prefix: object.Key }).promise();
    assert.deepEqual(Contents.map(({ Key }) => Key), [object.Key]);
    await client.deleteObject(object).promise();
    await assert.rejects(client.getObject(object).promise(), { code: "NoSuchKey", statusCode: 404 });
  });
}

await check("000-2 listBuckets", async () => {
  const { Buckets, Owner } = await s3.listBuckets().promise();
  const found = Buckets.find(({ Name }) => Name === bucket);
  assert(found.CreationDate instanceof Date);
  assert.equal(Owner.ID, account);
  assert.equal(typeof Owner.DisplayName, "string");
  const { text } = await send(await s3.getSignedUrlPromise("listBuckets", {}));
  for (const date of elements(text, "CreationDate")) assert.match(date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

await check("000-3 listObjects", async () => {
  await s3.putObject(at("listed/cat.png", { Body: "cat" })).promise();
  const listing = await s3.listObjects({ Bucket: bucket, Prefix: `${prefix}/listed/` }).promise();
  assert.equal(listing.IsTruncated, false);
  assert.equal(listing.Name, bucket);
  assert.deepEqual(listing.CommonPrefixes, []);
  assert.equal(listing.MaxKeys, 1000);
  const [{ Key, LastModified, ETag, Size, Owner }] = listing.Contents;
  assert.deepEqual({ Key, ETag, Size }, { Key: `${prefix}/listed/cat.png`, ETag: md5("cat"), Size: 3 });
  assert(Math.abs(LastModified - Date.now()) < 300_000, `${LastModified}`);
  assert.equal(Owner.ID, account);
  assert.equal(typeof Owner.DisplayName, "string");
  const { text } = await send(await s3.getSignedUrlPromise("listObjects", { Bucket: bucket, Prefix: `${prefix}/listed/` }));
  assert.match(element(text, "LastModified"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

await check("000-4 a presigned GET, virtual host, nothing but the host signed", async () => {
  const url = await hosted.getSignedUrlPromise("getObject", at("listed/cat.png", { Expires: 3600 }));
  assert.equal(new URL(url).hostname, `${bucket}.${account}.r2.localhost`);
  assert.match(url, /X-Amz-SignedHeaders=host(&|$)/);
  assert.match(url, /X-Amz-Expires=3600/);
  const { status, text } = await send(url);
  assert.deepEqual({ status, text }, { status: 200, text: "cat" });
});

await check("000-5 a presigned PUT with a content type takes that type and no other", async () => {
  const url = await s3.getSignedUrlPromise("putObject", at("typed.png", { Expires: 3600, ContentType: "image/png" }));
  // The library signs the type as a query parameter, not as a header.
  assert.match(url, /[?&]Content-Type=image%2Fpng/);
  const { hint } = assertRefused(await put(url, "image/jpeg"), 403, "SignatureDoesNotMatch");
  assert(hint.includes("image/jpeg"), hint);
  await assert.rejects(s3.headObject(at("typed.png")).promise(), { statusCode: 404 });
  // A client that sends none gets the one that was signed.
  for (const type of ["image/png", undefined]) {
    assert.equal((await put(url, type)).status, 200);
    assert.equal((await s3.headObject(at("typed.png")).promise()).ContentType, "image/png");
  }
});

await check("000-6 a URL is good for its bucket and key only", async () => {
  const url = await s3.getSignedUrlPromise("getObject", at("listed/cat.png"));
  assert.equal((await send(url)).status, 200);
  assertRefused(await send(url.replace("/listed/cat.png", "/typed.png")), 403, "SignatureDoesNotMatch");
  assertRefused(await send(url.replace(`/${bucket}/`, "/another-bucket/")), 403, "SignatureDoesNotMatch");
});

await check("000-6 a URL is good until it expires", async () => {
  const url = async (secondsAgo) => {
    const then = client({ endpoint: endpoint.origin, s3ForcePathStyle: true, systemClockOffset: -secondsAgo * 1000 });
    return then.getSignedUrlPromise("getObject", at("listed/cat.png", { Expires: 3600 }));
  };
  assert.equal((await send(await url(3500))).status, 200);
  assertRefused(await send(await url(3601)), 403, "ExpiredRequest");
});

await check("metadata is signed as a header and sent in the query", async () => {
  const url = await s3.getSignedUrlPromise("putObject", at("noted", { Metadata: { foo: "b" } }));
  assert.match(url, /X-Amz-SignedHeaders=host%3Bx-amz-meta-foo/);
  assert.match(url, /[?&]x-amz-meta-foo=b/);
  assert.equal((await put(url)).status, 200);
  assert.deepEqual((await s3.headObject(at("noted")).promise()).Metadata, { foo: "b" });
});

const cors = fresh("sdk-v2-cors");
const origin = "https://example.com";

await check("000-7 001-6 the CORS policy of the seed pages", async () => {
  await s3.createBucket({ Bucket: cors }).promise();
  const CORSRules = [
    { AllowedOrigins: [origin], AllowedMethods: ["PUT"], AllowedHeaders: ["Content-Type"], ExposeHeaders: ["ETag"], MaxAgeSeconds: 3600 },
  ];
  await s3.putBucketCors({ Bucket: cors, CORSConfiguration: { CORSRules } }).promise();
  assert.deepEqual((await s3.getBucketCors({ Bucket: cors }).promise()).CORSRules, CORSRules);

  const url = await s3.getSignedUrlPromise("putObject", { Bucket: cors, Key: "cat.png", ContentType: "image/png" });
  const { status, headers } = await preflight(url, origin, "PUT");
  assert(status === 200 || status === 204, `${status}`);
  assert.equal(headers["access-control-allow-origin"], origin);
  assert.match(headers["access-control-allow-methods"], /\bPUT\b/);
  assert.match(headers["access-control-allow-headers"], /content-type/i);
  assert.equal(headers["access-control-max-age"], "3600");

  const answer = await send(url, { method: "PUT", headers: { Origin: origin, "Content-Type": "image/png" }, body: "cat" });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers["access-control-allow-origin"], origin);
  assert.match(answer.headers["access-control-expose-headers"], /ETag/i);
});

await check("000-8 001-6 another origin gets no CORS headers; a client without an origin is served", async () => {
  const url = await s3.getSignedUrlPromise("putObject", { Bucket: cors, Key: "cat.png" });
  const { status, headers } = await preflight(url, "https://evil.example", "PUT");
  assert.equal(status, 403);
  assert.deepEqual(Object.keys(headers).filter((name) => name.startsWith("access-control-")), []);
  assert.equal((await put(url)).status, 200);
});

await check("the bucket goes when it is empty", async () => {
  await assert.rejects(s3.deleteBucket({ Bucket: cors }).promise(), { code: "BucketNotEmpty", statusCode: 409 });
  const { Deleted } = await s3.deleteObjects({ Bucket: cors, Delete: { Objects: [{ Key: "cat.png" }] } }).promise();
  assert.deepEqual(Deleted.map(({ Key }) => Key), ["cat.png"]);
  await s3.deleteBucketCors({ Bucket: cors }).promise();
  await assert.rejects(s3.getBucketCors({ Bucket: cors }).promise(), { code: "NoSuchCORSConfiguration" });
  await s3.deleteBucket({ Bucket: cors }).promise();
  await assert.rejects(s3.headBucket({ Bucket: cors }).promise(), { statusCode: 404 });
});
