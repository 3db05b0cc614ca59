/** One daemon on two real engines: the machine's, and one of the test's own over TLS, which is killed and comes back. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { startDaemon } from '../../src/main.ts'
import type { Daemon } from '../../src/main.ts'
import type { NodeStatus, Workflow } from '../../src/resources/index.ts'
import { makeCertificates } from '../certificates.ts'
import { ownEngine } from '../engines.ts'
import type { OwnEngine } from '../engines.ts'

const run = promisify(execFile)
const instance = `endpoints-e2e-${process.pid}`
let base = ''
let settings = ''
let far: OwnEngine
let daemon: Daemon | null = null

const settingsText = (port: number, certs: Awaited<ReturnType<typeof makeCertificates>>, more = '') => `
instance: ${instance}
docker:
  endpoints:
  - name: near
    host: unix:///var/run/docker.sock
    labels: { place: here }
  - name: far
    host: tcp://localhost:${port}
    labels: { place: there }
    tls: { ca: ${certs.ca}, cert: ${certs.client.cert}, key: ${certs.client.key} }
    capacity: { cpus: 2, memory: 1Gi }
${more}`

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'endpoints-e2e-'))
  const certs = await makeCertificates(join(base, 'certs'))
  const port = await freePort()
  const tls = [
    '--tlsverify',
    `--tlscacert=${certs.ca}`,
    `--tlscert=${certs.server.cert}`,
    `--tlskey=${certs.server.key}`,
  ]
  const options = [...tls, '--host', `tcp://127.0.0.1:${port}`, '--live-restore']
  far = await ownEngine({ name: 'far', options })
  settings = join(base, 'settings.yaml')
  await writeFile(settings, settingsText(port, certs))
})
afterAll(async () => {
  await daemon?.drain()
  await far?.remove()
  const filter = `label=io.drydock.instance=${instance}`
  await run('sh', ['-c', `docker ps -aq --filter ${filter} | xargs -r docker rm -fv`])
  await rm(base, { recursive: true, force: true })
})

async function up(): Promise<Daemon> {
  const log: string[] = []
  daemon = await startDaemon({
    sources: { base, file: settings, flags: { data: join(base, 'data') } },
    services: false,
    waitForEngine: true,
    logTo: { write: (line: string) => void log.push(line) },
  })
  await expect
    .poll(() => daemon?.controller.snapshot().endpoints.map(({ name, ok }) => `${name} ${ok}`))
    .toEqual(['near true', 'far true'])
  return daemon
}

const sh = (command: string) => ({
  image: 'busybox:latest',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', command],
})
const on = (place: string) => ({ nodeSelector: { place } })
const podsOf = (workflow: Workflow | null): readonly NodeStatus[] =>
  Object.values(workflow?.status?.nodes ?? {}).filter(({ type }) => type === 'Pod')
const hostOf = (workflow: Workflow | null, step: string) =>
  podsOf(workflow).find(({ displayName }) => displayName === step)?.hostNodeName
const get = (name: string) => daemon?.controller.workflow('default', name) ?? Promise.resolve(null)
async function ended(name: string): Promise<Workflow | null> {
  await expect.poll(async () => (await get(name))?.status?.finishedAt, { interval: 200 }).toBeTruthy()
  return get(name)
}
/** Ids of the main containers on an engine, of all workflows or of one. */
async function mains(host: string, workflow?: string): Promise<string> {
  const labels = [`instance=${instance}`, 'role=main', ...(workflow === undefined ? [] : [`workflow=${workflow}`])]
  const filters = labels.flatMap((label) => ['--filter', `label=io.drydock.${label}`])
  return (await run('docker', ['-H', host, 'ps', '-aq', ...filters])).stdout.trim()
}
const logOf = async (name: string): Promise<string> => {
  const lines: string[] = []
  const signal = AbortSignal.timeout(60_000)
  for await (const { podName, content } of daemon?.controller.logs('default', name, {}, signal) ?? [])
    lines.push(`${podName.includes('use') || podName === name ? '' : 'other: '}${content}`)
  return lines.filter((line) => !line.startsWith('other: ')).join('\n')
}

describe('one daemon on two engines', () => {
  it('runs steps where their selectors say, and passes an artifact from one engine to the other', async () => {
    const { controller } = await up()
    await controller.createWorkflow('default', {
      metadata: { name: 'across' },
      spec: {
        entrypoint: 'main',
        templates: [
          {
            name: 'main',
            steps: [
              [{ name: 'make', template: 'make' }],
              [
                {
                  name: 'use',
                  template: 'use',
                  arguments: { artifacts: [{ name: 'file', from: '{{steps.make.outputs.artifacts.file}}' }] },
                },
              ],
            ],
          },
          {
            name: 'make',
            ...on('here'),
            container: sh('echo carried over > /tmp/file'),
            outputs: { artifacts: [{ name: 'file', path: '/tmp/file' }] },
          },
          {
            name: 'use',
            ...on('there'),
            inputs: { artifacts: [{ name: 'file', path: '/tmp/file' }] },
            container: sh('cat /tmp/file > /tmp/copy; echo got $(cat /tmp/file)'),
            outputs: { parameters: [{ name: 'copy', valueFrom: { path: '/tmp/copy' } }] },
          },
        ],
      },
    })
    const done = await ended('across')
    expect(done?.status?.phase).toBe('Succeeded')
    expect([hostOf(done, 'make'), hostOf(done, 'use')]).toEqual(['near', 'far'])
    const use = podsOf(done).find(({ displayName }) => displayName === 'use')
    expect(use?.outputs?.parameters?.[0]?.value).toBe('carried over')
    expect(await logOf('across')).toBe('got carried over')
  })

  it('keeps a volume and all pods that mount it on one engine', async () => {
    const { controller } = daemon ?? (await up())
    const volumeMounts = [{ name: 'work', mountPath: '/work' }]
    const step = (name: string, command: string) => ({ name, container: { ...sh(command), volumeMounts } })
    await controller.createWorkflow('default', {
      metadata: { name: 'shared' },
      spec: {
        entrypoint: 'main',
        volumeClaimTemplates: [
          {
            metadata: { name: 'work' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
        templates: [
          { name: 'main', steps: ['one', 'two', 'three'].map((name) => [{ name, template: name }]) },
          { ...step('one', 'echo 1 >> /work/lines'), ...on('there') },
          step('two', 'echo 2 >> /work/lines'),
          step('three', 'test "$(cat /work/lines | tr -d "\\n")" = 12'),
        ],
      },
    })
    const done = await ended('shared')
    expect(done?.status?.phase).toBe('Succeeded')
    expect(['one', 'two', 'three'].map((name) => hostOf(done, name))).toEqual(['far', 'far', 'far'])
    const volumes = async (host: string) =>
      (
        await run('docker', ['-H', host, 'volume', 'ls', '-q', '--filter', `label=io.drydock.instance=${instance}`])
      ).stdout.trim()
    await expect.poll(() => volumes(far.host)).toBe('')
    expect(await volumes('unix:///var/run/docker.sock')).toBe('')
  })

  it('waits for an engine that was killed while the other works on; nothing is lost or doubled', async () => {
    const { controller } = daemon ?? (await up())
    // What it prints while its engine is dead is lost with the engine; what it writes is not.
    const lines = 'echo began >> /tmp/lines; until [ -e /tmp/go ]; do sleep 0.2; done; echo ended >> /tmp/lines'
    const outputs = { parameters: [{ name: 'lines', valueFrom: { path: '/tmp/lines' } }] }
    await controller.createWorkflow('default', {
      metadata: { name: 'kept' },
      spec: { entrypoint: 'main', templates: [{ name: 'main', ...on('there'), container: sh(lines), outputs }] },
    })
    await expect.poll(async () => podsOf(await get('kept'))[0]?.phase).toBe('Running')
    await far.stop('SIGKILL')
    await expect.poll(() => controller.snapshot().endpoints[1]?.ok).toBe(false)
    expect(controller.readiness().ready).toBe(true)
    for (const [name, where] of [
      ['tied', on('there')],
      ['free', {}],
    ] as const)
      await controller.createWorkflow('default', {
        metadata: { name },
        spec: { entrypoint: 'main', templates: [{ name: 'main', ...where, container: sh(`echo once ${name}`) }] },
      })
    expect(hostOf(await ended('free'), 'free')).toBe('near')
    await expect
      .poll(async () => podsOf(await get('tied'))[0]?.message)
      .toContain('1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }')
    expect((await controller.explain('default', 'kept')).sentences.join(' ')).toContain('which does not answer')

    // The daemon goes, too, and does not begin anew what it cannot see.
    await daemon?.drain()
    daemon = await startDaemon({
      sources: { base, file: settings, flags: { data: join(base, 'data') } },
      services: false,
      waitForEngine: true,
      logTo: { write: () => {} },
    })
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect((await get('kept'))?.status?.phase).toBe('Running')

    await far.start()
    await run('docker', ['-H', far.host, 'exec', await mains(far.host, 'kept'), 'touch', '/tmp/go'])
    const kept = await ended('kept')
    expect(kept?.status?.phase).toBe('Succeeded')
    expect(podsOf(kept).map(({ outputs: own }) => own?.parameters?.[0]?.value)).toEqual(['began\nended'])
    expect((await ended('tied'))?.status?.phase).toBe('Succeeded')
    expect(await logOf('tied')).toBe('once tied')
    await expect.poll(() => mains(far.host)).toBe('')
    await expect.poll(() => mains('unix:///var/run/docker.sock')).toBe('')
  })
})
