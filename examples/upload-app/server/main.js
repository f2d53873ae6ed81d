// `npm start`: the backend and the built page on one port.
import { existsSync } from "node:fs";
import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { app } from "./app.js";

if (!existsSync("dist/index.html")) {
  console.error("There is no page yet: run `npm run build` first.");
  process.exit(1);
}

app.get("/*", serveStatic({ root: "dist" }));

// localhost only: whoever can reach this port can upload.
serve({ fetch: app.fetch, hostname: "localhost", port: Number(process.env.PORT || 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}`);
});
