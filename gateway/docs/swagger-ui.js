// Swagger UI over the platform's document. Whoever logs in here has authorised the page at once.

// What answers with tokens: logins, a registration, and what renews them.
const TOKENS = /^\/api\/(auth\/(login|register|refresh)\/|v1\/auth\/(token\/|token\/refresh\/|login|refresh))$/;

const page = SwaggerUIBundle({
    url: '/api/v1/schema/',
    dom_id: '#page',
    presets: [SwaggerUIBundle.presets.apis],
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: 'none',
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null, // nobody else is asked what they think of the document
    responseInterceptor: function (response) {
        if (response.ok && TOKENS.test(new URL(response.url, location.href).pathname)) {
            const body = JSON.parse(response.text);
            const told = body.tokens || body.data || body;
            page.preauthorizeApiKey('bearer', told.access || told.access_token);
        }
        return response;
    },
});
