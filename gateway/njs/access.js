// May this request pass? `state` answers on every request what changes with time; `verify` what does not (signature,
// issuer, audience), and its yes is remembered for 30 s (verdicts.js).

import keys from 'keys.js';
import sessions from 'sessions.js';
import settings from 'settings.js';
import tokens from 'tokens.js';
import verdicts from 'verdicts.js';

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const CLOCK_SKEW_S = 5; // a token from an auth whose clock is a little ahead

// js_set: missing | invalid | revoked | unavailable | unverified (fine as far as it goes) | verified. Must stay
// synchronous: an async function would yield the text "[object Promise]".
function state(r) {
    const token = tokens.credential(r.variables.http_authorization);
    if (!token) {
        return 'missing';
    }
    const claims = tokens.looksRight(token) ? tokens.part(token, 1) : null;
    const now = tokens.now();
    if (!claims || !tokens.isTime(claims.exp) || claims.exp <= now || !sessions.isId(claims.sid)) {
        return 'invalid';
    }
    if (claims.nbf !== undefined && !(tokens.isTime(claims.nbf) && claims.nbf <= now + CLOCK_SKEW_S)) {
        return 'invalid';
    }
    try {
        if (sessions.isRevoked(claims.sid)) {
            return 'revoked';
        }
        if (!sessions.isComplete()) {
            return 'unavailable';
        }
        const digest = verdicts.digest(token);
        r.variables.token_digest = digest;
        if (!verdicts.isRemembered(digest)) {
            return 'unverified';
        }
        tellWho(r, claims);
        return 'verified';
    } catch (e) {
        r.error('denylist: ' + e);
        return 'unavailable';
    }
}

// js_content: 204 for a token that auth signed for this API, else 401; 500 when that cannot be told.
async function verify(r) {
    try {
        const token = tokens.credential(r.variables.http_authorization);
        // njs 0.7.9 crashes on an await among a call's arguments: the verdict needs a name.
        const signed = tokens.looksRight(token) ? await isSigned(token) : false;
        if (signed) {
            verdicts.remember(verdicts.digest(token));
            tellWho(r, tokens.part(token, 1));
        }
        r.return(signed ? 204 : 401);
    } catch (e) {
        r.error('token check: ' + (e.stack || e));
        r.return(500);
    }
}

// For the access log.
function tellWho(r, claims) {
    r.variables.account = String(claims.account_id);
    r.variables.user = String(claims.sub);
}

async function isSigned(token) {
    const header = tokens.part(token, 0);
    const claims = tokens.part(token, 1);
    if (!header || header.alg !== 'RS256' || header.crit !== undefined || typeof header.kid !== 'string') {
        return false;
    }
    if (!claims || claims.iss !== settings.issuer || claims.aud !== settings.audience || claims.type !== 'access') {
        return false;
    }
    const found = keys.find(header.kid);
    if (!found) {
        return false;
    }
    const key = await crypto.subtle.importKey('spki', found, ALGORITHM, false, ['verify']);
    const dot = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');
    return await crypto.subtle.verify(ALGORITHM, key, signature, Buffer.from(token.slice(0, dot)));
}

export default { state, verify };
