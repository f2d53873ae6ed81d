// Cloudflare's wrangler against Larder: each command as people type it, on buckets and objects of a new server. It is told
// where to go by the three CLOUDFLARE_* variables that `larder dev` prints, and by nothing else.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("node_modules/wrangler/bin/wrangler.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "larder-wrangler-"));
const bucket = "wrangler-bucket";

for (const name of ["CLOUDFLARE_API_BASE_URL", "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"]) {
  assert.ok(process.env[name], `${name} is not set`);
}

// what a machine has set up for Cloudflare's own servers must not change what is tested, and nothing is to be reported to them
const env = {
  ...process.env,
  HOME: folder,
  XDG_CONFIG_HOME: folder,
  CI: "true",
  NO_COLOR: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
};

function run(more, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { ...env, ...more },
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, said: `${stdout}\n${stderr}` };
}

/** Runs a command that succeeds, and returns what it said. */
function wrangler(...args) {
  const { status, said } = run({}, args);
  assert.equal(status, 0, `wrangler ${args.join(" ")}\n${said}`);
  return said;
}

/** Runs a command that fails, and returns what it said. */
function refused(...args) {
  const { status, said } = run({}, args);
  assert.notEqual(status, 0, `wrangler ${args.join(" ")}\n${said}`);
  return said;
}

const file = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const objects = {
  wrangler_buckets() {
    assert.match(wrangler("r2", "bucket", "create", bucket, "--location", "weur"), /Created bucket/);
    assert.match(refused("r2", "bucket", "create", bucket), /10004/);
    const listed = wrangler("r2", "bucket", "list");
    assert.match(listed, new RegExp(bucket));
    assert.match(listed, /user-uploads/);
    wrangler("r2", "bucket", "update", "storage-class", bucket, "-s", "InfrequentAccess");
    const info = JSON.parse(wrangler("r2", "bucket", "info", bucket, "--json").trim());
    assert.equal(info.name, bucket);
    assert.equal(info.location, "weur");
    assert.equal(info.default_storage_class, "InfrequentAccess");
    assert.equal(info.object_count, "0");
    assert.match(refused("r2", "bucket", "info", "no-such-bucket"), /10006/);
  },

  wrangler_objects() {
    const sent = file("sent.txt", "sent by wrangler");
    const key = `${bucket}/folder/a b+(c)ü.txt`;
    wrangler("r2", "object", "put", key, "--file", sent, "--content-type", "text/plain", "--remote");
    const got = join(folder, "got.txt");
    wrangler("r2", "object", "get", key, "--file", got, "--remote");
    assert.equal(readFileSync(got, "utf8"), "sent by wrangler");
    const info = JSON.parse(wrangler("r2", "bucket", "info", bucket, "--json").trim());
    assert.equal(info.object_count, "1");
    assert.match(refused("r2", "bucket", "delete", bucket), /10008/);
    wrangler("r2", "object", "delete", key, "--remote");
    assert.match(refused("r2", "object", "get", key, "--file", got, "--remote"), /does not exist/);
    wrangler("r2", "object", "delete", key, "--remote");
  },

  wrangler_cors() {
    assert.match(refused("r2", "bucket", "cors", "list", bucket), /10059/);
    const rules = [{ allowed: { origins: ["https://app.example.com"], methods: ["GET", "PUT"], headers: ["*"] }, maxAgeSeconds: 60 }];
    wrangler("r2", "bucket", "cors", "set", bucket, "--file", file("cors.json", JSON.stringify({ rules })), "--force");
    assert.match(wrangler("r2", "bucket", "cors", "list", bucket), /https:\/\/app\.example\.com/);
    const wrong = [{ allowed: { origins: ["localhost:3000"], methods: ["GET"] } }];
    const said = refused("r2", "bucket", "cors", "set", bucket, "--file", file("wrong.json", JSON.stringify({ rules: wrong })), "--force");
    assert.match(said, /http:\/\/localhost:3000/);
    wrangler("r2", "bucket", "cors", "delete", bucket, "--force");
    assert.match(refused("r2", "bucket", "cors", "list", bucket), /10059/);
  },

  wrangler_lifecycle() {
    assert.match(wrangler("r2", "bucket", "lifecycle", "list", bucket), /Default Multipart Abort Rule/);
    wrangler("r2", "bucket", "lifecycle", "add", bucket, "logs", "logs/", "--expire-days", "30", "--ia-transition-days", "10", "--force");
    const listed = wrangler("r2", "bucket", "lifecycle", "list", bucket);
    assert.match(listed, /logs\//);
    assert.match(listed, /30 days/);
    wrangler("r2", "bucket", "lifecycle", "remove", bucket, "--name", "logs");
    assert.doesNotMatch(wrangler("r2", "bucket", "lifecycle", "list", bucket), /logs\//);
    const rules = [{ id: "all", enabled: true, conditions: {}, deleteObjectsTransition: { condition: { type: "Date", date: "2030-01-01" } } }];
    wrangler("r2", "bucket", "lifecycle", "set", bucket, "--file", file("lifecycle.json", JSON.stringify({ rules })), "--force");
    assert.match(wrangler("r2", "bucket", "lifecycle", "list", bucket), /2030/);
  },

  wrangler_locks() {
    wrangler("r2", "bucket", "lock", "add", bucket, "keep", "kept/", "--retention-days", "1", "--force");
    wrangler("r2", "bucket", "lock", "add", bucket, "ever", "ever/", "--retention-indefinite", "--force");
    assert.match(wrangler("r2", "bucket", "lock", "list", bucket), /kept\//);
    const sent = file("locked.txt", "locked");
    wrangler("r2", "object", "put", `${bucket}/kept/a`, "--file", sent, "--remote");
    assert.match(refused("r2", "object", "delete", `${bucket}/kept/a`, "--remote"), /10069/);
    assert.match(refused("r2", "object", "put", `${bucket}/kept/a`, "--file", sent, "--remote"), /10069/);
    wrangler("r2", "bucket", "lock", "remove", bucket, "--name", "keep");
    wrangler("r2", "object", "delete", `${bucket}/kept/a`, "--remote");
    wrangler("r2", "bucket", "lock", "set", bucket, "--file", file("lock.json", JSON.stringify({ rules: [] })), "--force");
  },

  wrangler_ends() {
    assert.match(wrangler("whoami"), new RegExp(process.env.CLOUDFLARE_ACCOUNT_ID));
    wrangler("r2", "bucket", "delete", bucket);
    assert.doesNotMatch(wrangler("r2", "bucket", "list"), new RegExp(bucket));
    const { status, said } = run({ CLOUDFLARE_API_TOKEN: "wrong" }, ["r2", "bucket", "list"]);
    assert.notEqual(status, 0);
    assert.match(said, /10000/);
  },
};

const configuration = {
  wrangler_makes_a_bucket() {
    wrangler("r2", "bucket", "create", bucket);
  },

  wrangler_domains() {
    const domain = "files.example.com";
    const zone = ["--zone-id", "00112233445566778899aabbccddeeff"];
    wrangler("r2", "bucket", "domain", "add", bucket, "--domain", domain, ...zone, "--min-tls", "1.2", "--force");
    assert.match(refused("r2", "bucket", "domain", "add", "user-uploads", "--domain", domain, ...zone, "--force"), /10029/);
    assert.match(wrangler("r2", "bucket", "domain", "list", bucket), /files\.example\.com/);
    wrangler("r2", "bucket", "domain", "update", bucket, "--domain", domain, "--min-tls", "1.3");
    const shown = wrangler("r2", "bucket", "domain", "get", bucket, "--domain", domain);
    assert.match(shown, /enabled:\s+Yes/);
    assert.match(shown, /1\.3/);
    wrangler("r2", "bucket", "domain", "remove", bucket, "--domain", domain, "--force");
    assert.doesNotMatch(wrangler("r2", "bucket", "domain", "list", bucket), /files\.example\.com/);
  },

  wrangler_dev_url() {
    assert.match(wrangler("r2", "bucket", "dev-url", "get", bucket), /disabled/);
    assert.match(wrangler("r2", "bucket", "dev-url", "enable", bucket, "--force"), /https:\/\/pub-[0-9a-f]{32}\.r2\./);
    assert.match(wrangler("r2", "bucket", "dev-url", "get", bucket), /enabled/);
    wrangler("r2", "bucket", "dev-url", "disable", bucket, "--force");
  },

  wrangler_sippy() {
    const here = ["--r2-access-key-id", "here", "--r2-secret-access-key", "hush"];
    const there = ["--provider", "AWS", "--bucket", "there", "--region", "eu-west-1", "--access-key-id", "AKIA", "--secret-access-key", "hush"];
    assert.match(wrangler("r2", "bucket", "sippy", "enable", bucket, ...there, ...here), /enabled Sippy/);
    const shown = wrangler("r2", "bucket", "sippy", "get", bucket);
    assert.match(shown, /eu-west-1/);
    assert.doesNotMatch(shown, /hush/);
    const google = ["--provider", "GCS", "--bucket", "there", "--client-email", "a@example.com", "--private-key", "hush"];
    wrangler("r2", "bucket", "sippy", "enable", bucket, ...google, ...here);
    assert.match(wrangler("r2", "bucket", "sippy", "disable", bucket), /disabled/);
  },

  wrangler_local_uploads() {
    assert.match(wrangler("r2", "bucket", "local-uploads", "get", bucket), /disabled/);
    wrangler("r2", "bucket", "local-uploads", "enable", bucket, "--force");
    assert.match(wrangler("r2", "bucket", "local-uploads", "get", bucket), /enabled/);
    wrangler("r2", "bucket", "local-uploads", "disable", bucket, "--force");
  },

  wrangler_notifications() {
    wrangler("queues", "create", "events");
    assert.match(refused("r2", "bucket", "notification", "create", bucket, "--event-type", "object-create", "--queue", "nobody"), /does not exist/);
    const notify = ["r2", "bucket", "notification", "create", bucket, "--event-type", "object-create", "--queue", "events"];
    wrangler(...notify, "--prefix", "in/", "--suffix", ".jpg", "--description", "pictures");
    assert.match(refused(...notify, "--prefix", "in/"), /10029/);
    const listed = wrangler("r2", "bucket", "notification", "list", bucket);
    assert.match(listed, /in\//);
    assert.match(listed, /PutObject/);
    const rule = listed.match(/rule_id:\s+([0-9a-f]{32})/)[1];
    wrangler("r2", "bucket", "notification", "delete", bucket, "--queue", "events", "--rule", rule);
    assert.doesNotMatch(wrangler("r2", "bucket", "notification", "list", bucket), /in\//);
    wrangler("queues", "delete", "events");
  },

  wrangler_catalog() {
    // it takes 404/40401 for an answer
    assert.match(wrangler("r2", "bucket", "catalog", "get", bucket), /not enabled/);
    for (const command of [
      ["enable", bucket],
      ["disable", bucket],
      ["compaction", "enable", bucket, "--token", "t"],
      ["compaction", "disable", bucket],
      ["snapshot-expiration", "enable", bucket, "--token", "t"],
      ["snapshot-expiration", "disable", bucket, "--force"],
    ]) {
      assert.match(refused("r2", "bucket", "catalog", ...command), /not built/);
    }
  },
};

// each command takes seconds, so that there are two scripts of them
const checks = { objects, configuration }[process.argv[2] ?? "objects"];

try {
  for (const [name, check] of Object.entries(checks)) {
    check();
    console.log(`ok ${name}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
