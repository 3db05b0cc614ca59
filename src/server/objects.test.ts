import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Harness } from './testing/harness.ts'
import { call, rawCall, startServer } from './testing/harness.ts'

let server: Harness
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())
const api = (path: string) => `${server.url}/api/v1${path}`

it.each([
  ['/workflow-templates/default', 'template', { templates: [] }],
  ['/cluster-workflow-templates', 'template', { templates: [] }],
  ['/cron-workflows/default', 'cronWorkflow', { schedules: ['@daily'], workflowSpec: {} }],
])('%s creates, reads, updates, lists, lints and deletes', async (path, field, spec) => {
  const object = { metadata: { name: 'x' }, spec }
  const created = await call(api(path), { method: 'POST', body: { [field]: object } })
  expect(created).toMatchObject({ status: 200, json: { metadata: { name: 'x' }, spec } })
  const read = (await call(api(`${path}/x`))).json as { metadata: { resourceVersion: string } }
  const put = (resourceVersion?: string) =>
    call(api(`${path}/other`), {
      method: 'PUT',
      body: { [field]: { metadata: { name: 'x', resourceVersion, labels: { a: 'b' } }, spec } },
    })
  expect((await put()).status).toBe(400)
  expect((await put(read.metadata.resourceVersion)).json).toMatchObject({ metadata: { labels: { a: 'b' } } })
  expect(await put(read.metadata.resourceVersion)).toMatchObject({ status: 409, json: { code: 6 } })
  await call(api(path), { method: 'POST', body: { [field]: { metadata: { name: 'w' }, spec } } })
  expect((await call(api(`${path}?listOptions.labelSelector=a%3Db`))).json).toMatchObject({
    items: [{ metadata: { name: 'x' } }],
  })
  const page = await call(api(`${path}?listOptions.limit=1`))
  expect(page.json).toMatchObject({ metadata: { continue: '1' }, items: [{ metadata: { name: 'w' } }] })
  expect((await call(api(`${path}/lint`), { method: 'POST', body: { [field]: object } })).status).toBe(200)
  expect((await call(api(`${path}/lint`), { method: 'POST', body: {} })).status).toBe(400)
  expect((await call(api(`${path}/x`), { method: 'DELETE' })).json).toEqual({})
  expect(await call(api(`${path}/x`))).toMatchObject({
    status: 404,
    json: { code: 5, message: expect.stringContaining('"x" not found') },
  })
})

it('suspends and resumes a cron workflow', async () => {
  const cronWorkflow = { metadata: { name: 'c' }, spec: { schedules: ['@daily'], workflowSpec: {} } }
  await call(api('/cron-workflows/default'), { method: 'POST', body: { cronWorkflow } })
  const verb = (name: string) => call(api(`/cron-workflows/default/c/${name}`), { method: 'PUT' })
  expect((await verb('suspend')).json).toMatchObject({ spec: { suspend: true }, status: { active: [] } })
  expect((await verb('resume')).json).toMatchObject({ spec: { suspend: false } })
})

it('serves finished workflows as the archive', async () => {
  const { workflows } = server.controller
  const done = workflows.create('default', { metadata: { name: 'done', labels: { team: 'a' } }, spec: {} })
  workflows.setPhase('default', 'done', 'Failed')
  workflows.create('default', { metadata: { name: 'live' }, spec: {} })
  const list = (await call(api('/archived-workflows?namespace=default&namePrefix=do&nameFilter=Exact'))).json
  expect(list).toMatchObject({ items: [] })
  const { items } = (await call(api('/archived-workflows?namePrefix=do'))).json as { items: { metadata: object }[] }
  expect(items.map(({ metadata }) => metadata)).toMatchObject([{ name: 'done', labels: { team: 'a' } }])
  const uid = done.metadata.uid ?? ''
  expect((await call(api(`/archived-workflows/${uid}`))).json).toMatchObject({ metadata: { name: 'done' } })
  expect((await call(api('/archived-workflows/?namespace=default&name=done'))).json).toMatchObject({
    metadata: { uid },
  })
  expect((await call(api('/archived-workflows-label-keys'))).json).toMatchObject({
    items: expect.arrayContaining(['team']),
  })
  expect((await call(api('/archived-workflows-label-values?listOptions.labelSelector=team'))).json).toEqual({
    items: ['a'],
  })
  expect((await call(api('/archived-workflows-label-values?listOptions.labelSelector=a%3Db'))).status).toBe(400)
  const put = (verb: string) =>
    call(api(`/archived-workflows/${uid}/${verb}`), { method: 'PUT', body: { namespace: 'default' } })
  expect((await put('resubmit')).json).toMatchObject({ metadata: { name: expect.stringMatching(/^done-/) } })
  expect((await call(api(`/archived-workflows/${uid}`), { method: 'DELETE' })).json).toEqual({})
  expect(await call(api(`/archived-workflows/${uid}`), { method: 'DELETE' })).toMatchObject({
    status: 404,
    json: { message: 'not found' },
  })
})

it('keeps limits of semaphores, with types as numbers or words', async () => {
  const body = { type: 0, cmName: 'limits', key: 'gpu', limit: 2 }
  expect((await call(api('/sync/default'), { method: 'POST', body })).json).toEqual({
    namespace: 'default',
    cmName: 'limits',
    key: 'gpu',
    limit: 2,
  })
  expect((await call(api('/sync/default'), { method: 'POST', body })).status).toBe(409)
  expect((await call(api('/sync/default'), { method: 'POST', body: { ...body, limit: 0 } })).status).toBe(400)
  const update = { type: 'CONFIGMAP', cmName: 'limits', limit: 5 }
  expect((await call(api('/sync/default/gpu'), { method: 'PUT', body: update })).json).toMatchObject({ limit: 5 })
  expect((await call(api('/sync/default/gpu?type=0&cmName=limits'))).json).toMatchObject({ limit: 5 })
  expect((await call(api('/sync/default/gpu?type=0&cmName=limits'), { method: 'DELETE' })).json).toEqual({})
  expect((await call(api('/sync/default/gpu?type=0&cmName=limits'))).status).toBe(404)
})

it('tells about itself', async () => {
  expect((await call(api('/info'))).json).toEqual({
    links: [],
    columns: [],
    modals: { feedback: false, firstTimeUser: false, newVersion: false },
  })
  const version = (await call(api('/version'))).json as Record<string, string>
  const keys = ['version', 'buildDate', 'gitCommit', 'gitTag', 'gitTreeState', 'goVersion', 'compiler', 'platform']
  expect(Object.keys(version).sort()).toEqual(keys.sort())
  expect(Object.values(version).every((value) => typeof value === 'string')).toBe(true)
  expect(version['version']).toMatch(/^v4\.1\.2/)
  expect((await call(api('/tracking/event'), { method: 'POST', body: { name: 'x' } })).json).toEqual({})
})

it('never serves Secrets', async () => {
  await server.controller.createObject('Secret', 'default', {
    metadata: { name: 's' },
    stringData: { password: 'hunter2' },
  })
  for (const path of [
    '/secrets/default',
    '/secrets/default/s',
    '/workflow-templates/default',
    '/workflow-event-bindings/',
  ])
    expect((await call(api(path))).text).not.toContain('hunter2')
})

const file = (path: string) => call(`${server.url}${path}`)
it('serves artifacts as files that can do no harm in a browser', async () => {
  const { workflows, files } = server.controller
  const { uid = '' } = workflows.create('default', { metadata: { name: 'w' }, spec: {} }).metadata
  files.set('n/outputs/report', new Map([['w/n/report "1".html', '<script>']]))
  files.set('n/inputs/data', new Map([['w/n/data.json', '{}']]))
  const got = await file('/artifacts/default/w/n/report')
  expect([got.status, got.text, got.headers.get('content-type')]).toEqual([200, '<script>', 'text/html; charset=utf-8'])
  expect(got.headers.get('content-disposition')).toBe(
    `filename="report _1_.html"; filename*=UTF-8''report%20%221%22.html`,
  )
  expect(got.headers.get('content-security-policy')).toMatch(
    /^sandbox allow-same-origin; base-uri 'none'; default-src 'none'/,
  )
  expect(got.headers.get('x-frame-options')).toBe('SAMEORIGIN')
  for (const path of [
    '/input-artifacts/default/w/n/data',
    `/input-artifacts-by-uid/${uid}/n/data`,
    '/artifact-files/default/workflows/w/n/inputs/data',
    `/artifact-files/default/archived-workflows/${uid}/n/inputs/data`,
  ])
    expect(await file(path)).toMatchObject({ status: 200, text: '{}' })
})

it('shows directories of artifacts as pages of links, and their files', async () => {
  const { workflows, files } = server.controller
  workflows.create('default', { metadata: { name: 'w' }, spec: {} })
  files.set(
    'n/outputs/dir',
    new Map([
      ['w/dir/a.txt', 'A'],
      ['w/dir/sub/b.txt', 'B'],
      ['w/dir/sub/c.txt', 'C'],
    ]),
  )
  files.set(
    'n/outputs/site',
    new Map([
      ['w/site/index.html', 'I'],
      ['w/site/b.txt', 'B'],
    ]),
  )
  const base = '/artifact-files/default/workflows/w/n/outputs'
  const redirected = await file(`${base}/dir`)
  expect([redirected.status, redirected.headers.get('location')]).toEqual([307, 'dir/'])
  expect((await file(`${base}/dir/`)).text).toMatch(/\.\.<.*\.\/a\.txt<.*\.\/sub\/</s)
  expect((await file(`${base}/dir/sub/`)).text).toMatch(/\.\/b\.txt<.*\.\/c\.txt</s)
  expect((await file(`${base}/dir/sub/b.txt`)).text).toBe('B')
  expect((await file(`${base}/site/`)).headers.get('location')).toBe('./index.html')
  expect(await file(`${base}/dir/none`)).toMatchObject({ status: 404, text: 'Not Found' })
  expect((await file('/artifacts/default/w/n/dir')).status).toBe(501)
})

it('answers errors of artifacts in plain text', async () => {
  server.controller.workflows.create('default', { metadata: { name: 'w' }, spec: {} })
  for (const [path, status] of [
    ['/artifacts/default/none/n/a', 404],
    ['/artifact-files/default/workflows/none/n/outputs/a', 500],
    ['/artifacts/default/w/n/a', 500],
    ['/artifact-files/default/nonsense/w/n/outputs/a', 400],
  ] as const) {
    const answer = await file(path)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/plain; charset=utf-8'])
  }
  const climbing = await rawCall(server.url, { path: '/artifact-files/default/workflows/w/n/outputs/a/..%2f..%2fetc' })
  expect([400, 500]).toContain(climbing.status)
})

it('takes uploads for the artifacts of a template', async () => {
  const template = { metadata: { name: 't' }, spec: { templates: [], arguments: { artifacts: [{ name: 'in' }] } } }
  await call(api('/workflow-templates/default'), { method: 'POST', body: { template } })
  const upload = async (path: string, content: string) => {
    const form = new FormData()
    form.append('other', 'x'.repeat(100_000))
    form.append('file', new Blob([content]), '../my file.txt')
    return fetch(`${server.url}/upload-artifacts/default/${path}`, { method: 'POST', body: form })
  }
  for (const content of ['', 'short', `\r\n--${'y'.repeat(3_000_000)}`]) {
    const answer = await upload('t/in', content)
    expect(answer.status).toBe(200)
    const { name, key } = (await answer.json()) as { name: string; key: string }
    expect([name, key]).toEqual(['in', expect.stringMatching(/^uploads\/default\/[0-9a-f-]{36}\/my file\.txt$/)])
    expect(server.controller.uploads.get(key)?.toString()).toBe(content)
  }
  expect((await upload('t/other', 'x')).status).toBe(404)
  expect((await upload('none/in', 'x')).status).toBe(404)
  expect((await file('/upload-artifacts/default/t/in')).status).toBe(405)
  expect((await call(`${server.url}/upload-artifacts/default/t/in`, { method: 'POST', body: 'x' })).status).toBe(400)
})
