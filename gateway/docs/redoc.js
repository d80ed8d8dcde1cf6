// ReDoc over the platform's document.

Redoc.init(
    '/api/v1/schema/',
    {
        hideDownloadButton: false,
        jsonSampleExpandLevel: 3,
        pathInMiddlePanel: true,
        sortOperationsAlphabetically: false,
        theme: {
            colors: { primary: { main: '#0b6e4f' } },
            typography: { fontFamily: 'system-ui, sans-serif', headings: { fontFamily: 'system-ui, sans-serif' } },
        },
    },
    document.getElementById('page'),
);
