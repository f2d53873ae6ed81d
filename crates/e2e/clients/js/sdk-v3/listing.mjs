// ListObjects and ListObjectsV2: paging, delimiters, encodings.
import assert from "node:assert/strict";
import {
  CreateBucketCommand, DeleteBucketCommand, DeleteObjectsCommand, ListObjectsCommand, ListObjectsV2Command, paginateListObjectsV2,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { account, check, fresh } from "../harness.mjs";

const KEYS = ["a", "b/1", "b/2", "b/c/3", "d e", "d+e", "z/1", "é", "😀"];

const keysOf = ({ Contents = [] }) => Contents.map(({ Key }) => Key);
const prefixesOf = ({ CommonPrefixes = [] }) => CommonPrefixes.map(({ Prefix }) => Prefix);

export async function listingChecks(s3, style) {
  const Bucket = fresh("listing");
  const v1 = (more) => s3.send(new ListObjectsCommand({ Bucket, ...more }));
  const v2 = (more) => s3.send(new ListObjectsV2Command({ Bucket, ...more }));

  await check(`an empty bucket lists as empty, ${style}`, async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const { Contents, KeyCount, IsTruncated, Name } = await v2();
    assert.deepEqual({ Contents, KeyCount, IsTruncated, Name }, { Contents: undefined, KeyCount: 0, IsTruncated: false, Name: Bucket });
  });

  await check(`002-5 both listings in key order, ${style}`, async () => {
    for (const Key of [...KEYS].reverse()) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    assert.deepEqual(keysOf(await v2()), KEYS);
    const listed = await v1();
    assert.deepEqual(keysOf(listed), KEYS);
    assert(listed.Contents.every(({ Owner }) => Owner.ID === account));
    assert(listed.Contents.every(({ StorageClass }) => StorageClass === "STANDARD"));
    assert.equal((await v2()).Contents[0].Owner, undefined);
    assert.equal((await v2({ FetchOwner: true })).Contents[0].Owner.ID, account);
  });

  await check(`prefix, start-after and marker, ${style}`, async () => {
    assert.deepEqual(keysOf(await v2({ Prefix: "b/" })), ["b/1", "b/2", "b/c/3"]);
    assert.deepEqual(keysOf(await v2({ StartAfter: "d e" })), ["d+e", "z/1", "é", "😀"]);
    assert.deepEqual(keysOf(await v1({ Marker: "d+e" })), ["z/1", "é", "😀"]);
    assert.deepEqual(keysOf(await v2({ Prefix: "nothing" })), []);
  });

  await check(`delimiters of one and of several characters, ${style}`, async () => {
    const top = await v2({ Delimiter: "/" });
    assert.deepEqual(keysOf(top), ["a", "d e", "d+e", "é", "😀"]);
    assert.deepEqual(prefixesOf(top), ["b/", "z/"]);
    assert.equal(top.KeyCount, 7);
    const below = await v1({ Delimiter: "/", Prefix: "b/" });
    assert.deepEqual([keysOf(below), prefixesOf(below)], [["b/1", "b/2"], ["b/c/"]]);
    assert.deepEqual(prefixesOf(await v2({ Delimiter: "/c/" })), ["b/c/"]);
  });

  for (const MaxKeys of [1, 2, 4]) {
    await check(`pages of ${MaxKeys} with a delimiter, version 2, ${style}`, async () => {
      const seen = [];
      for await (const page of paginateListObjectsV2({ client: s3, pageSize: MaxKeys }, { Bucket, Delimiter: "/" })) {
        assert(page.KeyCount <= MaxKeys, `${page.KeyCount}`);
        seen.push(...keysOf(page), ...prefixesOf(page));
      }
      assert.deepEqual(seen.sort(), ["a", "b/", "d e", "d+e", "z/", "é", "😀"].sort());
    });

    await check(`pages of ${MaxKeys} with a delimiter, version 1, ${style}`, async () => {
      const seen = [];
      let Marker;
      do {
        const page = await v1({ Delimiter: "/", MaxKeys, Marker });
        seen.push(...keysOf(page), ...prefixesOf(page));
        assert.equal(Boolean(page.NextMarker), page.IsTruncated);
        Marker = page.NextMarker;
      } while (Marker);
      assert.deepEqual(seen.sort(), ["a", "b/", "d e", "d+e", "z/", "é", "😀"].sort());
    });
  }

  await check(`encoding-type url, ${style}`, async () => {
    assert.deepEqual(keysOf(await v2({ EncodingType: "url", Prefix: "d" })), ["d%20e", "d%2Be"]);
  });

  await check(`DeleteObjects empties the bucket, ${style}`, async () => {
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: KEYS.map((Key) => ({ Key })) } }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
  });
}
