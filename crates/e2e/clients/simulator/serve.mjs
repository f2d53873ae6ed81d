// Cloudflare's own simulator of R2 with the bucket R2_BUCKET behind its S3 endpoint, on a free port of loopback. Prints the
// endpoint once it answers, and ends when standard input does. Needs a newer Node than the other scripts.
import { Miniflare } from "miniflare";

const { R2_BUCKET, R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey } = process.env;

const miniflare = new Miniflare({
  modules: true,
  script: "export default { fetch: () => new Response() }",
  compatibilityDate: "2026-01-01",
  host: "127.0.0.1",
  port: 0,
  cf: false,
  r2Buckets: { BUCKET: { id: R2_BUCKET, s3Credentials: { accessKeyId, secretAccessKey } } },
});
const { origin } = await miniflare.ready;
console.log(`${origin}/cdn-cgi/local/r2/s3`);
process.stdin.resume().once("end", () => miniflare.dispose());
