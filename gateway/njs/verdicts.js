// Which tokens were found well signed in the last 30 s: one empty file each, named by the token's hash, so that no token
// is ever written to disk. Shared by all workers; the agent clears away the old ones.

import crypt from 'crypto';
import fs from 'fs';
import settings from 'settings.js';

const FOLDER = settings.home + '/verdicts/';
const REMEMBERED_MS = 30000;
const QUIET = { throwIfNoEntry: false };

function digest(token) {
    return crypt.createHash('sha256').update(token).digest('base64url');
}

// A file from the future, after the clock was set back, counts for nothing.
function isRemembered(name) {
    const file = fs.statSync(FOLDER + name, QUIET);
    const age = file === undefined ? REMEMBERED_MS : Date.now() - file.mtimeMs;
    return age < REMEMBERED_MS && age > -1000;
}

function remember(name) {
    fs.writeFileSync(FOLDER + name, '');
}

export default { digest, isRemembered, remember };
