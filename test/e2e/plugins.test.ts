import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Workflow } from '../../src/resources/index.ts'

/** Plugins as containers and modules, on a real engine: one daemon, killed once. */
const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const instance = `e2e-plugins-${process.pid}`
const driverImage = 'drydock-e2e-artifact-driver:1'
let base = ''
let api = ''
let daemon: ChildProcess | null = null
let log = ''

const docker = async (...words: string[]): Promise<string> => (await run('docker', words)).stdout.trim()
const ours = async (name = ''): Promise<string[]> => {
  const filters = ['--filter', `label=io.drydock.instance=${instance}`, ...(name ? ['--filter', `name=${name}`] : [])]
  const all = await docker('ps', '-a', ...filters, '--format', '{{.ID}} {{.Names}}')
  return all.split('\n').filter((line) => line !== '' && !line.includes('_net'))
}

const module_ = `
export const metadata = { name: 'greet' }
export function validate({ whom }) {
  if (whom === undefined) return 'whom is missing'
}
export function execute({ configuration }) {
  if (configuration.whom === 'nobody') throw new Error('there is nobody')
  return { node: { phase: 'Succeeded', message: 'hello ' + configuration.whom } }
}
`
/** Answers `Running` until a file is there, so that a test decides when it is done. */
const pluginProgram = `
const { createServer } = require('node:http')
const { existsSync, readFileSync } = require('node:fs')
const token = readFileSync('/var/run/argo/token', 'utf8')
createServer((request, response) => {
  let body = ''
  request.on('data', (part) => (body += part))
  request.on('end', () => {
    if (request.headers.authorization !== 'Bearer ' + token) return response.writeHead(401).end('who are you')
    const { template } = JSON.parse(body)
    if (!template.plugin?.wait) return response.end('{}')
    const isDone = existsSync('/tmp/done')
    const answer = isDone
      ? { node: { phase: 'Succeeded', message: 'waited', outputs: { parameters: [{ name: 'user', value: String(process.getuid()) }] } } }
      : { node: { phase: 'Running', message: 'waiting' }, requeue: '300ms' }
    response.end(JSON.stringify(answer))
  })
}).listen(4390)
`
const indented = (text: string, spaces: number): string =>
  text
    .trim()
    .split('\n')
    .join(`\n${' '.repeat(spaces)}`)

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'plugins-e2e-'))
  for (const name of ['drop', 'modules', 'image']) await mkdir(join(base, name))
  const driver = join(root, 'src', 'artifacts', 'artifacts.fixtures', 'artifact-driver.mjs')
  await copyFile(driver, join(base, 'image', 'driver.mjs'))
  const lines = ['FROM node:latest', 'COPY driver.mjs /driver.mjs', 'ENTRYPOINT ["node", "/driver.mjs"]']
  await writeFile(join(base, 'image', 'Dockerfile'), lines.join('\n'))
  await docker('build', '-q', '-t', driverImage, join(base, 'image'))
  await writeFile(join(base, 'modules', 'greet.mjs'), module_)
  await writeFile(
    join(base, 'settings.yaml'),
    `data: data
folders: [drop]
instance: ${instance}
server: { port: 0 }
metrics: { enabled: false }
docker: { pullPolicy: IfNotPresent }
log: { format: json }
executorPlugins: { enabled: true }
pluginFolder: modules
artifactDrivers:
- { name: keep, image: '${driverImage}', connectionTimeoutSeconds: 10, env: [{ name: ROOT, value: /tmp/kept }] }
`,
  )
})
afterAll(async () => {
  await down('SIGTERM')
  const left = await docker('ps', '-aq', '--filter', `label=io.drydock.instance=${instance}`)
  if (left !== '') await docker('rm', '-f', ...left.split('\n'))
  await docker('rmi', '-f', driverImage).catch(() => '')
  await rm(base, { recursive: true, force: true })
})

async function up(): Promise<void> {
  log = ''
  daemon = spawn(process.execPath, [join(root, 'bin', 'drydock.js'), 'up', '--config', 'settings.yaml'], {
    cwd: base,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  daemon.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  await expect.poll(() => log).toContain('drydock is up')
  api = /"api":"([^"]+)"/.exec(log)?.[1] ?? ''
}

async function down(signal: NodeJS.Signals): Promise<void> {
  if (daemon === null || daemon.exitCode !== null) return
  const closed = once(daemon, 'close')
  daemon.kill(signal)
  await closed
  daemon = null
}

const drop = (name: string, text: string): Promise<void> => writeFile(join(base, 'drop', name), text)
async function workflow(name: string): Promise<Workflow | null> {
  const answer = await fetch(`${api}/api/v1/workflows/default/${name}`)
  return answer.ok ? ((await answer.json()) as Workflow) : null
}
const rootOf = async (name: string) => (await workflow(name))?.status?.nodes?.[name]
async function ended(name: string): Promise<Workflow> {
  await expect.poll(async () => (await workflow(name))?.status?.finishedAt ?? '', { interval: 300 }).not.toBe('')
  return (await workflow(name)) as Workflow
}

const head = (name: string) => `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: ${name} }
spec:
  entrypoint: main
`

it('runs a plugin that is dropped as a manifest, adopts it after a kill, and leaves nothing behind', async () => {
  await up()
  await drop(
    'plugin.yaml',
    `apiVersion: argoproj.io/v1alpha1
kind: ExecutorPlugin
metadata: { name: wait }
spec:
  sidecar:
    container:
      name: wait-executor-plugin
      image: node:latest
      command: [node, -e]
      args:
      - |
        ${indented(pluginProgram, 8)}
      ports: [{ containerPort: 4390 }]
      resources: { requests: { cpu: 10m, memory: 32Mi }, limits: { memory: 128Mi } }
      securityContext: { runAsNonRoot: true, capabilities: { drop: [ALL] } }
`,
  )
  const installed = () => fetch(`${api}/api/v1/namespaces/default/configmaps/wait-executor-plugin`)
  await expect.poll(async () => (await installed()).status).toBe(200)
  await drop(
    'waits.yaml',
    `${head('waits')}  templates:
  - name: main
    plugin: { wait: {} }
`,
  )
  await expect.poll(async () => (await rootOf('waits'))?.message, { interval: 300 }).toBe('waiting')
  const before = await ours('wait-executor-plugin')
  expect(before).toHaveLength(1)
  await down('SIGKILL')
  await up()
  await expect.poll(async () => (await rootOf('waits'))?.phase).toBe('Running')
  expect(await ours('wait-executor-plugin')).toEqual(before)
  await docker('exec', before[0]?.split(' ')[0] ?? '', 'touch', '/tmp/done')
  const done = await ended('waits')
  expect(done.status?.nodes?.['waits']).toMatchObject({
    type: 'Plugin',
    phase: 'Succeeded',
    message: 'waited',
    outputs: { parameters: [{ name: 'user', value: '8737' }] },
  })
  await expect.poll(() => ours('agent')).toEqual([])
})

it('passes artifacts through a driver container and collects them there', async () => {
  const place = (key: string) => `plugin: { name: keep, key: ${key}, configuration: "bucket: b" }`
  await drop(
    'passes.yaml',
    `${head('passes')}  artifactGC: { strategy: OnWorkflowDeletion }
  templates:
  - name: main
    steps:
    - - { name: make, template: make }
    - - name: read
        template: read
        arguments:
          artifacts:
          - { name: packed, from: "{{steps.make.outputs.artifacts.packed}}" }
          - { name: plain, from: "{{steps.make.outputs.artifacts.plain}}" }
  - name: make
    container:
      image: busybox
      command: [sh, -c, "mkdir -p /out/d; echo one > /out/x; echo two > /out/d/y"]
    outputs:
      artifacts:
      - { name: packed, path: /out, ${place('wf/packed.tgz')} }
      - { name: plain, path: /out, archive: { none: {} }, ${place('wf/plain')} }
  - name: read
    inputs:
      artifacts: [{ name: packed, path: /in/packed }, { name: plain, path: /in/plain }]
    container:
      image: busybox
      command: [sh, -c, "cat /in/packed/x /in/packed/d/y /in/plain/x /in/plain/d/y > /tmp/all"]
    outputs: { parameters: [{ name: all, valueFrom: { path: /tmp/all } }] }
`,
  )
  const done = await ended('passes')
  expect(done.status).toMatchObject({ phase: 'Succeeded' })
  const read = Object.values(done.status?.nodes ?? {}).find(({ displayName }) => displayName === 'read')
  expect(read?.outputs?.parameters?.[0]?.value).toBe('one\ntwo\none\ntwo')
  const make = Object.values(done.status?.nodes ?? {}).find(({ displayName }) => displayName === 'make')
  const url = `${api}/artifact-files/default/workflows/passes/${make?.id ?? ''}/outputs`
  expect(await (await fetch(`${url}/plain/d/y`)).text()).toBe('two\n')
  expect((await (await fetch(`${url}/packed`)).arrayBuffer()).byteLength).toBeGreaterThan(50)

  const [container = ''] = await ours('artifact-plugin-keep')
  const kept = () => docker('exec', container.split(' ')[0] ?? '', 'ls', '/tmp/kept/b')
  expect(await kept()).toContain('wf%2Fplain%2Fd%2Fy')
  await rm(join(base, 'drop', 'passes.yaml'))
  await fetch(`${api}/api/v1/workflows/default/passes`, { method: 'DELETE' })
  await expect.poll(kept, { interval: 300 }).toBe('')
})

it('asks a module of its folder, whose errors are those of a node', async () => {
  const greets = (name: string, whom: string) =>
    `${head(name)}  templates: [{ name: main, plugin: { greet: ${whom} } }]\n`
  await drop('greets.yaml', greets('greets', '{ whom: you }'))
  await drop('fails.yaml', greets('fails', '{ whom: nobody }'))
  await drop('wrong.yaml', greets('wrong', '{}'))
  expect((await ended('greets')).status?.nodes?.['greets']?.message).toBe('hello you')
  expect((await ended('fails')).status).toMatchObject({ phase: 'Failed', message: 'plugin greet: there is nobody' })
  await expect.poll(() => log).toContain('plugin greet: whom is missing')
  expect(await workflow('wrong')).toBeNull()
})

it('names no driver that is not configured, and ends its own with the daemon', async () => {
  await drop(
    'unknown.yaml',
    `${head('unknown')}  templates:
  - name: main
    container: { image: busybox, command: ["true"] }
    outputs: { artifacts: [{ name: a, path: /etc/hostname, plugin: { name: nope, key: k } }] }
`,
  )
  expect((await ended('unknown')).status).toMatchObject({
    phase: 'Error',
    message: 'error in entry template execution: artifact driver nope not found',
  })
  expect(await ours('artifact-plugin')).toHaveLength(1)
  await down('SIGTERM')
  expect(await ours('artifact-plugin')).toEqual([])
})
