// The demo server's control door. It exists only when the server runs with --faults.

/** Counters and logs, or undefined where there is no such door or no server. */
export async function readLog() {
  try {
    const response = await fetch("/__faults/log", { cache: "no-store" });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

export const revokeUser = (username) => order("revoke", { username });

/** Sets how far the server's clock is ahead of the real one. */
export const setClock = (shiftMs) => order("clock", { shiftMs: Math.round(shiftMs) });

async function order(name, body) {
  const response = await fetch(`/__faults/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`The server did not take the order "${name}" (${response.status}). Was it started with --faults?`);
}
