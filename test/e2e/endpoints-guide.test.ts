/** The settings, the manifest and the commands of docs/endpoints.md, with a second engine of the test's own. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeCertificates } from '../certificates.ts'
import { ownEngine } from '../engines.ts'
import type { OwnEngine } from '../engines.ts'

const root = join(import.meta.dirname, '..', '..')
let base = ''
let far: OwnEngine | null = null
let daemon: ChildProcess | null = null
let shell: readonly string[] = []
const environment: NodeJS.ProcessEnv = { ...process.env }

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'endpoints-guide-'))
  await mkdir(join(base, 'bin'))
  await mkdir(join(base, 'drop'))
  const program = join(base, 'bin', 'drydock')
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin', 'drydock.js')}" "$@"\n`)
  await chmod(program, 0o755)
  environment['PATH'] = `${join(base, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`
  const certs = await makeCertificates(join(base, 'certs'))
  for (const name of ['cert', 'key'] as const)
    await writeFile(join(base, 'certs', `${name}.pem`), await readFile(certs.client[name]))
  const [port, api, metrics] = [await freePort(), await freePort(), await freePort()]
  environment['DRYDOCK_SERVER_PORT'] = String(api)
  environment['DRYDOCK_METRICS_PORT'] = String(metrics)
  environment['DRYDOCK_URL'] = `http://127.0.0.1:${api}`
  environment['DRYDOCK_METRICS_URL'] = `http://127.0.0.1:${metrics}/metrics`
  const tls = [
    '--tlsverify',
    `--tlscacert=${certs.ca}`,
    `--tlscert=${certs.server.cert}`,
    `--tlskey=${certs.server.key}`,
  ]
  far = await ownEngine({ name: 'guide', options: [...tls, '--host', `tcp://127.0.0.1:${port}`] })
  const guide = await readFile(join(root, 'docs', 'endpoints.md'), 'utf8')
  for (const [, text = ''] of guide.matchAll(/^```yaml\n([^]*?)^```$/gm)) {
    const name = /^# (\S+)$/m.exec(text)?.[1] ?? ''
    await writeFile(join(base, name), text.replace('tcp://build-2:2376', `tcp://localhost:${port}`))
  }
  shell = [...guide.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text)
})
afterAll(async () => {
  if (daemon?.exitCode === null) {
    daemon.kill('SIGTERM')
    await once(daemon, 'close')
  }
  await far?.remove()
  await rm(base, { recursive: true, force: true })
})

async function up(text: string): Promise<void> {
  const child = spawn('sh', ['-ec', text.replace(/^drydock up/m, 'exec drydock up')], {
    cwd: base,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  daemon = child
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  await expect.poll(() => log, { timeout: 60_000 }).toContain('drydock is up')
}

it('are fine, and say what the guide says', async () => {
  expect(shell).toHaveLength(5)
  const said: string[] = []
  for (const text of shell) {
    if (text.startsWith('drydock up')) await up(text)
    else {
      const { stdout } = await promisify(execFile)('sh', ['-ec', text], { cwd: base, env: environment })
      said.push(stdout)
    }
  }
  const [doctor = '', where = '', away = '', drained = ''] = said
  expect(doctor).toMatch(/endpoint near: Docker Engine .* at unix:/)
  expect(doctor).toMatch(/endpoint far: Docker Engine .* at tcp:/)
  expect(where).toContain('carried over')
  expect(where.match(/"hostNodeName": "(near|far)"/g)?.sort()).toEqual([
    '"hostNodeName": "far"',
    '"hostNodeName": "near"',
  ])
  expect(away).toMatch(/^drydock_endpoint_up\{.*near.*\} 1$/m)
  expect(away).toMatch(/^drydock_endpoint_up\{.*far.*\} 1$/m)
  expect(drained).toMatch(/far.*\} 0/)
})
