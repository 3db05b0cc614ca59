import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfig } from '../../config/index.ts'
import type { Config } from '../../config/index.ts'
import { ApiClient } from '../client.ts'
import type { Context } from '../globals.ts'
import { leftoverChecks } from './leftovers.ts'

const data = mkdtempSync(join(tmpdir(), 'drydock-doctor-'))
const [alive, archived, gone] = ['uid-alive', 'uid-archived', 'uid-gone']
let config: Config

/** A daemon that knows one workflow, and another in its archive. */
const api = createServer(({ url = '' }, response) => {
  const [name, uid] = url.startsWith('/api/v1/archived-workflows') ? ['archived', archived] : ['alive', alive]
  response.end(JSON.stringify({ items: [{ metadata: { name, uid } }], metadata: {} }))
})

beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  config = (await loadConfig({ flags: { data }, base: data })).config
  writeFileSync(join(data, 'instance'), `doctor-test-${process.pid}\n`)
  const long = new Date(Date.now() - 40 * 86_400_000)
  for (const uid of [alive, archived, gone]) {
    mkdirSync(join(data, 'runtime', 'logs', uid), { recursive: true })
    writeFileSync(join(data, 'runtime', 'logs', uid, 'main.log'), 'x'.repeat(1000))
  }
  // Of a workflow that is, of one that was, of one that was just now, and what a user's own key put there.
  for (const folder of ['alive.d/alive-1.d', 'gone.d/gone-1.d', 'fresh.d/fresh-1.d', 'releases.d/v1.d']) {
    mkdirSync(join(config.artifactsDir, 'objects', folder), { recursive: true })
    if (!folder.startsWith('fresh'))
      utimesSync(join(config.artifactsDir, 'objects', folder.split('/')[0] ?? ''), long, long)
  }
})
afterAll(() => {
  api.close()
  rmSync(data, { recursive: true, force: true })
})

const checksWith = (
  artifactDays: number | null,
  server = `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
) => {
  const context: Context = {
    api: new ApiClient({ server, token: null }),
    namespace: 'default',
    style: { colour: false, utf8: true },
    say: () => {},
  }
  return leftoverChecks({ context, host: undefined, config, artifactDays })
}
const kept = (kind: 'runtime/logs' | 'artifacts/objects', name: string) => existsSync(join(data, kind, name))

it('looks for nothing where no daemon says which workflows there are', async () => {
  const [check] = await checksWith(0, 'http://127.0.0.1:1')
  expect(check).toMatchObject({ state: 'poor', what: expect.stringContaining('no daemon answers') as string })
  expect(check?.mend).toBeUndefined()
})

it('finds logs of workflows that are gone, and removes those alone', async () => {
  const [leftovers] = await checksWith(null)
  expect(leftovers?.what).toBe('1 folders of logs (0.0 MB) of workflows that are gone')
  expect(await leftovers?.mend?.()).toContain('removed')
  expect([alive, archived, gone].map((uid) => kept('runtime/logs', uid))).toEqual([true, true, false])
  expect((await checksWith(null))[0]).toMatchObject({ state: 'fine' })
})

it('keeps artifacts of workflows that are gone, until it is told from which age on not to', async () => {
  const [, untold] = await checksWith(null)
  expect(untold).toMatchObject({ state: 'fine', what: expect.stringContaining('artifacts of 2 workflows') as string })
  const [, told] = await checksWith(30)
  expect(await told?.mend?.()).toBe('removed the artifacts of 1 workflows')
  const left = ['alive.d', 'gone.d', 'fresh.d', 'releases.d'].map((name) => kept('artifacts/objects', name))
  expect(left).toEqual([true, false, true, true])
})
