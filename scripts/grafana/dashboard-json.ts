/** Our description of a dashboard as Grafana's JSON (schema of @grafana/schema, which a test holds it to). */
import type { DashboardSpec, PanelSpec, VariableSpec } from './panel.ts'

const datasource = { type: 'prometheus', uid: '${datasource}' }
const gridWidth = 24

export function dashboardJson(spec: DashboardSpec, all: readonly DashboardSpec[]): object {
  return {
    uid: spec.uid,
    title: spec.title,
    description: spec.about,
    tags: ['drydock'],
    schemaVersion: 41,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    timepicker: { refresh_intervals: ['5s', '10s', '30s', '1m', '5m'] },
    annotations: { list: [] },
    links: all.filter(({ uid }) => uid !== spec.uid).map(({ uid, title }) => linkTo(uid, title)),
    templating: { list: [datasourceVariable, ...(spec.variables ?? []).map(variable)] },
    panels: placed(spec),
  }
}

const linkTo = (uid: string, title: string) => ({
  title: title.replace('Drydock: ', ''),
  type: 'link',
  url: `/d/${uid}`,
  icon: 'dashboard',
  tooltip: '',
  tags: [],
  asDropdown: false,
  targetBlank: false,
  includeVars: false,
  keepTime: true,
})

const datasourceVariable = {
  name: 'datasource',
  label: 'Prometheus',
  type: 'datasource',
  query: 'prometheus',
  hide: 0,
  refresh: 1,
  multi: false,
  includeAll: false,
}

const variable = ({ name, label, query, all }: VariableSpec) => ({
  name,
  label,
  type: 'query',
  datasource,
  query: { query, refId: name },
  refresh: 2,
  sort: 1,
  hide: 0,
  multi: all === true,
  includeAll: all === true,
  ...(all === true ? { allValue: '.*', current: { text: 'All', value: '$__all' } } : {}),
})

/** Sections as rows, their panels from left to right and on to the next line where there is no room. */
function placed({ sections }: DashboardSpec): object[] {
  const panels: object[] = []
  let y = 0
  for (const { title, panels: specs } of sections) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: gridWidth, h: 1 },
      panels: [],
    })
    y += 1
    let [x, lineHeight] = [0, 0]
    for (const spec of specs) {
      const w = spec.width ?? 8
      const h = spec.kind === 'stat' ? 4 : 8
      if (x + w > gridWidth) {
        y += lineHeight
        x = 0
        lineHeight = 0
      }
      panels.push(panel(spec, panels.length + 1, { x, y, w, h }))
      x += w
      lineHeight = Math.max(lineHeight, h)
    }
    y += lineHeight
  }
  return panels
}

function panel(spec: PanelSpec, id: number, gridPos: object): object {
  const targets = spec.queries.map(({ expr, legend }, index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource,
    editorMode: 'code',
    expr,
    legendFormat: legend ?? '',
    range: spec.kind !== 'bargauge',
    instant: spec.kind === 'bargauge',
  }))
  return {
    id,
    type: spec.kind,
    title: spec.title,
    description: spec.about,
    datasource,
    gridPos,
    targets,
    ...looks(spec),
  }
}

const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false }

function looks(spec: PanelSpec): object {
  switch (spec.kind) {
    case 'timeseries':
      return {
        fieldConfig: {
          defaults: {
            unit: spec.unit,
            min: 0,
            ...(spec.max === undefined ? {} : { max: spec.max }),
            color: { mode: 'palette-classic' },
            custom: {
              drawStyle: 'line',
              lineWidth: 1,
              fillOpacity: spec.stack === true ? 30 : 8,
              showPoints: 'never',
              spanNulls: false,
              stacking: { mode: spec.stack === true ? 'normal' : 'none', group: 'A' },
            },
          },
          overrides: [],
        },
        options: {
          legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
      }
    case 'stat':
      return {
        fieldConfig: {
          defaults: { unit: spec.unit, color: { mode: 'thresholds' }, thresholds: thresholds(spec.bad) },
          overrides: [],
        },
        options: {
          colorMode: spec.bad === undefined ? 'none' : 'background',
          graphMode: 'area',
          justifyMode: 'auto',
          orientation: 'auto',
          percentChangeColorMode: 'standard',
          reduceOptions,
          showPercentChange: false,
          textMode: 'auto',
          wideLayout: true,
        },
      }
    case 'bargauge':
      return {
        fieldConfig: {
          defaults: {
            unit: spec.unit,
            min: 0,
            ...(spec.max === undefined ? {} : { max: spec.max }),
            color: { mode: 'continuous-GrYlRd' },
          },
          overrides: [],
        },
        options: {
          displayMode: 'lcd',
          orientation: 'horizontal',
          reduceOptions,
          legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: false },
          maxVizHeight: 300,
          minVizHeight: 16,
          minVizWidth: 8,
          namePlacement: 'auto',
          showUnfilled: true,
          sizing: 'auto',
          valueMode: 'color',
        },
      }
  }
}

function thresholds(bad: { readonly from: number } | { readonly below: number } | undefined): object {
  const steps =
    bad === undefined
      ? [{ value: null, color: 'text' }]
      : 'from' in bad
        ? [
            { value: null, color: 'green' },
            { value: bad.from, color: 'red' },
          ]
        : [
            { value: null, color: 'red' },
            { value: bad.below, color: 'green' },
          ]
  return { mode: 'absolute', steps }
}
