/** A daemon on a Docker Swarm of two machines: what steps give each other across them, and a machine that dies. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { type OwnSwarm, ownSwarm } from '../swarm.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'drydock.js')
let base = ''
let port = 0
let swarm: OwnSwarm
let daemon: ChildProcess
let log = ''

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'swarm-e2e-'))
  await Promise.all(['drop', 'marks'].map((name) => mkdir(join(base, name))))
  swarm = await ownSwarm({ name: 'dds', size: 2 })
  const [first, second] = swarm.members
  const settings = {
    runtime: 'swarm',
    docker: { host: first?.host },
    swarm: { nodes: [{ hostname: second?.hostname, host: second?.host }], lostAfterMs: 2_000 },
    policy: { hostPaths: [base] },
  }
  await writeFile(join(base, 'settings.yaml'), JSON.stringify(settings))
  port = await freePort()
  const words = [
    'up',
    'drop',
    '--config',
    'settings.yaml',
    '--data',
    'data',
    '--metrics-port',
    '0',
    '--log-format',
    'json',
  ]
  daemon = spawn(process.execPath, [program, ...words, '--port', String(port)], {
    cwd: base,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  daemon.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  for (let tries = 0; !log.includes('drydock is up'); tries += 1) {
    if (tries > 600) throw new Error(log)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
})
afterAll(async () => {
  if (daemon.exitCode === null) {
    daemon.kill('SIGTERM')
    await once(daemon, 'close')
  }
  await swarm.remove()
  await rm(base, { recursive: true, force: true })
})

async function drydock(...words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, '-s', `127.0.0.1:${port}`, ...words], { cwd: base })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return output
}

type Node = {
  readonly displayName: string
  readonly type: string
  readonly phase: string
  readonly hostNodeName?: string
  readonly message?: string
}
async function nodesOf(name: string): Promise<{ readonly phase: string; readonly nodes: readonly Node[] }> {
  const { status } = JSON.parse(await drydock('get', name, '-o', 'json')) as {
    status: { phase: string; nodes?: Record<string, Node> }
  }
  return { phase: status.phase, nodes: Object.values(status.nodes ?? {}) }
}
const ended = (name: string) => expect.poll(async () => (await nodesOf(name)).phase, { interval: 500 })

const on = (hostname: string): string => `nodeSelector: { kubernetes.io/hostname: ${hostname} }`

it('passes parameters and artifacts between steps on different machines', async () => {
  await writeFile(
    join(base, 'drop', 'across.yaml'),
    `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: across }
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - { name: make, template: make }
    - - name: use
        template: use
        arguments:
          parameters: [{ name: word, value: "{{steps.make.outputs.parameters.word}}" }]
          artifacts: [{ name: file, from: "{{steps.make.outputs.artifacts.file}}" }]
  - name: make
    ${on('dds-1')}
    outputs:
      parameters: [{ name: word, valueFrom: { path: /tmp/word } }]
      artifacts: [{ name: file, path: /tmp/file }]
    container: { image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "printf ahoy > /tmp/word; printf freight > /tmp/file"] }
  - name: use
    ${on('dds-2')}
    inputs:
      parameters: [{ name: word }]
      artifacts: [{ name: file, path: /in/file }]
    script: { image: busybox, imagePullPolicy: IfNotPresent, command: [sh], source: 'echo "{{inputs.parameters.word}} $(cat /in/file)"' }
`,
  )
  await ended('across').toBe('Succeeded')
  const { nodes } = await nodesOf('across')
  const hosts = nodes
    .filter(({ type }) => type === 'Pod')
    .map(({ displayName, hostNodeName }) => [displayName, hostNodeName])
  expect(hosts.sort()).toEqual([
    ['make', 'dds-1'],
    ['use', 'dds-2'],
  ])
  expect(await drydock('logs', 'across')).toContain('ahoy freight\n')
})

it('tries a step again elsewhere whose machine died, and begins no attempt twice', async () => {
  await swarm.docker('node', 'update', '--availability', 'pause', 'dds-1')
  await writeFile(
    join(base, 'drop', 'robust.yaml'),
    `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: robust }
spec:
  entrypoint: main
  podGC: { strategy: OnWorkflowCompletion }
  volumes: [{ name: marks, hostPath: { path: ${join(base, 'marks')} } }]
  templates:
  - name: main
    retryStrategy: { limit: 2, retryPolicy: Always }
    container:
      image: busybox
      imagePullPolicy: IfNotPresent
      command: [sh, -c, "echo {{retries}} >> /marks/robust; [ {{retries}} -gt 0 ] || sleep 600"]
      volumeMounts: [{ name: marks, mountPath: /marks }]
`,
  )
  const marks = () => readFile(join(base, 'marks', 'robust'), 'utf8').catch(() => '')
  await expect.poll(marks).toBe('0\n')
  const second = swarm.members[1]
  await swarm.docker('node', 'update', '--availability', 'active', 'dds-1')
  await second?.stop('SIGKILL')
  await ended('robust').toBe('Succeeded')
  const { nodes } = await nodesOf('robust')
  const attempts = nodes
    .filter(({ type }) => type === 'Pod')
    .map(({ displayName, phase, message, hostNodeName }) => [displayName, phase, message, hostNodeName])
  expect(attempts.sort()).toEqual([
    ['robust(0)', 'Error', 'pod deleted', 'dds-2'],
    ['robust(1)', 'Succeeded', undefined, 'dds-1'],
  ])
  await second?.start()
  const left = () =>
    spawnText('docker', ['-H', second?.host ?? '', 'ps', '-aq', '--filter', 'label=io.drydock.workflow=robust'])
  await expect.poll(left, { interval: 500 }).toBe('')
  expect(await marks()).toBe('0\n1\n')
})

async function spawnText(command: string, words: readonly string[]): Promise<string> {
  const child = spawn(command, words)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return output.trim()
}
