// May this request pass? Answers on every request what changes with time; signature.js what does not, and verdicts.js
// remembers its yes. Each request that comes here starts an interpreter of its own: the less it has to read, the better.

import sessions from 'sessions.js';
import tokens from 'tokens.js';
import verdicts from 'verdicts.js';

const CLOCK_SKEW_S = 5; // a token from an auth whose clock is a little ahead

// js_set: missing | invalid | revoked | unavailable | unverified (fine as far as it goes) | verified. Must stay
// synchronous: an async function would yield the text "[object Promise]".
function state(r) {
    const token = tokens.credential(r.variables.http_authorization);
    if (!token) {
        return 'missing';
    }
    if (tokens.isTooLong(token)) {
        return 'invalid';
    }
    try {
        const dot = tokens.signatureDot(token);
        const name = verdicts.nameOf(token.slice(dot + 1));
        const verified = verdicts.recall(name, token.slice(0, dot));
        const claims = verified || tokens.claims(token);
        if (!claims || !isTimely(claims) || !sessions.isId(claims.sid)) {
            return 'invalid';
        }
        if (sessions.isRevoked(claims.sid)) {
            return 'revoked';
        }
        if (!sessions.isComplete()) {
            return 'unavailable';
        }
        r.variables.token_name = name;
        if (verified) {
            r.variables.account = claims.account_id;
            r.variables.user = claims.sub;
        }
        return verified ? 'verified' : 'unverified';
    } catch (e) {
        r.error('token state: ' + e);
        return 'unavailable';
    }
}

function isTimely(claims) {
    const now = tokens.now();
    if (!tokens.isTime(claims.exp) || claims.exp <= now) {
        return false;
    }
    return claims.nbf === undefined || (tokens.isTime(claims.nbf) && claims.nbf <= now + CLOCK_SKEW_S);
}

// js_set: the query as it was sent, but with every byte beyond ASCII spelled out.
function encodedQuery(r) {
    const bytes = r.rawVariables.args || [];
    let query = '';
    for (let i = 0; i < bytes.length; i++) {
        query += bytes[i] < 0x80 ? String.fromCharCode(bytes[i]) : '%' + bytes[i].toString(16).toUpperCase();
    }
    return query;
}

export default { state, encodedQuery };
