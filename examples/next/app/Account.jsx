import { useEffect, useState } from "react";
import { load } from "./api.js";

export function Account({ session }) {
  const [user, setUser] = useState();
  const [calls, setCalls] = useState({ count: 0 });
  const [error, setError] = useState();

  // StrictMode does this twice while developing: the calls then share one renewal.
  useEffect(() => {
    const abort = new AbortController();
    const failed = (error) => abort.signal.aborted || setError(error);
    load(session, "/api/v1/status", { signal: abort.signal }).then(setUser, failed);
    return () => abort.abort();
  }, [session]);

  async function call() {
    setError(undefined);
    try {
      const { message } = await load(session, "/api/v1/resource");
      setCalls(({ count }) => ({ count: count + 1, message }));
    } catch (error) {
      setError(error);
    }
  }

  return (
    <>
      <h1>Hello {user?.username}</h1>
      <button onClick={call}>Call</button>
      <button onClick={() => session.logout()}>Log out</button>
      <p>
        Calls: <output>{calls.count > 0 && `${calls.count}: ${calls.message}`}</output>
      </p>
      {error && <p role="alert">{error.message}</p>}
    </>
  );
}
