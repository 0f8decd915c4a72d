// A real OpenID Connect provider for tests: `node provider.mjs <port> <issuer>`. It prints "ready" when it listens.
// Its sign-in page takes any account of `accounts`; POST /_test/<what> changes what it knows, or how it lies.
import http from 'node:http';
import { exportJWK, generateKeyPair, importJWK, SignJWT, decodeJwt, decodeProtectedHeader } from 'jose';
import Provider from 'oidc-provider';

const [port, issuer] = [Number(process.argv[2]), process.argv[3]];
const accounts = new Map();
const clients = new Map();
let lie = {};
let keys = [];
let current;

async function key(kid) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' };
}

function claims(sub) {
  return { sub, ...(accounts.get(sub) ?? { email: `${sub}@example.com`, email_verified: true, name: sub }) };
}

function build() {
  const names = [...new Set([...accounts.values()].flatMap(Object.keys))];
  current = new Provider(issuer, {
    clients: [...clients.values()],
    jwks: { keys },
    cookies: { keys: ['for-tests-only'] },
    claims: { openid: ['sub', ...names.filter((name) => name !== 'sub')], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600 },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => claims(sub) }),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email profile');
      grant.addOIDCClaims(names);
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => { ctx.body = `<!doctype html><title>Error</title><h1>${out.error}</h1><p>${out.error_description ?? ''}</p>`; },
  });
  current.proxy = true;
}

const read = async (stream) => { let text = ''; for await (const piece of stream) text += piece; return text; };
const page = (body) => `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Provider</title><main>${body}</main></html>`;

async function interact(req, res, uid) {
  if (req.method === 'GET') {
    res.setHeader('content-type', 'text/html');
    res.end(page(`<h1>Account</h1><form id="login" method="post" action="/interaction/${uid}"><label>Login <input name="login"></label><button>Continue</button></form>`));
    return;
  }
  const login = new URLSearchParams(await read(req)).get('login');
  const result = login ? { login: { accountId: login, remember: false } } : { error: 'access_denied', error_description: 'cancelled' };
  await current.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
}

async function altered(body) {
  const answer = JSON.parse(body);
  if (!answer.id_token) return body;
  const header = { ...decodeProtectedHeader(answer.id_token), ...lie.header };
  const payload = { ...decodeJwt(answer.id_token), ...lie.claims };
  for (const name of lie.without ?? []) delete payload[name];
  if (lie.signature === 'none') {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    answer.id_token = `${part({ alg: 'none' })}.${part(payload)}.`;
  } else if (lie.signature === 'broken') {
    const [head, , sign] = answer.id_token.split('.');
    answer.id_token = `${head}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.${sign}`;
  } else if (lie.signature === 'secret') {
    answer.id_token = await new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(lie.secret));
  } else {
    answer.id_token = await new SignJWT(payload).setProtectedHeader(header).sign(await importJWK(keys[0], 'RS256'));
  }
  return JSON.stringify(answer);
}

// What the provider writes is caught, changed, and only then sent.
function lying(req, res) {
  const pieces = [];
  const [end] = [res.end.bind(res)];
  res.write = (piece) => { pieces.push(Buffer.from(piece)); return true; };
  res.end = (piece) => {
    if (piece) pieces.push(Buffer.from(piece));
    altered(Buffer.concat(pieces).toString()).then((body) => {
      res.removeHeader('content-length');
      end(body);
    });
    return res;
  };
  current.callback()(req, res);
}

async function control(req, res, what) {
  const body = JSON.parse((await read(req)) || '{}');
  if (what === 'account') accounts.set(body.sub, body.claims);
  if (what === 'client') clients.set(body.client_id, { grant_types: ['authorization_code'], response_types: ['code'], ...body });
  if (what === 'lie') lie = body;
  if (what === 'rotate') keys = [await key(`key-${Math.random()}`)];
  build();
  res.end('{}');
}

const server = http.createServer((req, res) => {
  const { pathname } = new URL(req.url, issuer);
  if (pathname === '/favicon.ico') { res.statusCode = 204; res.end(); return; }
  const handled = pathname.startsWith('/_test/') ? control(req, res, pathname.slice(7))
    : pathname.startsWith('/interaction/') ? interact(req, res, pathname.slice(13))
      : pathname === '/token' && Object.keys(lie).length ? lying(req, res)
        : current.callback()(req, res);
  Promise.resolve(handled).catch((error) => { res.statusCode = 500; res.end(String(error)); });
});

keys = [await key('first')];
build();
server.listen(port, '127.0.0.1', () => console.log('ready'));
