// What the client scripts share: settings from the five R2_* variables (R2_REGION too, `auto` by default), one `ok <name>`
// line per check, and a plain HTTP client that goes to loopback for every *.localhost name, which Node does not do itself.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { lookup as systemLookup } from "node:dns";
import http from "node:http";

const setting = (name) => process.env[name] || assert.fail(`${name} is not set`);

export const endpoint = new URL(setting("R2_ENDPOINT"));
export const account = setting("R2_ACCOUNT_ID");
export const accessKeyId = setting("R2_ACCESS_KEY_ID");
export const secretAccessKey = setting("R2_SECRET_ACCESS_KEY");
export const bucket = setting("R2_BUCKET");
export const region = process.env.R2_REGION || "auto";

/** The account's own host name, under which buckets are host names too. */
export const accountEndpoint = `${endpoint.protocol}//${account}.r2.localhost:${endpoint.port}`;

/** The base URL of a bucket, path style. */
export const bucketUrl = (name = bucket) => `${endpoint.origin}/${name}`;

/** A name that no other run uses, for a bucket or as the beginning of a key. */
export const fresh = (word) => `${word}-${randomUUID().slice(0, 13)}`;

/** Runs one check and says that it holds. What it returns is passed on; a failure ends the script. */
export async function check(name, body) {
  try {
    const result = await body();
    console.log(`ok ${name}`);
    return result;
  } catch (error) {
    console.error(`FAILED ${name}`);
    throw error;
  }
}

/** Sends *.localhost to loopback, as browsers and curl do. For an `http.Agent`. */
export function lookup(host, options, done) {
  if (!host.endsWith(".localhost")) return systemLookup(host, options, done);
  return options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
}

export const agent = new http.Agent({ lookup, keepAlive: true });

/** One request, the target exactly as written, nothing added to it but Host and, with a body, Content-Length. */
export function send(url, { method = "GET", headers = {}, body } = {}) {
  const { hostname, port, origin } = new URL(url);
  const path = String(url).slice(origin.length) || "/";
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path, method, headers, agent }, async (response) => {
      const chunks = [];
      try {
        for await (const chunk of response) chunks.push(chunk);
      } catch (error) {
        return reject(error);
      }
      const bytes = Buffer.concat(chunks);
      return resolve({ status: response.statusCode, headers: response.headers, bytes, text: bytes.toString() });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Asserts that a reply is the S3 error `code` with that status, and returns what it says. */
export function assertRefused({ status, text }, expected, code) {
  assert.equal(status, expected, text);
  assert.equal(element(text, "Code"), code, text);
  return { message: element(text, "Message"), hint: element(text, "Hint") ?? "" };
}

/** The text of the first element of that name, or undefined. */
export const element = (xml, name) => elements(xml, name)[0];

/** The texts of all elements of that name, in order. */
export const elements = (xml, name) => [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map((found) => found[1]);

/** The preflight a browser would send before `method` with a content type. */
export const preflight = (url, origin, method, headers = "content-type") =>
  send(url, {
    method: "OPTIONS",
    headers: { Origin: origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers },
  });
