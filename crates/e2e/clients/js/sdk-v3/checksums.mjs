// The five checksum algorithms and both settings of when the SDK computes one.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { bucket, check, fresh } from "../harness.mjs";
import { pathStyle, refusal, sendSeen, textOf } from "./client.mjs";

const TEXT = "123456789";
// The check values that each CRC's definition gives for these nine digits, in base64.
const EXPECTED = {
  CRC32: "y/Q5Jg==",
  CRC32C: "4waSgw==",
  CRC64NVME: "rosUhgp5mIg=",
  SHA1: createHash("sha1").update(TEXT).digest("base64"),
  SHA256: createHash("sha256").update(TEXT).digest("base64"),
};

export async function checksumChecks() {
  const prefix = fresh("checksums");
  const at = (key, more) => ({ Bucket: bucket, Key: `${prefix}/${key}`, ...more });

  for (const requestChecksumCalculation of ["WHEN_SUPPORTED", "WHEN_REQUIRED"]) {
    const s3 = pathStyle({ requestChecksumCalculation });
    await check(`002-5 put and get with requestChecksumCalculation ${requestChecksumCalculation}`, async () => {
      const put = await sendSeen(s3, new PutObjectCommand(at("plain", { Body: TEXT })));
      assert.equal(put.sent["x-amz-checksum-crc32"], requestChecksumCalculation === "WHEN_SUPPORTED" ? EXPECTED.CRC32 : undefined);
      assert.equal(await textOf(await s3.send(new GetObjectCommand(at("plain")))), TEXT);
    });
  }

  for (const [ChecksumAlgorithm, value] of Object.entries(EXPECTED)) {
    const s3 = pathStyle();
    const field = `Checksum${ChecksumAlgorithm}`;
    const assertEchoed = async (key) => {
      const head = await s3.send(new HeadObjectCommand(at(key, { ChecksumMode: "ENABLED" })));
      assert.equal(head[field], value);
      const got = await s3.send(new GetObjectCommand(at(key, { ChecksumMode: "ENABLED" })));
      assert.equal(got[field], value);
      assert.equal(await textOf(got), TEXT);
    };

    await check(`003-7 ${ChecksumAlgorithm} as a header is verified, stored and echoed`, async () => {
      const put = await s3.send(new PutObjectCommand(at(`header ${ChecksumAlgorithm}`, { Body: TEXT, [field]: value })));
      assert.equal(put[field], value);
      await assertEchoed(`header ${ChecksumAlgorithm}`);
    });

    await check(`${ChecksumAlgorithm} as a trailer is verified, stored and echoed`, async () => {
      const Body = Readable.from([Buffer.from("1234"), Buffer.from("56789")]);
      const key = `trailer ${ChecksumAlgorithm}`;
      const put = await sendSeen(s3, new PutObjectCommand(at(key, { Body, ContentLength: TEXT.length, ChecksumAlgorithm })));
      assert.equal(put.sent["x-amz-trailer"], `x-amz-checksum-${ChecksumAlgorithm.toLowerCase()}`);
      assert.equal(put[field], value);
      await assertEchoed(key);
    });

    await check(`a wrong ${ChecksumAlgorithm} is refused and nothing is stored`, async () => {
      const key = `wrong ${ChecksumAlgorithm}`;
      const put = s3.send(new PutObjectCommand(at(key, { Body: "another text", [field]: value })));
      await assert.rejects(put, refusal("BadDigest", 400));
      await assert.rejects(s3.send(new HeadObjectCommand(at(key))), refusal("NotFound", 404));
    });
  }

  await check("Content-MD5 is verified", async () => {
    const s3 = pathStyle();
    const ContentMD5 = createHash("md5").update(TEXT).digest("base64");
    await s3.send(new PutObjectCommand(at("md5", { Body: TEXT, ContentMD5 })));
    const wrong = s3.send(new PutObjectCommand(at("wrong md5", { Body: "another text", ContentMD5 })));
    await assert.rejects(wrong, refusal("BadDigest", 400));
    await assert.rejects(s3.send(new HeadObjectCommand(at("wrong md5"))), refusal("NotFound", 404));
  });
}
