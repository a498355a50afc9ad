import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // While developing, the API is elsewhere; a page and its API on one origin need no CORS.
  server: { proxy: { "/api": process.env.API ?? "http://127.0.0.1:4180" } },
  test: { environment: "happy-dom" },
});
