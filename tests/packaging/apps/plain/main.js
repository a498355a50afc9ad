import { Session } from "./node_modules/tokenkeep/index.js";
import { run } from "./app.js";

run((options) => new Session(options));
