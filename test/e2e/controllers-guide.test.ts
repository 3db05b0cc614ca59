/** The commands of docs/several-controllers.md, one after the other, as somebody would type them. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'

const guideUrl = 'postgres://postgres@127.0.0.1:5432/postgres'
const root = join(import.meta.dirname, '..', '..')
let server: PostgresServer
let base = ''

beforeAll(async () => {
  server = await startPostgres()
  base = await mkdtemp(join(tmpdir(), 'controllers-guide-'))
  await mkdir(join(base, 'bin'))
  const program = join(base, 'bin', 'drydock')
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin', 'drydock.js')}" "$@"\n`)
  await chmod(program, 0o755)
}, 300_000)
afterAll(async () => {
  server.stop()
  await rm(base, { recursive: true, force: true })
})

it('are fine', async () => {
  const guide = await readFile(join(root, 'docs', 'several-controllers.md'), 'utf8')
  const blocks = [...guide.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text)
  expect(blocks.length).toBe(4)
  const port = 28_000 + (process.pid % 1_000) * 2
  const cleanUp = `trap 'kill -9 $(cat a.pid b.pid 2>/dev/null) 2>/dev/null || true' EXIT`
  const script = ['set -e', cleanUp, ...blocks, 'wait']
    .join('\n')
    .replaceAll(guideUrl, server.url)
    .replaceAll('2750', String(port))
    .replaceAll('2751', String(port + 1))
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    cwd: base,
    env: {
      ...process.env,
      PATH: `${join(base, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      DRYDOCK_STORE_SSL_MODE: 'disable',
    },
    timeout: 150_000,
  }).catch(async (error: unknown) => {
    const logs = await Promise.all(
      ['a', 'b'].map((name) => readFile(join(base, `${name}.log`), 'utf8').catch(() => '')),
    )
    throw new Error(`${String(error)}\n${logs.join('\n')}`)
  })
  const tables = stdout.split('NAME').slice(1)
  expect(tables.length).toBe(3)
  expect(tables[0]).toMatch(/^a \* +live +0/m)
  expect(tables[1]).toMatch(/^b +live +2/m)
  expect(tables[2]).toMatch(/^b \* +live +0/m)
}, 180_000)
