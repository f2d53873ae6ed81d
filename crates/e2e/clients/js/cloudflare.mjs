// Cloudflare's SDK for TypeScript against Larder's REST API: every resource of R2 that it has and the server does, too.
// Tokens and temporary credentials belong here as soon as the server makes them.
import assert from "node:assert/strict";
import Cloudflare from "cloudflare";
import { account as account_id, check, fresh } from "./harness.mjs";

const client = new Cloudflare({ baseURL: process.env.CLOUDFLARE_API_BASE_URL, apiToken: process.env.CLOUDFLARE_API_TOKEN, maxRetries: 0 });
const { buckets } = client.r2;
const name = fresh("sdk");
const of = { account_id };

/** Asserts that a call is refused with that status and number. */
async function refused(call, status, code) {
  const error = await call.then(() => assert.fail("it was not refused"), (error) => error);
  assert.equal(error.status, status, String(error));
  assert.equal(error.errors?.[0]?.code, code, String(error));
}

await check("cloudflare_ts_buckets", async () => {
  const made = await buckets.create({ ...of, name, locationHint: "weur", storageClass: "InfrequentAccess" });
  assert.equal(made.name, name);
  assert.equal(made.storage_class, "InfrequentAccess");
  await refused(buckets.create({ ...of, name }), 409, 10004);
  const edited = await buckets.edit(name, { ...of, storage_class: "Standard" });
  assert.equal(edited.storage_class, "Standard");
  assert.equal((await buckets.get(name, of)).location, "weur");
  const listed = await buckets.list({ ...of, name_contains: name });
  assert.deepEqual(listed.buckets.map((bucket) => bucket.name), [name]);
  await refused(buckets.get("no-such-bucket", of), 404, 10006);
});

await check("cloudflare_ts_cors", async () => {
  const rules = [{ allowed: { origins: ["https://app.example.com"], methods: ["GET"] }, maxAgeSeconds: 60 }];
  await buckets.cors.update(name, { ...of, rules });
  assert.deepEqual((await buckets.cors.get(name, of)).rules, rules);
  await buckets.cors.delete(name, of);
  await refused(buckets.cors.get(name, of), 404, 10059);
});

await check("cloudflare_ts_lifecycle_and_locks", async () => {
  const deleteObjectsTransition = { condition: { type: "Age", maxAge: 86400 } };
  await buckets.lifecycle.update(name, { ...of, rules: [{ id: "old", enabled: true, conditions: { prefix: "old/" }, deleteObjectsTransition }] });
  assert.equal((await buckets.lifecycle.get(name, of)).rules[0].id, "old");
  const lock = { id: "keep", enabled: true, prefix: "kept/", condition: { type: "Indefinite" } };
  await buckets.locks.update(name, { ...of, rules: [lock] });
  assert.deepEqual((await buckets.locks.get(name, of)).rules, [lock]);
});

await check("cloudflare_ts_domains", async () => {
  const zones = await client.zones.list({ name: "example.com" });
  const domain = `${name}.example.com`;
  await buckets.domains.custom.create(name, { ...of, domain, zoneId: zones.result[0].id, enabled: true, minTLS: "1.2" });
  await refused(buckets.domains.custom.create(name, { ...of, domain, zoneId: zones.result[0].id, enabled: true }), 409, 10029);
  const changed = await buckets.domains.custom.update(domain, { ...of, bucket_name: name, minTLS: "1.3" });
  assert.deepEqual([changed.minTLS, changed.enabled], ["1.3", true]);
  const shown = await buckets.domains.custom.get(domain, { ...of, bucket_name: name });
  assert.equal(shown.zoneName, "example.com");
  assert.equal((await buckets.domains.custom.list(name, of)).domains.length, 1);
  assert.equal((await buckets.domains.custom.delete(domain, { ...of, bucket_name: name })).domain, domain);
  const managed = await buckets.domains.managed.update(name, { ...of, enabled: true });
  assert.match(managed.domain, /^pub-[0-9a-f]{32}\./);
  assert.deepEqual(await buckets.domains.managed.list(name, of), managed);
});

await check("cloudflare_ts_sippy", async () => {
  const source = { provider: "s3", bucketUrl: "https://s3.example.com/b", accessKeyId: "A", secretAccessKey: "hush" };
  const destination = { provider: "r2", accessKeyId: "B", secretAccessKey: "hush" };
  await buckets.sippy.update(name, { ...of, source, destination });
  const shown = await buckets.sippy.get(name, of);
  assert.equal(shown.source.bucketUrl, "https://s3.example.com/b");
  assert.ok(!JSON.stringify(shown).includes("hush"));
  assert.equal((await buckets.sippy.delete(name, of)).enabled, false);
});

await check("cloudflare_ts_notifications", async () => {
  const queue = await client.queues.create({ ...of, queue_name: fresh("q") });
  const at = { ...of, bucket_name: name };
  await buckets.eventNotifications.update(queue.queue_id, { ...at, rules: [{ actions: ["PutObject"], prefix: "in/" }] });
  await refused(buckets.eventNotifications.update(queue.queue_id, { ...at, rules: [{ actions: ["PutObject"] }] }), 409, 10029);
  const shown = await buckets.eventNotifications.get(queue.queue_id, at);
  assert.equal(shown.rules[0].prefix, "in/");
  assert.equal((await buckets.eventNotifications.list(name, of)).queues[0].queueName, queue.queue_name);
  await buckets.eventNotifications.delete(queue.queue_id, at);
  await client.queues.delete(queue.queue_id, of);
});

await check("cloudflare_ts_objects_and_metrics", async () => {
  const key = "folder/a b+ü.txt";
  const stored = await buckets.objects.upload(key, "by the SDK", { ...of, bucket_name: name });
  assert.deepEqual([stored.key, stored.size], [key, "10"]);
  const keys = [];
  for await (const object of buckets.objects.list(name, of)) keys.push(object.key);
  assert.deepEqual(keys, [key]);
  const read = await buckets.objects.get(key, { ...of, bucket_name: name });
  assert.equal(await read.text(), "by the SDK");
  const metrics = await buckets.metrics.list(of);
  assert.equal(metrics.standard.published.objects, 1);
  await buckets.objects.delete(key, { ...of, bucket_name: name });
});

await check("cloudflare_ts_ends", async () => {
  await buckets.delete(name, of);
  await refused(buckets.get(name, of), 404, 10006);
});
