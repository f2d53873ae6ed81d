// The same page from an origin that the bucket's CORS policy does not name: the browser lets nothing through.
import assert from "node:assert/strict";
import { check, download, screenshot, withPage } from "./harness.mjs";

const FILE = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("from a stranger") };

await withPage(0, async ({ page, cdp, origin }) => {
  const failures = [];
  cdp.on("Network.loadingFailed", ({ corsErrorStatus }) => corsErrorStatus && failures.push(corsErrorStatus.corsError));
  const sent = [];
  cdp.on("Network.requestWillBeSent", ({ requestId, request }) => sent.push({ requestId, ...request }));
  const responses = [];
  cdp.on("Network.responseReceived", ({ requestId, response }) => responses.push({ requestId, ...response }));

  await page.getByLabel("Choose a file").setInputFiles(FILE);
  const signed = page.waitForResponse((response) => response.url().endsWith("/pre-signed-url"));
  await page.getByRole("button", { name: "Upload" }).click();
  const { key } = await (await signed).json();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  await screenshot(page, "5-blocked");

  await check("004-1 the browser blocks the upload from an origin the policy does not name", () => {
    assert(failures.length > 0, "no request failed for CORS");
    assert.match(failures[0], /Preflight/);
  });
  await check("000-8 the refused preflight carries no CORS headers", () => {
    const preflight = sent.find(({ method }) => method === "OPTIONS");
    assert(preflight, "no preflight was sent");
    const { status, headers } = responses.find(({ requestId }) => requestId === preflight.requestId);
    assert.equal(status, 403);
    assert.deepEqual(Object.keys(headers).filter((name) => /^access-control-/i.test(name)), []);
  });
  await check("the page says what may be wrong, and names its origin", async () => {
    assert((await alert.textContent()).includes(origin), await alert.textContent());
  });
  await check("nothing was stored", async () => {
    const { url } = await (await fetch(`${origin}/file/${encodeURIComponent(key)}`)).json();
    assert.equal((await download(url)).status, 404);
  });
});
