// Temporary credentials with @aws-sdk/client-s3 v3 and its presigner; the token is made here, as R2 documents it. The numbers are
// the rows of docs/compat.md.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import {
  CompleteMultipartUploadCommand, CreateMultipartUploadCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { account, accessKeyId, assertRefused, bucket, check, endpoint, fresh, secretAccessKey, send } from "./harness.mjs";
import { pathStyle, refusal, textOf } from "./sdk-v3/client.mjs";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The three values, below one prefix. */
function temporary(prefix, scope = "object-read-write") {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: account, iss: accessKeyId, aud: endpoint.host, iat: now, exp: now + 900, bucket, scope,
    paths: { prefixPaths: [prefix], objectPaths: [] },
  };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  const jwt = `${signed}.${createHmac("sha256", secretAccessKey).update(signed).digest("base64url")}`;
  return {
    accessKeyId,
    secretAccessKey: createHash("sha256").update(jwt).digest("hex"),
    sessionToken: Buffer.from(`jwt/${jwt}`).toString("base64"),
  };
}

const prefix = `${fresh("temporary")}/`;
const s3 = pathStyle({ credentials: temporary(prefix) });
const at = (Key) => ({ Bucket: bucket, Key });

await check("003-12 objects and lists below a prefix", async () => {
  await s3.send(new PutObjectCommand({ ...at(`${prefix}a`), Body: "a" }));
  assert.equal(await textOf(await s3.send(new GetObjectCommand(at(`${prefix}a`)))), "a");
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  assert.deepEqual(listed.Contents.map(({ Key }) => Key), [`${prefix}a`]);
  await assert.rejects(s3.send(new PutObjectCommand({ ...at("outside"), Body: "x" })), refusal("AccessDenied", 403));
  await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket: bucket })), refusal("AccessDenied", 403));
});

await check("003-12 an upload in parts below a prefix, and none beside it", async () => {
  const key = at(`${prefix}large`);
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(key));
  const { ETag } = await s3.send(new UploadPartCommand({ ...key, UploadId, PartNumber: 1, Body: "content" }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ ...key, UploadId, MultipartUpload }));
  assert.equal(await textOf(await s3.send(new GetObjectCommand(key))), "content");
  await assert.rejects(s3.send(new CreateMultipartUploadCommand(at("outside"))), refusal("AccessDenied", 403));
});

await check("003-12 presigned URLs of a temporary credential", async () => {
  const url = (Key) => getSignedUrl(s3, new PutObjectCommand(at(Key)), { expiresIn: 300 });
  const good = await url(`${prefix}presigned`);
  assert.ok(good.includes("X-Amz-Security-Token="), good);
  assert.equal((await send(good, { method: "PUT", body: "presigned" })).status, 200);
  assertRefused(await send(await url("outside"), { method: "PUT", body: "x" }), 403, "AccessDenied");
  const reader = pathStyle({ credentials: temporary(prefix, "object-read-only") });
  const read = await getSignedUrl(reader, new GetObjectCommand(at(`${prefix}presigned`)), { expiresIn: 300 });
  assert.equal((await send(read)).text, "presigned");
  const write = await getSignedUrl(reader, new PutObjectCommand(at(`${prefix}presigned`)), { expiresIn: 300 });
  assertRefused(await send(write, { method: "PUT", body: "x" }), 403, "AccessDenied");
});
