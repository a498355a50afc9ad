// oidc-provider: refresh tokens that rotate, revocation (RFC 7009), userinfo as the protected resource.
import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { now } = Date;
let shift = 0;
Date.now = () => now() + shift;

const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = `http://127.0.0.1:${server.address().port}`;

// What it says at its start is for people who deploy it.
for (const name of ["info", "warn"]) console[name] = () => {};
const provider = new Provider(address, {
  clients: [
    {
      client_id: "spa",
      token_endpoint_auth_method: "none",
      redirect_uris: ["http://127.0.0.1/signed-in"],
      grant_types: ["authorization_code", "refresh_token"],
      application_type: "native",
    },
  ],
  scopes: ["openid", "offline_access", "profile"],
  ttl: { AccessToken: 300, RefreshToken: 24 * 3600, Grant: 24 * 3600, IdToken: 300 },
  rotateRefreshToken: true,
  features: { revocation: { enabled: true }, devInteractions: { enabled: false } },
  clientBasedCORS: () => true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
const answer = provider.callback();

/** What the authorization code flow would end with. `scope`: openid may be left out. */
async function grant(scope) {
  const client = await provider.Client.find("spa");
  const given = new provider.Grant({ accountId: "ada", clientId: "spa" });
  given.addOIDCScope(scope);
  const of = { accountId: "ada", client, grantId: await given.save(), gty: "authorization_code", scope };
  const [access_token, refresh_token] = await Promise.all([new provider.AccessToken(of).save(), new provider.RefreshToken({ ...of, rotations: 0 }).save()]);
  return { access_token, refresh_token, expires_in: 300 };
}

server.on("request", async (request, response) => {
  const { pathname, search } = new URL(request.url, address);
  if (pathname === "/__clock") {
    shift = Number(search.slice(1));
    response.writeHead(204).end();
  } else if (pathname === "/__grant") {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(await grant(decodeURIComponent(search.slice(1)))));
  } else {
    answer(request, response);
  }
});

process.stdin.resume().on("end", () => process.exit());
console.log(`listening on ${address}`);
