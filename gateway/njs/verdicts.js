// Which tokens were found well signed in the last 30 s. One file each, shared by all workers; the agent clears away the
// old ones. A file is named by the hash of the signature and holds what was signed, with what is asked of it most: no
// token is ever written to disk, and of a token that is remembered nothing has to be decoded.

import crypt from 'crypto';
import fs from 'fs';
import settings from 'settings.js';

const FOLDER = settings.home + '/verdicts/';
const REMEMBERED_MS = 30000;
const QUIET = { throwIfNoEntry: false };

function nameOf(signature) {
    return crypt.createHash('sha256').update(signature).digest('base64url');
}

function remember(name, signed, claims) {
    const lines = ['', claims.exp, claims.sid, claims.account_id, claims.sub];
    fs.writeFileSync(FOLDER + name, signed + lines.join('\n'));
}

// The claims of a token that is remembered, as far as they were kept; else null. A file from the future, after the clock
// was set back, counts for nothing, nor does one that is just being written.
function recall(name, signed) {
    const path = FOLDER + name;
    const file = fs.statSync(path, QUIET);
    const age = file === undefined ? REMEMBERED_MS : Date.now() - file.mtimeMs;
    if (age >= REMEMBERED_MS || age < -1000) {
        return null;
    }
    const content = fs.readFileSync(path, 'utf8');
    const lines = content.startsWith(signed) ? content.slice(signed.length).split('\n') : [];
    if (lines.length !== 5 || lines[0] !== '') {
        return null;
    }
    return { exp: Number(lines[1]), sid: lines[2], account_id: lines[3], sub: lines[4] };
}

export default { nameOf, remember, recall };
