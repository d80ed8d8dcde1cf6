#!/bin/sh
# Alerts and dashboard as a cluster takes them: sh monitoring.sh | kubectl apply -n mostrador -f -
# A PrometheusRule for Prometheus' operator, and a ConfigMap that Grafana's sidecar finds by its label. Their text stands in
# ../observability, once, for every kind of installation.
set -eu
cd "$(dirname "$0")/../observability"
cat <<'END'
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: mostrador, labels: { app.kubernetes.io/part-of: mostrador } }
spec:
END
sed 's/^/  /' alerts.yml
cat <<'END'
---
apiVersion: v1
kind: ConfigMap
metadata: { name: mostrador-dashboard, labels: { app.kubernetes.io/part-of: mostrador, grafana_dashboard: "1" } }
data:
  mostrador.json: |
END
sed 's/^/    /' dashboard.json
