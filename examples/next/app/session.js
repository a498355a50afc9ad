import { useSyncExternalStore } from "react";
import { Session } from "tokenkeep";

// Made on the server, too, where it holds nobody's tokens and sends nothing: the user's are in his browser.
export const session = new Session({ baseUrl: globalThis.location?.origin ?? "http://localhost" });

// The server cannot know who is signed in; so the first rendering in the browser does not, either.
const STARTING = { status: "starting" };

/** What the session shows at this moment; the component renders again when that changes. */
export const useSession = () => useSyncExternalStore(session.subscribe, session.getSnapshot, () => STARTING);
