/** Docker's own traps, each with the practice that the adapter keeps: on a real engine. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { extract, pack } from 'tar-stream'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type ContainerRequest,
  type PodRequest,
  type PodState,
  type ProbeAction,
  podIdOf,
  workflowUid,
} from '../../resources/index.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { finishClaim } from './claims.ts'
import { EngineClient } from './client.ts'
import { findEngine } from './connection.ts'
import { DockerRuntime } from './docker-runtime.ts'
import { EngineCalls } from './engine-calls.ts'
import { containerName, label, sandboxNameOf } from './names.ts'
import { pauseImage } from './pause-image.ts'
import { sandboxBody } from './sandbox-body.ts'

const found = await findEngine()
if (!found.found) throw new Error(found.message)
const engine = found.address
const dataDir = mkdtempSync(join(tmpdir(), 'drydock-traps-'))
const instance = `runtime-traps-${randomUUID().slice(0, 8)}`
const uid = workflowUid(randomUUID())
const said: string[] = []
const runtime = new DockerRuntime({ engine, instance, dataDir, log: (_level, message) => said.push(message) })
const calls = new EngineCalls(new EngineClient(engine))
const states: PodState[] = []
const wakers = new Set<() => void>()
const patient = { timeout: 60_000 }
runtime.observe(
  (state) => {
    states.push(state)
    for (const wake of wakers) wake()
  },
  () => {},
)
let count = 0

function podOf(main: Partial<ContainerRequest>, more: Partial<PodRequest> = {}): PodRequest {
  count += 1
  return podRequest(uid, `traps-${count}`, [mainContainer(main)], more)
}

const sh = (script: string): Pick<ContainerRequest, 'command'> => ({ command: ['sh', '-c', script] })

function seen(pod: PodRequest, isIt: (state: PodState) => boolean): Promise<PodState> {
  return new Promise((resolve) => {
    const look = (): void => {
      const state = states.find((one) => one.identity.id === pod.identity.id && isIt(one))
      if (!state) return
      wakers.delete(look)
      resolve(state)
    }
    wakers.add(look)
    look()
  })
}

async function run(pod: PodRequest): Promise<PodState['containers'][number]> {
  await runtime.prepare(pod)
  await runtime.start(pod)
  const state = await seen(pod, (one) => one.phase === 'ended' || one.phase === 'gone')
  const main = state.containers[0]
  if (!main) throw new Error('a pod without containers')
  return main
}

const stdoutOf = async (pod: PodRequest): Promise<string> =>
  Buffer.from(await runtime.readStdout(pod.identity.id, 'main', 10_000_000)).toString()

async function filesOf(pod: PodRequest, path: string): Promise<Record<string, string>> {
  const tar = await runtime.readFiles(pod.identity.id, 'main', path)
  const files: Record<string, string> = {}
  if (!tar) return files
  for await (const entry of Readable.from(tar).pipe(extract())) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    files[entry.header.name] = Buffer.concat(chunks).toString()
  }
  return files
}

afterAll(async () => {
  await runtime.forget(uid)
  await runtime.close()
  calls.client.close()
  rmSync(dataDir, { recursive: true, force: true })
})

describe('ends of containers', () => {
  it.each([
    ['a command that is not in PATH', ['nope'], 'exec: "nope": executable file not found in $PATH'],
    ['a path that does not exist', ['/no/pe'], 'exec: "/no/pe": stat /no/pe: no such file or directory'],
    ['a file that may not be executed', ['/etc/passwd'], 'exec: "/etc/passwd": permission denied'],
  ])('gives %s exit code 64 and the words of Argo', async (_what, command, reason) => {
    const pod = podOf({ command })
    const message = `failed to find name in PATH: ${reason}`
    expect(await run(pod)).toMatchObject({ exitCode: 64, reason: 'Error', message })
    const log: string[] = []
    for await (const line of runtime.logs(pod.identity.id, 'main', {})) log.push(line.text)
    expect(log).toEqual([`Error: ${message}`, message])
  })

  it('tries a member of a containerSet once only whose command cannot be executed, and others as often as is said', async () => {
    const retry = { tries: 2, pauseMs: 0 }
    const pod = podOf({ ...sh('echo tried; exit 1'), retry })
    const [failing] = pod.containers
    if (!failing) throw new Error('a pod without containers')
    const containers = [failing, { ...failing, name: 'c2', command: ['invalid', 'command'] }]
    await run({ ...pod, containers })
    const state = await seen(pod, (one) => one.phase === 'ended')
    expect(state.containers.map((one) => one.exitCode)).toEqual([1, 64])
    const logged = async (name: string): Promise<string[]> => {
      const lines: string[] = []
      for await (const line of runtime.logs(pod.identity.id, name, {})) lines.push(line.text)
      return lines
    }
    expect((await logged('main')).filter((text) => text === 'tried')).toHaveLength(2)
    expect((await logged('c2')).filter((text) => text.startsWith('Error: failed to find name'))).toHaveLength(1)
  })

  it.each([
    ['exits with 127 by itself', 'exit 127', { exitCode: 127, reason: 'Error' }],
    ['kills itself with TERM', 'kill -TERM $$', { exitCode: 143, reason: 'Error' }],
    ['kills itself with KILL', 'kill -KILL $$', { exitCode: 137, reason: 'Error' }],
  ])('takes the code of a shell that %s', async (_what, script, end) => {
    expect(await run(podOf(sh(script)))).toMatchObject(end)
  })

  it('tells a kill for want of memory from others', async () => {
    const memory = { memoryLimitBytes: 30 * 1024 * 1024 }
    const greedy = podOf({ ...sh('tail -c 300m /dev/zero'), resources: memory })
    expect(await run(greedy)).toMatchObject({ exitCode: 137, reason: 'OOMKilled' })
  })

  it('raises a memory limit that Docker would refuse', async () => {
    expect(
      await run(podOf({ ...sh('true'), resources: { memoryLimitBytes: 1024 * 1024, cpuLimit: 0.5 } })),
    ).toMatchObject({
      exitCode: 0,
    })
  })

  it('takes a listener that throws neither for trouble of the pod nor of the engine', async () => {
    const healths: boolean[] = []
    const thrower = runtime.observe(
      () => {
        throw new RangeError('a listener broke')
      },
      (isHealthy) => healths.push(isHealthy),
    )
    expect(await run(podOf(sh('true')))).toMatchObject({ exitCode: 0 })
    thrower.close()
    expect(said).toContain('a listener broke on the state of a pod')
    expect(healths).toEqual([true])
  })

  it('reports a pod whose containers were removed behind our back as gone', async () => {
    const pod = podOf(sh('sleep 100'))
    await runtime.prepare(pod)
    await runtime.start(pod)
    await calls.remove(containerName(pod.identity.id, 'main'))
    expect((await seen(pod, (one) => one.phase === 'gone')).phase).toBe('gone')
  })

  it('tells a file that is not there from a container that is not there any more', async () => {
    const pod = podOf(sh('true'))
    await run(pod)
    expect(await runtime.readFiles(pod.identity.id, 'main', '/nothing')).toBeNull()
    await calls.remove(containerName(pod.identity.id, 'main'))
    const read = runtime.readFiles(pod.identity.id, 'main', '/bin')
    await expect(read).rejects.toMatchObject({ code: 'POD_GONE', retryable: false })
  })

  it('reports a pod as gone of which a container that was to come was removed while nobody looked', async () => {
    const own = { engine, instance: `${instance}-away`, dataDir: join(dataDir, 'away') }
    const first = new DockerRuntime(own)
    const script = mainContainer({ name: 'first', ...sh('sleep 1') })
    const then = mainContainer({ name: 'then', ...sh('true'), dependencies: ['first'] })
    count += 1
    const pod = podRequest(uid, `traps-${count}`, [script, then])
    await first.prepare(pod)
    await first.start(pod)
    await first.close()
    const hasStarted = async () => (await calls.inspect(containerName(pod.identity.id, 'first')))?.status !== 'created'
    while (!(await hasStarted())) await new Promise((resolve) => setTimeout(resolve, 50))
    await calls.remove(containerName(pod.identity.id, 'then'))
    const next = new DockerRuntime(own)
    const listed = await next.list()
    expect(listed.filter(({ phase }) => phase !== 'gone')).toEqual([])
    await next.forget(uid)
    await next.close()
    expect(await calls.listOwn(own.instance)).toEqual([])
  })

  it.each(['engine', 'log'] as const)(
    'makes no pod anew that has run and was removed, as the %s tells',
    async (who) => {
      const own = { engine, instance: `${instance}-${who}`, dataDir: join(dataDir, who) }
      const first = new DockerRuntime(own)
      const pod = podOf(sh('echo once; sleep 0.2'))
      const other = podOf(sh('true'))
      await first.list()
      await first.prepare(pod)
      await first.start(pod)
      await expect.poll(async () => (await first.list())[0]?.phase, patient).toBe('ended')
      await first.readStdout(pod.identity.id, 'main', 100)
      await first.close()
      await calls.remove(containerName(pod.identity.id, 'main'))
      const next = new DockerRuntime({ ...own, dataDir: who === 'log' ? own.dataDir : join(dataDir, 'elsewhere') })
      if (who === 'engine') await next.list()
      await expect(next.prepare(pod)).rejects.toMatchObject({ code: 'POD_GONE', retryable: false })
      await next.prepare(other)
      expect((await next.list()).map(({ identity }) => identity.id)).toEqual([other.identity.id])
      await next.forget(uid)
      await next.close()
    },
  )

  it('makes a volume that another daemon on the engine has just finished', async () => {
    const body = { Image: pauseImage, Labels: { [label.instance]: instance } }
    const id = (await calls.create(`drydock.claim.${instance}`, body)) ?? ''
    await calls.remove(id)
    await expect(finishClaim(calls, { id, state: 'created' })).resolves.toBeUndefined()
  })

  it('tells of a pod whose network is gone that it may be made anew, and starts it then', async () => {
    const own = { engine, instance: `${instance}-orphan`, dataDir: join(dataDir, 'orphan') }
    const runtime = new DockerRuntime(own)
    const pod = podOf(sh('sleep 100'))
    await runtime.list()
    const id = await calls.create(
      sandboxNameOf(pod.identity.id),
      sandboxBody({ instance: own.instance, home: '', network: 'default' }, pod.identity),
    )
    await runtime.prepare(pod)
    await calls.remove(id ?? '')
    await expect(runtime.start(pod)).rejects.toMatchObject({ code: 'POD_UNSTARTABLE', retryable: true })
    await runtime.remove(pod.identity.id)
    await runtime.prepare(pod)
    await runtime.start(pod)
    expect((await runtime.list())[0]?.phase).toBe('running')
    await runtime.remove(pod.identity.id)
    await runtime.forget(uid)
    await runtime.close()
    expect(await calls.listOwn(own.instance)).toEqual([])
  })

  it('starts a pod that is made anew though the sandbox of its earlier life is gone', async () => {
    const own = { engine, instance: `${instance}-anew`, dataDir: join(dataDir, 'anew') }
    const first = new DockerRuntime(own)
    const pod = podOf(sh('sleep 100'))
    // One leaves a sandbox, which the next takes.
    const before = podOf(sh('true'))
    await first.prepare(before)
    await first.start(before)
    await expect.poll(async () => (await first.list())[0]?.phase, patient).toBe('ended')
    await first.prepare(pod)
    const names = async () => (await calls.listOwn(own.instance)).map(({ name }) => name)
    await expect.poll(names, patient).toContain(sandboxNameOf(pod.identity.id))
    await first.list()
    await first.close()
    await calls.remove(containerName(pod.identity.id, 'main'))
    const next = new DockerRuntime(own)
    await next.list()
    await next.prepare(pod)
    const sandboxes = (await calls.listOwn(own.instance)).filter(({ labels }) => labels[label.role] === 'sandbox')
    expect(sandboxes).not.toEqual([])
    for (const { id } of sandboxes) await calls.remove(id)
    await next.start(pod)
    const state = (await next.list()).find(({ identity }) => identity.id === pod.identity.id)
    expect(state?.containers[0]?.state).toBe('running')
    await next.remove(pod.identity.id)
    await next.forget(uid)
    await next.close()
    expect(await calls.listOwn(own.instance)).toEqual([])
  })

  it('reports a pod whose container is removed right before its start as gone, and not as one that cannot run', async () => {
    const pod = podOf(sh('true'))
    await runtime.prepare(pod)
    runtime.guard(() => calls.remove(containerName(pod.identity.id, 'main')))
    await runtime.start(pod).catch(() => {})
    const state = await seen(pod, (one) => one.phase === 'ended' || one.phase === 'gone')
    runtime.guard(() => Promise.resolve())
    expect(state.phase).toBe('gone')
  })
})

describe('commands and surroundings', () => {
  it('creates a working directory that the image lacks, sets HOSTNAME and gives a terminal', async () => {
    const pod = podOf({ ...sh('pwd; echo $HOSTNAME; tty'), workingDir: '/new/place', tty: true, stdin: true })
    expect(await run(pod)).toMatchObject({ exitCode: 0 })
    const [directory, hostname, terminal] = (await stdoutOf(pod)).split('\r\n')
    expect([directory, hostname]).toEqual(['/new/place', pod.identity.name])
    expect(terminal).toMatch(/^\/dev\//)
  })

  it('passes arguments that are too long for the kernel by file', async () => {
    const long = 'x'.repeat(300_000)
    const script = podOf({ command: ['sh', '-c'], args: [`echo ${long} | wc -c; echo $0 $1`, 'zero', 'one'] })
    expect(await run(script)).toMatchObject({ exitCode: 0 })
    expect(await stdoutOf(script)).toBe('300001\nzero one\n')
    const argument = podOf({ command: ['sh', '-c', 'wc -c < ${0#@}'], args: [long] })
    expect(await run(argument)).toMatchObject({ exitCode: 0 })
    expect(await stdoutOf(argument)).toBe('300000\n')
  })

  it('keeps a long log whole, with its long lines in one piece', async () => {
    const pod = podOf(sh(`head -c 100000 /dev/zero | tr '\\0' a; echo; seq 1 20000; echo end >&2`))
    expect(await run(pod)).toMatchObject({ exitCode: 0 })
    const lines: string[] = []
    for await (const line of runtime.logs(pod.identity.id, 'main', {})) lines.push(`${line.stream} ${line.text}`)
    expect(lines).toHaveLength(20_002)
    expect(lines).toContain(`stdout ${'a'.repeat(100_000)}`)
    expect((await stdoutOf(pod)).length).toBe(100_001 + 108_894)
  })

  it('keeps the log of a container that runs on while it is followed, without a gap or a double', async () => {
    const pod = podOf(sh('for i in $(seq 1 40); do echo $i; sleep 0.08; done'))
    await runtime.prepare(pod)
    await runtime.start(pod)
    const lines: string[] = []
    for await (const line of runtime.logs(pod.identity.id, 'main', { follow: true })) lines.push(line.text)
    const all = Array.from({ length: 40 }, (_, index) => String(index + 1))
    expect(lines).toEqual(all)
    await runtime.remove(pod.identity.id)
    const kept: string[] = []
    for await (const line of runtime.logs(pod.identity.id, 'main', {})) kept.push(line.text)
    expect(kept).toEqual(all)
  })

  it('runs without root, with groups, in an emptyDir that anyone may write to', async () => {
    const security = { user: '1234', group: '55', supplementalGroups: [77], fsGroup: 88, runAsNonRoot: true }
    const mounts = [{ volume: 'w', mountPath: '/w' }]
    const pod = podOf(
      { ...sh('id -u; id -G; echo x > /w/f; stat -c %g /w/f'), security, mounts },
      {
        volumes: [{ kind: 'empty', name: 'w' }],
      },
    )
    expect(await run(pod)).toMatchObject({ exitCode: 0 })
    expect((await stdoutOf(pod)).split('\n').slice(0, 3)).toEqual(['1234', '55 77 88', '88'])
  })

  it('refuses to run as root what must not', async () => {
    const pod = podOf({ ...sh('true'), security: { runAsNonRoot: true } })
    await expect(runtime.prepare(pod)).rejects.toThrow('container has runAsNonRoot and image will run as root')
  })
})

describe('files and volumes', () => {
  it('reads what the engine itself mounts, and follows a symlink at the end of the path', async () => {
    const pod = podOf(sh('mkdir /d; echo 1 > /d/real; ln -s /d/real /link; ln -s /d /dir'))
    await run(pod)
    expect(Object.keys(await filesOf(pod, '/etc/hosts'))).toEqual(['hosts'])
    expect(await filesOf(pod, '/link')).toEqual({ link: '1\n' })
    expect(await filesOf(pod, '/dir')).toMatchObject({ 'dir/real': '1\n' })
  })

  it('keeps secrets and volumes of medium Memory in memory, readable after the end', async () => {
    const secret = { path: 'key', content: Buffer.from('s3cret'), mode: 0o400 }
    const mounts = [
      { volume: 's', mountPath: '/s', readOnly: true },
      { volume: 'm', mountPath: '/m' },
    ]
    const script = 'grep " /[sm] " /proc/mounts | cut -d" " -f1,2,3; cat /s/key > /m/copy; touch /s/x'
    const pod = podOf(
      { ...sh(script), mounts },
      {
        volumes: [
          { kind: 'files', name: 's', secret: true, files: [secret] },
          { kind: 'empty', name: 'm', medium: 'Memory', sizeBytes: 1024 * 1024 },
        ],
      },
    )
    expect(await run(pod)).toMatchObject({ exitCode: 1 })
    expect(await stdoutOf(pod)).toContain('tmpfs /s tmpfs\n')
    expect(await stdoutOf(pod)).toContain('tmpfs /m tmpfs\n')
    expect(await filesOf(pod, '/m/copy')).toEqual({ copy: 's3cret' })
  })

  it('gives files into a container with a read-only root', async () => {
    const mounts = [{ volume: 'w', mountPath: '/w' }]
    const security = { readOnlyRootFilesystem: true }
    const pod = podOf(
      { command: ['sh', '/argo/staging/script'], security, mounts },
      { volumes: [{ kind: 'empty', name: 'w' }] },
    )
    await runtime.prepare(pod)
    const tar = pack()
    tar.entry(
      { name: 'argo/staging/script', mode: 0o755 },
      'cat /w/sub/in; touch /x || echo read-only; echo out > /w/out',
    )
    tar.entry({ name: 'w/sub/in' }, 'given ')
    tar.finalize()
    await runtime.writeFiles(pod.identity.id, 'main', tar as AsyncIterable<Uint8Array>)
    expect(await run(pod)).toMatchObject({ exitCode: 0 })
    expect(await stdoutOf(pod)).toBe('given read-only\n')
    expect(await filesOf(pod, '/w/out')).toEqual({ out: 'out\n' })
  })

  it('lets no subPath lead out of its volume, not even by a symlink that a step planted', async () => {
    const volumeName = `drydock-traps-${uid.slice(0, 8)}`
    const volumes = [{ kind: 'claim', name: 'v', volumeName }] as const
    await runtime.ensureVolume(volumeName, {})
    const planter = podOf({ ...sh('ln -s / /v/evil'), mounts: [{ volume: 'v', mountPath: '/v' }] }, { volumes })
    await run(planter)
    await runtime.remove(planter.identity.id)
    const mounts = [{ volume: 'v', mountPath: '/here', subPath: 'evil' }]
    const victim = podOf(
      { ...sh('ls /here/etc/hostname && cat /here/etc/hostname; ls /here/.dockerenv'), mounts },
      { volumes },
    )
    await run(victim)
    expect(await stdoutOf(victim)).toContain('/here/.dockerenv')
    await runtime.remove(victim.identity.id)
    await runtime.removeVolume(volumeName)
    const dots = podOf({ ...sh('true'), mounts: [{ volume: 'v', mountPath: '/here', subPath: '../x' }] }, { volumes })
    await expect(runtime.prepare(dots)).rejects.toThrow('leads out of the volume')
  })

  it('leaves nothing behind', async () => {
    const mounts = [{ volume: 's', mountPath: '/s' }]
    const files = [{ path: 'k', content: Buffer.from('1'), mode: 0o644 }]
    const pod = podOf(
      { ...sh('true'), mounts },
      {
        volumes: [{ kind: 'files', name: 's', secret: true, files }],
        network: { mode: 'sandbox', hostname: 'own' },
      },
    )
    await run(pod)
    await runtime.remove(pod.identity.id)
    const rows = await calls.listOwn(instance)
    expect(rows.filter((row) => row.name.includes(pod.identity.id))).toEqual([])
    const volumes = await calls.client.json('listVolumes', 'GET', '/volumes', {
      query: { filters: JSON.stringify({ label: [`io.drydock.pod=${pod.identity.id}`] }) },
    })
    expect(volumes).toMatchObject({ Volumes: [] })
  })
})

describe('the network', () => {
  it('gives a pod with a host name, aliases and DNS of its own a sandbox of its own', async () => {
    const network: PodRequest['network'] = {
      mode: 'sandbox',
      hostname: 'harbour',
      hostAliases: [{ ip: '10.9.8.7', hostnames: ['pier', 'quay'] }],
      dns: { nameservers: ['10.1.2.3'], searches: ['example.org'], options: ['ndots:3'] },
    }
    const pod = podOf(sh('hostname; cat /etc/hosts /etc/resolv.conf'), { network })
    expect(await run(pod)).toMatchObject({ exitCode: 0 })
    const out = await stdoutOf(pod)
    expect(out.split('\n')[0]).toBe('harbour')
    for (const part of ['10.9.8.7\tpier', '10.9.8.7\tquay', 'nameserver 10.1.2.3', 'search example.org', 'ndots:3']) {
      expect(out).toContain(part)
    }
  })

  it('takes one sandbox for all containers of a pod, though none is there when they start', async () => {
    const fresh = workflowUid(randomUUID())
    const pod = podOf(sh('sleep 0.2'))
    const [main] = pod.containers
    if (!main) throw new Error('a pod without containers')
    const identity = { ...pod.identity, id: podIdOf(`${fresh}.many.0`), workflowUid: fresh }
    const names = ['main', 'second', 'third', 'fourth']
    const many = { ...pod, identity, containers: names.map((name) => ({ ...main, name })) }
    await run(many)
    const state = await seen(many, (one) => one.phase === 'ended')
    expect(state.containers.map((one) => one.exitCode)).toEqual([0, 0, 0, 0])
    await runtime.remove(identity.id)
    const standing = async () =>
      (await calls.listOwn(instance)).filter((row) => row.labels['io.drydock.workflow-uid'] === fresh)
    await expect.poll(async () => (await standing()).map((row) => row.name), { interval: 500 }).toEqual([])
  })

  it('hands a sandbox on to the next pod of the workflow, and goes on when one is killed', async () => {
    const first = podOf(sh('true'))
    await run(first)
    const second = podOf(sh('true'))
    await runtime.prepare(second)
    await runtime.start(second)
    const before = (await calls.listOwn(instance)).filter((row) => row.labels['io.drydock.role'] === 'sandbox').length
    await seen(second, (state) => state.phase === 'ended')
    const third = podOf(sh('true'))
    await run(third)
    const rows = (await calls.listOwn(instance)).filter((row) => row.labels['io.drydock.role'] === 'sandbox')
    expect(rows.length).toBeLessThanOrEqual(before + 1)
    await calls.kill(sandboxNameOf(third.identity.id), 'KILL')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await run(podOf(sh('echo again')))).toMatchObject({ exitCode: 0 })
  })

  it.each([
    ['exec', (_port: number): ProbeAction => ({ kind: 'exec', command: ['test', '-e', '/ready'] })],
    ['tcp', (port: number): ProbeAction => ({ kind: 'tcp', port })],
    ['http', (port: number): ProbeAction => ({ kind: 'http', path: '/ready', port, scheme: 'HTTP' })],
  ])('is ready once the %s probe passes', async (_kind, action) => {
    const script = 'sleep 0.5; mkdir -p /www; echo ok > /www/ready; touch /ready; exec httpd -f -p 8080 -h /www'
    const readinessProbe = {
      action: action(8080),
      initialDelayMs: 0,
      periodMs: 100,
      timeoutMs: 1_000,
      successThreshold: 1,
      failureThreshold: 3,
    }
    const pod = podOf({ ...sh(script), readinessProbe })
    await runtime.prepare(pod)
    await runtime.start(pod)
    const unready = await seen(pod, (state) => state.phase === 'running')
    expect(unready.ready).toBe(false)
    expect((await seen(pod, (state) => state.ready)).ip).toMatch(/^\d+\./)
    await runtime.stop(pod.identity.id, 0)
  })

  it('kills a container whose liveness probe fails', async () => {
    const action: ProbeAction = { kind: 'exec', command: ['false'] }
    const livenessProbe = {
      action,
      initialDelayMs: 0,
      periodMs: 100,
      timeoutMs: 1_000,
      successThreshold: 1,
      failureThreshold: 2,
    }
    const main = await run(podOf({ ...sh('sleep 100'), livenessProbe }))
    expect(main).toMatchObject({ exitCode: 143, message: 'Liveness probe failed' })
  })
})

describe('images', () => {
  it('says why an image cannot be pulled, then that it backs off', async () => {
    const pod = podOf({ ...sh('true'), image: 'localhost:1/drydock/none:1' })
    await expect(runtime.prepare(pod)).rejects.toMatchObject({ code: 'IMAGE_PULL', retryable: true })
    await expect(runtime.prepare(pod)).rejects.toThrow(/^ImagePullBackOff: Back-off pulling image "localhost:1/)
    await runtime.remove(pod.identity.id)
  })

  it('uses the local image when the registry cannot be asked, and says so', async () => {
    await calls.client.call('tagImage', 'POST', '/images/busybox/tag', {
      query: { repo: 'localhost:1/drydock/local', tag: 'latest' },
    })
    const pod = podOf({ ...sh('true'), image: 'localhost:1/drydock/local', imagePullPolicy: 'Always' })
    expect(await run(pod)).toMatchObject({ exitCode: 0 })
    expect(said).toContain('the image could not be pulled, the local one is used')
    await calls.client.call('removeImage', 'DELETE', '/images/localhost:1/drydock/local:latest')
  })

  it('never pulls under Never, and takes no name that is none', async () => {
    const never = podOf({ ...sh('true'), image: 'drydock/none:1', imagePullPolicy: 'Never' })
    await expect(runtime.prepare(never)).rejects.toThrow(/^ErrImageNeverPull: Container image "drydock\/none:1"/)
    await expect(runtime.prepare(podOf({ image: 'Not A Name' }))).rejects.toMatchObject({ code: 'INVALID_IMAGE_NAME' })
  })
})
