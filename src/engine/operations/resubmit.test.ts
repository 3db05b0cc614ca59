import { expect, it } from 'vitest'
import { instant } from '../../resources/index.ts'
import type { NodeStatus, Workflow } from '../../resources/index.ts'
import { resubmitted } from './resubmit.ts'

const random = { next: () => 0, uuid: () => '00000000-0000-4000-8000-000000000000' }

const node = (name: string, type: NodeStatus['type'], phase: NodeStatus['phase'], more: object = {}): NodeStatus => ({
  id: name,
  name,
  displayName: name,
  type,
  phase,
  ...more,
})

/** Nodes of its memoized resubmission, `name type phase`. */
function carried(nodes: readonly NodeStatus[]): readonly string[] {
  const old: Workflow = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { name: 'wf', namespace: 'default' },
    spec: { entrypoint: 'main', templates: [] },
    status: { phase: 'Failed', nodes: Object.fromEntries(nodes.map((one) => [one.id, one])) },
  }
  const next = resubmitted(old, { memoized: true, parameters: [] }, random, instant(0))
  if ('refused' in next) throw new Error(next.message)
  return Object.values(next.status?.nodes ?? {}).map(({ name, type, phase, children }) => {
    const below = children === undefined ? '' : ` over ${children.length}`
    return `${name.replace(/^wf-aaaaa/, 'wf')} ${type} ${phase ?? ''}${below}`
  })
}

const attempt = { nodeFlag: { retried: true } }

it('begins a retried call whose last attempt failed without any attempt', () => {
  const nodes = [
    node('wf', 'Retry', 'Failed', { children: ['wf(0)', 'wf(1)'] }),
    node('wf(0)', 'Pod', 'Failed', attempt),
    node('wf(1)', 'Pod', 'Error', attempt),
  ]
  expect(carried(nodes)).toEqual(['wf Retry Pending over 0'])
})

it('leaves earlier attempts of a call that succeeded in the end as they are', () => {
  const nodes = [
    node('wf', 'DAG', 'Failed', { children: ['wf.good', 'wf.bad'] }),
    node('wf.good', 'Retry', 'Succeeded', { children: ['wf.good(0)', 'wf.good(1)'], boundaryID: 'wf' }),
    node('wf.good(0)', 'Pod', 'Failed', { ...attempt, boundaryID: 'wf' }),
    node('wf.good(1)', 'Pod', 'Succeeded', { ...attempt, boundaryID: 'wf' }),
    node('wf.bad', 'Pod', 'Failed', { boundaryID: 'wf' }),
  ]
  expect(carried(nodes)).toEqual([
    'wf DAG Pending over 2',
    'wf.good Retry Pending over 2',
    'wf.good(0) Pod Failed',
    'wf.good(1) Skipped Skipped',
    'wf.bad Pod Pending',
  ])
})

it('goes on with the last attempt of a flow that is retried as a whole, and with none before', () => {
  const nodes = [
    node('wf', 'Retry', 'Failed', { children: ['wf(0)', 'wf(1)'] }),
    node('wf(0)', 'DAG', 'Failed', { ...attempt, children: ['wf(0).a'] }),
    node('wf(0).a', 'Pod', 'Failed', { boundaryID: 'wf(0)' }),
    node('wf(1)', 'DAG', 'Failed', { ...attempt, children: ['wf(1).a'] }),
    node('wf(1).a', 'Pod', 'Failed', { boundaryID: 'wf(1)' }),
  ]
  expect(carried(nodes)).toEqual([
    'wf Retry Pending over 2',
    'wf(0) DAG Failed over 1',
    'wf(0).a Pod Failed',
    'wf(1) DAG Pending over 1',
    'wf(1).a Pod Pending',
  ])
})

it('has exit hooks that were not over made anew by what they hang on', () => {
  const hook = { nodeFlag: { hooked: true }, boundaryID: 'wf' }
  const nodes = [
    node('wf', 'DAG', 'Failed', { children: ['wf.good', 'wf.flow', 'wf.calm'] }),
    node('wf.good', 'Pod', 'Succeeded', { children: ['wf.good.onExit'], boundaryID: 'wf' }),
    node('wf.good.onExit', 'Retry', 'Running', { ...hook, children: ['wf.good.onExit(0)'] }),
    node('wf.good.onExit(0)', 'Pod', 'Succeeded', { ...attempt, boundaryID: 'wf' }),
    node('wf.flow', 'DAG', 'Failed', { children: ['wf.flow.onExit'], boundaryID: 'wf' }),
    node('wf.flow.onExit', 'DAG', 'Failed', { ...hook, children: ['wf.flow.onExit.a'] }),
    node('wf.flow.onExit.a', 'Pod', 'Failed', { boundaryID: 'wf.flow.onExit' }),
    node('wf.calm', 'Pod', 'Succeeded', { children: ['wf.calm.onExit'], boundaryID: 'wf' }),
    node('wf.calm.onExit', 'Pod', 'Succeeded', hook),
  ]
  expect(carried(nodes)).toEqual([
    'wf DAG Pending over 3',
    'wf.good Skipped Skipped over 0',
    'wf.flow DAG Pending over 0',
    'wf.calm Skipped Skipped over 1',
    'wf.calm.onExit Skipped Skipped',
  ])
})
