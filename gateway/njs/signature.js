// Did auth sign this token, for this API? Asked once in 30 s for a token, below /_auth.

import keys from 'keys.js';
import settings from 'settings.js';
import tokens from 'tokens.js';
import verdicts from 'verdicts.js';

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

// js_content: 204 when it did, else 401; 500 when that cannot be told.
async function verify(r) {
    try {
        const token = tokens.credential(r.variables.http_authorization);
        // njs 0.7.9 crashes on an await among a call's arguments: the verdict needs a name.
        const signed = tokens.looksRight(token) ? await isSigned(token) : false;
        if (signed) {
            const claims = tokens.claims(token);
            const dot = tokens.signatureDot(token);
            verdicts.remember(verdicts.nameOf(token.slice(dot + 1)), token.slice(0, dot), claims);
            r.variables.account = String(claims.account_id);
            r.variables.user = String(claims.sub);
        }
        r.return(signed ? 204 : 401);
    } catch (e) {
        r.error('token check: ' + (e.stack || e));
        r.return(500);
    }
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
    const dot = tokens.signatureDot(token);
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');
    return await crypto.subtle.verify(ALGORITHM, key, signature, Buffer.from(token.slice(0, dot)));
}

export default { verify };
