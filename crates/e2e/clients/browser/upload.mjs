// A page on the allowed origin uploads 50 MiB through the example application and shows it.
import assert from "node:assert/strict";
import { createHash, randomFillSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALLOWED_PORTS, check, download, screenshot, withPage } from "./harness.mjs";

const SIZE = 50 * 1024 * 1024;
const WIDTH = 4096;
const HEIGHT = 4266;
// Loopback takes 50 MiB between two progress events. This is a fast home connection.
const UPLOAD_BYTES_PER_SECOND = 25 * 1024 * 1024;

// A bitmap, because 50 MiB of it take no encoder, and the browser shows in the end that it got a picture. Noise below
// the header, and a tail that the format ignores, up to the size wanted.
function bitmap() {
  const file = randomFillSync(Buffer.alloc(SIZE));
  const header = Buffer.alloc(54);
  header.write("BM");
  header.writeUInt32LE(SIZE, 2);
  header.writeUInt32LE(header.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(WIDTH, 18);
  header.writeInt32LE(HEIGHT, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  header.copy(file);
  return file;
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

// Notes what the browser reports about uploads, beside whatever the page itself listens to.
function recordProgress() {
  window.progressEvents = [];
  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (...call) {
    this.upload.addEventListener("progress", ({ loaded, total }) => window.progressEvents.push({ loaded, total }));
    return open.apply(this, call);
  };
  window.barValues = [];
  new MutationObserver(() => {
    const bar = document.querySelector("progress");
    if (bar && bar.value !== window.barValues.at(-1)) window.barValues.push(bar.value);
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

const assertRising = (values) => values.slice(1).forEach((value, i) => assert(value > values[i], `${values[i]} then ${value}`));

const folder = await mkdtemp(join(tmpdir(), "larder-upload-"));
const file = bitmap();
const path = join(folder, "Große Fläche + 1.bmp");
await writeFile(path, file);

await withPage(ALLOWED_PORTS.start, async ({ page, cdp }) => {
  const sent = [];
  cdp.on("Network.requestWillBeSent", ({ request, type }) => sent.push({ ...request, type }));
  await page.addInitScript(recordProgress);
  await page.reload();
  await cdp.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: UPLOAD_BYTES_PER_SECOND,
  });
  await screenshot(page, "1-choosing");

  await page.getByLabel("Choose a file").setInputFiles(path);
  await screenshot(page, "2-chosen");
  const answered = page.waitForResponse((response) => response.request().method() === "PUT", { timeout: 120_000 });
  await page.getByRole("button", { name: "Upload" }).click();
  await page.waitForFunction(() => window.barValues.some((value) => value > 0));
  await screenshot(page, "3-uploading");
  const response = await answered;

  await check("004-6 the upload is answered with success", () => assert.equal(response.status(), 200));
  await check("004-5 the browser reports rising progress of the upload", async () => {
    const events = await page.evaluate(() => window.progressEvents);
    assert(events.length >= 5, `${events.length} progress events`);
    assertRising(events.map(({ loaded }) => loaded));
    assert(events.every(({ total }) => total === SIZE));
    assert.equal(events.at(-1).loaded, SIZE);
  });
  await check("004-5 the page's progress bar rises with it", async () => {
    const values = await page.evaluate(() => window.barValues);
    assert(values.length >= 5, `${values.length} values`);
    assertRising(values);
  });
  await check("002-2 the file goes from the page to the storage, past the backend", () => {
    const storage = new URL(process.env.R2_ENDPOINT).host;
    const puts = sent.filter(({ method }) => method === "PUT");
    assert.deepEqual(puts.map(({ url }) => new URL(url).host), [storage]);
  });
  await check("004-1 the browser asked first", () => {
    const asked = sent.find(({ type, method }) => type === "Preflight" || method === "OPTIONS");
    assert.equal(asked?.url, response.url());
  });

  await page.getByRole("heading", { name: "Uploaded" }).waitFor();
  const picture = page.getByRole("img", { name: "Große Fläche + 1.bmp" });
  const url = await page.getByRole("link", { name: "Open the file" }).getAttribute("href");
  await check("the page shows the picture from a presigned GET", async () => {
    await picture.evaluate((img) => img.decode());
    assert.deepEqual(await picture.evaluate((img) => [img.naturalWidth, img.naturalHeight]), [WIDTH, HEIGHT]);
    assert.equal(await picture.getAttribute("src"), url);
  });
  await screenshot(page, "4-uploaded");
  await check("002-7 the link opens in a tab of its own", async () => {
    const opened = page.context().waitForEvent("response", { predicate: (response) => response.url() === url, timeout: 60_000 });
    const [tab] = await Promise.all([page.context().waitForEvent("page"), page.getByRole("link", { name: "Open the file" }).click()]);
    const response = await opened;
    assert.equal(response.status(), 200);
    assert.equal(response.headers()["content-type"], "image/bmp");
    await tab.close();
  });
  await check("the bytes come back unchanged", async () => {
    const { status, headers, body } = await download(url);
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "image/bmp");
    assert.equal(sha256(body), sha256(file));
  });
}).finally(() => rm(folder, { recursive: true }));
