// What the blocks of docs/CONNECT.md take for granted.
import type { Session as TheSession } from "tokenkeep";

declare global {
  const Session: typeof TheSession;
  const session: TheSession;
  const email: string;
  const code: string;
  const password: string;
  function showLoginForm(reason: string): void;
  function showEditor(shown: boolean): void;
  function showMenu(shown: boolean): void;
  function lines(stream: ReadableStream<Uint8Array> | null): AsyncIterable<string>;
}
