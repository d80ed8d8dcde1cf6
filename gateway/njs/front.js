// What `/` answers: what this is, where its documentation is, and how the services are; a page for browsers, JSON else.

import fs from 'fs';
import languages from 'languages.js';
import sessions from 'sessions.js';
import settings from 'settings.js';

const PAGE = settings.home + '/conf/front.html';
const DOCUMENTATION = {
    swagger_ui: '/api/v1/schema/swagger-ui/',
    redoc: '/api/v1/schema/redoc/',
    openapi: '/api/v1/schema/',
};
const ENGLISH = {
    lang: 'en',
    what: 'The backend of a shop’s counter: point of sale, chatbot and B2B.',
    docs: 'Documentation',
    try: 'Log in and try each call',
    read: 'Read it in one piece',
    generate: 'For tools: JSON or YAML',
    ways: 'Three ways in',
    who: 'For',
    paths: 'Paths',
    login: 'Log in',
    pos: 'Till, chatbot',
    devices: 'Device sessions',
    health: 'Services',
    fine: 'All services are working.',
    trouble: 'Some services are not working: the others go on.',
    closed: 'The gateway is waiting for auth and lets nobody in yet.',
    ok: 'working',
    unavailable: 'not working',
    asked: 'As of',
    again: 'Look again',
};
const SPANISH = {
    lang: 'es',
    what: 'El backend del mostrador de una tienda: punto de venta, chatbot y B2B.',
    docs: 'Documentación',
    try: 'Inicie sesión y pruebe cada llamada',
    read: 'Para leer de corrido',
    generate: 'Para herramientas: JSON o YAML',
    ways: 'Tres entradas',
    who: 'Para',
    paths: 'Rutas',
    login: 'Inicio de sesión',
    pos: 'Caja, chatbot',
    devices: 'Sesiones por dispositivo',
    health: 'Servicios',
    fine: 'Todos los servicios funcionan.',
    trouble: 'Algunos servicios no funcionan: los demás continúan.',
    closed: 'La entrada espera a auth y todavía no deja pasar a nadie.',
    ok: 'funciona',
    unavailable: 'no funciona',
    asked: 'Consultado',
    again: 'Consultar de nuevo',
};

// js_content of `/`.
async function answer(r) {
    const services = await health(r);
    r.headersOut['Vary'] = 'Accept, Accept-Language';
    if (wantsPage(r.headersIn['Accept'])) {
        const words = languages.prefersSpanish(r.headersIn['Accept-Language']) ? SPANISH : ENGLISH;
        r.headersOut['Content-Type'] = 'text/html; charset=utf-8';
        r.headersOut['Content-Language'] = words.lang;
        r.return(200, page(words, services));
    } else {
        r.headersOut['Content-Type'] = 'application/json';
        r.return(200, JSON.stringify(description(services)) + '\n');
    }
}

// {auth: 'ok' | 'unavailable', …}: whether each says that it does its work, and no more than that.
async function health(r) {
    const answers = await Promise.all(settings.services.map((name) => r.subrequest('/_health/' + name)));
    const states = {};
    settings.services.forEach(function (name, i) {
        states[name] = answers[i].status === 200 ? 'ok' : 'unavailable';
    });
    return states;
}

function wantsPage(accept) {
    return /(^|[,\s])text\/html\s*([,;]|$)/i.test(accept || '');
}

function description(services) {
    const status = sessions.isComplete() ? 'ok' : 'waiting for auth';
    return { name: 'Mostrador', documentation: DOCUMENTATION, health: '/healthz', status: status, services: services };
}

function page(words, services) {
    const names = Object.keys(services);
    const fine = names.every((name) => services[name] === 'ok');
    const filled = Object.assign({}, words, {
        summary: !sessions.isComplete() ? words.closed : fine ? words.fine : words.trouble,
        services: names.map((name) => item(name, services[name], words)).join(''),
        time: new Date().toISOString().slice(0, 19) + 'Z',
    });
    return fs.readFileSync(PAGE, 'utf8').replace(/\[\[(\w+)\]\]/g, (_, name) => filled[name]);
}

function item(name, state, words) {
    return '<li class="' + state + '"><strong>' + name + '</strong><span>' + words[state] + '</span></li>';
}

export default { answer };
