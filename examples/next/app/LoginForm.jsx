import { useState } from "react";

export function LoginForm({ session, reason }) {
  const [error, setError] = useState();

  async function submit(event) {
    event.preventDefault();
    setError(undefined);
    const credentials = Object.fromEntries(new FormData(event.currentTarget));
    await session.login(credentials).catch(setError);
  }

  return (
    <form onSubmit={submit}>
      <h1>Please log in</h1>
      {reason !== "none" && reason !== "logout" && <p>Your session has ended. Please log in again.</p>}
      <label>
        Name <input name="username" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button>Log in</button>
      {error && <p role="alert">{error.code === "login_refused" ? "Wrong name or password" : error.message}</p>}
    </form>
  );
}
