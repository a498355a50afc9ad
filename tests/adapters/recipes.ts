import axios from "axios";
import ky from "ky";
import createClient from "openapi-fetch";
import { Session } from "../../pkg/index.js";

const session = new Session({ baseUrl: "https://api.example.com" });
const [baseURL, baseUrl] = ["https://api.example.com", "https://api.example.com"];

interface paths {
  "/things": { get: { responses: { 200: { content: { "application/json": { name: string }[] } } } } };
}

export const clients = [
  axios.create({ baseURL, adapter: "fetch", env: { fetch: session.fetch } }),
  ky.create({ baseUrl, fetch: session.fetch }),
  createClient<paths>({ baseUrl, fetch: session.fetch }),
];
