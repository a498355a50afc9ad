/** What your API answers. Rejects with a `SessionError` where the session cannot help, and the login form shows then. */
export async function load(session, path, init) {
  const response = await session.fetch(path, init);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}
