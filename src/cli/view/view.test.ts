import { describe, expect, it } from 'vitest'
import type { NodeStatus, Workflow } from '../../resources/index.ts'
import { longDuration, shortDuration, timestamp } from './duration-text.ts'
import { listText } from './list-text.ts'
import { tableText } from './table.ts'
import { treeRows } from './tree.ts'
import { workflowText } from './workflow-text.ts'

const plain = { colour: false, utf8: true }
const nowMs = Date.parse('2026-01-02T03:05:05Z')
const node = (id: string, more: Partial<NodeStatus> = {}): NodeStatus => ({
  id,
  name: id,
  displayName: id,
  type: 'Pod',
  phase: 'Succeeded',
  templateName: 't',
  startedAt: '2026-01-02T03:04:05Z',
  finishedAt: '2026-01-02T03:04:12Z',
  ...more,
})
const workflow = (nodes: readonly NodeStatus[], more: Partial<Workflow> = {}): Workflow => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { name: 'w', namespace: 'default', creationTimestamp: '2026-01-02T03:04:00Z' },
  spec: {},
  status: {
    phase: 'Running',
    startedAt: '2026-01-02T03:04:00Z',
    progress: '1/2',
    nodes: Object.fromEntries(nodes.map((one) => [one.id, one])),
  },
  ...more,
})
const steps = (workflow: Workflow, more = {}) =>
  treeRows(workflow, { style: plain, nowMs, ...more }).map(([step]) => step)

describe('the tree', () => {
  it('brackets steps that run together and draws one alone with a line', () => {
    const nodes = [
      node('w', { type: 'Steps' }),
      node('g0', { type: 'StepGroup', boundaryID: 'w', children: ['a'], startedAt: '2026-01-02T03:04:01Z' }),
      node('a', { boundaryID: 'w', children: ['g1'] }),
      node('g1', { type: 'StepGroup', boundaryID: 'w', children: ['b', 'c'] }),
      node('b', { boundaryID: 'w', displayName: 'b(0:x)', type: 'Steps' }),
      node('c', { boundaryID: 'w', displayName: 'b(1:y)', phase: 'Failed' }),
      node('g2', { type: 'StepGroup', boundaryID: 'b', children: ['d'] }),
      node('d', { boundaryID: 'b', phase: 'Pending' }),
    ]
    expect(steps(workflow(nodes))).toEqual([
      'STEP',
      ' ✔ w',
      ' ├───✔ a',
      ' └─┬─✔ b(0:x)',
      '   │ └───◷ d',
      '   └─✖ b(1:y)',
    ])
    expect(steps(workflow(nodes), { style: { colour: false, utf8: false } })).toContain(' `-+-Succeeded b(0:x)')
  })

  it('hangs tasks below their DAG, in order of start, then of index', () => {
    const nodes = [
      node('w', { type: 'DAG' }),
      node('z', { boundaryID: 'w', displayName: 'z', startedAt: '2026-01-02T03:04:01Z' }),
      node('t10', { boundaryID: 'w', displayName: 't(10:k)' }),
      node('t9', { boundaryID: 'w', displayName: 't(9:j)' }),
      node('tg', { type: 'TaskGroup', boundaryID: 'w', displayName: 't', children: ['t9', 't10'] }),
    ]
    expect(steps(workflow(nodes))).toEqual(['STEP', ' ✔ w', ' ├─✔ z', ' ├─✔ t(9:j)', ' └─✔ t(10:k)'])
  })

  it('shows a retry only where there were several attempts', () => {
    const once = [node('w', { type: 'Retry', children: ['w0'] }), node('w0', { displayName: 'w(0)' })]
    expect(steps(workflow(once))).toEqual(['STEP', ' ✔ w(0)'])
    const twice = [
      node('w', { type: 'Retry', children: ['w0', 'w1'] }),
      node('w0', { displayName: 'w(0)', phase: 'Failed' }),
      node('w1', { displayName: 'w(1)' }),
    ]
    expect(steps(workflow(twice))).toEqual(['STEP', ' ✔ w', ' ├─✖ w(0)', ' └─✔ w(1)'])
  })

  it('leaves out omitted nodes, marks what waits, and puts the exit handler below', () => {
    const nodes = [
      node('w', { type: 'DAG' }),
      node('o', { type: 'Skipped', phase: 'Omitted', boundaryID: 'w' }),
      node('s', { type: 'Suspend', phase: 'Running', boundaryID: 'w' }),
      node('x', { name: 'w.onExit', displayName: 'w.onExit' }),
    ]
    expect(steps(workflow(nodes))).toEqual(['STEP', ' ✔ w', ' └─ǁ s', '', ' ✔ w.onExit'])
  })

  it('names pods as Argo’s clients compute them', () => {
    const [, , row] = treeRows(workflow([node('w', { type: 'DAG' }), node('hello', { boundaryID: 'w' })]), {
      style: plain,
      nowMs,
    })
    expect(row).toEqual([' └─✔ hello', 't', 'w-t-1335831723', '7s', ''])
  })
})

describe('what get prints', () => {
  it('has a header of labels and values before the tree', () => {
    const text = workflowText(
      workflow([node('w')], { spec: { arguments: { parameters: [{ name: 'p', value: 'v' }] } } }),
      { style: plain, nowMs },
    )
    expect(text).toBe(`Name:                w
Namespace:           default
ServiceAccount:      unset (will run with the default ServiceAccount)
Status:              Running
Created:             Fri Jan 02 03:04:00 +0000 (1 minute 5 seconds ago)
Started:             Fri Jan 02 03:04:00 +0000 (1 minute 5 seconds ago)
Duration:            1 minute 5 seconds
Progress:            1/2
Parameters:
  p:                 v

STEP   TEMPLATE   PODNAME   DURATION   MESSAGE
 ✔ w   t          w         7s
`)
  })
})

describe('what list prints', () => {
  it('puts unfinished workflows first, and says what is suspended or was terminated', () => {
    const ended = workflow([], {
      metadata: { name: 'old' },
      spec: { shutdown: 'Terminate' },
      status: { phase: 'Failed', finishedAt: '2026-01-02T03:04:30Z', startedAt: '2026-01-02T03:04:00Z' },
    })
    const waiting = workflow([node('s', { type: 'Suspend', phase: 'Running' })])
    const text = listText([ended, waiting], { wide: false, namespaces: false, headings: true, nowMs })
    expect(text.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['NAME', 'STATUS'],
      ['w', 'Running (Suspended)'],
      ['old', 'Failed (Terminated)'],
      [''],
    ])
  })
})

it('writes durations in one unit, or in two words', () => {
  expect([0, 59_999, 60_000, 3_600_000, 90_000_000].map(shortDuration)).toEqual(['0s', '59s', '1m', '1h', '1d'])
  expect([0, 1000, 61_000, 90_061_000].map(longDuration)).toEqual([
    '0 seconds',
    '1 second',
    '1 minute 1 second',
    '1 day 1 hour',
  ])
  expect(timestamp('2026-01-02T03:04:05Z', nowMs)).toBe('Fri Jan 02 03:04:05 +0000 (1 minute ago)')
})

it('aligns columns whatever their colours', () => {
  expect(
    tableText([
      ['a', 'b'],
      ['\u001B[31mlong\u001B[0m', 'c'],
    ]),
  ).toBe('a      b\n\u001B[31mlong\u001B[0m   c\n')
})
