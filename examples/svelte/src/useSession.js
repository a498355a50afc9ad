import { createSubscriber } from "svelte/reactivity";

/** What the session shows at this moment, as `current`; whatever reads it follows. */
export function useSession(session) {
  const follow = createSubscriber(session.subscribe);
  return {
    get current() {
      follow();
      return session.getSnapshot();
    },
  };
}
