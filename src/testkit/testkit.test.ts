import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Manifest, parseManifests } from '../admission/index.ts'
import type { Workflow, WorkflowSpec } from '../resources/index.ts'
import { readCaseFile, readMocks } from './case-file.ts'
import { differences } from './compare.ts'
import { type WalkInput, walk } from './walk.ts'
import { runCases } from './run-cases.ts'
import { subjectOf } from './subject.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples')
const manifestsOf = (text: string): Manifest[] =>
  parseManifests(text).documents.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]))
const workflowOf = (spec: WorkflowSpec): Workflow => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { name: 'wf' },
  spec,
})
const run = (spec: WorkflowSpec, more: Omit<WalkInput, 'workflow'> = {}) =>
  walk({ workflow: workflowOf(spec), ...more })
const pod = { name: 'pod', container: { image: 'x' } }

describe('the examples of cases', async () => {
  const files = await readdir(join(examples, 'tests'))
  it.each(files)('%s pass', async (name) => {
    const path = join(examples, 'tests', name)
    const file = readCaseFile(await readFile(path, 'utf8'), name)
    const manifests = manifestsOf(await readFile(join(examples, 'tests', file.workflow), 'utf8'))
    expect(runCases(file, manifests).flatMap(({ differences: found }) => found)).toEqual([])
  })
})

describe('a walk', () => {
  it('ends every example', async () => {
    const names = (await readdir(examples)).filter((name) => name.endsWith('.yaml'))
    for (const name of names) {
      const manifests = manifestsOf(await readFile(join(examples, name), 'utf8'))
      expect([name, walk({ workflow: subjectOf(manifests), manifests }).stuck]).toEqual([name, null])
    }
  })
  it('lets time pass only as far as mocks and deadlines say', () => {
    const spec = { entrypoint: 'pod', activeDeadlineSeconds: 60, templates: [pod] }
    const slow = run(spec, { mocks: { templates: { pod: { duration: '1h' } } } })
    expect(differences(slow, { phase: 'Failed', duration: '60s' })).toEqual([])
    expect(differences(run(spec), { phase: 'Succeeded', duration: '1s' })).toEqual([])
  })
  it('waits between attempts as the backoff says', () => {
    const retried = { ...pod, retryStrategy: { limit: 3, backoff: { duration: '10', factor: 2 } } }
    const result = run({ entrypoint: 'pod', templates: [retried] }, { mocks: { templates: { pod: { fail: 2 } } } })
    expect(result.starts).toEqual([
      { node: '(0)', atMs: 0 },
      { node: '(1)', atMs: 11_000 },
      { node: '(2)', atMs: 32_000 },
    ])
  })
  it('leaves a file out where its mock is null', () => {
    const writes = { ...pod, outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' } }] } }
    const result = run(
      { entrypoint: 'pod', templates: [writes] },
      { mocks: { templates: { pod: { outputs: { parameters: { p: null } } } } } },
    )
    expect(differences(result, { phase: 'Error', message: '/open .*\\/p: no such file/' })).toEqual([])
  })
  it('says what it waits for where nothing will ever happen', () => {
    const asks = { name: 'ask', suspend: {}, outputs: { parameters: [{ name: 'p', valueFrom: { supplied: {} } }] } }
    expect(run({ entrypoint: 'ask', templates: [asks] }).stuck).toBe('wf wait for outputs that no mock supplies')
    const mocks = { templates: { ask: { outputs: { parameters: { p: 'yes' } } } } }
    expect(run({ entrypoint: 'ask', templates: [asks] }, { mocks }).workflow.status?.phase).toBe('Succeeded')
  })
  it('ends containers of a set one by one, and keeps those whose dependency failed', () => {
    const set = {
      name: 'set',
      containerSet: {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'b', image: 'x', dependencies: ['a'] },
        ],
      },
    }
    const result = run({ entrypoint: 'set', templates: [set] }, { mocks: { nodes: { a: { exitCode: 2 } } } })
    expect(differences(result, { phase: 'Failed', nodes: { a: 'Failed', b: 'Failed' } })).toEqual([])
  })
  it('gives http and resource templates what their mocks say', () => {
    const call = { name: 'call', http: { url: 'http://x' } }
    expect(
      run({ entrypoint: 'call', templates: [call] }, { mocks: { templates: { call: { exitCode: 1, message: 'no' } } } })
        .workflow.status,
    ).toMatchObject({ phase: 'Failed', message: 'no' })
    const good = run({ entrypoint: 'call', templates: [call] }, { mocks: { templates: { call: { result: '42' } } } })
    expect(differences(good, { phase: 'Succeeded', nodes: { '.': { outputs: { result: 42 } } } })).toEqual([])
  })
})

describe('a case', () => {
  const result = run({
    entrypoint: 'main',
    templates: [{ name: 'main', steps: [[{ name: 'a', template: 'pod' }], [{ name: 'b', template: 'pod' }]] }, pod],
  })
  it.each([
    ['phase', { phase: 'Failed' }, 'phase: expected "Failed", got "Succeeded"'],
    ['message', { message: '/x/' }, 'message: expected "/x/", got ""'],
    ['node', { nodes: { '[0].a': 'Failed' } }, 'node [0].a: phase: expected "Failed", got "Succeeded"'],
    ['node that is not there', { nodes: { '[0].z': 'Failed' } }, 'node [0].z: there is none'],
    ['node that should not be', { nodes: { a: 'absent' } }, 'node a: expected none, got one in phase Succeeded'],
    ['order', { order: ['[1].b', '[0].a'] }, 'order: expected [1].b, [0].a; started were [0].a, [1].b'],
    ['starts', { starts: ['[0].a'] }, 'starts: expected [0].a; got [0].a, [1].b'],
    ['output', { outputs: { parameters: { x: 1 } } }, 'outputs.parameters.x: expected "1", got "(none)"'],
  ])('is told apart by its %s', (_what, expected, difference) => {
    expect(differences(result, expected)).toEqual([difference])
  })
  it('is refused with every misspelt field', () => {
    const text = 'workflow: a.yaml\ncases: [{name: x, expects: {}, expect: {phse: y}}]'
    expect(() => readCaseFile(text, 'cases.yaml')).toThrow(/cases\.0 .*expects[^]*cases\.0\.expect .*phse/)
    expect(() => readMocks('templates: {a: {exitCode: one}}', 'm.yaml')).toThrow(/templates\.a\.exitCode/)
  })
})
