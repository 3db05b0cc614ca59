import { afterEach, describe, expect, it } from 'vitest'
import type { Template, Workflow, WorkflowSpec } from '../../resources/index.ts'
import { doing, ended, eventually, newHouse, until } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import type { RunningController } from '../controller.ts'

let house: House
afterEach(() => house.close())

const two = { a: { labels: { disk: 'hdd' } }, b: { labels: { disk: 'ssd' } } }
const forEver = doing({ forEver: true })
const single = (name: string, container: Template['container'], more: Partial<WorkflowSpec> = {}): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ name: 'main', container }], ...more },
})
const nodesOf = (workflow: Workflow) => Object.values(workflow.status?.nodes ?? {})
const podsOf = (workflow: Workflow) => nodesOf(workflow).filter(({ type }) => type === 'Pod')
const hostsOf = (workflow: Workflow) => podsOf(workflow).map(({ hostNodeName }) => hostNodeName)
const isRunning = (workflow: Workflow) => podsOf(workflow).some(({ phase }) => phase === 'Running')
const hasMessage = (part: string) => (workflow: Workflow) =>
  podsOf(workflow).some(({ message = '' }) => message.includes(part))
const startsOf = (name: string) => [...(house.engines.get(name)?.starts.values() ?? [])]
const away = (name: string) => house.runtimes.get(name)?.setHealthy(false, 'no route to host')
const back = (name: string) => house.runtimes.get(name)?.setHealthy(true)
const endAll = (name: string) => {
  const engine = house.engines.get(name)
  for (const pod of engine?.pods.values() ?? []) engine?.stop(pod, 0)
}
const heard = (controller: RunningController) =>
  eventually(() => controller.snapshot().endpoints.every(({ ok }) => ok), 'all endpoints answer')

describe('pods on several endpoints', () => {
  it('go where their nodeSelector says, and their nodes say where they were', async () => {
    house = newHouse({ endpoints: two })
    const controller = await house.open()
    for (const [name, disk] of [
      ['w1', 'ssd'],
      ['w2', 'hdd'],
      ['w3', 'ssd'],
    ] as const)
      await controller.createWorkflow('default', single(name, doing(), { nodeSelector: { disk } }))
    expect(hostsOf(await ended(controller, 'w1'))).toEqual(['b'])
    expect(hostsOf(await ended(controller, 'w2'))).toEqual(['a'])
    expect(hostsOf(await ended(controller, 'w3'))).toEqual(['b'])
    expect(startsOf('b')).toEqual([1, 1])
  })

  it('wait, and say so, where no endpoint fits, and go when its labels do', async () => {
    house = newHouse({ endpoints: two })
    const controller = await house.open()
    await controller.createWorkflow('default', single('wf', doing(), { nodeSelector: { gpu: 'yes' } }))
    const why = "Unschedulable: 0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."
    await until(controller, 'wf', hasMessage(why))
    const told = await controller.explain('default', 'wf')
    expect(told.waits).toMatchObject([{ kind: 'capacity' }])
    expect(told.sentences.join(' ')).toContain('on a 0 of')
    const problems = await controller.lintWorkflow('default', single('x', doing(), { nodeSelector: { gpu: 'yes' } }))
    expect(problems).toMatchObject([{ path: 'spec.nodeSelector', rule: 'no-endpoint' }])
    expect(await controller.lintWorkflow('default', single('x', doing(), { nodeSelector: { disk: 'ssd' } }))).toEqual(
      [],
    )
  })

  it('respect what each endpoint has, and are spread over them', async () => {
    house = newHouse({ endpoints: { a: { cpus: 2 }, b: { cpus: 1 } } })
    const controller = await house.open()
    await heard(controller)
    const container = { ...forEver, resources: { requests: { cpu: '1' } } }
    for (let i = 0; i < 4; i += 1) await controller.createWorkflow('default', single(`w${i}`, container))
    await eventually(() => startsOf('a').length === 2 && startsOf('b').length === 1, 'both are full')
    const pending = await until(controller, 'w3', hasMessage('0/2 nodes are available: 2 Insufficient cpu.'))
    expect(pending.status?.phase).toBe('Running')
    const [a, b] = controller.snapshot().endpoints
    expect([a?.used.cpus, b?.used.cpus, a?.pods, b?.pods]).toEqual([2, 1, 2, 1])
  })

  it('wait for their endpoint when it goes away, while new ones go elsewhere; nothing is lost or doubled', async () => {
    house = newHouse({ endpoints: two })
    const controller = await house.open()
    await controller.createWorkflow('default', single('old', forEver, { nodeSelector: { disk: 'ssd' } }))
    await until(controller, 'old', isRunning)
    away('b')
    await controller.createWorkflow('default', single('new', doing()))
    expect(hostsOf(await ended(controller, 'new'))).toEqual(['a'])
    await controller.createWorkflow('default', single('tied', doing(), { nodeSelector: { disk: 'ssd' } }))
    const taint = '1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }'
    await until(controller, 'tied', hasMessage(taint))
    expect(controller.readiness().ready).toBe(true)
    expect((await controller.explain('default', 'old')).sentences.join(' ')).toMatch(
      /old was last seen running on b, which does not answer: endpoint b is away: no route to host/,
    )
    back('b')
    endAll('b')
    expect((await ended(controller, 'old')).status?.phase).toBe('Failed')
    expect((await ended(controller, 'tied')).status?.phase).toBe('Succeeded')
    expect([startsOf('a'), startsOf('b')]).toEqual([[1], [1, 1]])
  })

  it('are not run again where they may be running on an endpoint that does not answer after a restart', async () => {
    house = newHouse({ endpoints: two })
    const first = await house.open()
    await first.createWorkflow('default', single('on-b', forEver, { nodeSelector: { disk: 'ssd' } }))
    await first.createWorkflow('default', single('on-a', forEver, { nodeSelector: { disk: 'hdd' } }))
    for (const name of ['on-a', 'on-b']) await until(first, name, isRunning)
    await first.drain()
    const second = await house.open({ away: ['b'] })
    endAll('a')
    expect((await ended(second, 'on-a')).status?.phase).toBe('Failed')
    await second.createWorkflow('default', single('new', doing()))
    expect(hostsOf(await ended(second, 'new'))).toEqual(['a'])
    expect((await second.workflow('default', 'on-b'))?.status?.phase).toBe('Running')
    back('b')
    await heard(second)
    endAll('b')
    const done = await ended(second, 'on-b')
    expect(podsOf(done)[0]?.message).not.toContain('pod deleted')
    expect([startsOf('a'), startsOf('b')]).toEqual([[1, 1], [1]])
  })

  it('are not run elsewhere though nothing was ever heard of them, once they were sent to an endpoint', async () => {
    house = newHouse({ endpoints: two })
    // The commit that says where it goes is the last one: what became of the start is not known.
    const isPlacement = (change: { readonly kind: string; readonly collection?: string }) =>
      change.collection === 'placement'
    let isPlaced = false
    const first = await house.open({
      fault: (changes) => {
        if (isPlaced) return { kind: 'refuse', code: 'STORE_DOWN' }
        isPlaced = changes.some((change) => isPlacement(change) && 'key' in change && change.key !== 'complete')
        return null
      },
    })
    await first.createWorkflow('default', single('wf', forEver, { nodeSelector: { disk: 'ssd' } }))
    await eventually(() => startsOf('b').length === 1, 'it runs')
    void first.drain().catch(() => {})
    const second = await house.open({ away: ['b'] })
    await until(second, 'wf', hasMessage('EndpointAway: endpoint b'))
    expect((await second.explain('default', 'wf')).sentences.join(' ')).toContain('It is not run elsewhere.')
    back('b')
    await until(second, 'wf', isRunning)
    endAll('b')
    await ended(second, 'wf')
    expect([startsOf('a'), startsOf('b')]).toEqual([[], [1]])
  })

  it('of an endpoint that comes late and nobody wants any more are removed', async () => {
    house = newHouse({ endpoints: two })
    const first = await house.open()
    await first.createWorkflow('default', single('wf', forEver, { nodeSelector: { disk: 'ssd' } }))
    await until(first, 'wf', isRunning)
    await first.drain()
    const second = await house.open({ away: ['b'] })
    await second.deleteWorkflow('default', 'wf')
    expect(house.engines.get('b')?.pods.size).toBe(1)
    back('b')
    await eventually(() => house.engines.get('b')?.pods.size === 0, 'its containers are gone')
  })

  it('that share a volume follow it', async () => {
    house = newHouse({ endpoints: two })
    const controller = await house.open()
    const volumeMounts = [{ name: 'work', mountPath: '/work' }]
    const steps = (count: number) =>
      Array.from({ length: count }, (_, i) => [
        { name: `x${i}`, template: 'use' },
        { name: `y${i}`, template: 'use' },
      ])
    await controller.createWorkflow('default', {
      metadata: { name: 'wf' },
      spec: {
        entrypoint: 'main',
        volumeClaimTemplates: [
          {
            metadata: { name: 'work' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
        templates: [
          { name: 'main', steps: steps(3) },
          { name: 'use', container: { ...doing({ durationMs: 5 }), volumeMounts } },
        ],
      },
    })
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    expect(new Set(hostsOf(done)).size).toBe(1)
    const [host] = hostsOf(done)
    const other = host === 'a' ? 'b' : 'a'
    expect(house.engines.get(other)?.volumes.size).toBe(0)
    await eventually(() => house.engines.get(host ?? '')?.volumes.size === 0, 'the volume is gone')
  })

  it('have their volume made anew where a claim of that name was there before', async () => {
    house = newHouse({ endpoints: two })
    const controller = await house.open()
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const withClaim = (container: Template['container']) =>
      single(
        'wf',
        { ...container, volumeMounts: [{ name: 'work', mountPath: '/work' }] },
        {
          nodeSelector: { disk: 'ssd' },
          volumeClaimTemplates: [{ metadata: { name: 'work' }, spec: claim }],
        },
      )
    await controller.createWorkflow('default', withClaim(doing()))
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
    await controller.deleteWorkflow('default', 'wf')
    await eventually(() => controller.objects('PersistentVolumeClaim', '').length === 0, 'the claim is gone')
    await controller.createWorkflow('default', withClaim(forEver))
    await until(controller, 'wf', isRunning)
    expect([...(house.engines.get('b')?.volumes.keys() ?? [])]).toHaveLength(1)
  })

  it('that name the address of a daemon follow it', async () => {
    house = newHouse({ endpoints: two })
    const controller = await house.open()
    const ask = Array.from({ length: 4 }, (_, i) => ({
      name: `ask${i}`,
      template: 'ask',
      arguments: { parameters: [{ name: 'ip', value: '{{steps.server.ip}}' }] },
    }))
    await controller.createWorkflow('default', {
      metadata: { name: 'wf' },
      spec: {
        entrypoint: 'main',
        templates: [
          { name: 'main', steps: [[{ name: 'server', template: 'server' }], ask] },
          { name: 'server', daemon: true, container: forEver },
          {
            name: 'ask',
            inputs: { parameters: [{ name: 'ip' }] },
            container: { ...doing(), env: [{ name: 'SERVER', value: 'http://{{inputs.parameters.ip}}:80' }] },
          },
        ],
      },
    })
    expect(new Set(hostsOf(await ended(controller, 'wf'))).size).toBe(1)
  })

  it('are tried again on another endpoint where the strategy says so, and wait where there is none left', async () => {
    house = newHouse({ endpoints: two })
    const controller = await house.open()
    const retryStrategy = { limit: '2', affinity: { nodeAntiAffinity: {} } }
    await controller.createWorkflow('default', {
      metadata: { name: 'wf' },
      spec: { entrypoint: 'main', templates: [{ name: 'main', retryStrategy, container: doing({ exitCode: 1 }) }] },
    })
    const waits = await until(controller, 'wf', hasMessage("2 node(s) didn't match Pod's node affinity/selector."))
    expect(hostsOf(waits).slice(0, 2).sort()).toEqual(['a', 'b'])
    expect(podsOf(waits).map(({ phase }) => phase)).toEqual(['Failed', 'Failed', 'Pending'])
  })

  it('leave no records behind', async () => {
    house = newHouse({ endpoints: two })
    const controller = await house.open()
    for (let i = 0; i < 5; i += 1) await controller.createWorkflow('default', single(`w${i}`, doing()))
    for (let i = 0; i < 5; i += 1) await ended(controller, `w${i}`)
    const { openMemoryStore } = await import('../../store/index.ts')
    const left = async () => [...(await openMemoryStore({ disk: house.disk }).records('placement')).keys()]
    await eventually(async () => (await left()).join() === 'complete', 'all records are struck')
  })
})
