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
import { sandboxBody, startSandbox } from './sandbox-body.ts'
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
  await sandboxes.adopt(await direct.listOwn(instance), known, () => true, false)
}
const namesInEngine = async (): Promise<readonly string[]> => (await direct.listOwn(instance)).map(({ name }) => name)

/** The engine goes away while the pod's sandbox is being removed. */
async function cutOffRemoval(name: string) {
  const { identity } = podRequest(uid, name, [mainContainer()])
  const sandbox = await sandboxes.bind(identity)
  expect(await namesInEngine()).toContain(sandboxNameOf(identity.id))
  said.length = 0
  proxy.cut()
  sandboxes.discard(identity.id)
  await expect.poll(() => said, patient).toContain('a sandbox could not be removed')
  return { identity, sandbox }
}

/** The engine is back, and has been asked what it has. */
async function isCleared(): Promise<void> {
  await proxy.join()
  await listed()
  await expect.poll(namesInEngine, patient).toEqual([])
}

async function hasAnother({ identity, sandbox }: Awaited<ReturnType<typeof cutOffRemoval>>): Promise<void> {
  const second = await sandboxes.bind(identity)
  expect(second.id).not.toBe(sandbox.id)
  expect(await namesInEngine()).toEqual([sandboxNameOf(identity.id)])
  await sandboxes.forget(uid)
  await listed()
}

describe('a sandbox that could not be removed because the engine was away', () => {
  it('is removed when the engine is back, and its name is free for the pod’s next one', async () => {
    const robbed = await cutOffRemoval('robbed')
    await isCleared()
    await hasAnother(robbed)
  })

  it('is removed, too, where it has ended with the engine', async () => {
    const ended = await cutOffRemoval('ended')
    await direct.kill(ended.sandbox.id, 'KILL')
    await expect.poll(async () => (await direct.inspect(ended.sandbox.id))?.status, patient).toBe('exited')
    await isCleared()
    await hasAnother(ended)
  })

  it('makes way for the pod’s next one before the engine has listed it', async () => {
    const inTheWay = await cutOffRemoval('in-the-way')
    await proxy.join()
    await hasAnother(inTheWay)
  })
})

it('a sandbox that another life of the daemon had, and that has ended, makes way', async () => {
  const { identity } = podRequest(uid, 'earlier', [mainContainer()])
  const owner = { instance, home: folder, network: 'default' }
  const earlier = await startSandbox(direct, sandboxNameOf(identity.id), sandboxBody(owner, identity))
  await direct.kill(earlier.id, 'KILL')
  await expect.poll(async () => (await direct.inspect(earlier.id))?.status, patient).toBe('exited')
  await hasAnother({ identity, sandbox: { ...earlier, workflow: uid } })
})
