// Calls of the app's own.
import { judgeCall, judgeChallenge } from "../findings/call.js";
import { open } from "../finding.js";

export async function call(lab) {
  if (!lab.resource) {
    lab.note(open("call", "not tried", "--resource names something that needs the token"));
    return;
  }
  const { device, resource } = lab;
  const anonymous = await lab.anonymously();
  if (!device.record.access) return;
  const { seen } = await device.attempt(lab.call);
  const tokened = seen.find(lab.isResource);
  if (tokened?.status === undefined) {
    lab.note(open("call", `${resource.method} ${resource.path}: no answer`));
    return;
  }
  const { secrets } = lab;
  lab.note(...judgeCall({ anonymous, tokened, secrets }), ...judgeChallenge([tokened, anonymousAs(tokened, anonymous)]));
}

// In what mode the app's own requests go, the session decides.
const anonymousAs = ({ credentials }, answer) => ({ ...answer, credentials });
