// The steps that ../../tests/it/scenario.rs asks for, in terms of what an SDK can do. The step is the script's argument; the
// files lie in SCENARIO_FOLDER.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { bucket } from "./harness.mjs";

const FOLDER = process.env.SCENARIO_FOLDER || assert.fail("SCENARIO_FOLDER is not set");
const AT_ONCE = 16;
const PART = 16 * 1024 * 1024;
const SMALL = "copy me + 100% #1 é 😀.txt";
const source = (key) => `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;

/** Runs the step on a client: `upload`, `put`, `get`, `pages`, `copy`, `createUpload`, `copyPart`, `complete`, `remove`. */
export async function play(client) {
  const steps = { upload, sync, list, copy, download, fetch, delete: deleteAll };
  const step = process.argv[2];
  assert(steps[step], `no step ${step}`);
  await steps[step](client);
}

const upload = (client) => client.upload("large.bin", createReadStream(join(FOLDER, "large.bin")));

async function sync(client) {
  const there = new Map();
  for await (const { Key, ETag } of objects(client, "tree/")) there.set(Key, ETag);
  const entries = await readdir(join(FOLDER, "tree"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  await concurrently(files, async (file) => {
    const key = `tree/${relative(join(FOLDER, "tree"), file)}`;
    const body = await readFile(file);
    if (there.get(key) !== `"${createHash("md5").update(body).digest("hex")}"`) await client.put(key, body);
  });
}

async function list(client) {
  for await (const { Key } of objects(client, "tree/")) console.log(Key);
}

async function copy(client) {
  await client.copy(source(`tree/${SMALL}`), "copies/small.txt");
  const key = "copies/large.bin";
  const size = await client.size("large.bin");
  const id = await client.createUpload(key);
  const parts = Array.from({ length: Math.ceil(size / PART) }, (_, index) => index + 1);
  const done = new Map();
  await concurrently(parts, async (number) => {
    const range = `bytes=${(number - 1) * PART}-${Math.min(number * PART, size) - 1}`;
    done.set(number, await client.copyPart(key, id, number, source("large.bin"), range));
  });
  await client.complete(key, id, parts.map((number) => ({ PartNumber: number, ETag: done.get(number) })));
}

const download = (client) => save(client, "copies/large.bin", join(FOLDER, "back/large.bin"));

async function fetch(client) {
  const keys = [];
  for await (const { Key } of objects(client, "tree/")) keys.push(Key);
  await concurrently(keys, (key) => save(client, key, join(FOLDER, "back", key)));
}

async function deleteAll(client) {
  const keys = [];
  for await (const { Key } of objects(client, "")) keys.push({ Key });
  while (keys.length) {
    const { Errors = [] } = await client.remove(keys.splice(0, 1000));
    assert.deepEqual(Errors, []);
  }
}

async function* objects(client, prefix) {
  let token;
  do {
    const page = await client.page(prefix, token);
    yield* page.Contents ?? [];
    token = page.NextContinuationToken;
  } while (token);
}

async function save(client, key, file) {
  await mkdir(dirname(file), { recursive: true });
  await pipeline(await client.get(key), createWriteStream(file));
}

async function concurrently(items, work) {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
