// Reads JSON web tokens; decides nothing. njs 0.7.9 has no classes, spread, destructuring or for-of.

const LONGEST = 4200; // nothing longer is worth hashing or decoding
// With an RS256 signature of a 2048 to 4096 bit key.
const USER_TOKEN = /^[A-Za-z0-9_-]{2,512}\.[A-Za-z0-9_-]{2,3000}\.[A-Za-z0-9_-]{342,683}$/;

// The credential of an Authorization header, or '' where it is absent or of another scheme.
function credential(authorization) {
    if (authorization && authorization.startsWith('Bearer ')) {
        return authorization.slice(7);
    }
    return authorization && authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7) : '';
}

function isTooLong(token) {
    return token.length > LONGEST;
}

function looksRight(token) {
    return !isTooLong(token) && USER_TOKEN.test(token);
}

// Part 0 (header) or 1 (claims) as an object; null when it is none.
function part(token, index) {
    try {
        const value = JSON.parse(Buffer.from(token.split('.')[index], 'base64url').toString('utf8'));
        return value && typeof value === 'object' && !Array.isArray(value) ? value : null;
    } catch (e) {
        return null;
    }
}

// Where the dot before the signature stands; for a key of 2048 bits without a search.
function signatureDot(token) {
    const likely = token.length - 343;
    return token[likely] === '.' ? likely : token.lastIndexOf('.');
}

// The claims of what looks like a user's token, as they are told; null when it does not.
function claims(token) {
    return looksRight(token) ? part(token, 1) : null;
}

function isTime(value) {
    return typeof value === 'number' && isFinite(value) && value > 0;
}

function now() {
    return Date.now() / 1000;
}

export default { credential, isTooLong, looksRight, part, claims, signatureDot, isTime, now };
