import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WorldError } from '../resources/index.ts'
import type { Harness } from './testing/harness.ts'
import { call, rawCall, startServer } from './testing/harness.ts'

let server: Harness
beforeEach(async () => {
  server = await startServer()
})
afterEach(() => server.close())

const api = (path: string) => `${server.url}/api/v1${path}`
const workflow = { metadata: { generateName: 'hello-' }, spec: { entrypoint: 'main', templates: [{ name: 'main' }] } }
const named = (name: string, namespace = 'default') =>
  server.controller.workflows.create(namespace, { metadata: { name }, spec: {} })

describe('a request', () => {
  it('is JSON whatever the Content-Type says, and a success is always 200', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json', '']) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
      const answer = await call(api('/workflows/default'), { method: 'POST', body: { workflow }, headers })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(answer.json).toMatchObject({
        metadata: { name: expect.stringMatching(/^hello-.+/), namespace: 'default', uid: expect.any(String) },
        spec: { entrypoint: 'main' },
        status: { startedAt: null, finishedAt: null },
      })
    }
  })

  it('may be empty or null where it has a body', async () => {
    named('w')
    for (const body of [undefined, '', 'null', '{}'])
      expect((await call(api('/workflows/default/w/suspend'), { method: 'PUT', body })).status).toBe(200)
  })

  it('that is no JSON is refused with code 3', async () => {
    const answer = await call(api('/workflows/default'), { method: 'POST', body: 'kind: Workflow' })
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({
      code: 3,
      message: "invalid JSON in the request body: invalid character 'k' looking for beginning of value",
    })
  })

  it('with a value of the wrong type is refused in the words of Go', async () => {
    const body = { workflow: { metadata: {}, spec: { entrypoint: 3 } } }
    const answer = await call(api('/workflows/default'), { method: 'POST', body })
    expect(answer.status).toBe(400)
    expect((answer.json as { message: string }).message).toMatch(
      /^json: cannot unmarshal number 3? ?into Go struct field/,
    )
  })

  it('with unknown fields is answered as if they were not there', async () => {
    const body = { workflow: { ...workflow, nonsense: 1 }, instanceID: 'x', more: [] }
    expect((await call(api('/workflows/default'), { method: 'POST', body })).json).not.toHaveProperty('nonsense')
  })

  it('may leave the namespace empty, which means all of them', async () => {
    named('a', 'one')
    named('b', 'two')
    for (const path of ['/workflows/', '/workflows', '/workflows/?', '/cron-workflows/', '/workflow-templates/'])
      expect((await call(api(path))).status).toBe(200)
    expect((await call(api('/workflows/'))).json).toMatchObject({ items: { length: 2 } })
  })

  it('takes the first of repeated keys, numbers as Go writes floats and booleans in any case', async () => {
    named('w')
    const query = 'fields=items.metadata.name&fields=metadata&listOptions.limit=1e%2B06&unknown=1'
    const { json } = await call(api(`/workflows/default?${query}`))
    expect((json as { items: unknown[] }).items).toEqual([
      { metadata: { name: 'w' }, spec: {}, status: { startedAt: null, finishedAt: null } },
    ])
    expect((await call(api('/workflows/default/w?force=True'), { method: 'DELETE' })).json).toEqual({})
  })

  it('to an unknown path or with an unknown method is not implemented', async () => {
    for (const [method, path] of [
      ['GET', '/nonsense'],
      ['PATCH', '/cron-workflows/default/w'],
      ['POST', '/sensors/default'],
    ] as const) {
      const answer = await call(api(path), { method })
      expect([answer.status, answer.json]).toEqual([501, { code: 12, message: 'Not Implemented' }])
    }
    expect(await call(`${server.url}/oauth2/redirect`)).toMatchObject({ status: 501, text: '' })
  })

  it('with a body over the limit is refused as too large, not cut', async () => {
    const body = `{"workflow": "${'x'.repeat(101 * 1024 * 1024)}"}`
    const answer = await call(api('/workflows/default'), { method: 'POST', body })
    expect([answer.status, (answer.json as { code: number }).code]).toEqual([429, 8])
  })

  it('with a path that does not decode is a mistake of the client', async () => {
    expect((await rawCall(server.url, { path: '/api/v1/workflows/default/%zz' })).status).toBe(400)
  })
})

describe('errors', () => {
  it('have the words and codes of Kubernetes for what is not there and what is there already', async () => {
    expect(await call(api('/workflows/default/none'))).toMatchObject({
      status: 404,
      json: { code: 5, message: 'workflows.argoproj.io "none" not found' },
    })
    expect(await call(api('/workflows/default/@latest'))).toMatchObject({
      status: 404,
      json: { code: 5, message: 'no workflows found' },
    })
    named('taken')
    const body = { workflow: { metadata: { name: 'taken' }, spec: {} } }
    expect(await call(api('/workflows/default'), { method: 'POST', body })).toMatchObject({
      status: 409,
      json: { code: 6, message: 'workflows.argoproj.io "taken" already exists' },
    })
  })

  it('name what is wrong with a workflow, for create and lint alike', async () => {
    const body = { workflow: { metadata: { generateName: 'x-' }, spec: { entrypoint: 'nope', templates: [] } } }
    for (const path of ['/workflows/default', '/workflows/default/lint']) {
      const answer = await call(api(path), { method: 'POST', body })
      expect(answer).toMatchObject({
        status: 400,
        json: { code: 3, message: "template name 'nope' undefined", details: [{ path: 'spec.entrypoint' }] },
      })
    }
    expect(await call(api('/workflows/default'), { method: 'POST', body: {} })).toMatchObject({
      status: 400,
      json: { code: 3, message: 'workflow body not specified' },
    })
  })

  it('of the policy alone are a warning on lint, as the manifest is right', async () => {
    const problem = { message: 'privileged is not allowed', rule: 'privileged', hint: 'allow it' }
    const { lintWorkflow } = server.controller
    server.controller.lintWorkflow = () => Promise.resolve([problem])
    const body = { workflow: { metadata: { generateName: 'x-' }, spec: {} } }
    const answer = await call(api('/workflows/default/lint'), { method: 'POST', body })
    server.controller.lintWorkflow = lintWorkflow
    expect(answer.status).toBe(200)
    expect(answer.headers.get('warning')).toBe('299 drydock "privileged is not allowed on creation: allow it"')
  })

  it('nobody foresaw tell the client nothing and the log everything', async () => {
    server.controller.listWorkflows = () => Promise.reject(new Error('password is hunter2'))
    const answer = await call(api('/workflows/default'))
    expect([answer.status, answer.json]).toEqual([500, { code: 13, message: 'internal error' }])
    expect(server.log.some(({ level }) => level === 'error')).toBe(true)
  })

  it('of a store that is away for a while are no bug of ours: 503, and a warning', async () => {
    const away = new WorldError('STORE_DOWN', 'postgres://hunter2@db does not answer', { retryable: true })
    server.controller.listWorkflows = () => Promise.reject(away)
    const answer = await call(api('/workflows/default'))
    expect([answer.status, answer.json]).toEqual([503, { code: 14, message: 'not available now (STORE_DOWN)' }])
    expect(server.log.map(({ level }) => level)).toContain('warn')
    expect(server.log.map(({ level }) => level)).not.toContain('error')
  })

  it("of selectors, numbers, times and tokens are the client's", async () => {
    const wrong = [
      'listOptions.labelSelector=a%20b',
      'listOptions.limit=x',
      'createdAfter=yesterday',
      'listOptions.continue=-1',
    ]
    for (const query of wrong)
      expect(await call(api(`/workflows/default?${query}`))).toMatchObject({ status: 400, json: { code: 3 } })
  })
})

describe('a list', () => {
  it('is paged by offsets, with what remains only where it is asked for', async () => {
    for (const name of ['a', 'b', 'c']) named(name)
    const first = await call(api('/workflows/default?listOptions.limit=2'))
    expect(first.json).toMatchObject({ metadata: { continue: '2', resourceVersion: '3' }, items: { length: 2 } })
    expect(first.json).not.toHaveProperty('metadata.remainingItemCount')
    const asking = 'listOptions.limit=2&listOptions.fieldSelector=ext.showRemainingItemCount%3Dtrue'
    expect((await call(api(`/workflows/default?${asking}`))).json).toHaveProperty('metadata.remainingItemCount', 1)
    const last = await call(api('/workflows/default?listOptions.limit=2&listOptions.continue=2'))
    expect(last.json).toMatchObject({ items: [{ metadata: { name: 'a' } }] })
    expect(last.json).not.toHaveProperty('metadata.continue')
  })

  it('keeps the wanted fields, or all but the unwanted ones, and gives the mandatory members back', async () => {
    named('w')
    server.controller.workflows.setPhase('default', 'w', 'Running')
    const wanted = await call(api('/workflows/default?fields=metadata,items.metadata.name,items.status.phase'))
    expect(wanted.json).toEqual({
      metadata: { resourceVersion: '2' },
      items: [{ metadata: { name: 'w' }, spec: {}, status: { phase: 'Running', startedAt: null, finishedAt: null } }],
    })
    const others = await call(api('/workflows/default/w?fields=-status,metadata.labels'))
    expect(others.json).toMatchObject({ metadata: { name: 'w' }, spec: {}, status: { finishedAt: null } })
    expect(others.json).not.toHaveProperty('metadata.labels')
    expect((await call(api('/workflows/default/w?fields=status.phase'))).json).toMatchObject({
      status: { phase: 'Running' },
    })
  })
})

describe('a workflow', () => {
  it('is created in the namespace of the path, and one that names another is refused', async () => {
    const other = { ...workflow, metadata: { ...workflow.metadata, namespace: 'other' } }
    const refused = await call(api('/workflows/default'), { method: 'POST', body: { workflow: other } })
    expect(refused).toMatchObject({ status: 400, json: { code: 3 } })
    const accepted = await call(api('/workflows/other'), {
      method: 'POST',
      body: { namespace: 'default', workflow: other },
    })
    expect(accepted.json).toMatchObject({ metadata: { namespace: 'other' } })
  })

  it('that is only tried comes back unchanged and is not stored', async () => {
    const body = { workflow, createOptions: { dryRun: ['All'] } }
    const answer = await call(api('/workflows/default'), { method: 'POST', body })
    expect(answer.status).toBe(200)
    expect(answer.json).not.toHaveProperty('metadata.uid')
    expect((await call(api('/workflows/default'))).json).toMatchObject({ items: [] })
  })

  it('does not say itself who created it', async () => {
    const labels = { 'workflows.argoproj.io/creator': 'admin', mine: 'yes' }
    const body = { workflow: { ...workflow, metadata: { ...workflow.metadata, labels } } }
    const { json } = await call(api('/workflows/default'), { method: 'POST', body })
    expect((json as { metadata: { labels: object } }).metadata.labels).toEqual({ mine: 'yes' })
  })

  it('is found as @latest by every verb', async () => {
    named('old')
    named('new')
    expect((await call(api('/workflows/default/@latest'))).json).toMatchObject({ metadata: { name: 'new' } })
    await call(api('/workflows/default/@latest/terminate'), { method: 'PUT' })
    expect((await call(api('/workflows/default/new'))).json).toMatchObject({ spec: { shutdown: 'Terminate' } })
    expect((await call(api('/workflows/default/@latest'), { method: 'DELETE' })).json).toEqual({})
    expect((await call(api('/workflows/default/new'))).status).toBe(404)
  })

  it("is submitted from a template by any of the kind's names", async () => {
    const template = { metadata: { name: 't' }, spec: { templates: [] } }
    await call(api('/workflow-templates/default'), { method: 'POST', body: { template } })
    for (const resourceKind of ['WorkflowTemplate', 'workflowtemplate', 'workflowtemplates', 'wftmpl']) {
      const body = { resourceKind, resourceName: 't', submitOptions: { parameters: ['a=b=c'] } }
      const { json } = await call(api('/workflows/default/submit'), { method: 'POST', body })
      expect(json).toMatchObject({ spec: { arguments: { parameters: [{ name: 'a', value: 'b=c' }] } } })
    }
    const body = { resourceKind: 'Pod', resourceName: 't' }
    expect((await call(api('/workflows/default/submit'), { method: 'POST', body })).status).toBe(400)
    const missing = { resourceKind: 'wftmpl', resourceName: 'none' }
    expect((await call(api('/workflows/default/submit'), { method: 'POST', body: missing })).status).toBe(404)
  })

  it('is set with output parameters that come as a JSON object in a text', async () => {
    named('w')
    const body = { nodeFieldSelector: 'id=x', outputParameters: '{"a":"1","b":2}' }
    const { json } = await call(api('/workflows/default/w/set'), { method: 'PUT', body })
    expect(JSON.parse((json as { status: { message: string } }).status.message)).toEqual({
      kind: 'set',
      nodeFieldSelector: 'id=x',
      outputParameters: { a: '1', b: '2' },
    })
  })

  it('that has ended cannot be stopped, suspended or retried where it succeeded', async () => {
    named('w')
    server.controller.workflows.setPhase('default', 'w', 'Succeeded')
    for (const [verb, status, code] of [
      ['stop', 500, 13],
      ['terminate', 500, 13],
      ['suspend', 400, 3],
      ['retry', 400, 3],
    ])
      expect(await call(api(`/workflows/default/w/${String(verb)}`), { method: 'PUT' })).toMatchObject({
        status,
        json: { code },
      })
  })
})
