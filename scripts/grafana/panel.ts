/** A panel as we describe it: what it asks and in which unit; everything else follows from its kind. */
export type Query = { readonly expr: string; readonly legend?: string }
export type Unit =
  | 'short'
  | 's'
  | 'bytes'
  | 'percentunit'
  | 'ops'
  | 'Bps'
  | 'cpm'
  | 'bool_yes_no'
  | 'bool_on_off'
  | 'none'
  | 'dtdurations'
type Look = {
  readonly title: string
  /** What it shows, and what to do when it looks bad. */
  readonly about: string
  readonly unit: Unit
  /** Of 24. */
  readonly width?: number
  readonly queries: readonly Query[]
}
export type PanelSpec =
  | (Look & { readonly kind: 'timeseries'; readonly stack?: true; readonly max?: number })
  | (Look & {
      readonly kind: 'stat'
      /** Green below, red from here on (or the other way round); without it there is no colour. */
      readonly bad?: { readonly from: number } | { readonly below: number }
    })
  | (Look & { readonly kind: 'bargauge'; readonly max?: number })

export type Section = { readonly title: string; readonly panels: readonly PanelSpec[] }
export type VariableSpec = {
  readonly name: string
  readonly label: string
  readonly query: string
  readonly all?: true
}
export type DashboardSpec = {
  /** File name and Grafana's uid: links keep working. */
  readonly uid: string
  readonly title: string
  readonly about: string
  readonly variables?: readonly VariableSpec[]
  readonly sections: readonly Section[]
}

export const timeseries = (title: string, about: string, unit: Unit, queries: readonly Query[]) =>
  ({ kind: 'timeseries', title, about, unit, queries }) as const satisfies PanelSpec
export const stacked = (title: string, about: string, unit: Unit, queries: readonly Query[]) =>
  ({ kind: 'timeseries', stack: true, title, about, unit, queries }) as const satisfies PanelSpec
export const stat = (
  title: string,
  about: string,
  unit: Unit,
  expr: string,
  bad?: { readonly from: number } | { readonly below: number },
): PanelSpec => ({
  kind: 'stat',
  title,
  about,
  unit,
  width: 4,
  queries: [{ expr }],
  ...(bad === undefined ? {} : { bad }),
})

/** p50, p95 and p99 of a histogram. */
export function quantiles(metric: string, by?: string): readonly Query[] {
  const sum = by === undefined ? 'le' : `le, ${by}`
  const of = (quantile: number) =>
    `histogram_quantile(${quantile}, sum by (${sum}) (rate(${metric}_bucket[$__rate_interval])))`
  if (by !== undefined) return [{ expr: of(0.95), legend: `{{${by}}}` }]
  return [0.5, 0.95, 0.99].map((quantile) => ({ expr: of(quantile), legend: `p${quantile * 100}` }))
}

/** Zero where there is nothing yet: an empty panel says less than a flat line. */
export const orZero = (expr: string): string => `${expr} or vector(0)`

/** One line, and what its legend says. */
export const line = (legend: string, expr: string): Query => ({ expr, legend })

/** One line for each value of the labels (`a, b` where there are several), which its legend names. */
const each = (labels: string, expr: string): Query => ({
  expr,
  legend: labels
    .split(', ')
    .map((label) => `{{${label}}}`)
    .join(' '),
})
export const sumBy = (labels: string, vector: string): Query => each(labels, `sum by (${labels}) (${vector})`)
export const minBy = (labels: string, vector: string): Query => each(labels, `min by (${labels}) (${vector})`)
export const maxBy = (labels: string, vector: string): Query => each(labels, `max by (${labels}) (${vector})`)
export const perSecond = (counter: string, labels: string): Query => sumBy(labels, `rate(${counter}[$__rate_interval])`)
export const perMinute = (counter: string, labels: string): Query =>
  each(labels, `60 * ${perSecond(counter, labels).expr}`)
