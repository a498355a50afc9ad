import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  // While developing, the API is elsewhere; a page and its API on one origin need no CORS.
  server: { proxy: { "/api": process.env.API ?? "http://127.0.0.1:4180" } },
});
