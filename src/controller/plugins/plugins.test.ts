import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { configMapOf } from '../../admission/index.ts'
import type { ExecutorPlugin, Template, Workflow } from '../../resources/index.ts'
import { doing, ended, eventually, newHouse, until } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'

type Seen = { readonly path: string; readonly token: string; readonly question: { template: Template } }
type Answer = { readonly status?: number; readonly body?: unknown }

let house: House
const servers: { close(): void }[] = []
afterEach(async () => {
  await house.close()
  for (const server of servers.splice(0)) server.close()
})

/** What answers in the place of a plugin's container. */
async function plugin(answer: (seen: Seen, times: number) => Answer): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      const token = (request.headers.authorization ?? '').replace('Bearer ', '')
      seen.push({ path: request.url ?? '', token, question: JSON.parse(body) as Seen['question'] })
      const { status = 200, body: given = {} } = answer(seen.at(-1) as Seen, seen.length)
      response.statusCode = status
      response.end(typeof given === 'string' ? given : JSON.stringify(given))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return { port: (server.address() as AddressInfo).port, seen }
}

const succeeded = { body: { node: { phase: 'Succeeded', message: 'done' } } }
const executor = (name: string, port: number, container: object = {}): ExecutorPlugin => ({
  metadata: { name },
  spec: {
    sidecar: {
      container: {
        ...doing({ forEver: true }),
        name,
        ports: [{ containerPort: port }],
        resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } },
        securityContext: { runAsNonRoot: true },
        ...container,
      },
    },
  },
})
const workflow = (name: string, spec: Partial<Workflow['spec']>): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ name: 'main', plugin: { hello: { to: 'you' } } }], ...spec },
})
const allowed = {
  engine: {
    artifactRepository: { s3: {} },
    controllerNamespace: 'default',
    timezone: 'UTC',
    podNameFormat: 'v2' as const,
    podGCDeleteDelayMs: 0,
    hostNodeName: 'here',
    workflowPlugins: true,
  },
  executorPlugins: true,
}
const noPods = () => eventually(() => house.engine.pods.size === 0, 'the agent pod goes with its workflow')
const tokenFile = (container: string): string => {
  const pod = [...house.engine.pods.values()][0]
  const one = pod?.byName.get(container)
  if (pod === undefined || one === undefined) throw new Error(`no container ${container}`)
  return Buffer.from(house.engine.filesOf(pod, one).read('/var/run/argo/token') ?? '').toString()
}

describe("a workflow's own executor plugin", () => {
  it('runs as a container that is asked with its token and goes with the workflow', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    const files: string[] = []
    const { port, seen } = await plugin(() => {
      files.push(tokenFile('hello-plugin'))
      return succeeded
    })
    await controller.createWorkflow('default', workflow('wf', { executorPlugins: [executor('hello-plugin', port)] }))
    const done = await ended(controller, 'wf')
    expect(done.status).toMatchObject({ phase: 'Succeeded' })
    expect(done.status?.nodes?.['wf']).toMatchObject({ type: 'Plugin', message: 'done' })
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({
      path: '/api/v1/template.execute',
      question: {
        workflow: { metadata: { name: 'wf', namespace: 'default' } },
        template: { name: 'main', plugin: { hello: { to: 'you' } } },
      },
    })
    expect(seen[0]?.token).toMatch(/^[\w-]{43}$/)
    expect(files).toEqual([seen[0]?.token])
    expect(JSON.stringify(done)).not.toContain(seen[0]?.token)
    await noPods()
  })

  it('is refused where the operator does not allow it', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', workflow('wf', { executorPlugins: [executor('hello', 1)] }))
    expect((await ended(controller, 'wf')).status).toMatchObject({
      phase: 'Error',
      message: expect.stringContaining('ARGO_WORKFLOW_LEVEL_EXECUTOR_PLUGINS=true') as string,
    })
    expect(house.engine.pods.size).toBe(0)
  })

  it('serves all nodes from one pod, and is asked instead of what the operator has', async () => {
    house = newHouse()
    const controller = await house.open({
      config: allowed,
      plugins: [{ name: 'hello', execute: () => ({ node: { phase: 'Failed', message: 'asked the wrong one' } }) }],
    })
    const pods = new Set<string>()
    const { port, seen } = await plugin(() => {
      for (const id of house.engine.pods.keys()) pods.add(id)
      return succeeded
    })
    const templates: Template[] = [
      { name: 'main', steps: [[{ name: 'many', template: 'one', withSequence: { count: '15' } }]] },
      { name: 'one', plugin: { hello: {} } },
    ]
    await controller.createWorkflow('default', workflow('wf', { templates, executorPlugins: [executor('p', port)] }))
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
    expect(seen).toHaveLength(15)
    expect(pods.size).toBe(1)
    await noPods()
  })

  it('is taken up by a daemon that was restarted, and keeps its token', async () => {
    house = newHouse()
    const first = await house.open({ config: allowed })
    let isDone = false
    const { port, seen } = await plugin(() =>
      isDone ? succeeded : { body: { node: { phase: 'Running', message: 'begun' }, requeue: '20ms' } },
    )
    await first.createWorkflow('default', workflow('wf', { executorPlugins: [executor('p', port)] }))
    await until(first, 'wf', ({ status }) => status?.nodes?.['wf']?.message === 'begun')
    const [pod] = house.engine.pods.values()
    await first.drain()
    expect([...house.engine.pods.values()]).toEqual([pod])
    const times = seen.length
    const second = await house.open({ config: allowed })
    await eventually(() => seen.length > times + 1, 'it is asked again')
    expect([...house.engine.pods.values()]).toEqual([pod])
    expect(new Set(seen.map(({ token }) => token)).size).toBe(1)
    isDone = true
    expect((await ended(second, 'wf')).status?.phase).toBe('Succeeded')
    await noPods()
  })

  it('is removed at the start of a daemon that finds nobody wanting it', async () => {
    house = newHouse()
    const first = await house.open({ config: allowed })
    const { port } = await plugin(() => ({ body: { node: { phase: 'Running' }, requeue: '20ms' } }))
    await first.createWorkflow('default', workflow('wf', { executorPlugins: [executor('p', port)] }))
    await until(first, 'wf', ({ status }) => status?.nodes?.['wf']?.phase === 'Running')
    await first.drain()
    await house.open({ config: { ...allowed, engine: { ...allowed.engine, workflowPlugins: false } } })
    await noPods()
  })

  it('goes with a workflow that is deleted while it runs', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    const { port, seen } = await plugin(() => ({ body: { node: { phase: 'Running' }, requeue: '20ms' } }))
    await controller.createWorkflow('default', workflow('wf', { executorPlugins: [executor('p', port)] }))
    await until(controller, 'wf', ({ status }) => status?.nodes?.['wf']?.phase === 'Running')
    await controller.deleteWorkflow('default', 'wf')
    await noPods()
    const times = seen.length
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen.length).toBe(times)
    expect(house.engine.pods.size).toBe(0)
  })

  it('goes with a workflow that is stopped before the plugin answers', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    await controller.createWorkflow('default', workflow('wf', { executorPlugins: [executor('p', 1)] }))
    await eventually(() => house.engine.pods.size === 1, 'the agent pod comes')
    await controller.operate('default', 'wf', { kind: 'terminate' })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Failed')
    await noPods()
  })

  it('comes up and goes whatever the engine refuses or forgets to say', async () => {
    house = newHouse({ faults: { refused: 0.2, answerLost: 0.2, lost: 0.2, doubled: 0.2, relistMs: 300 } })
    const controller = await house.open({ config: allowed })
    const { port } = await plugin((_seen, times) =>
      times % 3 === 0 ? succeeded : { body: { node: { phase: 'Running' }, requeue: '5ms' } },
    )
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const name of names)
      await controller.createWorkflow('default', workflow(name, { executorPlugins: [executor('p', port)] }))
    for (const name of names) expect((await ended(controller, name)).status?.phase).toBe('Succeeded')
    await noPods()
  })

  it('is brought up again when its containers vanish', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    let isDone = false
    const { port } = await plugin(() =>
      isDone ? succeeded : { body: { node: { phase: 'Running' }, requeue: '20ms' } },
    )
    await controller.createWorkflow('default', workflow('wf', { executorPlugins: [executor('p', port)] }))
    await until(controller, 'wf', ({ status }) => status?.nodes?.['wf']?.phase === 'Running')
    const [pod] = house.engine.pods.values()
    if (pod !== undefined) house.engine.vanish(pod)
    await eventually(
      () => house.engine.pods.size === 1 && ![...house.engine.pods.values()].includes(pod as never),
      'a new pod',
    )
    isDone = true
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
    await noPods()
  })

  it.each([
    ['does not know the method', { status: 404 }, 'Failed', 'no plugin executed the template'],
    ['has an empty answer', { body: '' }, 'Failed', 'no plugin executed the template'],
    ['answers null', { body: 'null' }, 'Failed', 'no plugin executed the template'],
    ['is broken', { status: 500, body: 'oh' }, 'Failed', '500 Internal Server Error: oh'],
  ])('that %s ends the node so', async (_what, answer, phase, message) => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    const { port } = await plugin(() => answer)
    await controller.createWorkflow('default', workflow('wf', { executorPlugins: [executor('p', port)] }))
    expect((await ended(controller, 'wf')).status).toMatchObject({ phase, message })
  })

  it('that says back its token does not bring it into the status', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    const { port, seen } = await plugin(({ token }) => ({ status: 400, body: `bad token ${token}` }))
    await controller.createWorkflow('default', workflow('wf', { executorPlugins: [executor('p', port)] }))
    const done = await ended(controller, 'wf')
    expect(done.status?.message).toBe('400 Bad Request: bad token …')
    expect(JSON.stringify(done)).not.toContain(seen[0]?.token)
  })

  it('is asked again while it is busy or not up yet', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    const { port, seen } = await plugin((_seen, times) => (times < 3 ? { status: 503 } : succeeded))
    await controller.createWorkflow('default', workflow('wf', { executorPlugins: [executor('p', port)] }))
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
    expect(seen).toHaveLength(3)
  })
})

describe('an executor plugin that lies as a ConfigMap', () => {
  const put = async (controller: Awaited<ReturnType<House['open']>>, own: ExecutorPlugin, namespace = 'default') =>
    controller.createObject('ConfigMap', namespace, configMapOf({ ...own, metadata: { ...own.metadata, namespace } }))

  it('serves workflows where the operator allows it, and those of its namespace before the controller’s', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    const [general, special] = [
      await plugin(() => ({ body: { node: { phase: 'Succeeded', message: 'general' } } })),
      await plugin(() => ({ body: { node: { phase: 'Succeeded', message: 'special' } } })),
    ]
    await put(controller, executor('hello', general.port))
    await put(controller, executor('hello', special.port), 'other')
    await controller.createWorkflow('default', workflow('a', {}))
    await controller.createWorkflow('other', workflow('b', {}))
    expect((await ended(controller, 'a')).status?.nodes?.['a']?.message).toBe('general')
    expect((await ended(controller, 'b', 'other')).status?.nodes?.['b']?.message).toBe('special')
    await noPods()
  })

  it('is not run by default', async () => {
    house = newHouse()
    const controller = await house.open()
    await put(controller, executor('hello', 1))
    await controller.createWorkflow('default', workflow('wf', {}))
    expect((await ended(controller, 'wf')).status?.message).toBe('no plugin executed the template')
  })

  it('must keep to the policy', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    await put(controller, executor('hello', 1, { securityContext: { privileged: true } }))
    await controller.createWorkflow('default', workflow('wf', {}))
    expect((await ended(controller, 'wf')).status).toMatchObject({
      phase: 'Error',
      message: expect.stringMatching(/^create agent pod failed with reason:".*privileged is not allowed/) as string,
    })
    expect(house.engine.pods.size).toBe(0)
  })

  it('is passed over where it is wrong', async () => {
    house = newHouse()
    const controller = await house.open({ config: allowed })
    const { port } = await plugin(() => succeeded)
    await put(controller, executor('bad', 1, { ports: [] }))
    await put(controller, executor('good', port))
    await controller.createWorkflow('default', workflow('wf', {}))
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
  })
})

describe('a plugin module', () => {
  it('fails its node, and nothing else, when it throws', async () => {
    house = newHouse()
    const controller = await house.open({
      plugins: [
        {
          name: 'hello',
          execute: () => {
            throw new Error('boom')
          },
        },
      ],
    })
    await controller.createWorkflow('default', workflow('wf', {}))
    expect((await ended(controller, 'wf')).status).toMatchObject({ phase: 'Failed', message: 'plugin hello: boom' })
    await controller.createWorkflow('default', workflow('next', { templates: [{ name: 'main', container: doing() }] }))
    expect((await ended(controller, 'next')).status?.phase).toBe('Succeeded')
  })

  it('refuses at admission what it finds wrong, in workflows and templates', async () => {
    house = newHouse()
    const validate = (configuration: unknown) =>
      (configuration as { to?: string }).to === undefined ? ['to is missing', 'and more'] : undefined
    const controller = await house.open({ plugins: [{ name: 'hello', validate, execute: () => ({}) }] })
    const wrong = { templates: [{ name: 'main', plugin: { hello: {} } }] }
    await expect(controller.createWorkflow('default', workflow('wf', wrong))).rejects.toMatchObject({
      message: 'templates.main plugin hello: to is missing',
      problems: [{ path: 'spec.templates[0].plugin.hello' }, { message: 'templates.main plugin hello: and more' }],
    })
    await expect(
      controller.createObject('WorkflowTemplate', 'default', {
        metadata: { name: 't' },
        spec: { entrypoint: 'main', ...wrong },
      }),
    ).rejects.toThrow('to is missing')
  })

  it('looks at values with tags once they are known', async () => {
    house = newHouse()
    const validate = (configuration: unknown) =>
      (configuration as { to: string }).to === 'bad' ? 'to is bad' : undefined
    const controller = await house.open({
      plugins: [
        {
          name: 'hello',
          validate,
          execute: ({ configuration }) => ({ node: { phase: 'Succeeded', message: JSON.stringify(configuration) } }),
        },
      ],
    })
    const spec = (value: string) => ({
      arguments: { parameters: [{ name: 'to', value }] },
      templates: [{ name: 'main', plugin: { hello: { to: '{{workflow.parameters.to}}' } } }],
    })
    await controller.createWorkflow('default', workflow('good', spec('you')))
    await controller.createWorkflow('default', workflow('bad', spec('bad')))
    expect((await ended(controller, 'good')).status?.nodes?.['good']?.message).toBe('{"to":"you"}')
    expect((await ended(controller, 'bad')).status?.message).toBe('plugin hello: to is bad')
  })
})
