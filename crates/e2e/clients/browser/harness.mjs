// What the browser scripts share: the example application's backend as a child process, and a headless Chromium.
// Each script gets the five R2_* variables and prints one `ok <name>` line per check. SCREENSHOTS=<folder> keeps pictures.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const APP = fileURLToPath(new URL("../../../../examples/upload-app", import.meta.url));
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const SETTINGS = ["R2_ENDPOINT", "R2_ACCOUNT_ID", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET"];

/** The ports on localhost that the first bucket's CORS policy allows; each script takes its own, so that two may run at once. */
export const ALLOWED_PORTS = { start: 3000, dev: 5173 };

/** Runs one check and says that it holds. What it returns is passed on. */
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

/**
 * Opens the application's page, served on `port` (0: any free one), in a fresh browser, and hands it to `run` together with a
 * CDP session and the page's origin. Browser and backend are gone afterwards, however it ends; a failure ends the process.
 */
export async function withPage(port, run) {
  const closing = [];
  try {
    for (const name of SETTINGS) assert(process.env[name], `${name} is not set`);
    const backend = await startBackend(port);
    closing.unshift(() => backend.stop());
    const browser = await chromium.launch({ executablePath: browserPath(), args: FLAGS });
    closing.unshift(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 900, height: 760 } });
    page.on("pageerror", (error) => console.error(`the page threw: ${error.message}`));
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Network.enable");
    await page.goto(backend.origin);
    await run({ page, cdp, origin: backend.origin });
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    for (const close of closing) await close();
  }
}

/** Keeps a picture of the page when asked to. */
export async function screenshot(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** What the storage says about `url` to a client that is no browser. */
export async function download(url) {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

function browserPath() {
  const path = [process.env.CHROMIUM, ...BROWSERS].find((candidate) => candidate && existsSync(candidate));
  assert(path, "no Chromium; `cargo xtask setup` installs one");
  return path;
}

async function startBackend(port) {
  assert(existsSync(join(APP, "dist/index.html")), "the example application is not built; `cargo xtask setup` does it");
  // The test is about this very origin, so a stranger on the port must not answer in the backend's place.
  if (port) assert(!(await isTaken(port)), `port ${port} is taken; stop what listens there`);
  const child = spawn(process.execPath, ["server/main.js"], {
    cwd: APP,
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await exited;
  };
  const ready = new Promise((resolve) => createInterface({ input: child.stdout }).on("line", resolve));
  const died = exited.then((code) => assert.fail(`the backend ended with code ${code}`));
  try {
    return { origin: await Promise.race([ready, died]), stop };
  } finally {
    died.catch(() => {});
  }
}

async function isTaken(port) {
  const answers = ["127.0.0.1", "::1"].map(
    (host) =>
      new Promise((resolve) => {
        const socket = connect({ host, port });
        socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
        socket.once("close", () => resolve(false)).setTimeout(2000, () => socket.destroy());
        socket.once("connect", () => socket.destroy());
      }),
  );
  return (await Promise.all(answers)).includes(true);
}
