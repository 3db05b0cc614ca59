// Asks Prometheus the query of each panel of the dashboards: fails where one is refused, or too few have data.
// Arguments: Prometheus' URL, the folder of the dashboards, the least share of panels with data (0.8).
import { readFileSync, readdirSync } from 'node:fs'

const [url, folder, least = '0.8'] = process.argv.slice(2)
// What Grafana fills in before it asks.
const filledIn = (expression) =>
  expression
    .replaceAll(/\$\{?__(rate_interval|interval)\}?/g, '1m')
    .replaceAll(/\$\{?__range\}?/g, '15m')
    .replaceAll(/\$\{?\w+(:\w+)?\}?/g, '.*')

const panels = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) =>
    panelsOf(JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))).map((panel) => ({ ...panel, name })),
  )

function panelsOf({ panels = [] }) {
  return panels.flatMap((panel) => (panel.type === 'row' ? panelsOf(panel) : [panel]))
}

let [withData, asked] = [0, 0]
const empty = []
const refused = []
for (const { name, title, targets = [] } of panels) {
  const queries = targets.filter(({ expr }) => expr !== undefined)
  if (queries.length === 0) continue
  asked += 1
  let hasData = false
  for (const { expr } of queries) {
    // Over the last minutes, as Grafana asks.
    const now = Date.now() / 1000
    const query = new URLSearchParams({ query: filledIn(expr), start: now - 300, end: now, step: 2 })
    const response = await fetch(`${url}/api/v1/query_range?${query}`)
    const { status, data, error } = await response.json()
    if (status !== 'success') refused.push(`${name} «${title}»: ${error}: ${expr}`)
    else hasData ||= data.result.length > 0
  }
  if (hasData) withData += 1
  else empty.push(`${name.replace('.json', '')} «${title}»`)
}
console.log(`${withData} of ${asked} panels have data`)
if (empty.length > 0) console.log(`without: ${empty.join(', ')}`)
for (const line of refused) console.log(`refused: ${line}`)
process.exit(refused.length === 0 && asked > 0 && withData >= asked * Number(least) ? 0 : 1)
