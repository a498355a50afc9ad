// What every app here does, whatever brought the package to it: log in, make an authenticated call, say how it went.
export async function run(makeSession) {
  const output = document.createElement("output");
  document.body.append(output);
  const say = (result) => {
    output.textContent = JSON.stringify(result);
    output.dataset.done = "";
  };
  try {
    const session = await makeSession({ baseUrl: new URLSearchParams(location.search).get("api") });
    const { status, subject } = await session.login({ username: "demo", password: "correct horse battery" });
    const response = await session.fetch("/api/v1/resource");
    say({ status, subject, called: { status: response.status, body: await response.json() } });
  } catch (error) {
    say({ error: { name: error.name, code: error.code, message: error.message } });
  }
}
