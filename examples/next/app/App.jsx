"use client";
import { Account } from "./Account.jsx";
import { LoginForm } from "./LoginForm.jsx";
import { session, useSession } from "./session.js";

export function App() {
  const { status, reason } = useSession();
  if (status === "starting") return <p>One moment …</p>;
  return status === "signedIn" ? <Account session={session} /> : <LoginForm session={session} reason={reason} />;
}
