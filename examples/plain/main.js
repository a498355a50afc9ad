import { Session } from "tokenkeep";

const session = new Session({ baseUrl: "/" });
const form = document.querySelector("form");
const [ended, account, name, call, logout] = ["ended", "account", "name", "call", "logout"].map((id) => document.getElementById(id));
const [output, alert] = [document.querySelector("output"), document.querySelector("[role=alert]")];
let calls = 0;
let shown;

session.subscribe(show);
show();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => session.login(Object.fromEntries(new FormData(form))));
});
call.addEventListener("click", () =>
  attempt(async () => {
    const { message } = await load("/api/v1/resource");
    output.textContent = `${++calls}: ${message}`;
  }),
);
logout.addEventListener("click", () => session.logout());

function show() {
  const { status, reason } = session.getSnapshot();
  if (status === shown) return;
  shown = status;
  const signedIn = status === "signedIn";
  account.hidden = !signedIn;
  form.hidden = signedIn;
  ended.hidden = reason === "none" || reason === "logout";
  if (!signedIn) return;
  form.reset();
  calls = 0;
  output.textContent = "";
  attempt(async () => {
    name.textContent = (await load("/api/v1/status")).username;
  });
}

async function load(path) {
  const response = await session.fetch(path);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}

// Says what went wrong, except that a session has ended: the form says that.
async function attempt(action) {
  alert.hidden = true;
  try {
    await action();
  } catch (error) {
    if (error.code === "login_required") return;
    alert.textContent = error.code === "login_refused" ? "Wrong name or password" : error.message;
    alert.hidden = false;
  }
}
