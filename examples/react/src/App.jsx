import { Account } from "./Account.jsx";
import { LoginForm } from "./LoginForm.jsx";
import { useSession } from "./useSession.js";

export function App({ session }) {
  const { status, reason } = useSession(session);
  return <main>{status === "signedIn" ? <Account session={session} /> : <LoginForm session={session} reason={reason} />}</main>;
}
