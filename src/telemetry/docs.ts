/** `docs/metrics.md`, from the catalogue. */
import type { MetricSpec } from './catalogue.ts'
import { argoMetrics, argoPrefix, ownMetrics, ownPrefix } from './catalogue.ts'

export function metricsDocument(): string {
  return `<!-- Written by \`npm run docs\` from src/telemetry/catalogue.ts; do not edit. -->
# Metrics

\`drydock up\` serves them on \`http://127.0.0.1:9090/metrics\` (\`--metrics-port\`, setting \`metrics\`), in the text format of
Prometheus. Metrics that manifests declare (\`metrics.prometheus\`) appear as \`${argoPrefix}<name>\`. Node’s own
(\`process_*\`, \`nodejs_*\`) stand beside them. \`metricsConfig.modifiers\` switches off a metric, a label, or sets buckets.

## Argo’s names (\`${argoPrefix}…\`)

${tableOf(argoMetrics)}

## Drydock’s own (\`${ownPrefix}…\`)

${tableOf(ownMetrics)}
`
}

function tableOf(metrics: Readonly<Record<string, MetricSpec>>): string {
  const rows = Object.entries(metrics).map(
    ([name, { type, labels = [], help }]) => `| ${name} | ${type} | ${labels.join(', ') || '–'} | ${help} |`,
  )
  return ['| name | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
