import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Template, Workflow } from '../../resources/index.ts'
import { podIdOf } from '../../resources/index.ts'
import { SimulatedRuntime } from '../../runtime/simulated/index.ts'
import { doing, ended, eventually, newHouse, until } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'

let house: House
afterEach(() => house.close())

const only = (name: string, template: Template, more: Partial<Workflow['spec']> = {}): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ ...template, name: 'main' }], ...more },
})
const root = (workflow: Workflow) => workflow.status?.nodes?.[workflow.metadata.name ?? '']

async function serving<T>(work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      if (request.url === '/missing') response.statusCode = 404
      if (request.url === '/moved') {
        response.statusCode = 302
        response.setHeader('Location', '/here')
      }
      response.setHeader('X-Seen', 'yes')
      response.end(`${request.method} ${request.url} ${request.headers['x-key'] ?? ''} ${body}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
  }
}

describe('an http template', () => {
  it('sends headers from secrets and gives the body as its result', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject('Secret', 'default', { metadata: { name: 's' }, stringData: { key: 'hidden' } })
    await serving(async (url) => {
      const headers = [{ name: 'X-Key', valueFrom: { secretKeyRef: { name: 's', key: 'key' } } }]
      const condition = "response.statusCode == 200 && response.headers['X-Seen'][0] == 'yes'"
      await controller.createWorkflow(
        'default',
        only('wf', { http: { url: `${url}/moved`, headers, successCondition: condition } }),
      )
      const done = await ended(controller, 'wf')
      expect(done.status?.phase).toBe('Succeeded')
      expect(root(done)?.outputs?.result).toBe('GET /here hidden ')
    })
  })

  it.each([
    ['a status that is no success', '/missing', undefined, 'received non-2xx response code: 404'],
    ['a condition that does not hold', '/', 'false', "successCondition 'false' evaluated false"],
  ])('fails on %s', async (_what, path, successCondition, message) => {
    house = newHouse()
    const controller = await house.open()
    await serving(async (url) => {
      await controller.createWorkflow(
        'default',
        only('wf', { http: { url: url + path, ...(successCondition ? { successCondition } : {}) } }),
      )
      expect((await ended(controller, 'wf')).status).toMatchObject({ phase: 'Failed', message })
    })
  })

  it.each([
    ['http://127.0.0.1:1/x', 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused'],
    ['example.com/x', 'Get "example.com/x": unsupported protocol scheme ""'],
    ['localhost:80/x', 'Get "localhost:80/x": unsupported protocol scheme "localhost"'],
    ['127.0.0.1:80/x', 'parse "127.0.0.1:80/x": first path segment in URL cannot contain colon'],
    ['://x', 'parse "://x": missing protocol scheme'],
  ])("fails with the words of Go's client at %s", async (url, message) => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', only('wf', { http: { url } }))
    expect((await ended(controller, 'wf')).status?.message).toBe(message)
  })

  it('has no result where its condition cannot be evaluated', async () => {
    house = newHouse()
    const controller = await house.open()
    await serving(async (url) => {
      await controller.createWorkflow('default', only('wf', { http: { url, successCondition: '1' } }))
      const done = await ended(controller, 'wf')
      expect(done.status?.message).toBe("unable to cast expression result '%!s(int=1)' to bool")
      expect(root(done)?.outputs).toBeUndefined()
    })
  })
})

describe('a plugin template', () => {
  it('is done by the first plugin that takes it', async () => {
    house = newHouse()
    const controller = await house.open({
      plugins: [
        { name: 'other', execute: async () => ({}) },
        {
          name: 'hello',
          execute: async ({ template }) => ({
            node: {
              phase: 'Succeeded',
              outputs: { parameters: [{ name: 'seen', value: JSON.stringify(template.plugin) }] },
            },
          }),
        },
      ],
    })
    await controller.createWorkflow('default', only('wf', { plugin: { hello: { to: 'you' } } }))
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    expect(root(done)?.outputs?.parameters?.[0]?.value).toBe('{"hello":{"to":"you"}}')
  })

  it('fails when no plugin takes it', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', only('wf', { plugin: { hello: {} } }))
    expect((await ended(controller, 'wf')).status?.message).toBe('no plugin executed the template')
  })
})

describe('a resource template', () => {
  const manifest = `
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: child-}
spec:
  entrypoint: main
  templates: [{name: main, container: {image: busybox, command: [sim], args: ['{"exitCode":EXIT}']}}]
`
  it.each([
    ['0', 'Succeeded', ''],
    ['1', 'Failed', "main: Error (exit code 64): failure condition '{status.phase in [Error Failed]}' evaluated true"],
  ])('waits for the workflow it made; exit %s makes it %s', async (exit, phase, message) => {
    house = newHouse()
    const controller = await house.open()
    const resource = {
      action: 'create' as const,
      manifest: manifest.replace('EXIT', exit),
      successCondition: 'status.phase == Succeeded',
      failureCondition: 'status.phase in (Failed, Error)',
      setOwnerReference: true,
    }
    const outputs = { parameters: [{ name: 'child', valueFrom: { jsonPath: '{.metadata.name}' } }] }
    await controller.createWorkflow('default', only('wf', { resource, outputs }))
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe(phase)
    expect(done.status?.message ?? '').toBe(message)
    if (phase === 'Succeeded') expect(root(done)?.outputs?.parameters?.[0]?.value).toMatch(/^child-/)
    await controller.deleteWorkflow('default', 'wf')
    expect((await controller.listWorkflows({ namespace: 'default' })).items).toEqual([])
  })

  it('makes, patches, reads and deletes a ConfigMap', async () => {
    house = newHouse()
    const controller = await house.open()
    const map = (data: string) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: cm}, data: ${data}}`
    const step = (
      name: string,
      resource: NonNullable<Template['resource']>,
      outputs?: Template['outputs'],
    ): Template => ({ name, resource, ...(outputs ? { outputs } : {}) })
    const templates: Template[] = [
      { name: 'main', steps: ['make', 'patch', 'read', 'drop'].map((name) => [{ name, template: name }]) },
      step('make', { action: 'create', manifest: map('{a: "1"}') }),
      step('patch', {
        action: 'patch',
        mergeStrategy: 'json',
        flags: ['configmap', 'cm'],
        manifest: '[{"op": "add", "path": "/data/b", "value": "2"}]',
      }),
      step(
        'read',
        { action: 'get', manifest: map('{}') },
        { parameters: [{ name: 'all', valueFrom: { jqFilter: '.data | tojson' } }] },
      ),
      step('drop', { action: 'delete', flags: ['cm/cm'] }),
    ]
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec: { entrypoint: 'main', templates } })
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    const read = Object.values(done.status?.nodes ?? {}).find((node) => node.displayName === 'read')
    expect(read?.outputs?.parameters?.[0]?.value).toBe('{"a":"1","b":"2"}')
    expect(controller.object('ConfigMap', 'default', 'cm')).toBeNull()
  })
})

describe('a resource template that fails', () => {
  const unknown = `
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: child-}
spec: {entrypoint: main, templates: [{name: main, resources: {}, container: {image: busybox}}]}
`
  const map = '{apiVersion: v1, kind: ConfigMap, metadata: {name: there}}'
  const strict =
    'no more retries Error from server (BadRequest): error when creating "/tmp/manifest.yaml": Workflow in version "v1alpha1" cannot be handled as a Workflow: strict decoding error: unknown field "spec.templates[0].resources"'
  const mapping =
    'no more retries error: resource mapping not found for name: "x" namespace: "" from "/tmp/manifest.yaml": no matches for kind "Bogus" in version "foo/v1"\nensure CRDs are installed first'
  it.each<[string, NonNullable<Template['resource']>, string]>([
    ['an unknown field', { action: 'create', manifest: unknown }, strict],
    [
      'an unknown kind',
      { action: 'create', manifest: '{apiVersion: foo/v1, kind: Bogus, metadata: {name: x}}' },
      mapping,
    ],
    [
      'an object that is there already',
      { action: 'create', manifest: map },
      'no more retries Error from server (AlreadyExists): error when creating "/tmp/manifest.yaml": configmaps "there" already exists',
    ],
    [
      'an object that is not there',
      { action: 'get', manifest: map.replace('there', 'nowhere') },
      'no more retries Error from server (NotFound): configmaps "nowhere" not found',
    ],
    [
      'a condition on a deletion',
      { action: 'delete', manifest: map, successCondition: 'a == b' },
      'successCondition, failureCondition and outputs are not supported for delete action',
    ],
  ])('on %s says so in the words of kubectl, in its log too', async (_what, resource, text) => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject('ConfigMap', 'default', { metadata: { name: 'there' } })
    await controller.createWorkflow('default', only('wf', { resource }))
    const done = await ended(controller, 'wf')
    expect(root(done)).toMatchObject({ phase: 'Failed', message: `main: Error (exit code 64): ${text}` })
    const lines: string[] = []
    for await (const { content } of controller.logs(
      'default',
      'wf',
      { podName: 'wf', container: 'main' },
      new AbortController().signal,
    ))
      lines.push(content)
    expect(lines.join('\n')).toBe(`Error: ${text}\n${text}\nError: exit status 64`)
  })
})

describe('a data template', () => {
  it('whose expression is wrong fails as its main container would', async () => {
    house = newHouse()
    const controller = await house.open()
    const source = { artifactPaths: { name: 'x', s3: { key: 'nothing' } } }
    await controller.createWorkflow(
      'default',
      only('wf', { data: { source, transformation: [{ expression: 'data + 1' }] } }),
    )
    const done = await ended(controller, 'wf')
    expect(root(done)?.phase).toBe('Failed')
    expect(root(done)?.message).toContain(
      'main: Error (exit code 64): unable to process data template: unable to process data transformation: error processing data step 0: invalid operation: + (mismatched types',
    )
  })
})

describe('claims', () => {
  const spec: Workflow['spec'] = {
    entrypoint: 'main',
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
    templates: [
      {
        name: 'main',
        container: { ...doing({ durationMs: 50 }), volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      },
    ],
  }

  it('are made before the first step and removed after a success', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec })
    await until(controller, 'wf', (now) => root(now)?.phase === 'Running')
    expect([...house.engine.volumes.keys()]).toEqual(['default-wf-data'])
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
    await eventually(() => house.engine.volumes.size === 0, 'the volume is removed')
    await eventually(() => controller.objects('PersistentVolumeClaim', '').length === 0, 'its object is removed')
  })

  it('go with their workflow when it is deleted', async () => {
    house = newHouse()
    const controller = await house.open()
    const failing = {
      ...spec,
      templates: [
        {
          name: 'main',
          container: { ...doing({ exitCode: 1 }), volumeMounts: [{ name: 'data', mountPath: '/data' }] },
        },
      ],
    }
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec: failing })
    await ended(controller, 'wf')
    expect(house.engine.volumes.size).toBe(1)
    await controller.deleteWorkflow('default', 'wf')
    await eventually(() => house.engine.volumes.size === 0, 'the volume is removed')
  })

  it('are removed at a start where a daemon that was overtaken had them made for a workflow that was over', async () => {
    house = newHouse()
    const first = await house.open()
    const lasting = (container: Parameters<typeof doing>[0]): Workflow['spec'] => ({
      ...spec,
      templates: [
        { name: 'main', container: { ...doing(container), volumeMounts: [{ name: 'data', mountPath: '/data' }] } },
      ],
    })
    await first.createWorkflow('default', { metadata: { name: 'over' }, spec })
    await first.createWorkflow('default', { metadata: { name: 'kept' }, spec: lasting({ exitCode: 1 }) })
    await first.createWorkflow('default', { metadata: { name: 'runs' }, spec: lasting({ forEver: true }) })
    const { metadata } = await ended(first, 'over')
    await ended(first, 'kept')
    await until(first, 'runs', (now) => root(now)?.phase === 'Running')
    await eventually(() => !house.engine.volumes.has('default-over-data'), 'the volume is removed')
    await first.drain()
    const late = new SimulatedRuntime(house.engine)
    const labels = { 'drydock.namespace': 'default', 'drydock.claim': 'over-data' }
    await late.ensureVolume('default-over-data', { ...labels, 'drydock.workflow-uid': metadata.uid ?? '' })
    await late.ensureVolume('mine', {})
    await house.open()
    await eventually(() => !house.engine.volumes.has('default-over-data'), 'it is removed once more')
    expect([...house.engine.volumes.keys()].sort()).toEqual(['default-kept-data', 'default-runs-data', 'mine'])
  })

  it('are removed at a start where a daemon that was overtaken had a pod prepared that mounts them', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', { metadata: { name: 'wf' }, spec })
    await eventually(() => house.engine.pods.size === 1, 'its pod stands')
    const [pod] = house.engine.pods.values()
    await ended(first, 'wf')
    await eventually(() => house.engine.volumes.size === 0, 'the volume is removed')
    await eventually(() => house.engine.pods.size === 0, 'the pod is removed')
    await first.drain()
    if (pod !== undefined) await new SimulatedRuntime(house.engine).prepare(pod.request)
    expect([...house.engine.volumes.keys()]).toEqual(['default-wf-data'])
    await house.open()
    await eventually(() => house.engine.volumes.size === 0, 'it is removed once more')
    expect(house.engine.pods.size).toBe(0)
  })

  it('are removed at a start as soon as the containers are gone that mount them', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', only('runs', { container: doing({ forEver: true }) }))
    const { metadata } = await until(first, 'runs', (now) => root(now)?.phase === 'Running')
    const [running] = house.engine.pods.values()
    if (running === undefined) throw new Error('no pod runs')
    await first.drain()
    const late = new SimulatedRuntime(house.engine)
    const labels = {
      'drydock.namespace': 'default',
      'drydock.claim': 'gone',
      'drydock.workflow-uid': 'of-nobody',
    }
    const volumes = [{ kind: 'claim', name: 'data', volumeName: 'default-gone', labels }] as const
    const id = podIdOf(`${metadata.uid ?? ''}.late`)
    await late.prepare({ ...running.request, identity: { ...running.request.identity, id }, volumes })
    await house.open()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([...house.engine.volumes.keys()]).toEqual(['default-gone'])
    await late.remove(id)
    await eventually(() => house.engine.volumes.size === 0, 'the volume is removed')
  })

  it('are waited for where a manifest names one that does not exist yet', async () => {
    house = newHouse()
    const controller = await house.open()
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'mine' } }]
    await controller.createWorkflow(
      'default',
      only('wf', { container: { ...doing(), volumeMounts: [{ name: 'data', mountPath: '/data' }] } }, { volumes }),
    )
    const waiting = await until(controller, 'wf', (now) => Boolean(root(now)?.message))
    expect(root(waiting)?.message).toBe('Unschedulable: persistentvolumeclaim "mine" not found')
    await controller.createObject('PersistentVolumeClaim', 'default', { metadata: { name: 'mine' }, spec: {} })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
  })
})

describe('outputs that are missing', () => {
  const volumes = [{ name: 'v', emptyDir: {} }]
  const mounted = { ...doing(), volumeMounts: [{ name: 'v', mountPath: '/v' }] }
  const parameters = [
    { name: 'a', valueFrom: { path: '/v/a' } },
    { name: 'b', valueFrom: { path: '/tmp/b', default: 'B' } },
  ]
  it.each<[string, Template['outputs'], string]>([
    [
      'a parameter, before which nothing else is told',
      { parameters, artifacts: [{ name: 'x', path: '/x' }] },
      'open /mainctrfs/v/a: no such file or directory',
    ],
    ['an artifact', { artifacts: [{ name: 'x', path: '/v/x' }] }, 'stat /mainctrfs/v/x: no such file or directory; '],
    [
      'an artifact as it is',
      { artifacts: [{ name: 'x', path: '/v/x', archive: { none: {} } }] },
      '/v/x no such file or directory; ',
    ],
    [
      'a file that is not on it',
      { artifacts: [{ name: 'x', path: '/vx', archive: { none: {} } }] },
      'open /var/run/argo/outputs/artifacts/vx.tgz: no such file or directory; ',
    ],
  ])('on a volume are looked for where Argo looks for them: %s', async (_what, outputs, text) => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', only('wf', { container: mounted, outputs }, { volumes }))
    const done = await ended(controller, 'wf')
    expect(root(done)).toMatchObject({ phase: 'Error', message: `wait: Error (exit code 64): ${text}` })
    expect(root(done)?.outputs?.parameters?.some(({ value }) => value !== undefined) === true).toBe(false)
  })
})

describe('artifacts', () => {
  const passing: Workflow['spec'] = {
    entrypoint: 'main',
    artifactGC: { strategy: 'OnWorkflowDeletion' },
    templates: [
      {
        name: 'main',
        steps: [
          [{ name: 'make', template: 'make' }],
          [
            {
              name: 'use',
              template: 'use',
              arguments: { artifacts: [{ name: 'in', from: '{{steps.make.outputs.artifacts.out}}' }] },
            },
          ],
        ],
      },
      {
        name: 'make',
        container: doing({ files: { '/tmp/out': 'content' } }),
        outputs: { artifacts: [{ name: 'out', path: '/tmp/out' }] },
      },
      {
        name: 'use',
        inputs: { artifacts: [{ name: 'in', path: '/in/file' }] },
        container: doing(),
        outputs: { parameters: [{ name: 'read', valueFrom: { path: '/in/file' } }] },
      },
    ],
  }

  it('pass from step to step and can be opened afterwards', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', { metadata: { name: 'wf' }, spec: passing })
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    const node = (name: string) =>
      Object.values(done.status?.nodes ?? {}).find(({ displayName }) => displayName === name)
    expect(node('use')?.outputs?.parameters?.[0]?.value).toBe('content')
    const handle = await controller.artifact(done, node('make')?.id ?? '', 'outputs', 'out')
    expect(handle.fileName).toBe('out.tgz')
    expect(await handle.list()).toHaveLength(1)
    await controller.deleteWorkflow('default', 'wf')
    expect(await handle.open()).toBeNull()
  })

  it('go before the workflow that is deleted in the background, also when the daemon ends in between', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', { metadata: { name: 'wf' }, spec: passing })
    const done = await ended(first, 'wf')
    const make = Object.values(done.status?.nodes ?? {}).find(({ displayName }) => displayName === 'make')
    const handle = await first.artifact(done, make?.id ?? '', 'outputs', 'out')
    await first.deleteWorkflow('default', 'wf', { background: true })
    const marked = await first.workflow('default', 'wf')
    expect(marked?.metadata.deletionTimestamp).toBeDefined()
    expect(marked?.metadata.finalizers).toEqual(['workflows.argoproj.io/artifact-gc'])
    expect(await handle.open()).not.toBeNull()
    await first.drain()
    const second = await house.open()
    await eventually(async () => (await second.workflow('default', 'wf')) === null, 'the workflow is gone')
    expect(await handle.open()).toBeNull()
  })

  it('that are missing make the node an error in the words of Argo', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow(
      'default',
      only('wf', { container: doing(), outputs: { artifacts: [{ name: 'out', path: '/tmp/none' }] } }),
    )
    expect((await ended(controller, 'wf')).status).toMatchObject({
      phase: 'Error',
      message:
        'wait: Error (exit code 64): open /var/run/argo/outputs/artifacts/tmp/none.tgz: no such file or directory; ',
    })
  })
})
