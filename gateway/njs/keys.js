// Auth's public keys, from the JWKS file that the agent keeps. Read anew for each check: njs keeps no state
// between requests, and a check happens once in 30 s for a token.

import fs from 'fs';
import settings from 'settings.js';

const JWKS = settings.home + '/keys/jwks.json';
const UNKNOWN_KID = settings.home + '/keys/unknown-kid';
const RSA_ENCRYPTION = Buffer.from('300d06092a864886f70d0101010500', 'hex');

// The key's DER SubjectPublicKeyInfo, or null where no such key is known; then the agent is asked to look.
function find(kid) {
    const known = JSON.parse(fs.readFileSync(JWKS, 'utf8')).keys.filter((key) => key.kty === 'RSA' && key.kid === kid);
    if (known.length !== 1) {
        fs.writeFileSync(UNKNOWN_KID, '');
        return null;
    }
    return subjectPublicKeyInfo(known[0]);
}

// importKey('jwk') came with njs 0.7.10; DER is understood by all versions.
function subjectPublicKeyInfo(jwk) {
    const key = element(0x30, Buffer.concat([integer(jwk.n), integer(jwk.e)]));
    return element(0x30, Buffer.concat([RSA_ENCRYPTION, element(0x03, Buffer.concat([Buffer.from([0]), key]))]));
}

function integer(base64url) {
    const bytes = Buffer.from(base64url, 'base64url');
    return element(0x02, bytes[0] & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function element(tag, content) {
    return Buffer.concat([Buffer.from([tag].concat(length(content.length))), content]);
}

function length(n) {
    return n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
}

export default { find };
