// What is wrong with what an app hands over, in words.
import { misuse } from "../session.js";

const METHODS = ["fetch", "login", "explain", "getSnapshot", "on"];
const OPTIONS = {
  into: [(value) => typeof value?.append === "function", "an element"],
  name: [isFilled, "a string that is not empty"],
  tab: [isFilled, "a string that is not empty"],
};

function isFilled(value) {
  return typeof value === "string" && value !== "";
}

export function checkSession(session) {
  const lacks = METHODS.find((method) => typeof session?.[method] !== "function");
  if (lacks) throw misuse(`the devtools show a Session; what they were given has no ${lacks}()`);
}

export function checkOptions(options) {
  if (typeof options !== "object" || options === null || Array.isArray(options)) throw misuse("the options of the devtools must be an object");
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(OPTIONS, name)) throw misuse(`the devtools have no option ${JSON.stringify(name)}; known are ${Object.keys(OPTIONS).join(", ")}`);
    const [fits, expected] = OPTIONS[name];
    if (!fits(value)) throw misuse(`the devtools' ${name}: expected ${expected}`);
  }
}

export function checkText(name, value) {
  if (!isFilled(value)) throw misuse(`the devtools' ${name}: expected a string that is not empty`);
  return value;
}
