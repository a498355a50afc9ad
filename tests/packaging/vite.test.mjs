import { test } from "node:test";
import { build, createServer, preview } from "vite";
import { logsInAndCalls } from "./support/claims.mjs";
import { freshProject } from "./support/project.mjs";

const QUIET = { configFile: false, logLevel: "warn", clearScreen: false };
const LOOPBACK = { host: "127.0.0.1", port: 0, strictPort: false };

for (const app of ["default", "slim-vite"]) {
  test(`${app}: an app in Vite's dev server logs in and calls`, async (t) => {
    const project = await freshProject(t, "app", app);
    const server = await createServer({ ...QUIET, root: project, server: LOOPBACK });
    t.after(() => server.close());
    await server.listen();
    await logsInAndCalls(t, address(server.httpServer));
  });

  test(`${app}: an app built by Vite logs in and calls`, async (t) => {
    const project = await freshProject(t, "app", app);
    await build({ ...QUIET, root: project });
    const server = await preview({ ...QUIET, root: project, preview: LOOPBACK });
    t.after(() => server.close());
    await logsInAndCalls(t, address(server.httpServer));
  });
}

function address(server) {
  return `http://127.0.0.1:${server.address().port}/`;
}
