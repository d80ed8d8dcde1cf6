// Which of the two languages somebody wants.

// Whether Spanish has the higher weight of the two languages there are: "es-MX,es;q=0.9,en;q=0.8".
function prefersSpanish(header) {
    const weights = { es: 0, en: 0 };
    (header || '').split(',').forEach(function (item) {
        const parts = item.trim().toLowerCase().split(/\s*;\s*q=/);
        const language = parts[0].split('-')[0];
        const weight = parts[1] === undefined ? 1 : Number(parts[1]) || 0;
        weights[language] = Math.max(weights[language] || 0, weight);
    });
    return weights.es > weights.en;
}

export default { prefersSpanish };
