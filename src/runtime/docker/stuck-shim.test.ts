/** Shims of containers, played by processes of that name. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { EngineCalls } from './engine-calls.ts'
import { type EngineClient, EngineSilent } from './client.ts'
import { endStuckShim } from './stuck-shim.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Lasts until it is ended. */
async function processWith(name: string, ...words: readonly string[]): Promise<ChildProcess> {
  const script = 'console.log(1); setInterval(() => {}, 1000)'
  const child = spawn(process.execPath, ['-e', script, '--', ...words], {
    argv0: name,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(child)
  await once(child.stdout, 'data')
  return child
}
const idOf = () => randomBytes(32).toString('hex')
const shimOf = (id: string) => processWith('/usr/bin/containerd-shim-runc-v2', '-namespace', 'moby', '-id', id)
const isAlive = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null

it('a shim that is all there is of its container is ended, and no other', async () => {
  const [id, other] = [idOf(), idOf()]
  const [stuck, others] = [await shimOf(id), await shimOf(other)]
  const gone = once(stuck, 'exit')
  expect(await endStuckShim(id)).toBe(true)
  await gone
  expect(isAlive(others)).toBe(true)
})

it('a shim that is still making its container is left alone', async () => {
  const id = idOf()
  const shim = await shimOf(id)
  await processWith('runc', 'create', '--bundle', `/run/containerd/moby/${id}`)
  expect(await endStuckShim(id)).toBe(false)
  expect(isAlive(shim)).toBe(true)
})

it('what is no shim is left alone', async () => {
  const id = idOf()
  const person = await processWith('onlooker', 'watch', '-id', id)
  expect([await endStuckShim(id), await endStuckShim(idOf())]).toEqual([false, false])
  expect(isAlive(person)).toBe(true)
})

it.each(['inspect', 'start', 'remove', 'removeUnlessRunning'] as const)(
  'a call about its container that is not answered has it ended: %s',
  async (verb) => {
    const id = idOf()
    const stuck = await shimOf(id)
    const gone = once(stuck, 'exit')
    await expect(callsOf(true)[verb](id)).rejects.toMatchObject({ code: 'ENGINE_AWAY', retryable: true })
    await gone
  },
)

it('an engine that answers nothing at all has no shim ended', async () => {
  const id = idOf()
  const shim = await shimOf(id)
  await expect(callsOf(false).inspect(id)).rejects.toMatchObject({ code: 'ENGINE_AWAY' })
  await sleep(100)
  expect(isAlive(shim)).toBe(true)
})

it.each(['start', 'remove'] as const)(
  'a call whose answer was not heard in time, while others are, has nothing ended: %s',
  async (verb) => {
    const id = idOf()
    const shim = await shimOf(id)
    const path = `/containers/${id}/json`
    const client = {
      call: (_verb: string, _method: string, asked: string) =>
        asked === path || asked === '/version'
          ? Promise.resolve({ status: 200 })
          : Promise.reject(new EngineSilent('no answer within 1 ms')),
    }
    await expect(new EngineCalls(client as unknown as EngineClient)[verb](id)).rejects.toMatchObject({
      code: 'ENGINE_AWAY',
    })
    await sleep(100)
    expect(isAlive(shim)).toBe(true)
  },
)

/** Of an engine that says nothing of containers. */
const callsOf = (answersOthers: boolean) =>
  new EngineCalls({
    call: (verb: string) =>
      answersOthers && verb === 'version'
        ? Promise.resolve({})
        : Promise.reject(new EngineSilent('no answer within 1 ms')),
  } as unknown as EngineClient)
