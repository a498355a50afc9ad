// `BroadcastChannel`.

/** Texts between the tabs of one origin; a tab does not hear itself. `undefined` where there is no such thing. */
export function openChannel(name, hear) {
  let channel;
  try {
    channel = new BroadcastChannel(name);
  } catch {
    return undefined;
  }
  channel.addEventListener("message", ({ data }) => {
    if (typeof data === "string") hear(data);
  });
  return {
    say(text) {
      try {
        channel.postMessage(text);
      } catch {
        // Best effort: the record says the same.
      }
    },
    close: () => channel.close(),
  };
}
