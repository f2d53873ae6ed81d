// Where a presigned URL ends: its expiry, and every single thing that is written into it.
import assert from "node:assert/strict";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { accessKeyId, assertRefused, bucket, check, fresh, send } from "../harness.mjs";
import { pathStyle } from "./client.mjs";

const WEEK = 604_800;

export async function presignedLimitChecks() {
  const s3 = pathStyle();
  const Key = `${fresh("limits")}/object`;
  const object = { Bucket: bucket, Key };
  await s3.send(new PutObjectCommand({ ...object, Body: "x" }));
  const sign = (expiresIn, secondsAgo = 0) =>
    getSignedUrl(s3, new GetObjectCommand(object), { expiresIn, signingDate: new Date(Date.now() - secondsAgo * 1000) });
  const changed = (url, name, value) => url.replace(new RegExp(`([?&]${name}=)[^&]*`), `$1${value}`);

  await check("003-3 an expiry of one second and of a week", async () => {
    // Signed by a clock that is half a minute ahead, so that the one second cannot run out on the way.
    const url = await sign(1, -30);
    assert.match(url, /X-Amz-Expires=1&/);
    assert.equal((await send(url)).status, 200);
    assert.equal((await send(await sign(WEEK))).status, 200);
    assert.equal((await send(await sign(WEEK, WEEK - 60))).status, 200);
  });

  await check("003-3 004-4 over is over", async () => {
    assert.equal((await send(await sign(300, 290))).status, 200);
    for (const url of [await sign(300, 301), await sign(1, 2), await sign(WEEK, WEEK + 1)]) {
      const { message, hint } = assertRefused(await send(url), 403, "ExpiredRequest");
      assert.equal(message, "Request has expired");
      assert.match(hint, /\d/, "the hint says by how much");
    }
  });

  await check("a URL signed by a clock far ahead is not valid yet", async () => {
    assert.equal((await send(await sign(900, -10 * 60))).status, 200);
    const { message, hint } = assertRefused(await send(await sign(900, -20 * 60)), 403, "AccessDenied");
    assert.equal(message, "Request is not yet valid");
    assert.match(hint, /clock/);
  });

  await check("003-3 an expiry of 0, 604801, -1 and abc", async () => {
    const url = await sign(900);
    for (const [expires, status, code] of [
      ["0", 403, "ExpiredRequest"],
      ["604801", 400, "InvalidArgument"],
      ["-1", 403, "ExpiredRequest"],
      ["abc", 400, "InvalidArgument"],
      ["", 400, "InvalidArgument"],
    ]) {
      assertRefused(await send(changed(url, "X-Amz-Expires", expires)), status, code);
    }
  });

  await check("003-6 nothing in a URL can be changed", async () => {
    const url = await sign(900);
    const mismatch = [
      url.replace("/object?", "/objecT?"),
      url.replace(`/${bucket}/`, `/${bucket}x/`),
      changed(url, "X-Amz-Expires", "901"),
      url.replace(/(X-Amz-Date=\d{8}T\d{4})(\d\d)/, (_, minute, second) => minute + String((Number(second) + 1) % 60).padStart(2, "0")),
      changed(url, "X-Amz-Signature", "0".repeat(64)),
      changed(url, "X-Amz-SignedHeaders", "accept%3Bhost"),
      changed(url, "x-amz-checksum-mode", "DISABLED"),
      changed(url, "x-id", "PutObject"),
      `${url}&utm_source=newsletter`,
    ];
    for (const other of mismatch) assertRefused(await send(other), 403, "SignatureDoesNotMatch");
    assertRefused(await send(url.replace(accessKeyId, "f".repeat(accessKeyId.length))), 401, "Unauthorized");
    assert.equal((await send(url)).status, 200);
  });

  await check("003-6 a parameter of the signature that is missing is named", async () => {
    const url = await sign(900);
    for (const name of ["X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"]) {
      const without = url.replace(new RegExp(`${name}=[^&]*&?`), "");
      const { message } = assertRefused(await send(without), 400, "InvalidArgument");
      assert.equal(message, `Required search parameter ${name} missing`);
    }
  });
}
