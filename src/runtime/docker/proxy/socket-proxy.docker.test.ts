import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EngineClient } from '../client.ts'
import { findEngine } from '../connection.ts'
import type { EngineAddress } from '../connection.ts'
import { EngineCalls } from '../engine-calls.ts'
import { findBelongings, removeLeaks } from '../leaks.ts'
import { label } from '../names.ts'
import { pauseImage } from '../pause-image.ts'
import { type SocketProxy, startSocketProxy } from './socket-proxy.ts'

const found = await findEngine()
if (!found.found) throw new Error(found.message)
const engine = found.address
const instance = `runtime-proxy-${randomUUID().slice(0, 8)}`
const direct = new EngineCalls(new EngineClient(engine))
const dataDir = mkdtempSync(join(tmpdir(), 'drydock-proxy-'))
const policy = { privileged: false, capabilities: [], hostPaths: [], hostNamespaces: false, devices: false }
const refused: string[] = []
let proxy: SocketProxy
let address: EngineAddress
let through: EngineCalls

beforeAll(async () => {
  const log = (_message: string, fields: Readonly<Record<string, unknown>>) => void refused.push(String(fields.why))
  proxy = await startSocketProxy({ engine, instance, policy, log }, { host: '127.0.0.1', port: 0 })
  address = { kind: 'tcp', host: '127.0.0.1', port: proxy.port, tls: null, source: 'test' }
  through = new EngineCalls(new EngineClient(address))
})
afterAll(async () => {
  for (const one of [instance, `${instance}-other`]) {
    const leaks = await findBelongings(engine, { instance: one, dataDir })
    await removeLeaks(engine, leaks)
  }
  through.client.close()
  direct.client.close()
  await proxy.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const body = (labels: object, host: object = {}) => ({
  Image: pauseImage,
  Labels: { [label.workflowUid]: 'gone', ...labels },
  HostConfig: { NetworkMode: 'none', ...host },
})
const ours = { [label.instance]: instance }
const others = { [label.instance]: `${instance}-other` }

it('lets a container of ours live and die', async () => {
  const id = (await through.create(`${instance}-a`, body(ours))) ?? ''
  await through.start(id)
  expect(await through.inspect(id)).toMatchObject({ status: 'running' })
  await through.putArchive(id, '/', Buffer.alloc(1024))
  await through.remove(id)
  expect(await through.inspect(id)).toBeNull()
})

it('answers as the engine does for what does not exist', async () => {
  expect(await through.inspect('drydock.no.such')).toBeNull()
  await through.removeVolume(`${instance}-none`)
})

it('refuses containers without our label, and powers that the policy does not give', async () => {
  await expect(through.create(`${instance}-b`, body({}))).rejects.toThrow(/socket proxy forbids.*without the label/)
  await expect(through.create(`${instance}-b`, body(ours, { Privileged: true }))).rejects.toThrow(/privileged/)
  await expect(through.create(`${instance}-b`, body(ours, { Binds: ['/:/host'] }))).rejects.toThrow(/the mount/)
  expect(await direct.inspect(`${instance}-b`)).toBeNull()
})

it('keeps its hands off what is not ours', async () => {
  const id = (await direct.create(`${instance}-c`, body(others))) ?? ''
  await expect(through.inspect(id)).rejects.toThrow(/none of this Drydock's/)
  await expect(through.remove(`${instance}-c`)).rejects.toThrow(/none of this Drydock's/)
  await expect(through.create(`${instance}-d`, body(ours, { NetworkMode: `container:${instance}-c` }))).rejects.toThrow(
    /none of this Drydock's/,
  )
  expect(await direct.inspect(id)).toMatchObject({ status: 'created' })
})

it('finds what is left behind, through the proxy, and only what is ours', async () => {
  const volume = `${instance}-volume`
  const mount = {
    Type: 'volume',
    Source: volume,
    Target: '/v',
    VolumeOptions: { Labels: { ...ours, 'drydock.workflow-uid': 'gone' } },
  }
  await through.create(`${instance}-e`, body(ours, { Mounts: [mount] }))
  const leaks = await findBelongings(address, { instance, dataDir })
  expect(leaks.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
    `container ${instance}-e`,
    `volume ${volume}`,
  ])
  await removeLeaks(address, leaks)
  expect(await findBelongings(engine, { instance, dataDir })).toEqual([])
})
