// The denylist on disk: one file for each revoked session, named by its id. Shared by all workers and
// seen by the next request; written by revocations.js and by the agent, which also prunes it.

import fs from 'fs';
import settings from 'settings.js';

const FOLDER = settings.home + '/deny/';
const ID = /^[A-Za-z0-9_-]{1,64}$/;
// statSync without throwing: an exception costs 0.7 ms inside nginx, this one microsecond.
const QUIET = { throwIfNoEntry: false };

function isId(value) {
    return typeof value === 'string' && ID.test(value);
}

function isRevoked(id) {
    return fs.statSync(FOLDER + id, QUIET) !== undefined;
}

// True once the agent has loaded all unexpired revocations for this very nginx (process.ppid is its master):
// one that was down may have missed some. It also proves that the folder is there at all.
function isComplete() {
    return fs.statSync(FOLDER + '.ready-' + process.ppid, QUIET) !== undefined;
}

// A session ends once: a call that is repeated because its answer came too late gets on to what is left of it.
function revoke(id, exp) {
    if (!isRevoked(id)) {
        fs.writeFileSync(FOLDER + id, String(Math.ceil(exp)));
    }
}

export default { isId, isRevoked, isComplete, revoke };
