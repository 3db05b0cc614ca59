/** What every adapter of the runtime port promises. Each adapter's own test calls this with a way to open it. */
import { randomUUID } from 'node:crypto'
import { extract, pack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Readable } from 'node:stream'
import {
  type ContainerRequest,
  type PodId,
  type PodRequest,
  type PodState,
  UserError,
  WorldError,
  workflowUid,
} from '../resources/index.ts'
import type { Runtime } from './port.ts'
import { mainContainer, podRequest } from './runtime.fixtures/pod-request.ts'

/** What a container of a contract test does; each adapter has a way to make it so. */
export type Deed = {
  readonly prints?: string
  readonly complains?: string
  /** `Infinity`: until it is stopped. */
  readonly lastsMs?: number
  readonly exitCode?: number
  readonly writes?: Readonly<Record<string, string>>
  /** Prints the content of this file; ends with 1 where it does not exist. */
  readonly shows?: string
  readonly ignoresTerm?: boolean
}

export type ContractAdapter = {
  readonly name: string
  /** A runtime over the same engine and data each time it is called: a second call is a restart of the daemon. */
  readonly open: () => Promise<Runtime>
  /** The fields of a container request that make it do the deed. */
  readonly doing: (deed: Deed) => Partial<ContainerRequest>
  readonly close: () => Promise<void>
  /** Of an adapter that has several machines: their names. */
  readonly hostNames?: readonly string[]
}

const uid = workflowUid(randomUUID())
let count = 0

function podOf(containers: readonly ContainerRequest[], more: Partial<PodRequest> = {}): PodRequest {
  count += 1
  return podRequest(uid, `contract-${count}`, containers, { terminationGraceMs: 2_000, ...more })
}

async function tarOf(files: Readonly<Record<string, string>>): Promise<AsyncIterable<Uint8Array>> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o644 }, content)
  tar.finalize()
  return tar as AsyncIterable<Uint8Array>
}

async function untar(tar: AsyncIterable<Uint8Array> | null): Promise<Record<string, string> | null> {
  if (!tar) return null
  const found: Record<string, string> = {}
  for await (const entry of Readable.from(tar).pipe(extract())) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    found[entry.header.name] = Buffer.concat(chunks).toString('utf8')
  }
  return found
}

export function runtimeContract(adapter: ContractAdapter): void {
  describe(`the runtime contract, kept by ${adapter.name}`, () => {
    let runtime: Runtime
    const states = new Map<PodId, PodState[]>()
    const wakers = new Set<() => void>()
    const open = async (): Promise<void> => {
      runtime = await adapter.open()
      runtime.observe(
        (state) => {
          states.set(state.identity.id, [...(states.get(state.identity.id) ?? []), state])
          for (const wake of wakers) wake()
        },
        () => {},
      )
    }
    const seen = (pod: PodRequest, isIt: (state: PodState) => boolean): Promise<PodState> =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = states.get(pod.identity.id)?.find(isIt)
          if (!found) return
          wakers.delete(look)
          resolve(found)
        }
        wakers.add(look)
        look()
      })
    const ended = (pod: PodRequest): Promise<PodState> => seen(pod, (state) => state.phase === 'ended')
    const container = (deed: Deed, more: Partial<ContainerRequest> = {}): ContainerRequest =>
      mainContainer({ ...adapter.doing(deed), ...more })
    const run = async (pod: PodRequest): Promise<PodState> => {
      await runtime.prepare(pod)
      await runtime.start(pod)
      return ended(pod)
    }
    const of = (state: PodState, name = 'main'): PodState['containers'][number] | undefined =>
      state.containers.find((one) => one.name === name)
    const logOf = async (pod: PodRequest, name = 'main', options = {}): Promise<string[]> => {
      const lines: string[] = []
      for await (const line of runtime.logs(pod.identity.id, name, options)) lines.push(`${line.stream}: ${line.text}`)
      return lines
    }

    beforeAll(open)
    afterAll(async () => {
      await runtime.forget(uid)
      await runtime.close()
      await adapter.close()
    })

    it('reports a pod as created, running and ended, with exit code and times', async () => {
      const pod = podOf([container({ lastsMs: 300, exitCode: 3 })])
      const state = await run(pod)
      const phases = (states.get(pod.identity.id) ?? []).map((one) => one.phase)
      expect([...new Set(phases)]).toEqual(['created', 'running', 'ended'])
      expect(of(state)).toMatchObject({ state: 'exited', exitCode: 3, reason: 'Error' })
      expect(of(state)?.finishedAt).toBeGreaterThanOrEqual(of(state)?.startedAt ?? Infinity)
      expect(adapter.hostNames ?? [(await runtime.info()).hostName]).toContain(state.hostNodeName)
      expect(state.identity).toEqual(pod.identity)
    })

    it('keeps the whole log of a container that ends at once, also after its removal, until it is forgotten', async () => {
      const pod = podOf([container({ prints: 'one\ntwo', complains: 'bad\n' })])
      expect(of(await run(pod))).toMatchObject({ exitCode: 0, reason: 'Completed' })
      const stdout = await runtime.readStdout(pod.identity.id, 'main', 1_000)
      expect(Buffer.from(stdout).toString()).toBe('one\ntwo')
      expect(Buffer.from(await runtime.readStdout(pod.identity.id, 'main', 2)).toString()).toBe('wo')
      await runtime.remove(pod.identity.id)
      expect((await logOf(pod)).sort()).toEqual(['stderr: bad', 'stdout: one', 'stdout: two'])
      expect(await logOf(pod, 'main', { tailLines: 1 })).toHaveLength(1)
      expect((await runtime.list()).some((one) => one.identity.id === pod.identity.id)).toBe(false)
    })

    it('follows a log until the container has ended', async () => {
      const pod = podOf([container({ prints: 'late', lastsMs: 400 })])
      await runtime.prepare(pod)
      await runtime.start(pod)
      expect(await logOf(pod, 'main', { follow: true })).toEqual(['stdout: late'])
    })

    it('gives files into a container before its start and reads files out of it after its end', async () => {
      const pod = podOf([container({ shows: '/in/a.txt', writes: { '/out/d/b.txt': 'b' } })])
      await runtime.prepare(pod)
      await runtime.writeFiles(pod.identity.id, 'main', await tarOf({ 'in/a.txt': 'hello' }))
      await runtime.start(pod)
      expect(of(await ended(pod))?.exitCode).toBe(0)
      expect(Buffer.from(await runtime.readStdout(pod.identity.id, 'main', 99)).toString()).toBe('hello')
      expect(await untar(await runtime.readFiles(pod.identity.id, 'main', '/out/d/b.txt'))).toEqual({ 'b.txt': 'b' })
      expect(await untar(await runtime.readFiles(pod.identity.id, 'main', '/out'))).toMatchObject({
        'out/d/b.txt': 'b',
      })
      expect(await runtime.readFiles(pod.identity.id, 'main', '/out/nothing')).toBeNull()
    })

    it('gives on what breaks the stream of files, as it is', async () => {
      const pod = podOf([container({})])
      await runtime.prepare(pod)
      const broken = new UserError('ARTIFACT_ARCHIVE', 'an entry leads out of the archive')
      async function* hostile(): AsyncGenerator<Uint8Array> {
        for await (const chunk of await tarOf({ 'tmp/some': 'x'.repeat(2000) })) {
          yield chunk.subarray(0, 700)
          throw broken
        }
      }
      await expect(runtime.writeFiles(pod.identity.id, 'main', hostile())).rejects.toBe(broken)
    })

    it('starts nothing that its guard refuses, and what it refused once it may', async () => {
      const pod = podOf([container({ prints: 'x\n' })])
      const refusal = new WorldError('STORE_LOCKED', 'another has taken over', { retryable: false })
      const asked: string[] = []
      runtime.guard?.(async () => {
        asked.push((await runtime.list()).find(({ identity }) => identity.id === pod.identity.id)?.phase ?? 'gone')
        throw refusal
      })
      await runtime.prepare(pod)
      await expect(runtime.start(pod)).rejects.toThrow('another has taken over')
      expect(asked).toContain('created')
      expect((states.get(pod.identity.id) ?? []).map(({ phase }) => phase)).not.toContain('running')
      runtime.guard?.(() => Promise.resolve())
      await runtime.start(pod)
      await ended(pod)
      expect(await logOf(pod)).toEqual(['stdout: x'])
    })

    it('does nothing when it is asked again what was done before', async () => {
      const pod = podOf([container({ prints: 'x\n' })])
      await runtime.prepare(pod)
      await runtime.prepare(pod)
      await runtime.start(pod)
      await ended(pod)
      await runtime.prepare(pod)
      await runtime.start(pod)
      expect(await logOf(pod)).toEqual(['stdout: x'])
      await runtime.remove(pod.identity.id)
      await runtime.remove(pod.identity.id)
    })

    it('runs init containers one by one before the mains, sharing volumes', async () => {
      const mounts = [{ volume: 'work', mountPath: '/work' }]
      const pod = podOf(
        [
          container({ writes: { '/work/1': 'first' }, lastsMs: 100 }, { name: 'one', role: 'init', mounts }),
          container({ shows: '/work/1', writes: { '/work/2': 'second' } }, { name: 'two', role: 'init', mounts }),
          container({ shows: '/work/2' }, { mounts }),
        ],
        { volumes: [{ kind: 'empty', name: 'work' }] },
      )
      const state = await run(pod)
      expect(state.containers.map((one) => [one.name, one.exitCode])).toEqual([
        ['one', 0],
        ['two', 0],
        ['main', 0],
      ])
      expect(await logOf(pod, 'two')).toEqual(['stdout: first'])
      expect(await logOf(pod)).toEqual(['stdout: second'])
    })

    it('never starts the mains when an init container fails', async () => {
      const pod = podOf([container({ exitCode: 4 }, { name: 'first', role: 'init' }), container({ prints: 'no' })])
      const state = await run(pod)
      expect(of(state, 'first')).toMatchObject({ state: 'exited', exitCode: 4 })
      expect(of(state)).toMatchObject({ state: 'waiting', reason: 'PodInitializing' })
      expect(of(state)?.startedAt).toBeUndefined()
    })

    it('stops sidecars once all mains have ended', async () => {
      const sidecar = container({ lastsMs: Infinity }, { name: 'side', role: 'sidecar' })
      const pod = podOf([container({ lastsMs: 200 }), sidecar])
      await run(pod)
      const last = await seen(pod, (one) => of(one, 'side')?.state === 'exited')
      expect(last.phase).toBe('ended')
      expect([137, 143]).toContain(of(last, 'side')?.exitCode)
    })

    it('runs members of a containerSet after those they depend on', async () => {
      const mounts = [{ volume: 'ws', mountPath: '/ws' }]
      const pod = podOf(
        [
          container({ writes: { '/ws/a': 'from a' }, lastsMs: 150 }, { name: 'a', mounts }),
          container({ shows: '/ws/a' }, { name: 'main', mounts, dependencies: ['a'] }),
        ],
        { volumes: [{ kind: 'empty', name: 'ws' }] },
      )
      expect(of(await run(pod))?.exitCode).toBe(0)
      expect(await logOf(pod)).toEqual(['stdout: from a'])
    })

    it('gives up a member whose dependency failed, as Argo words it', async () => {
      const pod = podOf([
        container({ exitCode: 1 }, { name: 'a' }),
        container({}, { name: 'main', dependencies: ['a'] }),
        container({}, { name: 'c', dependencies: ['main'] }),
      ])
      const state = await run(pod)
      expect(of(state)).toMatchObject({ exitCode: 64, message: 'dependency "a" exited with non-zero code: 1' })
      expect(of(state, 'c')).toMatchObject({ exitCode: 64, message: 'dependency "main" exited with non-zero code: 64' })
    })

    it('tries a member of a containerSet again in the same container', async () => {
      const pod = podOf([container({ prints: 'try\n', exitCode: 5 }, { retry: { tries: 3, pauseMs: 10 } })])
      expect(of(await run(pod))).toMatchObject({ state: 'exited', exitCode: 5 })
      const printed = (await logOf(pod)).filter((line) => line.startsWith('stdout: '))
      expect(printed).toEqual(['stdout: try', 'stdout: try', 'stdout: try'])
    })

    it('shows a member of a containerSet as running until its last try is over', async () => {
      const pod = podOf([container({ exitCode: 5 }, { retry: { tries: 3, pauseMs: 200 } })])
      const early: string[] = []
      const watching = runtime.observe(
        (state) => {
          if (state.identity.id !== pod.identity.id || state.phase === 'ended') return
          for (const one of state.containers) if (one.state === 'exited') early.push(one.name)
        },
        () => {},
      )
      expect(of(await run(pod))).toMatchObject({ state: 'exited', exitCode: 5 })
      watching.close()
      expect(early).toEqual([])
    })

    it('stops a running pod with TERM, and with KILL after the grace', async () => {
      const polite = podOf([container({ lastsMs: Infinity })])
      const deaf = podOf([container({ lastsMs: Infinity, ignoresTerm: true })])
      for (const pod of [polite, deaf]) {
        await runtime.prepare(pod)
        await runtime.start(pod)
        await seen(pod, (state) => state.ready)
      }
      if (adapter.name !== 'simulated') await new Promise((resolve) => setTimeout(resolve, 300))
      await Promise.all([polite, deaf].map((pod) => runtime.stop(pod.identity.id, 1_000)))
      expect(of(await ended(polite))).toMatchObject({ exitCode: 143 })
      expect(of(await ended(deaf))).toMatchObject({ exitCode: 137 })
      expect((await ended(polite)).stopped).toBe(true)
    })

    it('ends a pod that is stopped before its start, and never starts it', async () => {
      const pod = podOf([container({ prints: 'no' })])
      await runtime.prepare(pod)
      await runtime.stop(pod.identity.id, 1_000)
      const state = await ended(pod)
      expect(of(state)).toMatchObject({ state: 'exited', exitCode: 143 })
      await runtime.start(pod)
      expect(
        of((await runtime.list()).find((one) => one.identity.id === pod.identity.id) ?? state)?.startedAt,
      ).toBeUndefined()
      expect(await logOf(pod)).toEqual([])
    })

    it.each([0, 10, 40, 90])('ends a pod that is stopped %i ms after its start was asked for', async (ms) => {
      const pod = podOf([container({ lastsMs: Infinity }), container({ lastsMs: Infinity }, { name: 'second' })])
      await runtime.prepare(pod)
      const starting = runtime.start(pod)
      await new Promise((resolve) => setTimeout(resolve, ms))
      await Promise.all([runtime.stop(pod.identity.id, 0), starting])
      const codes = (await ended(pod)).containers.map((one) => one.exitCode)
      expect([137, 143]).toEqual(expect.arrayContaining(codes))
    })

    it('ends a pod whose main is over before its sidecar has started', async () => {
      const sidecars = ['a', 'b', 'c'].map((name) => container({ lastsMs: Infinity }, { name, role: 'sidecar' }))
      const pod = podOf([container({ exitCode: 3 }), ...sidecars], { terminationGraceMs: 0 })
      expect(of(await run(pod))?.exitCode).toBe(3)
      await seen(pod, (state) => state.containers.every((one) => one.state === 'exited'))
    })

    it('ends a pod at its deadline and says so', async () => {
      const pod = podOf([container({ lastsMs: Infinity })], { activeDeadlineMs: 500 })
      const state = await run(pod)
      expect(state.deadlineExceeded).toBe(true)
      expect(of(state)?.exitCode).toBe(143)
    })

    it('shares a claim between pods', async () => {
      const volumeName = `drydock-contract-${uid.slice(0, 8)}`
      await runtime.ensureVolume(volumeName, {})
      await runtime.ensureVolume(volumeName, {})
      const volumes = [{ kind: 'claim', name: 'data', volumeName }] as const
      const mounts = [{ volume: 'data', mountPath: '/data', subPath: 'deep/er' }]
      const writer = podOf([container({ writes: { '/data/f': 'kept' } }, { mounts })], { volumes })
      await run(writer)
      await runtime.remove(writer.identity.id)
      const whole = [{ volume: 'data', mountPath: '/d' }]
      const reader = podOf([container({ shows: '/d/deep/er/f' }, { mounts: whole })], { volumes })
      expect(of(await run(reader))?.exitCode).toBe(0)
      expect(await logOf(reader)).toEqual(['stdout: kept'])
      // Whoever has it keeps it: to be tried again, not taken for done.
      await expect(runtime.removeVolume(volumeName)).rejects.toMatchObject({ code: 'VOLUME_IN_USE', retryable: true })
      await runtime.remove(reader.identity.id)
      await runtime.removeVolume(volumeName)
    })

    it('tells of named volumes with the labels that they were made with, until they are removed', async () => {
      if (runtime.volumes === undefined) return
      const name = `drydock-contract-${uid.slice(0, 8)}-told`
      const told = async () => (await runtime.volumes?.())?.filter((volume) => volume.name === name)
      await runtime.ensureVolume(name, { 'drydock.claim': 'told', 'drydock.workflow-uid': uid })
      expect(await told()).toEqual([{ name, labels: { 'drydock.claim': 'told', 'drydock.workflow-uid': uid } }])
      await runtime.removeVolume(name)
      expect(await told()).toEqual([])
    })

    it('gives nobody the volume that was made for another workflow', async () => {
      const name = `drydock-contract-${uid.slice(0, 8)}-owned`
      const mine = { 'drydock.workflow-uid': uid }
      await runtime.ensureVolume(name, mine)
      await runtime.ensureVolume(name, mine)
      await runtime.ensureVolume(name, {})
      await expect(runtime.ensureVolume(name, { 'drydock.workflow-uid': 'another' })).rejects.toMatchObject({
        code: 'VOLUME_TAKEN',
        retryable: true,
      })
      const told = async () => (await runtime.volumes?.())?.filter((volume) => volume.name === name).length ?? 0
      await runtime.removeVolume(name, undefined, 'another')
      if (runtime.volumes !== undefined) expect(await told()).toBe(1)
      await runtime.removeVolume(name, undefined, uid)
      expect(await told()).toBe(0)
    })

    it('makes a claim that does not stand with the labels that its pod knows, so that it is found', async () => {
      if (runtime.volumes === undefined) return
      const volumeName = `drydock-contract-${uid.slice(0, 8)}-late`
      const labels = { 'drydock.claim': 'late', 'drydock.workflow-uid': uid }
      const mounts = [{ volume: 'data', mountPath: '/data' }]
      const pod = podOf([container({}, { mounts })], { volumes: [{ kind: 'claim', name: 'data', volumeName, labels }] })
      await runtime.prepare(pod)
      const told = async () => (await runtime.volumes?.())?.filter(({ name }) => name === volumeName)
      expect(await told()).toEqual([{ name: volumeName, labels }])
      await runtime.remove(pod.identity.id)
      await runtime.removeVolume(volumeName)
      expect(await told()).toEqual([])
    })

    it('mounts files of given content', async () => {
      const file = (path: string, text: string) => ({ path, content: Buffer.from(text), mode: 0o644 })
      const pod = podOf(
        [
          container(
            { shows: '/etc/app/sub/key' },
            { mounts: [{ volume: 'config', mountPath: '/etc/app', readOnly: true }] },
          ),
          container(
            { shows: '/run/password' },
            { name: 'other', mounts: [{ volume: 'secret', mountPath: '/run/password', subPath: 'password' }] },
          ),
        ],
        {
          volumes: [
            { kind: 'files', name: 'config', secret: false, files: [file('sub/key', 'value')] },
            { kind: 'files', name: 'secret', secret: true, files: [file('password', 'hidden')] },
          ],
        },
      )
      expect((await run(pod)).containers.map((one) => one.exitCode)).toEqual([0, 0])
      expect(await logOf(pod)).toEqual(['stdout: value'])
      expect(await logOf(pod, 'other')).toEqual(['stdout: hidden'])
      await runtime.remove(pod.identity.id)
    })

    it('refuses a mount of a volume that does not exist', async () => {
      const pod = podOf([container({}, { mounts: [{ volume: 'nope', mountPath: '/x' }] })])
      await expect(runtime.prepare(pod)).rejects.toThrow("volume 'nope' not found in workflow spec")
    })

    it('finds everything again after a restart of the daemon, and starts nothing twice', async () => {
      const made = podOf([container({ prints: 'made\n' })])
      const running = podOf([
        container({ prints: 'ran\n', lastsMs: 3_000 }),
        container({ lastsMs: Infinity }, { name: 'side', role: 'sidecar' }),
      ])
      const over = podOf([container({ prints: 'over\n', exitCode: 2 })])
      await runtime.prepare(made)
      await runtime.prepare(running)
      await runtime.start(running)
      await run(over)
      await runtime.close()
      states.clear()
      await open()
      const listed = new Map((await runtime.list()).map((one) => [one.identity.id, one]))
      expect(listed.get(made.identity.id)?.phase).toBe('created')
      expect(listed.get(running.identity.id)?.phase).toBe('running')
      expect(of(listed.get(over.identity.id) as PodState)).toMatchObject({ state: 'exited', exitCode: 2 })
      expect(listed.get(running.identity.id)?.identity).toEqual(running.identity)
      for (const pod of [made, running, over]) {
        await runtime.prepare(pod)
        await runtime.start(pod)
      }
      expect(of(await ended(running))?.exitCode).toBe(0)
      await seen(running, (state) => of(state, 'side')?.state === 'exited')
      await ended(made)
      expect(await logOf(made)).toEqual(['stdout: made'])
      expect(await logOf(running)).toEqual(['stdout: ran'])
      expect((await logOf(over))[0]).toBe('stdout: over')
    })
  })
}
