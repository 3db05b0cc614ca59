import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { EngineClient } from './client.ts'
import { findEngine } from './connection.ts'
import { Images } from './images.ts'
import { type PrivateRegistry, startPrivateRegistry } from './registry.fixtures/registry.ts'

const found = await findEngine()
if (!found.found) throw new Error(found.message)
const client = new EngineClient(found.address)
const directory = mkdtempSync(join(tmpdir(), 'drydock-registry-'))
let registry: PrivateRegistry

beforeAll(async () => {
  registry = await startPrivateRegistry()
  // Nobody's own credentials but those of a test.
  vi.stubEnv('DOCKER_CONFIG', directory)
})
afterEach(async () => {
  await client.call('removeImage', 'DELETE', `/images/${registry.image}`, { allow: [404] })
  rmSync(join(directory, 'config.json'), { force: true })
})
afterAll(() => {
  registry.close()
  client.close()
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true, force: true })
})

const pull = (credentials: readonly string[]) =>
  new Images(client, () => {}).ensure(registry.image, 'IfNotPresent', credentials)
const configWith = (entry: object) => JSON.stringify({ auths: { [registry.host]: entry } })
const authOf = (password: string) => Buffer.from(`${registry.user}:${password}`).toString('base64')

it('pulls with the credentials of a Secret of type kubernetes.io/dockerconfigjson', async () => {
  const { digest } = await pull(['not JSON', configWith({ auth: authOf(registry.password) })])
  expect(digest).toContain('@sha256:')
})

it('pulls with a user name and a password that stand by themselves', async () => {
  const { user: username, password } = registry
  await expect(pull([configWith({ username, password })])).resolves.toMatchObject({ entrypoint: ['/pause'] })
})

it('pulls with the credentials of the daemon’s own config.json', async () => {
  writeFileSync(join(directory, 'config.json'), configWith({ auth: authOf(registry.password) }))
  await expect(pull([])).resolves.toMatchObject({ entrypoint: ['/pause'] })
})

it('says what the registry says where there are none, or wrong ones', async () => {
  await expect(pull([])).rejects.toThrow(
    /ErrImagePull: .*(no basic auth credentials|unauthorized|authentication required)/,
  )
  await expect(pull([configWith({ auth: authOf('wrong') })])).rejects.toThrow(/ErrImagePull: .*(unauthorized|401)/i)
})
