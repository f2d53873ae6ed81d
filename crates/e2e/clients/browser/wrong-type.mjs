// A script of the page sends another content type than was signed. It must be able to read why that was refused.
import assert from "node:assert/strict";
import { ALLOWED_PORTS, check, download, screenshot, withPage } from "./harness.mjs";

// What a page's own script would do, run inside the page.
async function putAs(contentType) {
  const question = { fileName: "cat.jpg", fileType: "image/jpeg" };
  const signed = await fetch("/pre-signed-url", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  const { url, key } = await signed.json();
  const response = await fetch(url, { method: "PUT", headers: { "Content-Type": contentType }, body: "not really a cat" });
  return { key, status: response.status, etag: response.headers.get("etag"), text: await response.text() };
}

await withPage(ALLOWED_PORTS.dev, async ({ page, origin }) => {
  for (const wrong of ["image/jpg", "image/jpeg; charset=x"]) {
    await check(`004-7 the page reads why ${wrong} is refused for image/jpeg`, async () => {
      const { key, status, text } = await page.evaluate(putAs, wrong);
      assert.equal(status, 403);
      assert.match(text, /<Code>SignatureDoesNotMatch<\/Code>/);
      const hint = /<Hint>([^<]*)<\/Hint>/.exec(text)?.[1] ?? "";
      assert(hint.includes(wrong), `the hint does not name what was sent: ${text}`);
      const { url } = await (await fetch(`${origin}/file/${key}`)).json();
      assert.equal((await download(url)).status, 404, "the refused object exists");
    });
  }
  await check("004-7 the very type that was signed is taken, and the page can read the ETag", async () => {
    const { status, etag } = await page.evaluate(putAs, "image/jpeg");
    assert.equal(status, 200);
    assert.match(etag, /^"[0-9a-f]{32}"$/);
  });
  await check("the application shows a refusal in the server's own words", async () => {
    // The type changes on its way out of the page, as a careless script or extension would have it.
    await page.evaluate(() => {
      const set = XMLHttpRequest.prototype.setRequestHeader;
      XMLHttpRequest.prototype.setRequestHeader = function (name, value) {
        return set.call(this, name, /content-type/i.test(name) ? "image/jpg" : value);
      };
    });
    await page.getByLabel("Choose a file").setInputFiles({ name: "cat.jpg", mimeType: "image/jpeg", buffer: Buffer.from("cat") });
    await page.getByRole("button", { name: "Upload" }).click();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    await screenshot(page, "6-refused");
    const text = await alert.textContent();
    assert.match(text, /signature we calculated does not match/);
    assert(text.includes("image/jpg"), text);
  });
});
