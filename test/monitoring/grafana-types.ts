/** The dashboards as a TypeScript file that compiles only if they fit Grafana's own schema (`@grafana/schema`). */
type Panel = {
  readonly type: string
  readonly options?: object
  readonly fieldConfig?: { readonly defaults: { readonly custom?: object } }
}

const optionTypes: Readonly<Record<string, string>> = {
  timeseries: 'TimeSeries',
  stat: 'Stat',
  bargauge: 'BarGauge',
}

const head = `
import type { Dashboard, GraphFieldConfig, Panel, RowPanel } from '@grafana/schema'
import type { Options as TimeSeries } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type { Options as BarGauge } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen'

// JSON has the texts of enums, not the enums.
type Plain<T> = T extends string ? \`\${T}\` : T extends number | boolean | null | undefined ? T
  : T extends readonly (infer Item)[] ? readonly Plain<Item>[]
  : unknown extends T ? T : T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T
`

export function typeCheckOf(files: ReadonlyMap<string, string>): string {
  const lines = [head]
  let count = 0
  const claim = (type: string, value: unknown) => {
    count += 1
    lines.push(`export const v${count}: Plain<${type}> = ${JSON.stringify(value, null, 1)}`)
  }
  for (const [name, text] of files) {
    const { panels, ...dashboard } = JSON.parse(text) as { readonly panels: readonly Panel[] }
    lines.push(`// ${name}`)
    claim('Dashboard', dashboard)
    for (const panel of panels) {
      claim(panel.type === 'row' ? 'RowPanel' : 'Panel', panel)
      if (panel.type === 'row') continue
      claim(optionTypes[panel.type] ?? 'never', panel.options)
      if (panel.type === 'timeseries') claim('GraphFieldConfig', panel.fieldConfig?.defaults.custom)
    }
  }
  return lines.join('\n')
}
