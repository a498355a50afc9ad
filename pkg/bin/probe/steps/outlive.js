// A token that has really run out. Takes as long as it lives.
import { isSuccess } from "../answer.js";
import { open } from "../finding.js";
import { judgeSpoilt } from "../findings/call.js";
import { judgeLateLogout } from "../findings/logout.js";
import { span } from "../findings/tokens.js";

// What is worth waiting for without having been asked to.
const SHORT = 15_000;
// Servers count in whole seconds, and some take a token for one longer.
const MORE = 2_500;

export async function outlive(lab) {
  const lifetime = lab.device?.record.lifetime ?? lab.facts.lifetime;
  if (!lifetime) return;
  if (lifetime > SHORT && !lab.flags.wait) {
    lab.note(open("expired token", `how the API answers one was not seen: it takes ${span(lifetime)}`, "--wait waits for it"));
    return;
  }
  if (!lab.device && !(await lab.again())) return;
  const { access, refresh, subject } = lab.device.record;
  const { text } = lab.device;
  await lab.sleep(lifetime + MORE);
  const { secrets } = lab;
  // A session that does not know that it has run out.
  const late = (refreshToken) => ({ accessToken: access, expiresIn: 3600, subject, ...(refreshToken && { refreshToken }) });

  if (refresh) {
    // This one does know.
    const { value, seen } = await lab.open(text).attempt((session) => session.logout());
    const revoked = value?.revoked === true;
    lab.note(...judgeLateLogout({ seen, revoked, secrets }));
    if (revoked || !lab.resume(text).isSignedIn) await lab.again();
  }
  if (lab.resource) await callLate(lab, late, refresh);
  // What is left has run out.
  if (!refresh) await lab.again();
}

async function callLate(lab, late, refresh) {
  const { secrets } = lab;
  const device = lab.open();
  const fresh = refresh && lab.device?.record.refresh;
  await device.attempt((session) => session.adopt(late(fresh)));
  const { seen, error } = await device.attempt(lab.call);
  const first = seen.find(lab.isResource);
  if (first && !fresh) {
    const how = `${first.status}`;
    const ends = error?.code === "login_required" || !device.isSignedIn;
    if (!isSuccess(first)) lab.note(open("expired token", `the API answers ${how}${ends ? ", and the session ends" : ""}`, ends ? "the user is asked to sign in" : "the answer goes to the app; the session itself knows when its token has run out"));
  } else {
    lab.note(...judgeSpoilt({ topic: "expired token", seen, isResource: lab.isResource, known: lab.listed("expired"), secrets }));
  }
  if (fresh) lab.resume(device.text);
}
