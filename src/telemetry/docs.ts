/** `docs/metrics.md`, from the catalogue. */
import type { MetricSpec } from './catalogue.ts'
import { argoMetrics, argoPrefix, labelCharactersMax, ownMetrics, ownPrefix, seriesMax } from './catalogue.ts'
import { customLimits } from './custom-metrics.ts'

export function metricsDocument(): string {
  return `<!-- Written by \`npm run docs\` from src/telemetry/catalogue.ts; do not edit. -->
# Metrics

\`drydock up\` serves them on \`http://127.0.0.1:9090/metrics\` (\`--metrics-port\`, setting \`metrics\`), in the text format of
Prometheus. Metrics that manifests declare (\`metrics.prometheus\`) appear as \`${argoPrefix}<name>\`. Node’s own
(\`process_*\`, \`nodejs_*\`) stand beside them. \`metricsConfig.modifiers\` switches off a metric, a label, or sets buckets.

What dashboards and alerts come with it: [monitoring.md](monitoring.md).

**Cardinality is bounded.** Labels in *italics* hold what users made up. Their values are cut to ${labelCharactersMax} characters, and a metric has at
most ${seriesMax} combinations of them; what comes later counts as \`(other)\` and in \`${ownPrefix}series_folded_total\`. Metrics by
workflow show only the oldest unfinished ones (setting \`metrics.workflows\`, 20). Metrics of manifests: at most ${customLimits.names} names and
${customLimits.seriesPerName} series a name, ${customLimits.series} in all; a name that is one of ours or Argo’s, or a label that Prometheus does not take, is refused.

## Argo’s names (\`${argoPrefix}…\`)

${tableOf(argoMetrics)}

## Drydock’s own (\`${ownPrefix}…\`)

${tableOf(ownMetrics)}
`
}

function tableOf(metrics: Readonly<Record<string, MetricSpec>>): string {
  const rows = Object.entries(metrics).map(([name, { type, labels = [], open = [], help }]) => {
    const words = labels.map((label) => (open.includes(label) ? `*${label}*` : label))
    return `| ${name} | ${type} | ${words.join(', ') || '–'} | ${help} |`
  })
  return ['| name | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
