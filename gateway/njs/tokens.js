// Reads JSON web tokens; decides nothing. njs 0.7.9 has no classes, spread, destructuring or for-of.

// An RS256 signature of a 2048 to 4096 bit key; nothing longer than this is worth decoding.
const USER_TOKEN = /^[A-Za-z0-9_-]{2,512}\.[A-Za-z0-9_-]{2,3000}\.[A-Za-z0-9_-]{342,683}$/;

// The credential of an Authorization header, or '' where it is absent or of another scheme.
function credential(authorization) {
    return authorization && authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7) : '';
}

function looksRight(token) {
    return token.length <= 4200 && USER_TOKEN.test(token);
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

function isTime(value) {
    return typeof value === 'number' && isFinite(value) && value > 0;
}

function now() {
    return Date.now() / 1000;
}

export default { credential, looksRight, part, isTime, now };
