// API tokens and temporary credentials that are made over Cloudflare's REST API, used with @aws-sdk/client-s3 v3 and its presigner:
// each permission on all buckets and on one, a roll, an end, and an upload in parts below a prefix.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand, CreateBucketCommand, CreateMultipartUploadCommand, DeleteObjectCommand,
  GetBucketCorsCommand, GetObjectCommand, HeadBucketCommand, ListBucketsCommand, ListObjectsV2Command, PutBucketCorsCommand,
  PutObjectCommand, UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { account, assertRefused, bucket, check, fresh, send } from "./harness.mjs";
import { pathStyle, refusal, textOf } from "./sdk-v3/client.mjs";

const base = process.env.CLOUDFLARE_API_BASE_URL;
const admin = process.env.CLOUDFLARE_API_TOKEN;
const buckets = `/accounts/${account}/r2/buckets`;
const GROUPS = {
  "admin-read-write": "Workers R2 Storage Write", "admin-read-only": "Workers R2 Storage Read",
  "object-read-write": "Workers R2 Storage Bucket Item Write", "object-read-only": "Workers R2 Storage Bucket Item Read",
};

/** A REST call; its status and envelope. */
async function call(method, path, document, token = admin) {
  const body = document === undefined ? undefined : JSON.stringify(document);
  const { status, text } = await send(`${base}${path}`, { method, headers: { Authorization: `Bearer ${token}` }, body });
  return { status, ...JSON.parse(text) };
}

/** The result of a call that succeeds. */
async function result(...wanted) {
  const reply = await call(...wanted);
  assert.ok(reply.status === 200 && reply.success, JSON.stringify(reply));
  return reply.result;
}

const groups = await result("GET", `/accounts/${account}/tokens/permission_groups`);
const everywhere = { "com.cloudflare.edge.r2.bucket.*": "*" };

/** Policies of a permission, on one bucket or on all. */
function policies(permission, name) {
  const { id } = groups.find((group) => group.name === GROUPS[permission]);
  const owner = `com.cloudflare.api.account.${account}`;
  const one = { [`com.cloudflare.edge.r2.bucket.${account}_default_${name}`]: "*" };
  const all = { [owner]: permission.startsWith("admin") ? "*" : everywhere };
  return [{ effect: "allow", resources: name ? one : all, permission_groups: [{ id }] }];
}

const make = (permission, name) =>
  result("POST", "/user/tokens", { name: `${permission} ${name ?? "everywhere"}`, policies: policies(permission, name) });

/** The key pair of a token, as R2 documents it. */
const pair = ({ id, value }) => ({ accessKeyId: id, secretAccessKey: createHash("sha256").update(value).digest("hex") });
const client = (credentials) => pathStyle({ credentials });

const other = fresh("other");
await result("POST", buckets, { name: other });
const key = fresh("tokens");

const rules = { CORSRules: [{ AllowedMethods: ["PUT"], AllowedOrigins: ["https://a.example"] }] };
/** Every operation of the table, by name; `at` is the bucket. */
const OPERATIONS = {
  listBuckets: () => new ListBucketsCommand({}),
  createBucket: () => new CreateBucketCommand({ Bucket: fresh("made") }),
  headBucket: (at) => new HeadBucketCommand({ Bucket: at }),
  getCors: (at) => new GetBucketCorsCommand({ Bucket: at }),
  putCors: (at) => new PutBucketCorsCommand({ Bucket: at, CORSConfiguration: rules }),
  put: (at) => new PutObjectCommand({ Bucket: at, Key: key, Body: "a" }),
  get: (at) => new GetObjectCommand({ Bucket: at, Key: key }),
  list: (at) => new ListObjectsV2Command({ Bucket: at, Prefix: key }),
  delete: (at) => new DeleteObjectCommand({ Bucket: at, Key: `${key}-gone` }),
};
const READS = ["headBucket", "get", "list"];
const WRITES = [...READS, "put", "delete"];
const ALLOWED = {
  "admin-read-write": Object.keys(OPERATIONS),
  "admin-read-only": [...READS, "listBuckets", "getCors"],
  "object-read-write": WRITES,
  "object-read-only": READS,
};

const owner = client(pair(await make("admin-read-write")));
for (const at of [bucket, other]) {
  await owner.send(OPERATIONS.put(at));
  await owner.send(OPERATIONS.putCors(at));
}

/** Whether the operation is allowed; any refusal but the one that forbids it is a failure. */
async function may(s3, command) {
  try {
    const output = await s3.send(command);
    await output.Body?.transformToString();
    return true;
  } catch (error) {
    // a HEAD has no body to name a code in
    assert.equal(error.$metadata?.httpStatusCode, 403, String(error));
    return false;
  }
}

for (const permission of Object.keys(ALLOWED)) {
  for (const bound of permission.startsWith("admin") ? [undefined] : [undefined, bucket]) {
    await check(`tokens: ${permission} on ${bound ? "one bucket" : "all buckets"}`, async () => {
      const token = await make(permission, bound);
      const s3 = client(pair(token));
      for (const at of [bucket, other]) {
        for (const [name, command] of Object.entries(OPERATIONS)) {
          const expected = ALLOWED[permission].includes(name) && (!bound || bound === at);
          assert.equal(await may(s3, command(at)), expected, `${name} in ${at}`);
        }
      }
      // REST is for admins
      const isAdmin = permission.startsWith("admin");
      const rest = async (...wanted) => (await call(...wanted, token.value)).status;
      assert.equal(await rest("GET", buckets, undefined), isAdmin ? 200 : 403);
      assert.equal(await rest("GET", `${buckets}/${bucket}/cors`, undefined), isAdmin ? 200 : 403);
      const writes = permission === "admin-read-write" ? 200 : 403;
      assert.equal(await rest("PUT", `${buckets}/${bucket}/lifecycle`, { rules: [] }), writes);
      assert.equal(await rest("GET", "/user/tokens", undefined), writes);
      const verified = await result("GET", "/user/tokens/verify", undefined, token.value);
      assert.deepEqual(verified, { id: token.id, status: "active" });
      await result("DELETE", `/user/tokens/${token.id}`);
      await assert.rejects(s3.send(OPERATIONS.get(bucket)), refusal("Unauthorized", 401));
    });
  }
}

await check("tokens: a roll and a switch count from the next request on", async () => {
  const token = await make("object-read-write", bucket);
  const before = client(pair(token));
  await before.send(OPERATIONS.put(bucket));
  const value = await result("PUT", `/user/tokens/${token.id}/value`, {});
  await assert.rejects(before.send(OPERATIONS.put(bucket)), refusal("SignatureDoesNotMatch", 403));
  const after = client(pair({ ...token, value }));
  await after.send(OPERATIONS.put(bucket));
  const { name, policies: kept } = token;
  const status = (to) => result("PUT", `/user/tokens/${token.id}`, { name, policies: kept, status: to });
  await status("disabled");
  await assert.rejects(after.send(OPERATIONS.put(bucket)), refusal("Unauthorized", 401));
  assert.equal((await result("GET", "/user/tokens/verify", undefined, value)).status, "disabled");
  await status("active");
  await after.send(OPERATIONS.put(bucket));
});

const prefix = `${fresh("temporary")}/`;
const parent = await make("object-read-write", bucket);
const temporary = (more) =>
  result("POST", `/accounts/${account}/r2/temp-access-credentials`, {
    bucket, parentAccessKeyId: parent.id, permission: "object-read-write", ttlSeconds: 900, prefixes: [prefix], ...more,
  });
const at = (Key) => ({ Bucket: bucket, Key });

await check("tokens: a temporary credential uploads in parts below its prefix, and nowhere else", async () => {
  const s3 = client(await temporary());
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at(`${prefix}large`)));
  const bodies = ["x".repeat(5 * 1024 * 1024), "the end"];
  const Parts = [];
  for (const [n, Body] of bodies.entries()) {
    const part = { ...at(`${prefix}large`), UploadId, PartNumber: n + 1, Body };
    Parts.push({ PartNumber: n + 1, ETag: (await s3.send(new UploadPartCommand(part))).ETag });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...at(`${prefix}large`), UploadId, MultipartUpload: { Parts } }));
  assert.equal(await textOf(await s3.send(new GetObjectCommand(at(`${prefix}large`)))), bodies.join(""));
  const outside = [
    new CreateMultipartUploadCommand(at("outside")), new PutObjectCommand({ ...at("outside"), Body: "x" }),
    new GetObjectCommand(at(key)), new ListObjectsV2Command({ Bucket: bucket }), new ListBucketsCommand({}),
    new PutObjectCommand({ Bucket: other, Key: `${prefix}a`, Body: "x" }),
  ];
  for (const command of outside) await assert.rejects(s3.send(command), refusal("AccessDenied", 403));
});

await check("tokens: presigned URLs of a temporary credential, until its parent ends", async () => {
  const s3 = client(await temporary());
  const url = (Key, Command = PutObjectCommand) => getSignedUrl(s3, new Command(at(Key)), { expiresIn: 300 });
  assert.equal((await send(await url(`${prefix}presigned`), { method: "PUT", body: "presigned" })).status, 200);
  const read = await url(`${prefix}presigned`, GetObjectCommand);
  assert.equal((await send(read)).text, "presigned");
  assertRefused(await send(await url("outside"), { method: "PUT", body: "x" }), 403, "AccessDenied");
  const wider = { bucket, parentAccessKeyId: parent.id, permission: "admin-read-only", ttlSeconds: 60 };
  const refused = await call("POST", `/accounts/${account}/r2/temp-access-credentials`, wider);
  assert.deepEqual([refused.status, refused.success, refused.result], [400, false, null]);
  await result("DELETE", `/user/tokens/${parent.id}`);
  assertRefused(await send(read), 401, "Unauthorized");
  await assert.rejects(s3.send(new GetObjectCommand(at(`${prefix}presigned`))), refusal("Unauthorized", 401));
});
