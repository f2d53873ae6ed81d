// Uppy's S3 plugin on the example application: 60 MiB in parts, paused once and resumed, and an upload that is cancelled.
import assert from "node:assert/strict";
import { createHash, randomFillSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, download, screenshot, withPage } from "./harness.mjs";

const SIZE = 60 * 1024 * 1024;
const PARTS = 12;
const NAME = "Großer Film + 1.mp4";
// Loopback takes it all before a hand is at the button. This is a fast home connection.
const UPLOAD_BYTES_PER_SECOND = 25 * 1024 * 1024;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const folder = await mkdtemp(join(tmpdir(), "larder-uppy-"));
const file = randomFillSync(Buffer.alloc(SIZE));
const path = join(folder, NAME);
await writeFile(path, file);

await withPage(0, async ({ page, cdp, origin }) => {
  const storage = new URL(process.env.R2_ENDPOINT).origin;
  const answers = [];
  page.on("response", (response) => {
    const url = new URL(response.url());
    const query = Object.fromEntries(url.searchParams);
    answers.push({ method: response.request().method(), status: response.status(), origin: url.origin, query });
  });
  const stored = (method, test) => answers.filter((answer) => answer.origin === storage && answer.method === method && test(answer.query));
  const parts = () => stored("PUT", ({ partNumber }) => partNumber).filter(({ status }) => status === 200);
  const answered = (method, test) =>
    page.waitForResponse((response) => response.request().method() === method && test(new URL(response.url()).searchParams));

  await page.goto(`${origin}/large.html`);
  await cdp.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: UPLOAD_BYTES_PER_SECOND,
  });
  const choose = () => page.locator(".uppy-Dashboard-input").first().setInputFiles(path);
  const start = () => page.getByRole("button", { name: /^Upload 1 file/ }).click();
  const button = (name) => page.getByRole("button", { name, exact: true });

  await choose();
  const third = answered("PUT", (query) => query.get("partNumber") === "3");
  await start();
  await third;
  await button("Pause").click();
  await button("Resume").waitFor();
  await screenshot(page, "7-paused");
  const before = parts().length;
  await check("a pause stops the upload between its parts", () => assert(before >= 3 && before < PARTS, `${before} parts`));

  const listed = answered("GET", (query) => query.has("uploadId"));
  await button("Resume").click();
  await check("on resuming the page asks which parts are there", async () => {
    const response = await listed;
    assert.equal(response.status(), 200);
    const numbers = [...(await response.text()).matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => Number(number));
    assert(numbers.length >= before, `${numbers}`);
    assert.deepEqual(numbers, numbers.map((_, index) => index + 1));
  });
  const link = page.getByRole("list", { name: "Uploaded" }).getByRole("link", { name: NAME });
  await link.waitFor({ timeout: 120_000 });
  await screenshot(page, "8-resumed");
  await check("each part is stored once, and all go from the page to the storage", () => {
    const numbers = parts().map(({ query }) => Number(query.partNumber));
    assert.deepEqual(numbers, Array.from({ length: PARTS }, (_, index) => index + 1));
    assert.deepEqual(stored("POST", () => true).map(({ status }) => status), [200, 200]);
  });
  await check("the bytes come back unchanged, with the type that the page gave", async () => {
    const { status, headers, body } = await download(await link.getAttribute("href"));
    assert.equal(status, 200);
    assert.match(headers.get("etag"), new RegExp(`^"[0-9a-f]{32}-${PARTS}"$`));
    assert.equal(headers.get("content-type"), "video/mp4");
    assert.equal(sha256(body), sha256(file));
  });

  await check("a cancelled upload is aborted on the server", async () => {
    await button("Done").click();
    await choose();
    const first = answered("PUT", (query) => query.get("partNumber") === "1");
    await start();
    await first;
    const [aborted] = await Promise.all([
      answered("DELETE", (query) => query.has("uploadId")),
      // the dashboard has a second one, which takes the file out of the list
      page.locator("[data-cy=cancel]").click(),
    ]);
    assert.equal(aborted.status(), 204);
  });
}).finally(() => rm(folder, { recursive: true }));
