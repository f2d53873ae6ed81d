// The backend's three routes. Files never pass through here: it only signs. A real application would also ask, in each
// of them, who the visitor is and what he may do.
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { downloadUrl, isOurs, newKey, partsUrl, uploadUrl } from "./storage.js";

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/i;
const LARGEST_UPLOAD = Math.floor(4.995 * 1024 ** 3);
const LARGEST_QUESTION = 16 * 1024;

export const app = new Hono();

const tooLong = (c) => c.json({ error: "The question is too long." }, 413);

app.post("/pre-signed-url", bodyLimit({ maxSize: LARGEST_QUESTION, onError: tooLong }), async (c) => {
  const { fileName, fileType, fileSize } = (await c.req.json().catch(() => null)) ?? {};
  if (typeof fileName !== "string" || !fileName.trim()) return c.json({ error: "The file has no name." }, 400);
  if (typeof fileType !== "string" || !MEDIA_TYPE.test(fileType)) {
    return c.json({ error: "The file's type should look like image/png." }, 400);
  }
  if (fileSize > LARGEST_UPLOAD) return c.json({ error: "The file is larger than one upload can be, 4.995 GiB." }, 413);

  const key = newKey(fileName);
  return c.json({ url: await uploadUrl(key, fileType), key });
});

// What Uppy wants to do, as it describes it, and the URL that lets it. The key of a new upload is ours.
app.post("/parts-url", bodyLimit({ maxSize: LARGEST_QUESTION, onError: tooLong }), async (c) => {
  const { method, key, uploadId, partNumber, contentType } = (await c.req.json().catch(() => null)) ?? {};
  if (typeof key !== "string" || !key.trim()) return c.json({ error: "The file has no name." }, 400);
  if (method === "POST" && uploadId === undefined) {
    const ours = newKey(key);
    return c.json({ url: await partsUrl("create", ours), key: ours });
  }
  // An empty file has no parts.
  if (method === "PUT" && uploadId === undefined && MEDIA_TYPE.test(contentType)) {
    const ours = newKey(key);
    return c.json({ url: await uploadUrl(ours, contentType), key: ours });
  }
  const step = { PUT: "part", GET: "list", POST: "complete", DELETE: "abort" }[method];
  if (!step || typeof uploadId !== "string" || !uploadId) return c.json({ error: "That is no step of an upload in parts." }, 400);
  if (step === "part" && !Number.isInteger(partNumber)) return c.json({ error: "The part has no number." }, 400);
  if (!isOurs(key)) return c.json({ error: "There is no such file." }, 404);
  return c.json({ url: await partsUrl(step, key, { uploadId, partNumber }) });
});

app.get("/file/:key", async (c) => {
  const key = c.req.param("key");
  if (!isOurs(key)) return c.json({ error: "There is no such file." }, 404);
  return c.json({ url: await downloadUrl(key) });
});

app.onError((error, c) => {
  console.error(error);
  return c.json({ error: "The backend failed; its log says why." }, 500);
});
