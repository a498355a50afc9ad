import { Session } from "tokenkeep";
import { run } from "./app.js";

run((options) => new Session(options));
