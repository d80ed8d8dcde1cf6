// The body of every error that the gateway itself answers, in the shape of the surface that was called.

import languages from 'languages.js';

const DETAILS = {
    400: 'Bad request.',
    404: 'Not found.',
    413: 'Request body is too large.',
    414: 'Request path is too long.',
    429: 'Request was throttled. Expected available in 1 second.',
    431: 'Request headers are too large.',
    501: 'Not implemented.',
    502: 'The service could not be reached, try again later.',
    503: 'Service temporarily unavailable, try again later.',
    504: 'The service did not answer in time, try again later.',
};
const UNAUTHORIZED = {
    missing: { detail: 'Authentication credentials were not provided.' },
    revoked: { detail: 'Token has been revoked. Please login again.', code: 'token_revoked' },
    invalid: { detail: 'Given token not valid for any token type', code: 'token_not_valid' },
};
// In the words of the services, which speak Spanish to who asks for it.
const SPANISH = {
    'Bad request.': 'Solicitud incorrecta.',
    'Not found.': 'No encontrado.',
    'Request body is too large.': 'El cuerpo de la solicitud es demasiado grande.',
    'Request path is too long.': 'La ruta de la solicitud es demasiado larga.',
    'Request headers are too large.': 'Las cabeceras de la solicitud son demasiado grandes.',
    'Request was throttled. Expected available in 1 second.': 'Solicitud limitada. Disponible en 1 segundo.',
    'The service could not be reached, try again later.': 'No se pudo contactar al servicio, intente más tarde.',
    'The service did not answer in time, try again later.': 'El servicio no respondió a tiempo, intente más tarde.',
    'Service temporarily unavailable, try again later.': 'Servicio temporalmente no disponible, intente más tarde.',
    'Authentication credentials were not provided.': 'Las credenciales de autenticación no se proveyeron.',
    'Token has been revoked. Please login again.': 'El token ha sido revocado. Inicie sesión de nuevo.',
    'Given token not valid for any token type': 'El token dado no es válido para ningún tipo de token',
};
const RETRY_AFTER_S = { 429: 1, 502: 2, 503: 2, 504: 5 };

// js_content of /_error: the status is the one that led here, and nginx keeps it.
function answer(r) {
    const status = Number(r.variables.status);
    r.headersOut['Content-Type'] = 'application/json';
    if (RETRY_AFTER_S[status]) {
        r.headersOut['Retry-After'] = String(RETRY_AFTER_S[status]);
    }
    if (status === 401) {
        r.headersOut['WWW-Authenticate'] = 'Bearer';
    }
    if (status === 405 && r.variables.allow) {
        r.headersOut['Allow'] = r.variables.allow;
    }
    r.return(status, JSON.stringify(body(r, status)) + '\n');
}

function body(r, status) {
    const problem = inTheirLanguage(r, describe(r, status));
    const path = (r.variables.request_uri || '').split('?')[0];
    if (!isB2B(path)) {
        return problem;
    }
    const message = status === 401 ? 'unauthorized' : problem.detail;
    if (path.startsWith('/api/v1/auth')) {
        return { status: 'error', message: message };
    }
    return { data: null, success: false, status_message: message, timestamp: timestamp() };
}

// The B2B paths are those on /api/v1/, but for the device sessions: below auth/ and with a final slash.
function isB2B(path) {
    return /^\/api\/v1\//.test(path) && !/^\/api\/v1\/auth\/(.*\/)?$/.test(path);
}

function describe(r, status) {
    if (status === 401) {
        // A token that was fine so far ("unverified") failed on its signature.
        return UNAUTHORIZED[r.variables.token_state] || UNAUTHORIZED.invalid;
    }
    if (status === 405) {
        return { detail: 'Method "' + r.variables.request.split(' ')[0] + '" not allowed.' };
    }
    return { detail: DETAILS[status] || 'Error ' + status + '.' };
}

function inTheirLanguage(r, problem) {
    if (!languages.prefersSpanish(r.headersIn['Accept-Language'])) {
        return problem;
    }
    const method = /^Method ("\w+") not allowed\.$/.exec(problem.detail);
    const detail = method ? 'Método ' + method[1] + ' no permitido.' : SPANISH[problem.detail];
    return Object.assign({}, problem, { detail: detail || problem.detail });
}

function timestamp() {
    return new Date().toISOString().slice(0, 19) + 'Z';
}

export default { answer };
