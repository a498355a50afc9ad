import { useSyncExternalStore } from "react";

/** What the session shows at this moment; the component renders again when that changes. */
export const useSession = (session) => useSyncExternalStore(session.subscribe, session.getSnapshot, session.getSnapshot);
