// The content type of a presigned PUT: enforced when it is signed, free when it is not.
import assert from "node:assert/strict";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { assertRefused, bucket, check, fresh, send } from "../harness.mjs";
import { pathStyle, refusal } from "./client.mjs";

const ORIGIN = "http://localhost:3000";
const SIGNED = { expiresIn: 300, signableHeaders: new Set(["content-type"]) };

export async function presignedTypeChecks() {
  const prefix = fresh("avatars");
  const settings = { "default checksums": pathStyle(), "checksums when required": pathStyle({ requestChecksumCalculation: "WHEN_REQUIRED" }) };
  const put = (url, type) => {
    const headers = { Origin: ORIGIN, ...(type ? { "Content-Type": type } : {}) };
    return send(url, { method: "PUT", headers, body: "not really a picture" });
  };

  for (const [name, s3] of Object.entries(settings)) {
    const sign = (Key, options) => getSignedUrl(s3, new PutObjectCommand({ Bucket: bucket, Key, ContentType: "image/jpeg" }), options);

    await check(`003-5 004-7 a signed content type takes no other, not even slightly, ${name}`, async () => {
      const Key = `${prefix}/refused.jpg`;
      const url = await sign(Key, SIGNED);
      assert.match(url, /X-Amz-SignedHeaders=content-type%3Bhost/);
      for (const wrong of ["image/jpg", "image/jpeg; charset=x", "image/JPEG", undefined]) {
        const answer = await put(url, wrong);
        const { hint } = assertRefused(answer, 403, "SignatureDoesNotMatch");
        assert.match(hint, /content-type/i);
        if (wrong) assert(hint.includes(wrong), hint);
        assert.equal(answer.headers["access-control-allow-origin"], ORIGIN, "a page can read the refusal");
      }
      await assert.rejects(s3.send(new HeadObjectCommand({ Bucket: bucket, Key })), refusal("NotFound", 404));
    });

    await check(`004-4 004-6 the signed content type is taken and kept, ${name}`, async () => {
      const Key = `${prefix}/taken.jpg`;
      assert.equal((await put(await sign(Key, SIGNED), "image/jpeg")).status, 200);
      assert.equal((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).ContentType, "image/jpeg");
    });

    await check(`003-5 004-4 the seeds' literal code does not sign the type, and any is taken, ${name}`, async () => {
      const Key = `${prefix}/literal.jpg`;
      const url = await sign(Key, { expiresIn: 300 });
      assert.match(url, /X-Amz-SignedHeaders=host(&|$)/);
      for (const type of ["image/jpeg", "image/png"]) {
        assert.equal((await put(url, type)).status, 200);
        assert.equal((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).ContentType, type);
      }
    });
  }
}
