import { Session, init } from "tokenkeep/slim";
import { run } from "./app.js";

run(async (options) => {
  await init(new URL("tokenkeep/tokenkeep.wasm", import.meta.url));
  return new Session(options);
});
