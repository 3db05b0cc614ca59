/** The commands of docs/folder.md, one after the other, as somebody would type them. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
let base = ''
let daemon: ChildProcess | null = null
let blocks: readonly string[] = []
const environment: NodeJS.ProcessEnv = { ...process.env, DRYDOCK_SERVER_PORT: '0', DRYDOCK_METRICS_PORT: '0' }

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'folder-guide-'))
  await mkdir(join(base, 'bin'))
  const program = join(base, 'bin', 'drydock')
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin', 'drydock.js')}" "$@"\n`)
  await chmod(program, 0o755)
  environment['PATH'] = `${join(base, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`
  const guide = await readFile(join(root, 'docs', 'folder.md'), 'utf8')
  blocks = [...guide.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text)
})
afterAll(async () => {
  if (daemon?.exitCode === null) {
    daemon.kill('SIGTERM')
    await once(daemon, 'close')
  }
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
  await expect.poll(() => log).toContain('drydock is up')
  environment['DRYDOCK_URL'] = /"api":"([^"]+)"/.exec(log)?.[1] ?? ''
}

it('are fine, and say what the guide says', async () => {
  const [first = '', ...others] = blocks
  await up(first)
  const said: string[] = []
  for (const text of others) {
    const { stdout } = await promisify(execFile)('sh', ['-ec', text], { cwd: base, env: environment })
    said.push(stdout)
  }
  const [dropped = '', edited = '', refused = '', deleted = ''] = said
  expect(said).toHaveLength(4)
  expect(dropped).toContain('hello from a folder')
  expect(dropped).toContain('state: Admitted')
  expect(edited).toContain('good bye from a folder')
  expect(edited.match(/^hello-\S+ +Succeeded/gm)).toHaveLength(2)
  expect(refused).toContain('bad.yaml')
  expect(refused).toContain('entripoint')
  expect(deleted.match(/^hello-\S+ +Succeeded/gm)).toHaveLength(2)
})
