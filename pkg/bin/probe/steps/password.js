// A login that must fail.
import { judgeWrongPassword } from "../findings/refusal.js";

const SECRET = /pass|pwd|secret|pin|code/i;

export async function wrongPassword(lab) {
  const name = Object.keys(lab.login ?? {}).find((name) => SECRET.test(name) && typeof lab.login[name] === "string");
  if (!name) return;
  const device = lab.open();
  const { error, seen } = await device.attempt((session) => session.login({ ...lab.login, [name]: `${lab.login[name]}-not` }));
  lab.note(...judgeWrongPassword({ answer: seen.at(-1), error, secrets: lab.secrets }));
  if (device.isSignedIn) await device.attempt((session) => session.logout());
}
