// The findings in words.
import { literal } from "./literal.js";

const WIDTH = 110;

export function lineOf({ mark, topic, says, why, put }) {
  return [`${mark} ${topic}: ${says}`, ...(why ? [wrap(why)] : []), ...(put ? [`    → ${written(put)}`] : []), ""].join("\n");
}

const written = (put) => Object.entries(put).map(([name, value]) => `${name}: ${literal(value)}`).join(", ");

function wrap(text) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length > WIDTH) lines.push("");
    lines[lines.length - 1] += `${lines.at(-1) && " "}${word}`;
  }
  return lines.map((line) => `    ${line}`).join("\n");
}

export function summaryOf({ works, findings, protocol }, base) {
  const count = (mark) => findings.filter((finding) => finding.mark === mark).length;
  const configured = `new Session({
  baseUrl: ${JSON.stringify(base)},
  protocol: ${literal(protocol, "  ")},
});`;
  const verdict = works ? "A session works as configured." : "As configured, a session would not work, or not well: see ✖ above.";
  const plain = typeof protocol === "object" && Object.keys(protocol).length === 0;
  const advice = plain ? "No protocol need be configured: the defaults fit.\n" : `${works ? "The configuration" : "What to put into the configuration"}:\n\n${configured}\n`;
  return `\n${verdict} ${count("✔")} ✔, ${count("✖")} ✖, ${count("?")} ?\n\n${advice}`;
}
