import { Session, init } from "tokenkeep/slim";
import wasm from "tokenkeep/tokenkeep.wasm";
import { run } from "./app.js";

run(async (options) => {
  await init(wasm);
  return new Session(options);
});
