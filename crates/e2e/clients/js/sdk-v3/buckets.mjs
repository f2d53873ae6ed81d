// ListBuckets, CreateBucket, HeadBucket, GetBucketLocation, DeleteBucket and the CORS operations.
import assert from "node:assert/strict";
import {
  CreateBucketCommand, DeleteBucketCommand, DeleteBucketCorsCommand, GetBucketCorsCommand, GetBucketLocationCommand,
  HeadBucketCommand, ListBucketsCommand, PutBucketCorsCommand, PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { account, bucket, check, fresh, preflight, send } from "../harness.mjs";
import { refusal } from "./client.mjs";

const APP = "http://localhost:5199";

export async function bucketChecks(s3, style) {
  const Bucket = fresh("sdk-v3");

  await check(`002-5 create, head, locate, list and delete a bucket, ${style}`, async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new HeadBucketCommand({ Bucket }));
    await s3.send(new GetBucketLocationCommand({ Bucket }));
    const { Buckets, Owner } = await s3.send(new ListBucketsCommand({}));
    const names = Buckets.map(({ Name }) => Name);
    assert(names.includes(Bucket) && names.includes(bucket), `${names}`);
    assert(Buckets.every(({ CreationDate }) => CreationDate instanceof Date));
    assert.equal(Owner.ID, account);
    await s3.send(new DeleteBucketCommand({ Bucket }));
    await assert.rejects(s3.send(new HeadBucketCommand({ Bucket })), refusal("NotFound", 404));
    await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket })), refusal("NoSuchBucket", 404));
  });

  await check(`a bucket is not created twice, ${style}`, async () => {
    const again = s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await assert.rejects(again, refusal("BucketAlreadyOwnedByYou", 409));
  });

  await check(`a bucket's CORS policy is put, got, in force and deleted, ${style}`, async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await assert.rejects(s3.send(new GetBucketCorsCommand({ Bucket })), refusal("NoSuchCORSConfiguration", 404));
    const CORSRules = [
      { ID: "app", AllowedOrigins: [APP], AllowedMethods: ["GET", "PUT"], AllowedHeaders: ["Content-Type"], ExposeHeaders: ["ETag"], MaxAgeSeconds: 600 },
      { AllowedOrigins: ["https://*.example.com"], AllowedMethods: ["HEAD"] },
    ];
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    assert.deepEqual((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules, CORSRules);

    const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "a" }));
    assert.equal((await preflight(url, APP, "PUT")).headers["access-control-allow-origin"], APP);
    assert.equal((await preflight(url, APP, "DELETE")).status, 403);
    await s3.send(new DeleteBucketCorsCommand({ Bucket }));
    assert.equal((await preflight(url, APP, "PUT")).status, 403);
    await s3.send(new DeleteBucketCommand({ Bucket }));
  });

  await check(`002-3 an origin without a scheme is refused with the one that was meant, ${style}`, async () => {
    const CORSRules = [{ AllowedOrigins: ["localhost:3000"], AllowedMethods: ["PUT", "GET"], AllowedHeaders: ["Content-Type"] }];
    const put = s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }));
    await assert.rejects(put, ({ message, Hint }) => `${message} ${Hint}`.includes("http://localhost:3000"));
  });

  await check(`002-3 the first policy lets http://localhost:3000 in, ${style}`, async () => {
    const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: bucket, Key: "a" }));
    for (const method of ["GET", "PUT"]) {
      const { status, headers } = await preflight(url, "http://localhost:3000", method);
      assert(status === 200 || status === 204, `${status}`);
      assert.equal(headers["access-control-allow-origin"], "http://localhost:3000");
    }
    const { headers } = await send(url, { method: "PUT", headers: { Origin: "http://localhost:3000" }, body: "x" });
    assert.equal(headers["access-control-allow-origin"], "http://localhost:3000");
    assert.match(headers.vary, /Origin/);
  });
}
