/** What a swarm does to pods: its own placing anew, machines drained, lost and back, and what people do to services. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerRequest, PodId, PodRequest, PodState } from '../../resources/index.ts'
import { podIdOf, workflowUid } from '../../resources/index.ts'
import { type OwnSwarm, type SwarmMember, ownSwarm } from '../../../test/swarm.ts'
import { EngineClient } from '../docker/client.ts'
import { list, record, textOr } from '../docker/wire.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { serviceNameOf } from './names.ts'
import { surveySwarm } from './survey.ts'
import { SwarmRuntime, type SwarmRuntimeOptions } from './swarm-runtime.ts'

const root = mkdtempSync(join(tmpdir(), 'drydock-swarm-'))
const marks = join(root, 'marks')
const instance = `swarm-traps-${randomUUID().slice(0, 8)}`
const uid = workflowUid(randomUUID())
let swarm: OwnSwarm
let count = 0

const socketOf = (member?: { readonly socket: string }) =>
  ({ kind: 'socket', path: member?.socket ?? '', source: 'test' }) as const

/** Every start of it writes a line. */
function podOf(
  script: string,
  more: Partial<PodRequest> & { readonly main?: Partial<ContainerRequest> } = {},
): PodRequest {
  count += 1
  const { main = {}, volumes = [], ...others } = more
  const name = `traps-${count}`
  const command = ['sh', '-c', `echo began >> /marks/${podIdOf(`${uid}.${name}.0`)}\n${script}`]
  const mounts = [{ volume: 'marks', mountPath: '/marks' }, ...(main.mounts ?? [])]
  return podRequest(uid, name, [mainContainer({ command, ...main, mounts })], {
    ...others,
    volumes: [{ kind: 'hostPath', name: 'marks', path: marks }, ...volumes],
  })
}

const beganTimes = ({ identity }: PodRequest): number => {
  const path = join(marks, identity.id)
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0
}

function house(options: Partial<SwarmRuntimeOptions> = {}) {
  const states = new Map<PodId, PodState[]>()
  const health: string[] = []
  const runtime = new SwarmRuntime({
    managers: [socketOf(swarm.members[0])],
    addressOf: ({ hostname }) => socketOf(swarm.members.find((one) => one.hostname === hostname)),
    instance,
    dataDir: join(root, 'data'),
    lookMs: 300,
    gpuKind: 'GPU',
    ...options,
  })
  runtime.observe(
    (state) => states.set(state.identity.id, [...(states.get(state.identity.id) ?? []), state]),
    (isHealthy, reason) => health.push(`${isHealthy} ${reason}`),
  )
  const phases = (pod: PodRequest) => (states.get(pod.identity.id) ?? []).map(({ phase }) => phase)
  const seen = async (pod: PodRequest, phase: PodState['phase']): Promise<PodState> => {
    await until(() => phases(pod).includes(phase))
    return (states.get(pod.identity.id) ?? []).find((one) => one.phase === phase) as PodState
  }
  const run = async (pod: PodRequest): Promise<PodState> => {
    await runtime.prepare(pod)
    await runtime.start(pod)
    return seen(pod, 'running')
  }
  return { runtime, states, health, phases, seen, run }
}

const until = (isSo: () => boolean | Promise<boolean>) => expect.poll(isSo).toBe(true)

const memberOf = (state: PodState): SwarmMember => {
  const found = swarm.members.find(({ hostname }) => hostname === state.hostNodeName)
  if (!found) throw new Error(`no member ${state.hostNodeName}`)
  return found
}
const onSecond = { 'kubernetes.io/hostname': 'ddt-2' }
const serviceOf = (pod: PodRequest): string => serviceNameOf(instance, pod.identity)

/** Those of the pod at the machine, running or not. */
async function containersAt(
  member: SwarmMember,
  pod: PodRequest,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new EngineClient(socketOf(member))
  try {
    const filters = JSON.stringify({ label: [`io.drydock.pod=${pod.identity.id}`, 'io.drydock.role=main'] })
    const rows = list(await client.json('list', 'GET', '/containers/json', { query: { all: true, filters } }))
    const ids = rows.map((row) => textOr(record(row).Id, ''))
    return await Promise.all(
      ids.map(async (id) => record(await client.json('inspect', 'GET', `/containers/${id}/json`))),
    )
  } finally {
    client.close()
  }
}

/** The machine that has it, by its name. */
async function machineOf(pod: PodRequest): Promise<string> {
  const id = await swarm.docker(
    'service',
    'inspect',
    serviceOf(pod),
    '--format',
    '{{index .Spec.Labels "io.drydock.machine"}}',
  )
  return (await swarm.docker('node', 'inspect', id.trim(), '--format', '{{.Description.Hostname}}')).trim()
}

const nodeIs = async (hostname: string, state: string): Promise<boolean> =>
  (await swarm.docker('node', 'inspect', hostname, '--format', '{{.Status.State}}')).trim() === state

beforeAll(async () => {
  mkdirSync(marks)
  const optionsOf = (number: number) => [1, 2].map((gpu) => `--node-generic-resource=GPU=gpu-${number}-${gpu}`)
  swarm = await ownSwarm({ name: 'ddt', size: 2, optionsOf })
})
afterAll(async () => {
  await swarm.remove()
  rmSync(root, { recursive: true, force: true })
})

describe('a pod in a swarm', () => {
  it('is one service of one task that is never begun again', async () => {
    const { runtime, run } = house()
    const pod = podOf('sleep 60')
    await run(pod)
    const spec = record(
      JSON.parse(await swarm.docker('service', 'inspect', serviceOf(pod), '--format', '{{json .Spec}}')),
    )
    expect(spec).toMatchObject({
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: { RestartPolicy: { Condition: 'none' } },
      Labels: { 'io.drydock.pod': pod.identity.id },
    })
    await runtime.remove(pod.identity.id)
    expect(await swarm.docker('service', 'ls', '-q', '--filter', `name=${serviceOf(pod)}`)).toBe('')
    await runtime.close()
  })

  it('does not begin again where Swarm makes its task anew', async () => {
    const { runtime, run, seen } = house()
    const pod = podOf('sleep 6; echo done')
    const began = await run(pod)
    await swarm.docker('service', 'update', '--force', '--detach', serviceOf(pod))
    const tasks = () => swarm.docker('service', 'ps', '-q', serviceOf(pod))
    await until(async () => (await tasks()).trim().split('\n').length === 2)
    const ended = await seen(pod, 'ended')
    expect(ended.containers[0]).toMatchObject({ exitCode: 0 })
    expect(ended.hostNodeName).toBe(began.hostNodeName)
    expect(beganTimes(pod)).toBe(1)
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('gives back what it held when it ends, and stays readable', async () => {
    const { runtime, run, seen } = house()
    const pod = podOf('echo result > /out; sleep 1', { main: { resources: { cpuRequest: 1.5 } } })
    await run(pod)
    await seen(pod, 'ended')
    const replicas = () =>
      swarm.docker('service', 'inspect', serviceOf(pod), '--format', '{{.Spec.Mode.Replicated.Replicas}}')
    await until(async () => (await replicas()).trim() === '0')
    expect(await runtime.readFiles(pod.identity.id, 'main', '/out')).not.toBeNull()
    expect((await runtime.list()).map(({ phase }) => phase)).toEqual(['ended'])
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('is gone where people remove its service, and what ran of it is ended', async () => {
    const { runtime, run, seen } = house()
    const pod = podOf('sleep 600')
    const member = memberOf(await run(pod))
    await swarm.docker('service', 'rm', serviceOf(pod))
    await seen(pod, 'gone')
    expect(await containersAt(member, pod)).toEqual([])
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('is gone where its containers were taken away while no daemon was there, and is not made again', async () => {
    const first = house()
    const pod = podOf('sleep 600')
    const member = memberOf(await first.run(pod))
    await first.runtime.close()
    const [container] = await containersAt(member, pod)
    await promisify(execFile)('docker', ['-H', member.host, 'rm', '-f', textOr(container?.Id, '')])
    const { runtime } = house()
    await expect(runtime.start(pod)).rejects.toMatchObject({ code: 'POD_DELETED', retryable: false })
    await until(async () => (await runtime.list()).every(({ phase }) => phase === 'gone'))
    expect(await containersAt(member, pod)).toEqual([])
    expect(beganTimes(pod)).toBe(1)
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('is placed anew where it was not begun when its machine was drained', async () => {
    const { runtime, seen } = house()
    const pod = podOf('sleep 1')
    await runtime.prepare(pod)
    const machine = await machineOf(pod)
    await swarm.docker('node', 'update', '--availability', 'drain', machine)
    try {
      await seen(pod, 'gone')
      await until(() =>
        runtime.prepare(pod).then(
          () => true,
          () => false,
        ),
      )
      await runtime.start(pod)
      expect((await seen(pod, 'ended')).hostNodeName).not.toBe(machine)
    } finally {
      await swarm.docker('node', 'update', '--availability', 'active', machine)
    }
    expect(beganTimes(pod)).toBe(1)
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('is gone where its machine is drained, and is not begun again by a daemon that knows less', async () => {
    const first = house()
    const pod = podOf(`trap 'echo ended >> /marks/term; exit 0' TERM; while :; do sleep 0.1; done`, {
      nodeSelector: onSecond,
    })
    await first.run(pod)
    await swarm.docker('node', 'update', '--availability', 'drain', 'ddt-2')
    try {
      await first.seen(pod, 'gone')
      expect(first.phases(pod)).not.toContain('ended')
      expect(readFileSync(join(marks, 'term'), 'utf8')).toBe('ended\n')
    } finally {
      await swarm.docker('node', 'update', '--availability', 'active', 'ddt-2')
    }
    await first.runtime.close()
    const second = house()
    expect((await second.runtime.list()).map(({ phase }) => phase)).toEqual(['gone'])
    await expect(second.runtime.prepare(pod)).rejects.toMatchObject({ code: 'POD_DELETED', retryable: false })
    await expect(second.runtime.start(pod)).rejects.toMatchObject({ code: 'POD_DELETED' })
    expect(beganTimes(pod)).toBe(1)
    await second.runtime.remove(pod.identity.id)
    expect(await second.runtime.list()).toEqual([])
    await second.runtime.close()
  })
})

describe('where a pod is placed', () => {
  it('follows names and labels of nodes, also those that Swarm has no words for', async () => {
    const { runtime, run } = house()
    await swarm.docker(
      'node',
      'update',
      '--label-add',
      'disk=ssd',
      '--label-add',
      'topology.kubernetes.io/zone=b',
      'ddt-2',
    )
    const [first, second] = swarm.members.map(({ hostname }) => hostname)
    const selectors: readonly [Record<string, string>, string | undefined][] = [
      [{ 'kubernetes.io/hostname': 'ddt-1', 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' }, first],
      [{ disk: 'ssd' }, second],
      [{ 'topology.kubernetes.io/zone': 'b' }, second],
    ]
    for (const [nodeSelector, host] of selectors) {
      const pod = podOf('sleep 60', { nodeSelector })
      expect((await run(pod)).hostNodeName).toBe(host)
      await runtime.remove(pod.identity.id)
    }
    const { nodes = [] } = await runtime.info()
    expect(nodes.map(({ name, labels }) => [name, labels.disk])).toEqual([
      ['ddt-1', undefined],
      ['ddt-2', 'ssd'],
    ])
    await runtime.close()
  })

  it('waits for room with the reason, and takes it when it comes', async () => {
    const { runtime, run } = house()
    const wide = (gpus: number) => podOf('sleep 60', { main: { resources: { memoryRequestBytes: gpus } } })
    const half = ((await runtime.info()).memoryBytes / 2) * 0.8
    const pods = [wide(half), wide(half), wide(half)] as const
    await run(pods[0])
    await run(pods[1])
    await expect(runtime.prepare(pods[2])).rejects.toMatchObject({
      code: 'UNSCHEDULABLE',
      retryable: true,
      message: expect.stringMatching(/^Unschedulable: no suitable node \(insufficient resources on 2 nodes\)/),
    })
    await runtime.remove(pods[0].identity.id)
    await until(async () => {
      try {
        await runtime.prepare(pods[2])
        return true
      } catch {
        return false
      }
    })
    for (const pod of pods) await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('is a machine that is taken out of service no longer, and again once it is back', async () => {
    const { runtime, health } = house()
    const pod = podOf('sleep 60', { nodeSelector: onSecond })
    await swarm.docker('node', 'update', '--availability', 'pause', 'ddt-2')
    await expect(runtime.prepare(pod)).rejects.toMatchObject({ code: 'UNSCHEDULABLE' })
    const small = await runtime.info()
    expect(small.warnings).toContain('node ddt-2 is out of service (pause)')
    const times = health.length
    await swarm.docker('node', 'update', '--availability', 'active', 'ddt-2')
    await until(() =>
      runtime.prepare(pod).then(
        () => true,
        () => false,
      ),
    )
    // The larger swarm was told, so that whoever keeps count asks how large.
    await until(() => health.length > times)
    expect((await runtime.info()).cpus).toBe(small.cpus * 2)
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('is never a machine whose engine nobody can reach', async () => {
    const { runtime, run } = house({ addressOf: () => null })
    const pod = podOf('sleep 60')
    expect((await run(pod)).hostNodeName).toBe('ddt-1')
    expect((await runtime.info()).warnings).toEqual([
      expect.stringMatching(/^node ddt-2: no address of its engine is known/),
    ])
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('is where its claim is, once a first pod has settled that', async () => {
    const { runtime, run, seen } = house()
    const volumeName = `traps-${uid.slice(0, 8)}`
    const claim = { kind: 'claim', name: 'data', volumeName } as const
    const main = { mounts: [{ volume: 'data', mountPath: '/data' }] }
    await runtime.ensureVolume(volumeName, {})
    const writer = podOf('echo kept > /data/f; sleep 1', { volumes: [claim], main, nodeSelector: onSecond })
    await run(writer)
    await seen(writer, 'ended')
    const readers = [1, 2, 3].map(() => podOf('cat /data/f; sleep 5', { volumes: [claim], main }))
    for (const reader of readers) expect((await run(reader)).hostNodeName).toBe('ddt-2')
    const astray = podOf('true', { volumes: [claim], main, nodeSelector: { 'kubernetes.io/hostname': 'ddt-1' } })
    await expect(runtime.prepare(astray)).rejects.toMatchObject({ code: 'UNSCHEDULABLE' })
    for (const pod of [writer, ...readers, astray]) await runtime.remove(pod.identity.id)
    await runtime.removeVolume(volumeName)
    expect(await swarm.docker('config', 'ls', '-q')).toBe('')
    await runtime.close()
  })

  it('tells of a volume that outlived its claim on a machine, with the labels of the claim, and removes it', async () => {
    const { runtime, run } = house()
    const volumeName = `traps-stray-${uid.slice(0, 8)}`
    const labels = { 'drydock.claim': 'stray', 'drydock.namespace': 'default', 'drydock.workflow-uid': uid }
    const volumes = [{ kind: 'claim', name: 'data', volumeName } as const]
    const main = { mounts: [{ volume: 'data', mountPath: '/data' }] }
    await runtime.ensureVolume(volumeName, labels)
    const pod = podOf('sleep 60', { volumes, main, nodeSelector: onSecond })
    await run(pod)
    await runtime.remove(pod.identity.id)
    // As where the making of the volume comes through late, after the claim was removed.
    await swarm.docker('config', 'rm', ...(await swarm.docker('config', 'ls', '-q')).split('\n').filter(Boolean))
    const told = async () => (await runtime.volumes()).filter(({ name }) => name === volumeName)
    expect(await told()).toEqual([{ name: volumeName, labels }])
    await runtime.removeVolume(volumeName)
    expect(await told()).toEqual([])
    await runtime.close()
  })

  it('gives a pod the GPUs that Swarm holds for it', async () => {
    const { runtime } = house()
    const pods = [1, 2].map(() => podOf('true', { main: { resources: { gpus: 2 } } }))
    const ids: string[][] = []
    for (const pod of pods) {
      await runtime.prepare(pod)
      const found = (await Promise.all(swarm.members.map((member) => containersAt(member, pod)))).flat()
      const requests = list(record(found[0]?.HostConfig).DeviceRequests)
      ids.push((record(requests[0]).DeviceIDs as string[]).sort())
    }
    expect(ids.sort()).toEqual([
      ['gpu-1-1', 'gpu-1-2'],
      ['gpu-2-1', 'gpu-2-2'],
    ])
    for (const pod of pods) await runtime.remove(pod.identity.id)
    await runtime.close()
  })
})

describe('the managers of a swarm', () => {
  it('are asked one after the other; engines that are none are told apart', async () => {
    const worker = socketOf(swarm.members[1])
    const lone = house({ managers: [worker], dataDir: join(root, 'lone') })
    await expect(lone.runtime.info()).rejects.toMatchObject({
      code: 'NO_SWARM_MANAGER',
      message: expect.stringContaining('is a worker of a swarm'),
    })
    await until(() => lone.health.some((one) => one.startsWith('false')))
    await lone.runtime.close()
    const away = { kind: 'socket', path: '/nonexistent.sock', source: 'test' } as const
    const { runtime } = house({ managers: [away, worker, socketOf(swarm.members[0])], dataDir: join(root, 'three') })
    expect((await runtime.info()).nodes).toHaveLength(2)
    await runtime.close()
  })
})

describe('a survey of a swarm', () => {
  it('tells of each node whether its engine can be used, and why not', async () => {
    const [first, second] = swarm.members
    const wrong = ({ hostname }: { readonly hostname: string }) => (hostname === 'ddt-2' ? socketOf(first) : null)
    const survey = await surveySwarm({ managers: [socketOf(first)], addressOf: wrong })
    expect(survey).toMatchObject({
      ok: true,
      managers: 1,
      nodes: [
        { hostname: 'ddt-1', state: 'ready', address: first?.host, trouble: '' },
        { hostname: 'ddt-2', trouble: 'another engine answers there' },
      ],
    })
    const none = await surveySwarm({ managers: [socketOf(first)], addressOf: () => null })
    expect(none).toMatchObject({ nodes: [{ trouble: '' }, { address: null, trouble: 'no address is known' }] })
    const lost = await surveySwarm({ managers: [socketOf(second)], addressOf: () => null })
    expect(lost).toMatchObject({ ok: false, reason: expect.stringContaining('is a worker of a swarm') })
  })
})

describe('a machine of a swarm', () => {
  it('that the swarm has given up keeps its pods where its engine is heard of, though their tokens go', async () => {
    const { runtime, run, seen } = house({ lostAfterMs: 1_000 })
    const pod = podOf('sleep 12; echo done', { nodeSelector: onSecond })
    await run(pod)
    await swarm.partition(2, true)
    await until(() => nodeIs('ddt-2', 'down'))
    await swarm.partition(2, false)
    await until(() => nodeIs('ddt-2', 'ready'))
    const ended = await seen(pod, 'ended')
    expect(ended.containers[0]).toMatchObject({ exitCode: 0 })
    expect(beganTimes(pod)).toBe(1)
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('whose engine is killed and comes back in time tells how its pods ended', async () => {
    const { runtime, run, seen } = house()
    const pod = podOf('exec sleep 600', { nodeSelector: onSecond })
    const member = memberOf(await run(pod))
    await member.stop('SIGKILL')
    await until(() => nodeIs('ddt-2', 'down'))
    await expect(runtime.readFiles(pod.identity.id, 'main', '/etc')).rejects.toMatchObject({ retryable: true })
    expect((await runtime.list()).map(({ phase }) => phase)).toEqual(['created'])
    await member.start()
    // An engine of a swarm cannot keep containers over its own restart (live-restore): it ends them.
    const ended = await seen(pod, 'ended')
    expect([137, 143]).toContain(ended.containers[0]?.exitCode)
    expect(beganTimes(pod)).toBe(1)
    await until(() => nodeIs('ddt-2', 'ready'))
    await runtime.remove(pod.identity.id)
    await runtime.close()
  })

  it('that is lost loses its pods: they are gone, are not begun again, and are cleared when it is back', async () => {
    const { runtime, run, seen } = house({ lostAfterMs: 1_000 })
    const pod = podOf('sleep 600', { nodeSelector: onSecond })
    const member = memberOf(await run(pod))
    const [container] = await containersAt(member, pod)
    await member.stop('SIGKILL')
    await seen(pod, 'gone')
    await expect(runtime.prepare(pod)).rejects.toMatchObject({ code: 'POD_DELETED', retryable: false })
    const next = podOf('sleep 60')
    expect((await run(next)).hostNodeName).toBe('ddt-1')
    await runtime.remove(pod.identity.id)
    // Its container has run on all the while, with nobody left who wants it.
    expect(existsSync(`/proc/${String(record(container?.State).Pid)}`)).toBe(true)
    await member.start()
    await until(async () => (await containersAt(member, pod)).length === 0)
    expect(beganTimes(pod)).toBe(1)
    expect((await runtime.list()).map(({ identity }) => identity.name)).toEqual([next.identity.name])
    await runtime.remove(next.identity.id)
    await runtime.close()
  })
})
