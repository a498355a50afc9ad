import { onScopeDispose, shallowRef } from "vue";

/** What the session shows at this moment, as a ref. */
export function useSession(session) {
  const snapshot = shallowRef(session.getSnapshot());
  onScopeDispose(session.subscribe(() => (snapshot.value = session.getSnapshot())));
  return snapshot;
}
