import { getRequestListener } from "@hono/node-server";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// In development one process serves both: Vite the page, and this middleware the backend's routes.
const backend = {
  name: "backend",
  async configureServer(vite) {
    const { app } = await import("./server/app.js");
    const answer = getRequestListener(app.fetch);
    vite.middlewares.use((request, response, next) => {
      const isRoute = /^\/(pre-signed-url|parts-url|file\/)/.test(request.url);
      return isRoute ? answer(request, response) : next();
    });
  },
};

export default defineConfig({
  plugins: [react(), backend],
  build: { rolldownOptions: { input: ["index.html", "large.html"] } },
  // The bucket's CORS policy names this origin, port included: better to stop than to move to another.
  server: { host: "localhost", port: 5173, strictPort: true },
});
