import { afterEach, beforeEach, expect, it } from 'vitest'
import type { SourceFile } from './routes/source-files.ts'
import { call, startServer } from './testing/harness.ts'
import type { Harness } from './testing/harness.ts'

const refused: SourceFile = { folder: 'drop', file: 'b.yaml', state: 'Refused', errors: [{ message: 'no such field' }] }
const waiting: SourceFile = { folder: 'drop', file: 'a.yaml', state: 'Waiting', message: 'waits for t', errors: [] }
let server: Harness
beforeEach(async () => {
  server = await startServer({}, { sourceFiles: () => [refused, waiting] })
  const metadata = { name: 'w', labels: { a: '1', b: '2' } }
  await server.controller.createWorkflow('default', { metadata, spec: { priority: 1 } })
})
afterEach(() => server.close())
const api = (path: string) => `${server.url}/api/v1${path}`

it.each([
  ['a merge patch', { metadata: { labels: { a: null } }, spec: { priority: 2 } }],
  [
    'a JSON patch',
    [
      { op: 'remove', path: '/metadata/labels/a' },
      { op: 'replace', path: '/spec/priority', value: 2 },
    ],
  ],
])('takes %s of a workflow', async (_what, body) => {
  const answer = await call(api('/workflows/default/w'), { method: 'PATCH', body })
  expect(answer).toMatchObject({ status: 200, json: { metadata: { labels: { b: '2' } }, spec: { priority: 2 } } })
  expect(server.controller.workflows.get('default', 'w').metadata.labels).toEqual({ b: '2' })
})

it.each([
  ['of a workflow that is not there', '/workflows/default/none', { spec: {} }, 404],
  ['with a wrong type', '/workflows/default/w', { spec: { priority: 'high' } }, 400],
  ['that cannot be done', '/workflows/default/w', [{ op: 'remove', path: '/spec/none' }], 400],
  ['without a body', '/workflows/default/w', undefined, 400],
  ['of a ConfigMap that is not there', '/namespaces/default/configmaps/none', { data: {} }, 404],
])('refuses a patch %s', async (_what, path, body, status) => {
  expect((await call(api(path), { method: 'PATCH', body })).status).toBe(status)
})

it('answers what an operation would do, asked for in the query or the body', async () => {
  for (const [path, body] of [
    ['/workflows/default/w/stop?dryRun=true', undefined],
    ['/workflows/default/w/stop', { dryRun: true }],
  ] as const)
    expect((await call(api(path), { method: 'PUT', body })).json).toEqual({ operation: 'stop', spec: [], nodes: [] })
  const again = await call(api('/workflows/default/w/resubmit?dryRun=true'), { method: 'PUT' })
  expect(again.json).toMatchObject({ operation: 'resubmit' })
  expect(server.controller.workflows.get('default', 'w').spec.shutdown).toBeUndefined()
})

it('keeps ConfigMaps under the paths of Kubernetes', async () => {
  const path = api('/namespaces/default/configmaps')
  const labels = { 'workflows.argoproj.io/configmap-type': 'Cache' }
  await call(path, { method: 'POST', body: { metadata: { name: 'c', labels }, data: { k: '1', l: '2' } } })
  await call(path, { method: 'POST', body: { metadata: { name: 'd' } } })
  const list = await call(`${path}?labelSelector=workflows.argoproj.io/configmap-type%3DCache`)
  expect(list.json).toMatchObject({ kind: 'ConfigMapList', items: [{ kind: 'ConfigMap', metadata: { name: 'c' } }] })
  const edited = await call(`${path}/c`, { method: 'PATCH', body: { data: { k: null } } })
  expect(edited).toMatchObject({ status: 200, json: { apiVersion: 'v1', data: { l: '2' } } })
  const { json } = await call(`${path}/c`)
  const stale = { ...(json as object), metadata: { name: 'c', resourceVersion: '1' } }
  expect((await call(`${path}/c`, { method: 'PUT', body: stale })).status).toBe(409)
  expect((await call(`${path}/c`, { method: 'PUT', body: { ...(json as object), data: {} } })).status).toBe(200)
  expect((await call(`${path}/c`, { method: 'DELETE' })).json).toEqual({})
  expect((await call(`${path}/c`)).status).toBe(404)
})

it('tells which files of the folders are refused', async () => {
  expect((await call(api('/source-files'))).json).toEqual({ items: [waiting, refused] })
  expect((await call(api('/source-files?state=Refused'))).json).toEqual({ items: [refused] })
  expect((await call(api('/source-files?state=None'))).status).toBe(400)
})
