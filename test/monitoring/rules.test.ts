/** Rules and dashboards as files: valid, complete, and true to Prometheus' and Grafana's own words for them. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { dashboardFiles, staleDashboards } from '../../scripts/dashboards.ts'
import { promtool } from '../../scripts/prometheus.ts'
import { argoMetrics, argoPrefix, ownMetrics, ownPrefix } from '../../src/telemetry/index.ts'
import { scenarios } from './alert-scenarios.ts'
import type { Scenario } from './alert-scenarios.ts'
import { typeCheckOf } from './grafana-types.ts'
import { panelsOf } from './panels.ts'

const root = join(import.meta.dirname, '..', '..')
let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'drydock-rules-'))
  cpSync(join(root, 'deploy', 'prometheus'), scratch, { recursive: true })
})
afterAll(() => rmSync(scratch, { recursive: true }))

type Rule = { readonly alert?: string; readonly record?: string; readonly expr: string }
const rulesOf = (file: string): readonly Rule[] =>
  (
    parse(readFileSync(join(root, 'deploy/prometheus/rules', file), 'utf8')) as { groups: { rules: Rule[] }[] }
  ).groups.flatMap(({ rules }) => rules)

describe('Prometheus', () => {
  it('takes the configuration and the rules', () => {
    promtool(scratch, ['check', 'config', 'prometheus.yml'])
    promtool(scratch, ['check', 'rules', 'rules/alerts.yml', 'rules/recording.yml'])
  })

  it('has a scenario for every alert, and an alert for every scenario', () => {
    const alerts = rulesOf('alerts.yml').map(({ alert }) => alert)
    expect([...new Set(scenarios.map(({ alert }) => alert))].sort()).toEqual(alerts.sort())
  })

  it('fires each alert in its scenario and is silent in the other', () => {
    const test = (scenario: Scenario, series: Scenario['fires'], fires: boolean) => ({
      interval: '1m',
      name: `${scenario.alert} ${fires ? 'fires' : 'is silent'}`,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      // How many alerts there are, whatever their labels.
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${scenario.alert}",alertstate="firing"}) or vector(0)`,
          eval_time: scenario.at,
          exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }],
        },
      ],
    })
    const tests = scenarios.flatMap((scenario) => [
      test(scenario, scenario.fires, true),
      test(scenario, scenario.silent, false),
    ])
    const file = { rule_files: ['rules/recording.yml', 'rules/alerts.yml'], evaluation_interval: '30s', tests }
    writeFileSync(join(scratch, 'alerts.test.yml'), stringify(file))
    expect(promtool(scratch, ['test', 'rules', 'alerts.test.yml'])).toMatch(/SUCCESS/)
  })

  it('asks rules and panels only for metrics that there are', () => {
    const known = new Set([
      ...Object.keys(argoMetrics).map((name) => `${argoPrefix}${name}`),
      ...Object.keys(ownMetrics).map((name) => `${ownPrefix}${name}`),
    ])
    const asked = [...rulesOf('alerts.yml'), ...rulesOf('recording.yml'), ...panelsOf(dashboardFiles)]
      .flatMap(({ expr }) => expr.match(/\b(argo_workflows|drydock)_[a-z0-9_]+/g) ?? [])
      .map((name) => (known.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '')))
    expect(asked.filter((name) => !known.has(name))).toEqual([])
  })
})

describe('Grafana', () => {
  it('has dashboards that are what their description says (`npm run dashboards`)', async () => {
    expect(await staleDashboards()).toEqual([])
  })

  it('takes them: every field is one of its schema, panels and their options too', () => {
    const folder = mkdtempSync(join(root, 'test', 'monitoring', '.types-'))
    try {
      writeFileSync(join(folder, 'check.ts'), typeCheckOf(dashboardFiles))
      const tsc = join(root, 'node_modules', '.bin', 'tsc')
      const words = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023', '--module', 'nodenext']
      const check = () =>
        spawnSync(tsc, ['--ignoreConfig', ...words, join(folder, 'check.ts')], { encoding: 'utf8' }).stdout
      expect(check()).toBe('')
      // The same check finds what is wrong.
      writeFileSync(join(folder, 'check.ts'), typeCheckOf(dashboardFiles).replaceAll('"colorMode"', '"colourMode"'))
      expect(check()).toMatch(/colourMode/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('gives panels ids of their own and places that do not overlap', () => {
    for (const [name, text] of dashboardFiles) {
      const { panels } = JSON.parse(text) as {
        panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[]
      }
      expect(new Set(panels.map(({ id }) => id)).size, name).toBe(panels.length)
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`),
      )
      expect(new Set(cells).size, name).toBe(cells.length)
    }
  })
})
