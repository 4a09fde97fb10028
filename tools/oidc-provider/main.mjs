// An OpenID provider with five people in it and no passwords, on loopback: `cargo xtask up --auth` starts it for the console,
// and so do tests. It signs with the key of the issuer in the state folder, so that its tokens and those of `cargo xtask token`
// are of one issuer. Usage: node main.mjs OPTIONS.json (crates/stack/src/openid.rs writes it)

import { createPrivateKey, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";
import { form, signIn, signOut, signedOut } from "./pages.mjs";

const options = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** Who can sign in, and as what. A customer's name is the customer's id. */
const people = new Map(Object.entries(options.people));

function signingKey() {
  const { signing, pkcs8 } = JSON.parse(readFileSync(options.key, "utf8"));
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
  const [{ kid }] = JSON.parse(readFileSync(options.jwks, "utf8")).keys;
  const alg = signing === "EdDsa" ? "EdDSA" : "ES256";
  return { ...key.export({ format: "jwk" }), kid, alg, use: "sig" };
}

const key = signingKey();

const provider = new Provider(options.issuer, {
  jwks: { keys: [key] },
  enabledJWA: { idTokenSigningAlgValues: [key.alg] },
  clients: [
    {
      client_id: options.client_id,
      client_secret: options.client_secret,
      redirect_uris: options.redirect_uris,
      post_logout_redirect_uris: options.post_logout_redirect_uris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      id_token_signed_response_alg: key.alg,
    },
  ],
  cookies: { keys: [randomBytes(32).toString("base64url")] },
  claims: { openid: ["sub"], profile: ["name"] },
  // The name is wanted in the ID token: nobody asks the userinfo endpoint.
  conformIdTokenClaims: false,
  findAccount: (_, id) =>
    people.has(id) ? { accountId: id, claims: async () => ({ sub: id, name: people.get(id).name }) } : undefined,
  pkce: { required: () => true },
  issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  extraTokenClaims: (_, token) => ({ roles: people.get(token.accountId)?.roles ?? [] }),
  // What the console is given is for one audience, and a JWT.
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: signOut, postLogoutSuccessSource: signedOut },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => options.resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: "openid profile offline_access",
        audience: options.audience,
        accessTokenFormat: "jwt",
        accessTokenTTL: options.access_token_s,
        jwt: { sign: { alg: key.alg } },
      }),
    },
  },
  ttl: {
    AccessToken: options.access_token_s,
    Grant: 86_400,
    IdToken: 300,
    Interaction: 600,
    RefreshToken: 86_400,
    Session: 86_400,
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // The console is ours: nobody is asked whether it may know who they are.
  loadExistingGrant: async (ctx) => {
    const known = ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
    if (known) return ctx.oidc.provider.Grant.find(known);
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile offline_access");
    grant.addResourceScope(options.resource, "openid profile offline_access");
    await grant.save();
    return grant;
  },
});

provider.on("server_error", (_, error) => console.error(error));

async function interaction(request, response) {
  const { prompt } = await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
    response.end(signIn(people));
    return;
  }
  const chosen = (await form(request)).get("person");
  const result =
    prompt.name === "login" && people.has(chosen)
      ? { login: { accountId: chosen, remember: true } }
      : { error: "access_denied", error_description: "nobody was chosen" };
  await provider.interactionFinished(request, response, result);
}

const oidc = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) return oidc(request, response);
  interaction(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(400, { "content-type": "text/plain" });
    response.end("This sign-in is over. Go back to where you came from and try again.\n");
  });
});
server.listen(options.port, "127.0.0.1", () => console.log(`${options.issuer} ready`));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
