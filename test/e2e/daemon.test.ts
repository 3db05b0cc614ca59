import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'

const run = promisify(execFile)
const program = join(import.meta.dirname, '..', '..', 'bin', 'drydock.js')
let base = ''
let port = 0
const children: ChildProcess[] = []

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'daemon-test-'))
  await mkdir(join(base, 'drop'))
  port = await freePort()
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'close')
  }
})
afterAll(() => rm(base, { recursive: true, force: true }))

type Ended = { readonly code: number | null; readonly output: string }
async function drydock(...words: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, '-s', `127.0.0.1:${port}`, ...words], { cwd: base })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

const upWords = ['up', 'drop', '--data', 'data', '--metrics-port', '0', '--log-format', 'json']
async function up(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, ...upWords, '--port', String(port)], {
    cwd: base,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.push(child)
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  await expect.poll(() => log).toContain('drydock is up')
  return child
}

const workflow = (name: string, command: string) => `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: ${name} }
spec:
  entrypoint: main
  templates:
  - name: main
    container: { image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "${command}"] }
`

const running = (uid: string) =>
  `docker ps -q --filter label=io.drydock.workflow-uid=${uid} --filter label=io.drydock.role=main`

it('runs what is dropped, answers the verbs, and ends while containers go on', async () => {
  const daemon = await up()
  await writeFile(join(base, 'drop', 'quick.yaml'), workflow('quick', 'echo ahoy'))
  expect(await drydock('wait', '--ignore-not-found', 'nobody')).toMatchObject({ code: 0 })
  await expect.poll(async () => (await drydock('get', 'quick')).output, { interval: 500 }).toMatch(/Status: +Succeeded/)
  expect((await drydock('logs', 'quick')).output).toBe('quick: ahoy\n')
  expect((await drydock('list')).output).toMatch(/^NAME +STATUS .*\nquick +Succeeded/)
  expect(await readFile(join(base, 'drop', '.status', 'quick.yaml'), 'utf8')).toContain('phase: Succeeded')
  expect(await drydock('get', 'nobody')).toEqual({
    code: 1,
    output: 'Error: workflows.argoproj.io "nobody" not found\n',
  })

  await writeFile(
    join(base, 'drop', 'slow.yaml'),
    workflow('slow', 'until [ -e /go ]; do sleep 0.2; done; echo survived'),
  )
  await expect.poll(async () => (await drydock('get', 'slow')).output, { interval: 200 }).toMatch(/PodRunning +True/)
  const { output: slow } = await drydock('get', 'slow', '-o', 'json')
  daemon.kill('SIGTERM')
  await once(daemon, 'close')
  const { metadata } = JSON.parse(slow) as { readonly metadata: { readonly uid: string } }
  await run('sh', ['-c', `docker exec $(${running(metadata.uid)}) touch /go`])
  await up()
  expect(await drydock('wait', 'slow', 'quick')).toMatchObject({
    code: 0,
    output: expect.stringMatching(/slow Succeeded at/) as string,
  })
  expect((await drydock('logs', 'slow')).output).toBe('slow: survived\n')
  expect((await drydock('delete', '--all')).output).toMatch(/Workflow 'slow' deleted/)
})

it('lets no second daemon at its data', async () => {
  await up()
  const second = await drydock(...upWords, '--port', '0')
  expect(second).toMatchObject({
    code: 1,
    output: expect.stringMatching(/another drydock .* works on the data directory/) as string,
  })
})

it('refuses to be open to strangers without a token', async () => {
  const { code, output } = await drydock('up', '--host', '0.0.0.0', '--port', '0', '--data', 'other')
  expect({ code, output }).toMatchObject({
    code: 1,
    output: expect.stringMatching(/refusing to listen on 0\.0\.0\.0 without a token/) as string,
  })
})

it('runs one workflow in the foreground and says by its exit code how it ended', async () => {
  await writeFile(join(base, 'good.yaml'), workflow('good', 'echo {{workflow.name}}'))
  await writeFile(join(base, 'bad.yaml'), workflow('bad', 'exit 3'))
  expect(await drydock('run', 'good.yaml', '--log')).toMatchObject({
    code: 0,
    output: expect.stringMatching(/good: good\n[\s\S]*✔ good/) as string,
  })
  expect(await drydock('run', 'bad.yaml')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/✖ bad .*exit code 3/) as string,
  })
})
