/** docs/monitoring.md, command by command, against a daemon in a process of its own. */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPrometheus } from '../../scripts/prometheus.ts'

const root = join(import.meta.dirname, '..', '..')
const guide = readFileSync(join(root, 'docs', 'monitoring.md'), 'utf8')
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp('```' + language + '\\n([\\s\\S]*?)```', 'g'))].map(([, text = '']) => text)
const settings = blocks('yaml')[0] ?? ''
const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))

let scratch = ''
let child: ChildProcess
let api = ''
let metrics = ''
const said: Record<string, unknown>[] = []
const texts = () => said.map(({ msg }) => String(msg))

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'drydock-guide-'))
  mkdirSync(join(scratch, 'bin'))
  const program = join(scratch, 'bin', 'drydock')
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${join(root, 'bin', 'drydock.js')} "$@"\n`)
  chmodSync(program, 0o755)
  cpSync(join(root, 'deploy'), join(scratch, 'deploy'), { recursive: true })
  writeFileSync(join(scratch, 'drydock.yaml'), settings)
  const words = ['up', '--config', 'drydock.yaml', '--port', '0', '--metrics-port', '0']
  child = spawn(process.execPath, [join(root, 'bin', 'drydock.js'), ...words], {
    cwd: scratch,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
  if (child.stderr === null) throw new Error('no stderr')
  createInterface({ input: child.stderr }).on('line', (line) => {
    const fields = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { msg: line }
    said.push(fields)
    if (fields['msg'] === 'drydock is up') resolve(fields)
  })
  child.once('exit', () => reject(new Error(texts().join('\n'))))
  const up = await promise
  api = new URL(String(up['api'])).host
  metrics = new URL(String(up['metrics'])).host
  findPrometheus(scratch)
})

afterAll(async () => {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
  rmSync(scratch, { recursive: true, force: true })
})

function run(command: string): { readonly status: number | null; readonly stdout: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', here(command)], {
    cwd: scratch,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${join(scratch, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      DRYDOCK_PID: String(child.pid),
    },
  })
  return { status, stdout: `${stdout}${stderr}` }
}
const here = (command: string) => command.replace('127.0.0.1:2746', api).replace('127.0.0.1:9090', metrics)

/** What each command says, or `null` for what only the daemon shows. */
const answers: [start: string, words: RegExp][] = [
  ['curl -s http://127.0.0.1:2746/healthz', /"alive":true/],
  ['curl -s http://127.0.0.1:2746/readyz', /"parts":\{"controller"/],
  ['curl -s http://127.0.0.1:9090/metrics | grep', /^\d{3,}/],
  ['promtool check config', /SUCCESS/],
  [
    `curl -s -X PUT http://127.0.0.1:2746/api/v1/log-level -d '{"level": "warn"}'`,
    /^\{"level":"warn","components":\{\}\}/,
  ],
  [`curl -s -X PUT http://127.0.0.1:2746/api/v1/log-level -d '{"level": "debug"`, /"components":\{"docker":"debug"\}/],
  ['curl -s http://127.0.0.1:2746/api/v1/log-level', /^\{"level":"warn","components":\{"docker":"debug"\}\}/],
  ['curl -s -X DELETE', /^\{"level":"info","components":\{\}\}/],
  ['kill -USR2', /^$/],
  ['drydock config check', /drydock\.yaml: fine/],
  ['drydock config show', /freeMin: "?268435456"?/],
  ['kill -HUP', /^$/],
]

describe('the guide', () => {
  it('has these commands and no others', () => {
    expect(commands.length).toBe(answers.length)
    for (const [index, [start]] of answers.entries()) expect(commands[index]?.startsWith(start), start).toBe(true)
  })

  it.each(commands.map((command, index) => [command, answers[index]?.[1] ?? /^never$/] as const))(
    '`%s` works',
    (command, words) => {
      expect(run(command)).toEqual({ status: 0, stdout: expect.stringMatching(words) as string })
    },
  )
})

describe('signals', () => {
  it('SIGUSR2 turned everything on, and off again the second time', async () => {
    await expect.poll(() => said.some(({ why, level }) => why === 'SIGUSR2' && level === 'debug')).toBe(true)
    child.kill('SIGUSR2')
    await expect.poll(() => said.filter(({ why }) => why === 'SIGUSR2').length).toBe(2)
  })

  it('SIGHUP takes over what may change, and refuses what may not', async () => {
    writeFileSync(join(scratch, 'drydock.yaml'), `${settings}parallelism: 3\nserver: {host: 127.0.0.2}\n`)
    child.kill('SIGHUP')
    await expect.poll(() => texts()).toContain('settings taken over')
    expect(said.find(({ msg }) => msg === 'settings taken over')?.['settings']).toEqual(['parallelism'])
    await expect.poll(() => texts()).toContain('settings were changed that take effect only after a restart')
    const parts = (await (await fetch(`http://${api}/readyz`)).json()) as object
    expect(parts).toMatchObject({
      parts: { settings: { ok: false, detail: 'takes effect after a restart: server.host' } },
    })
    expect(await (await fetch(`http://${metrics}/metrics`)).text()).toMatch(/^drydock_config_pending_restart 1$/m)
    writeFileSync(join(scratch, 'drydock.yaml'), settings)
    child.kill('SIGHUP')
    await expect
      .poll(async () =>
        (await (await fetch(`http://${metrics}/metrics`)).text()).includes('drydock_config_pending_restart 0'),
      )
      .toBe(true)
  })

  it('Argo’s ConfigMap, dropped into the folder, changes limits of the running daemon', async () => {
    const text = (value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: workflow-controller-configmap}\ndata:\n  parallelism: "${value}"\n  navColor: teal\n`
    writeFileSync(join(scratch, 'manifests', 'argo.yaml'), text('7'))
    const info = async () => (await fetch(`http://${api}/api/v1/info`)).json()
    await expect.poll(info).toMatchObject({ navColor: 'teal' })
    writeFileSync(join(scratch, 'manifests', 'argo.yaml'), text('many'))
    await expect.poll(() => texts()).toContain('workflow-controller-configmap is wrong and not used')
  })
})
