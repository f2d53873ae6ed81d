// A page without a script of its own: a form that posts a file straight into the bucket, by a policy that its backend signed.
// And a page with one, which sends the same form and reads why it was refused.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { check, withPage } from "./harness.mjs";

const { R2_ENDPOINT, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY, R2_BUCKET } = process.env;
const ACTION = `${R2_ENDPOINT}/${R2_BUCKET}`;
const LIMIT = 1000;

// What a backend would do, as AWS describes it.
function signForm(fields, conditions) {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = [stamp.slice(0, 8), "auto", "s3", "aws4_request"];
  const all = {
    ...fields,
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": [R2_ACCESS_KEY_ID, ...scope].join("/"),
    "x-amz-date": stamp,
  };
  const named = Object.entries(all).filter(([name]) => name !== "key");
  const document = {
    expiration: new Date(Date.now() + 60_000).toISOString(),
    conditions: [{ bucket: R2_BUCKET }, ...conditions, ...named.map(([name, value]) => ({ [name]: value }))],
  };
  const policy = Buffer.from(JSON.stringify(document)).toString("base64");
  const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
  const signature = hmac(scope.reduce(hmac, `AWS4${R2_SECRET_ACCESS_KEY}`), policy).toString("hex");
  return { ...all, policy, "x-amz-signature": signature };
}

// Run inside the page.
async function sendForm({ action, fields, size }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new File(["x".repeat(size)], "note.txt", { type: "text/plain" }));
  const response = await fetch(action, { method: "POST", body: form });
  return { status: response.status, etag: response.headers.get("etag"), text: await response.text() };
}

await withPage(0, async ({ page, origin }) => {
  const prefix = `form-${Date.now()}/`;
  const limits = [["starts-with", "$key", prefix], ["content-length-range", 1, LIMIT]];

  await check("a form uploads a file, and the browser goes on to where the form says", async () => {
    const content = "by a form";
    const back = `${origin}/?uploaded=1`;
    const fields = signForm({ key: `${prefix}\${filename}`, success_action_redirect: back }, limits);
    await page.evaluate(
      ({ action, fields }) => {
        const form = Object.assign(document.createElement("form"), { action, method: "post", enctype: "multipart/form-data" });
        const add = (properties) => form.append(Object.assign(document.createElement("input"), properties));
        for (const [name, value] of Object.entries(fields)) add({ type: "hidden", name, value });
        add({ type: "file", name: "file", id: "chosen" });
        document.body.append(form);
      },
      { action: ACTION, fields },
    );
    await page.locator("#chosen").setInputFiles({ name: "ünïcode \"1\".txt", mimeType: "text/plain", buffer: Buffer.from(content) });
    await Promise.all([page.waitForURL(/uploaded=1/), page.evaluate(() => document.forms[document.forms.length - 1].submit())]);
    const query = new URL(page.url()).searchParams;
    assert.equal(query.get("bucket"), R2_BUCKET);
    assert.equal(query.get("etag"), `"${createHash("md5").update(content).digest("hex")}"`);
    const key = query.get("key");
    assert(key.startsWith(`${prefix}ünïcode`), key);
  });

  await check("a page that sends a form reads its answer", async () => {
    const fields = signForm({ key: `${prefix}ok`, success_action_status: "201" }, limits);
    const { status, etag, text } = await page.evaluate(sendForm, { action: ACTION, fields, size: LIMIT });
    assert.equal(status, 201, text);
    assert.match(etag, /^"[0-9a-f]{32}"$/);
    assert.match(text, /<Key>form-\d+\/ok<\/Key>/);
  });

  for (const [what, key, size, code] of [
    ["too large a file", `${prefix}large`, 3_000_000, "EntityTooLarge"],
    ["another key", "elsewhere", 1, "AccessDenied"],
  ]) {
    await check(`a page that sends ${what} reads why it is refused`, async () => {
      const { status, text } = await page.evaluate(sendForm, { action: ACTION, fields: signForm({ key }, limits), size });
      assert(status === 400 || status === 403, String(status));
      assert(text.includes(`<Code>${code}</Code>`), text);
    });
  }
});
