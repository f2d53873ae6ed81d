// PutObject, GetObject, HeadObject, DeleteObject and DeleteObjects with the SDK's default settings.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { bucket, check, fresh } from "../harness.mjs";
import { refusal, sendSeen, textOf } from "./client.mjs";

const ODD_KEYS = [
  "a b", "a+b", "a%20b", "a%2Fb", "a//b", "/lead", "trail/", "./dot", "../up", "a/../b", "ümlaut", "e\u0301 ≠ \u00e9", "名前/ファイル.txt",
  "😀", "q?x=1&y=2", "hash#tag", "semi;colon,comma", "'quote\"", "(paren)!*~", "<xml>&amp;", "back\\slash", "{curly}|^`",
];

const md5 = (bytes) => `"${createHash("md5").update(bytes).digest("hex")}"`;

export async function objectChecks(s3, style) {
  const prefix = fresh("objects");
  const at = (key, more) => ({ Bucket: bucket, Key: `${prefix}/${key}`, ...more });
  const run = (command) => s3.send(command);
  const read = async (key, more) => textOf(await run(new GetObjectCommand(at(key, more))));

  await check(`002-5 put a buffer with all its metadata, get, head and delete, ${style}`, async () => {
    const Body = randomBytes(100_000);
    const described = {
      ContentType: "image/png",
      CacheControl: "max-age=60",
      ContentDisposition: 'attachment; filename="a b.png"',
      ContentEncoding: "identity",
      ContentLanguage: "de",
      Metadata: { "made-by": "v3", empty: "" },
    };
    const { ETag, sent } = await sendSeen(s3, new PutObjectCommand(at("cat.png", { Body, ...described })));
    assert(sent["x-amz-checksum-crc32"], "the SDK's default checksum went out");
    assert.equal(ETag, md5(Body));
    for (const Command of [GetObjectCommand, HeadObjectCommand]) {
      const output = await run(new Command(at("cat.png")));
      assert.equal(output.ETag, ETag);
      assert.equal(output.ContentLength, Body.length);
      assert(output.LastModified instanceof Date);
      for (const [name, value] of Object.entries(described)) assert.deepEqual(output[name], value, name);
      if (output.Body) assert(Body.equals(await output.Body.transformToByteArray()));
    }
    await run(new DeleteObjectCommand(at("cat.png")));
    await assert.rejects(run(new GetObjectCommand(at("cat.png"))), refusal("NoSuchKey", 404));
    await assert.rejects(run(new HeadObjectCommand(at("cat.png"))), refusal("NotFound", 404));
    await run(new DeleteObjectCommand(at("cat.png")));
  });

  await check(`a stream goes aws-chunked without a Content-Length, ${style}`, async () => {
    for (const size of [0, 1, 70_000, 3 * 1024 * 1024]) {
      const bytes = randomBytes(size);
      const Body = Readable.from((function* () {
        for (let start = 0; start < size; start += 48_611) yield bytes.subarray(start, start + 48_611);
      })());
      const { ETag, sent } = await sendSeen(s3, new PutObjectCommand(at("stream", { Body, ContentLength: size })));
      assert.equal(sent["x-amz-content-sha256"], "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
      assert.equal(sent["x-amz-decoded-content-length"], `${size}`);
      assert.equal(sent["content-length"], undefined);
      assert.equal(ETag, md5(bytes));
      const got = await run(new GetObjectCommand(at("stream")));
      assert(bytes.equals(await got.Body.transformToByteArray()));
      assert(!got.ContentEncoding, `stored Content-Encoding: ${got.ContentEncoding}`);
    }
  });

  await check(`a buffer of 20 MiB comes back unchanged, ${style}`, async () => {
    const Body = randomBytes(20 * 1024 * 1024);
    await run(new PutObjectCommand(at("large", { Body })));
    const got = await run(new GetObjectCommand(at("large")));
    assert(Body.equals(await got.Body.transformToByteArray()));
  });

  await check(`ranges, ${style}`, async () => {
    await run(new PutObjectCommand(at("digits", { Body: "0123456789" })));
    for (const [Range, text, ContentRange] of [
      ["bytes=2-4", "234", "bytes 2-4/10"],
      ["bytes=7-", "789", "bytes 7-9/10"],
      ["bytes=-3", "789", "bytes 7-9/10"],
      ["bytes=0-999", "0123456789", "bytes 0-9/10"],
    ]) {
      const output = await run(new GetObjectCommand(at("digits", { Range })));
      assert.equal(output.$metadata.httpStatusCode, 206);
      assert.equal(output.ContentRange, ContentRange);
      assert.equal(await textOf(output), text);
    }
    await assert.rejects(run(new GetObjectCommand(at("digits", { Range: "bytes=10-" }))), refusal("InvalidRange", 416));
  });

  await check(`conditional GET and HEAD, ${style}`, async () => {
    const { ETag } = await run(new PutObjectCommand(at("conditional", { Body: "x" })));
    const past = new Date(Date.now() - 3_600_000);
    const future = new Date(Date.now() + 3_600_000);
    for (const condition of [{ IfMatch: ETag }, { IfMatch: "*" }, { IfNoneMatch: '"other"' }, { IfModifiedSince: past }, { IfUnmodifiedSince: future }]) {
      assert.equal(await read("conditional", condition), "x", JSON.stringify(condition));
    }
    for (const Command of [GetObjectCommand, HeadObjectCommand]) {
      for (const [status, condition] of [
        [412, { IfMatch: '"other"' }],
        [412, { IfUnmodifiedSince: past }],
        [304, { IfNoneMatch: ETag }],
        [304, { IfModifiedSince: new Date() }],
      ]) {
        const isRight = ({ $metadata }) => $metadata?.httpStatusCode === status;
        await assert.rejects(run(new Command(at("conditional", condition))), isRight, JSON.stringify(condition));
      }
    }
  });

  await check(`conditional PUT, ${style}`, async () => {
    const put = (Body, condition) => run(new PutObjectCommand(at("once", { Body, ...condition })));
    await put("first", { IfNoneMatch: "*" });
    await assert.rejects(put("second", { IfNoneMatch: "*" }), refusal("PreconditionFailed", 412));
    await assert.rejects(put("second", { IfMatch: '"other"' }), refusal("PreconditionFailed", 412));
    assert.equal(await read("once"), "first");
    await put("second", { IfMatch: md5("first") });
    assert.equal(await read("once"), "second");
  });

  await check(`the reply's headers can be overridden, ${style}`, async () => {
    await run(new PutObjectCommand(at("override", { Body: "x", ContentType: "text/plain" })));
    const override = { ResponseContentType: "text/html", ResponseContentDisposition: 'attachment; filename="x y.html"' };
    const output = await run(new GetObjectCommand(at("override", override)));
    assert.equal(output.ContentType, "text/html");
    assert.equal(output.ContentDisposition, 'attachment; filename="x y.html"');
    assert.equal(await textOf(output), "x");
  });

  await check(`keys of every kind, ${style}`, async () => {
    for (const key of ODD_KEYS) {
      await run(new PutObjectCommand(at(key, { Body: key })));
      assert.equal(await read(key), key);
    }
    const names = ODD_KEYS.map((key) => ({ Key: `${prefix}/${key}` }));
    const { Deleted, Errors } = await run(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: names } }));
    assert.equal(Errors, undefined);
    assert.deepEqual(Deleted.map(({ Key }) => Key).sort(), names.map(({ Key }) => Key).sort());
    for (const key of ODD_KEYS) await assert.rejects(read(key), refusal("NoSuchKey", 404), key);
  });

  await check(`a quiet DeleteObjects says nothing, ${style}`, async () => {
    await run(new PutObjectCommand(at("quiet", { Body: "x" })));
    const Objects = [{ Key: `${prefix}/quiet` }, { Key: `${prefix}/never was` }];
    const { Deleted, Errors } = await run(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
    assert.deepEqual({ Deleted, Errors }, { Deleted: undefined, Errors: undefined });
    await assert.rejects(read("quiet"), refusal("NoSuchKey", 404));
  });
}
