// Reads the OpenAPI document and makes a form of each operation.

const who = document.querySelector("#who");
const place = document.querySelector("#operations");
let token;

const api = await (await fetch("../openapi.json")).json();
const base = api.servers[0].url;

for (const tag of api.tags) {
  place.append(element("h2", tag.name), element("p", tag.description));
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (operation.tags.includes(tag.name)) place.append(form(method.toUpperCase(), path, operation));
    }
  }
}

function form(method, path, operation) {
  const box = element("details");
  const head = element("summary");
  head.append(element("b", method), element("code", path), ` – ${operation.summary}`);
  const fields = element("form");
  const inputs = (operation.parameters ?? []).map((parameter) => {
    const input = element("input");
    input.required = parameter.required;
    fields.append(labelled(`${parameter.name} (${parameter.in})`, input));
    return { parameter, input };
  });
  const [mediaType] = Object.keys(operation.requestBody?.content ?? {});
  const body = mediaType && element("textarea");
  if (body) {
    body.value = mediaType === "application/json" ? example(operation.requestBody.content[mediaType].schema) : "";
    fields.append(labelled(mediaType, body));
  }
  const answer = element("pre");
  answer.setAttribute("role", "status");
  fields.append(element("button", "Send"));
  fields.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.textContent = await send(method, path, inputs, mediaType, body?.value);
  });
  box.append(head, element("p", operation.description ?? ""), fields, answer);
  return box;
}

async function send(method, path, inputs, mediaType, body) {
  const headers = new Headers();
  const query = new URLSearchParams();
  let target = path;
  for (const { parameter, input } of inputs) {
    if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value === "") continue;
    else if (parameter.in === "header") headers.set(parameter.name, input.value);
    else query.set(parameter.name, input.value);
  }
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (mediaType) headers.set("Content-Type", mediaType.replace("*/*", "text/plain"));
  if (path === "/login") headers.delete("Authorization");
  const url = `${base}${target}${query.size ? `?${query}` : ""}`;
  try {
    const response = await fetch(url, { method, headers, body: mediaType ? body : undefined });
    const text = await response.text();
    const read = (response.headers.get("Content-Type") ?? "").includes("json") ? JSON.parse(text) : undefined;
    if (response.ok && read?.token) {
      token = read.token;
      who.textContent = `An access token of ${read.subject} is sent along.`;
    }
    return `${response.status} ${response.statusText}\n\n${read ? JSON.stringify(read, null, 2) : text}`;
  } catch (error) {
    return String(error);
  }
}

function example(schema) {
  const resolved = schema.$ref ? schema.$ref.split("/").slice(1).reduce((at, name) => at[name], api) : schema;
  const fields = Object.entries(resolved.properties ?? {}).filter(([name]) => resolved.required?.includes(name));
  return JSON.stringify(Object.fromEntries(fields.map(([name, field]) => [name, field.example ?? ""])), null, 2);
}

function labelled(text, input) {
  const label = element("label", `${text} `);
  label.append(input);
  return label;
}

function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
