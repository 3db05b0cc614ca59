import { afterEach, beforeEach, expect, it } from 'vitest'
import { instant } from '../resources/index.ts'
import type { FeedEvent } from '../controller/port.ts'
import type { Harness } from './testing/harness.ts'
import { StreamReader, call, startServer } from './testing/harness.ts'

let server: Harness
const open: StreamReader[] = []
beforeEach(async () => {
  server = await startServer()
})
afterEach(async () => {
  for (const reader of open.splice(0)) reader.close()
  await server.close()
})

const sse = { accept: 'text/event-stream' }
async function stream(path: string, headers: Record<string, string> = {}): Promise<StreamReader> {
  const reader = await StreamReader.open(`${server.url}/api/v1${path}`, headers)
  open.push(reader)
  return reader
}
const create = (name: string, labels?: Record<string, string>) =>
  server.controller.workflows.create('default', { metadata: { name, ...(labels && { labels }) }, spec: {} })
const seen = (result: Record<string, unknown>): string => {
  const { type, object } = result as { type: string; object: { metadata: { name: string } } }
  return `${type} ${object.metadata.name}`
}

it('frames server-sent events only for who asks for exactly that, and sends nothing but data', async () => {
  create('a')
  const events = await stream('/workflow-events/default', sse)
  expect(seen(await events.next())).toBe('ADDED a')
  expect(events.headers.get('content-type')).toBe('text/event-stream')
  expect(events.headers.get('x-content-type-options')).toBe('nosniff')
  expect(events.raw).toMatch(/^data: \{"result":\{"type":"ADDED","object":\{.*\}\}\}\n\n$/)
  const lines = await stream('/workflow-events/default', { accept: 'text/event-stream, */*' })
  expect(seen(await lines.next())).toBe('ADDED a')
  expect(lines.headers.get('content-type')).toBe('application/json')
  expect(lines.raw).toMatch(/^\{"result":\{.*\}\}\n$/)
})

it('begins with one ADDED for each existing match, then follows, without a version or with 0', async () => {
  create('a')
  for (const query of ['', '?listOptions.resourceVersion=0', '?listOptions.resourceVersion=']) {
    const events = await stream(`/workflow-events/default${query}`, sse)
    expect(seen(await events.next())).toBe('ADDED a')
  }
  const events = await stream('/workflow-events/')
  await events.next()
  server.controller.workflows.setPhase('default', 'a', 'Running')
  expect(seen(await events.next())).toBe('MODIFIED a')
  server.controller.workflows.delete('default', 'a')
  expect(await events.next()).toMatchObject({ type: 'DELETED', object: { metadata: { uid: expect.any(String) } } })
})

it('loses nothing after the version of a list, and repeats nothing before it', async () => {
  create('a')
  const { metadata } = (await call(`${server.url}/api/v1/workflows/default`)).json as {
    metadata: { resourceVersion: string }
  }
  create('b')
  server.controller.workflows.setPhase('default', 'a', 'Running')
  const events = await stream(`/workflow-events/default?listOptions.resourceVersion=${metadata.resourceVersion}`)
  expect([seen(await events.next()), seen(await events.next())]).toEqual(['ADDED b', 'MODIFIED a'])
  server.controller.feed.forgottenUpTo = 2
  expect((await stream('/workflow-events/default?listOptions.resourceVersion=1')).status).toBe(410)
  expect((await stream('/workflow-events/default?listOptions.resourceVersion=x')).status).toBe(400)
})

it('turns changes of labels into coming and going for a client with a selector', async () => {
  const running = encodeURIComponent('workflows.argoproj.io/phase=Running')
  const { workflows } = server.controller
  create('early')
  create('other')
  for (const isFromVersion of [false, true]) {
    const version = isFromVersion ? String(server.controller.feed.version) : ''
    const query = `listOptions.labelSelector=${running}&listOptions.resourceVersion=${version}`
    const events = await stream(`/workflow-events/default?${query}`)
    workflows.setPhase('default', 'early', 'Running')
    expect(seen(await events.next())).toBe('ADDED early')
    workflows.setPhase('default', 'early', 'Running', { progress: '1/2' })
    expect(seen(await events.next())).toBe('MODIFIED early')
    workflows.setPhase('default', 'early', 'Succeeded')
    expect(await events.next()).toMatchObject({ type: 'DELETED', object: { status: { phase: 'Succeeded' } } })
    events.close()
    workflows.delete('default', 'early')
    create('early')
    workflows.delete('default', 'other')
    create('other')
  }
})

it('follows one workflow by its name or @latest, and refuses a name that nobody has', async () => {
  create('a')
  create('b')
  const byName = await stream('/workflow-events/default?listOptions.fieldSelector=metadata.name%3Da')
  expect(seen(await byName.next())).toBe('ADDED a')
  const latest = await stream(
    '/workflow-events/default?listOptions.fieldSelector=metadata.name%3D%40latest,metadata.namespace%3Ddefault',
  )
  expect(seen(await latest.next())).toBe('ADDED b')
  server.controller.workflows.setPhase('default', 'a', 'Running')
  server.controller.workflows.setPhase('default', 'b', 'Running')
  expect(seen(await byName.next())).toBe('MODIFIED a')
  expect(seen(await latest.next())).toBe('MODIFIED b')
  const none = await call(`${server.url}/api/v1/workflow-events/default?listOptions.fieldSelector=metadata.name%3Dnone`)
  expect(none).toMatchObject({ status: 404, json: { code: 5, message: 'workflows.argoproj.io "none" not found' } })
})

it('keeps of each event the fields that are wanted', async () => {
  create('a')
  const fields = 'result.type,result.object.metadata.name'
  const events = await stream(`/workflow-events/default?fields=${fields}&fields=${fields}`)
  expect(await events.next()).toEqual({ type: 'ADDED', object: { metadata: { name: 'a' } } })
})

it('gives a client that does not read the latest state instead of a backlog', async () => {
  create('a')
  const events = await stream('/workflow-events/default')
  await events.next()
  const big = 'x'.repeat(1_000_000)
  for (let i = 1; i <= 200; i += 1)
    server.controller.workflows.setPhase('default', 'a', 'Running', { message: `${String(i)} ${big}` })
  let count = 0
  for (let message = ''; !message.startsWith('200 '); count += 1)
    ({ message } = ((await events.next()) as { object: { status: { message: string } } }).object.status)
  expect(count).toBeLessThan(200)
})

it('lets go of everything when the client goes', async () => {
  const events = await stream('/workflow-events/default')
  expect(server.controller.feed.listenerCount).toBe(1)
  events.close()
  await expect.poll(() => server.controller.feed.listenerCount).toBe(0)
})

it('streams recent happenings, then those that come, as Kubernetes events', async () => {
  const happening = (name: string, kind = 'Workflow'): FeedEvent => ({
    uid: crypto.randomUUID(),
    namespace: 'default',
    name: `${name}.1`,
    at: instant(Date.parse('2026-01-02T03:04:05Z')),
    type: 'Normal',
    reason: 'WorkflowRunning',
    message: 'Workflow Running',
    involved: { kind, name },
  })
  server.controller.happen(happening('before'))
  const selector = encodeURIComponent('involvedObject.kind=Workflow')
  const events = await stream(`/stream/events/default?listOptions.fieldSelector=${selector}`, sse)
  expect(await events.next()).toMatchObject({
    metadata: { name: 'before.1', namespace: 'default', creationTimestamp: '2026-01-02T03:04:05Z' },
    involvedObject: { kind: 'Workflow', name: 'before' },
    reason: 'WorkflowRunning',
    lastTimestamp: '2026-01-02T03:04:05Z',
  })
  server.controller.happen(happening('pod', 'Pod'))
  server.controller.happen(happening('after'))
  expect(await events.next()).toMatchObject({ involvedObject: { name: 'after' } })
})

it('streams logs and closes when they have ended', async () => {
  create('w')
  server.controller.logLines.set('default/w', [
    { podName: 'w', content: 'one' },
    { podName: 'w-x-1', content: 'two' },
  ])
  const all = await stream('/workflows/default/w/log?logOptions.container=main', sse)
  await all.untilEnd()
  expect(all.raw).toBe(
    'data: {"result":{"content":"one","podName":"w"}}\n\ndata: {"result":{"content":"two","podName":"w-x-1"}}\n\n',
  )
  const one = await stream('/workflows/default/w/w-x-1/log?logOptions.limitBytes=2')
  expect(await one.next()).toEqual({ content: 'tw', podName: 'w-x-1' })
})

it('tells errors of logs before the stream begins', async () => {
  create('w')
  expect((await call(`${server.url}/api/v1/workflows/default/none/log`)).status).toBe(404)
  expect((await call(`${server.url}/api/v1/workflows/default/w/log?grep=(`)).status).toBe(500)
})

it('keeps the streams of Argo Events open and idle, and their lists empty', async () => {
  const events = await stream('/stream/event-sources/default', sse)
  expect([events.status, events.ended]).toEqual([200, false])
  expect((await call(`${server.url}/api/v1/sensors/default`)).json).toEqual({ metadata: {}, items: [] })
})

it('answers HEAD with the headers alone', async () => {
  const answer = await call(`${server.url}/api/v1/workflow-events/default`, { method: 'HEAD', headers: sse })
  expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([200, 'text/event-stream', ''])
  expect(server.controller.feed.listenerCount).toBe(0)
})

it('ends its streams when the server closes', async () => {
  const events = await stream('/workflow-events/default')
  await server.close()
  await events.untilEnd()
  expect(events.ended).toBe(true)
})
