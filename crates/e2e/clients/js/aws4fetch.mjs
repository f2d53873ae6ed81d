// aws4fetch, as the users of R2's Workers pages know it. The numbers are the rows of docs/compat.md.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import {
  accessKeyId, account, assertRefused, bucket, bucketUrl, check, element, elements, endpoint, fresh, region, secretAccessKey, send,
} from "./harness.mjs";

const credentials = { accessKeyId, secretAccessKey };
const client = new AwsClient({ ...credentials, service: "s3", region });
const prefix = fresh("aws4fetch");
const url = (key) => `${bucketUrl()}/${prefix}/${key}`;
const md5 = (text) => `"${createHash("md5").update(text).digest("hex")}"`;

async function presign(target, { method, expires, headers, allHeaders } = {}) {
  const address = new URL(target);
  if (expires !== undefined) address.searchParams.set("X-Amz-Expires", expires);
  const signed = await client.sign(new Request(address, { method, headers }), { aws: { signQuery: true, allHeaders } });
  return signed.url;
}

await check("001-1 ListBuckets in header mode", async () => {
  const response = await client.fetch(endpoint.origin);
  const xml = await response.text();
  assert.equal(response.status, 200, xml);
  assert.match(xml, /<ListAllMyBucketsResult xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/">/);
  const buckets = elements(xml, "Bucket");
  assert(buckets.some((entry) => element(entry, "Name") === bucket), xml);
  for (const entry of buckets) assert.match(element(entry, "CreationDate"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(element(element(xml, "Owner"), "ID"), account);
});

await check("put, get, head and delete in header mode", async () => {
  const key = url("header/ä b%2Bc.txt");
  const put = await client.fetch(key, { method: "PUT", body: "over and over", headers: { "Content-Type": "text/plain" } });
  assert.equal(put.status, 200, await put.text());
  assert.equal(put.headers.get("etag"), md5("over and over"));
  const got = await client.fetch(key);
  assert.equal(await got.text(), "over and over");
  assert.equal(got.headers.get("content-type"), "text/plain");
  assert.equal((await client.fetch(key, { method: "HEAD" })).headers.get("content-length"), "13");
  assert.equal((await client.fetch(key, { method: "DELETE" })).status, 204);
  assert.equal((await client.fetch(key)).status, 404);
});

await check("a plus sign in a path, which the library signs as a space, is explained", async () => {
  const response = await client.fetch(url("a+b"));
  const { hint } = assertRefused({ status: response.status, text: await response.text() }, 403, "SignatureDoesNotMatch");
  assert.match(hint, /%20/);
});

await check("001-2 ListObjectsV2 in header mode", async () => {
  assert.equal((await client.fetch(url("list/one"), { method: "PUT", body: "1" })).status, 200);
  const response = await client.fetch(`${bucketUrl()}?list-type=2&prefix=${prefix}/list/`);
  const xml = await response.text();
  assert.equal(response.status, 200, xml);
  assert.match(xml, /<ListBucketResult xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/">/);
  assert.equal(element(xml, "Name"), bucket);
  assert.equal(element(xml, "IsTruncated"), "false");
  assert.equal(element(xml, "MaxKeys"), "1000");
  assert.equal(element(xml, "KeyCount"), "1");
  const contents = element(xml, "Contents");
  assert.equal(element(contents, "Key"), `${prefix}/list/one`);
  assert.equal(element(contents, "Size"), "1");
  assert.match(element(contents, "LastModified"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(element(contents, "ETag").replaceAll("&quot;", '"'), md5("1"));
  assert.equal(element(contents, "StorageClass"), "STANDARD");
});

for (const name of ["auto", "us-east-1", "eu-west-1"]) {
  await check(`001-3 the region may be ${name}`, async () => {
    const there = new AwsClient({ ...credentials, service: "s3", region: name });
    assert.equal((await there.fetch(url("list/one"))).status, 200);
    const signed = await there.sign(url("list/one"), { aws: { signQuery: true } });
    assert.equal((await send(signed.url)).status, 200);
  });
}

await check("001-3 a service guessed wrongly is refused, and the refusal says what is wrong", async () => {
  // On a host it does not know, the library signs for no service at all, and without S3's payload hash.
  const guessing = new AwsClient(credentials);
  const response = await guessing.fetch(url("list/one"));
  const inHeader = assertRefused({ status: response.status, text: await response.text() }, 400, "InvalidRequest");
  assert.equal(inHeader.message, "Missing x-amz-content-sha256");
  const signed = await guessing.sign(`${url("list/one")}?X-Amz-Expires=60`, { aws: { signQuery: true } });
  const inQuery = assertRefused(await send(signed.url), 400, "InvalidArgument");
  assert.match(inQuery.message, /service should be s3, not/);
});

await check("001-4 the caller's X-Amz-Expires is kept, and no payload hash is needed", async () => {
  const signed = await presign(url("list/one"), { expires: 60 });
  assert.match(signed, /^[^?]+\?X-Amz-Expires=60&/);
  assert.doesNotMatch(signed, /X-Amz-Content-Sha256/i);
  assert.equal((await send(signed)).text, "1");
});

await check("001-4 the parameters of a URL may stand in any order", async () => {
  const signed = new URL(await presign(url("list/one"), { expires: 60 }));
  const turned = [...signed.search.slice(1).split("&")].reverse().join("&");
  assert.equal((await send(`${signed.origin}${signed.pathname}?${turned}`)).status, 200);
});

await check("001-4 a URL whose time is over is refused", async () => {
  const address = new URL(url("list/one"));
  address.searchParams.set("X-Amz-Expires", "60");
  const datetime = new Date(Date.now() - 61_000).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const signed = await client.sign(address, { aws: { signQuery: true, datetime } });
  assertRefused(await send(signed.url), 403, "ExpiredRequest");
});

await check("001-5 allHeaders: the content type must be the one that was signed", async () => {
  const headers = { "Content-Type": "image/png" };
  const signed = await presign(url("typed"), { method: "PUT", expires: 60, headers, allHeaders: true });
  assert.match(signed, /X-Amz-SignedHeaders=content-type%3Bhost/);
  const put = (type) => send(signed, { method: "PUT", headers: type ? { "Content-Type": type } : {}, body: "x" });
  const { hint } = assertRefused(await put("image/jpeg"), 403, "SignatureDoesNotMatch");
  assert(hint.includes("image/jpeg"), hint);
  assertRefused(await put(undefined), 403, "SignatureDoesNotMatch");
  assert.equal((await client.fetch(url("typed"))).status, 404);
  assert.equal((await put("image/png")).status, 200);
  assert.equal((await client.fetch(url("typed"))).headers.get("content-type"), "image/png");
});

await check("001-5 by default the content type is not signed, and any is taken", async () => {
  const signed = await presign(url("untyped"), { method: "PUT", expires: 60, headers: { "Content-Type": "image/png" } });
  assert.match(signed, /X-Amz-SignedHeaders=host&/);
  for (const type of ["image/png", "text/html"]) {
    assert.equal((await send(signed, { method: "PUT", headers: { "Content-Type": type }, body: "x" })).status, 200);
    assert.equal((await client.fetch(url("untyped"))).headers.get("content-type"), type);
  }
});

await check("limits in the URL of an upload, set before it is signed", async () => {
  const address = new URL(url("limited"));
  address.searchParams.set("x-larder-max-bytes", "5");
  address.searchParams.set("x-larder-content-type", "image/*,text/plain");
  const signed = await presign(address, { method: "PUT", expires: 60 });
  const put = (body, type) => send(signed, { method: "PUT", headers: { "Content-Type": type }, body });
  assertRefused(await put("123456", "image/png"), 400, "EntityTooLarge");
  const { hint } = assertRefused(await put("12345", "text/html"), 400, "InvalidRequest");
  assert.match(hint, /allowed Content-Type/);
  assert.equal((await client.fetch(url("limited"))).status, 404);
  assert.equal((await put("12345", "image/png")).status, 200);
});
