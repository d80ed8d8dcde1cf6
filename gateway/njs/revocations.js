// The internal listener: before auth answers a logout, it tells of the ended sessions here.

import crypt from 'crypto';
import sessions from 'sessions.js';
import tokens from 'tokens.js';

const PAIR = 'auth>gateway';
const MOST = 1000;

// POST {"revocations": [{"sid", "exp"}, ...]} with auth's service token: 204 when all of them are on disk.
function receive(r) {
    if (r.method !== 'POST') {
        return answer(r, 405, 'POST only');
    }
    if (!isAuth(r.variables.http_authorization)) {
        return answer(r, 401, 'A service token of ' + PAIR + ' is required.');
    }
    let list = null;
    try {
        list = JSON.parse(r.requestText).revocations;
    } catch (e) {
        return answer(r, 400, 'JSON parse error.');
    }
    if (!Array.isArray(list) || list.length < 1 || list.length > MOST || !list.every(isRevocation)) {
        return answer(r, 422, 'revocations: 1 to ' + MOST + ' objects with sid and exp');
    }
    try {
        list.forEach((item) => sessions.revoke(item.sid, item.exp));
    } catch (e) {
        r.error('revocations: ' + e);
        return answer(r, 503, 'The revocations could not be stored.');
    }
    r.return(204);
}

function isRevocation(item) {
    return item !== null && typeof item === 'object' && sessions.isId(item.sid) && tokens.isTime(item.exp);
}

function isAuth(authorization) {
    const token = tokens.credential(authorization);
    const header = tokens.part(token, 0);
    const claims = tokens.part(token, 1);
    const secret = pairSecret();
    if (!secret || !header || header.alg !== 'HS256' || header.kid !== PAIR) {
        return false;
    }
    if (!claims || claims.iss !== 'auth' || claims.aud !== 'gateway' || !tokens.isTime(claims.exp) || claims.exp <= tokens.now()) {
        return false;
    }
    const dot = token.lastIndexOf('.');
    const expected = crypt.createHmac('sha256', secret).update(token.slice(0, dot)).digest('base64url');
    return equal(expected, token.slice(dot + 1));
}

function pairSecret() {
    const start = PAIR + '=';
    const entry = (process.env.MOSTRADOR_SERVICE_KEYS || '').split(',').map((e) => e.trim()).filter((e) => e.startsWith(start))[0];
    return entry ? entry.slice(start.length) : '';
}

// Takes the same time wherever the two differ: njs 0.7.9 has no timingSafeEqual.
function equal(expected, given) {
    let difference = expected.length ^ given.length;
    for (let i = 0; i < expected.length; i++) {
        difference |= expected.charCodeAt(i) ^ given.charCodeAt(i);
    }
    return difference === 0;
}

function health(r) {
    if (sessions.isComplete()) {
        r.return(200, '{"status": "ok"}\n');
    } else {
        r.headersOut['Retry-After'] = '1';
        r.return(503, '{"status": "waiting for auth"}\n');
    }
}

function answer(r, status, detail) {
    r.headersOut['Content-Type'] = 'application/json';
    r.return(status, JSON.stringify({ detail: detail }) + '\n');
}

export default { receive, health };
