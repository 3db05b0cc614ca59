/** Sandboxes where the engine goes away at a bad moment: on a real engine, with a switch before it. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CutProxy } from '../../../test/monitoring/cut-proxy.ts'
import { workflowUid } from '../../resources/index.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { EngineClient } from './client.ts'
import { findEngine } from './connection.ts'
import { EngineCalls } from './engine-calls.ts'
import { sandboxNameOf } from './names.ts'
import { ensurePauseImage } from './pause-image.ts'
import { Sandboxes } from './sandboxes.ts'

const found = await findEngine()
if (!found.found) throw new Error(found.message)
if (found.address.kind !== 'socket') throw new Error('the test needs the socket of an engine')
const folder = mkdtempSync(join(tmpdir(), 'drydock-sandboxes-'))
const proxy = new CutProxy(join(folder, 'docker.sock'), found.address.path)
await proxy.join()
const direct = new EngineCalls(new EngineClient(found.address))
await ensurePauseImage(direct.client)
const calls = new EngineCalls(new EngineClient({ kind: 'socket', path: join(folder, 'docker.sock'), source: 'test' }))
const instance = `sandboxes-${randomUUID().slice(0, 8)}`
const said: string[] = []
const sandboxes = new Sandboxes({
  calls,
  owner: { instance, home: folder, network: 'default' },
  log: (_level, message) => said.push(message),
  spare: () => 0,
  confirm: () => Promise.resolve(),
})
const uid = workflowUid(randomUUID())
const patient = { timeout: 60_000 }

afterAll(async () => {
  await sandboxes.forget(uid)
  await sandboxes.close()
  expect(await direct.listOwn(instance)).toEqual([])
  proxy.cut()
  calls.client.close()
  direct.client.close()
  rmSync(folder, { recursive: true })
})

const listed = async (): Promise<void> => {
  const known = sandboxes.ids()
  await sandboxes.adopt(await direct.listOwn(instance), known, () => true)
}
const namesInEngine = async (): Promise<readonly string[]> => (await direct.listOwn(instance)).map(({ name }) => name)

describe('a sandbox that could not be removed because the engine was away', () => {
  it('is removed when the engine is back, and its name is free for the pod’s next one', async () => {
    const { identity } = podRequest(uid, 'robbed', [mainContainer()])
    const first = await sandboxes.bind(identity)
    expect(await namesInEngine()).toEqual([sandboxNameOf(identity.id)])
    proxy.cut()
    sandboxes.discard(identity.id)
    await expect.poll(() => said, patient).toContain('a sandbox could not be removed')
    await proxy.join()
    await listed()
    await expect.poll(namesInEngine, patient).toEqual([])
    const second = await sandboxes.bind(identity)
    expect(second.id).not.toBe(first.id)
    expect(await namesInEngine()).toEqual([sandboxNameOf(identity.id)])
  })
})
