/** The ports as one life of the daemon gets them: every await passes the gate, and the seed's faults come with the calls. */
import type { Artifacts } from '../../src/artifacts/index.ts'
import type { Clock, PodId, PodRequest } from '../../src/resources/index.ts'
import { WorldError, podIdOf } from '../../src/resources/index.ts'
import type { Runtime } from '../../src/runtime/index.ts'
import type { SimulatedRuntime } from '../../src/runtime/simulated/index.ts'
import type { Change, CommitFault, Store, StoreErrorCode } from '../../src/store/index.ts'
import type { Fleet, FleetListener } from '../../src/store/fleet.ts'
import { openMemoryMember } from '../../src/store/memory/member.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import { describeChange } from './describe.ts'
import type { Gate } from './gate.ts'
import { simulatedArtifacts } from './simulated-artifacts.ts'
import type { World } from './world.ts'

export function gatedClock({ clock }: World, gate: Gate): Clock {
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => gate.pass('a sleep', () => clock.sleepWhile(ms, () => gate.isAlive, signal)),
  }
}

/** Of the only daemon, which takes the lease from whoever had it. */
export const soleStore = (world: World, gate: Gate, onLost: () => void): Store =>
  openMemoryStore({ disk: world.disk, fault: (changes) => commitFault(world, gate, changes), onLost })

/** Of one daemon among several. */
export const memberOf = (world: World, gate: Gate, given: { readonly name: string; readonly onLost: () => void }) =>
  openMemoryMember({
    disk: world.disk,
    clock: world.clock,
    fault: (changes) => commitFault(world, gate, changes),
    ...given,
  })

export function gatedFleet(gate: Gate, inner: Fleet): Fleet {
  const gated = gatedObject(inner, {
    ungated: new Set(['follow', 'role']),
    around: (name, _args, work) => gate.pass(`fleet.${name}`, () => work()),
  })
  const follow: Fleet['follow'] = (since, listener) => inner.follow(since, heardThrough(gate, listener))
  const role: Fleet['role'] = (name, onChange) => inner.role(name, (isOurs) => gate.hear(() => onChange(isOurs)))
  return withOwn(gated, { follow, role })
}

/** The same listener, which hears nothing once it is dead. */
function heardThrough(gate: Gate, listener: FleetListener): FleetListener {
  const heard = Object.entries(listener).map(([name, tell]) => {
    const work = (...args: unknown[]): void => gate.hear(() => void Reflect.apply(tell, listener, args))
    return [name, work] as const
  })
  return Object.fromEntries(heard)
}

export function gatedStore(world: World, gate: Gate, inner: Store): Store {
  return gatedObject(inner, {
    ungated: new Set(['health', 'close']),
    around: (name, _args, work) =>
      gate.pass(`store.${name}`, async () => {
        if (name !== 'commit') await databaseAnswers(world, gate)
        return work()
      }),
  })
}

type Gating = {
  readonly ungated?: ReadonlySet<string>
  readonly around: (name: string, args: readonly unknown[], work: () => unknown) => unknown
}

/** The same object, with something around each of its methods, and those of its parts. */
function gatedObject<T extends object>(inner: T, gating: Gating, prefix = ''): T {
  const known = new Map<string | symbol, { readonly found: unknown; readonly given: unknown }>()
  return new Proxy(inner, {
    get(target, key) {
      const found: unknown = Reflect.get(target, key, target)
      const before = known.get(key)
      if (before !== undefined && before.found === found) return before.given
      const given = gatedPart({ target, found, name: prefix + String(key) }, gating)
      known.set(key, { found, given })
      return given
    },
  })
}

function gatedPart(
  { target, found, name }: { readonly target: object; readonly found: unknown; readonly name: string },
  gating: Gating,
): unknown {
  if (typeof found === 'object' && found !== null) return gatedObject(found, gating, `${name}.`)
  if (typeof found !== 'function') return found
  const method = (...args: unknown[]): unknown => Reflect.apply(found, target, args)
  return gating.ungated?.has(name) === true
    ? method
    : (...args: unknown[]) => gating.around(name, args, () => method(...args))
}

/** Readers wait a while for a database that is away. */
const readPatienceMs = 2_000

async function databaseAnswers({ clock, faults, misfortune, isKind, database }: World, gate: Gate): Promise<void> {
  if (isKind()) return
  const awayMs = database.awayUntilMs - clock.passedMs
  if (awayMs > 0) {
    await clock.sleepWhile(Math.min(awayMs, readPatienceMs), () => gate.isAlive)
    if (awayMs > readPatienceMs) throw storeError('STORE_DOWN')
  }
  if (misfortune.chance(faults.refuseRead)) throw storeError(misfortune.pick(['STORE_BUSY', 'STORE_DOWN']))
}

const storeError = (code: StoreErrorCode) => new WorldError(code, 'the simulated store refuses', { retryable: true })

function commitFault(world: World, gate: Gate, changes: readonly Change[]): CommitFault | null {
  const fault = drawCommitFault(world, gate, changes)
  if (fault !== null && gate.isAlive) world.trace(`this commit: ${fault.kind}`)
  return fault
}

function drawCommitFault(world: World, gate: Gate, changes: readonly Change[]): CommitFault | null {
  const { faults, misfortune, clock, database } = world
  if (!gate.isAlive) return { kind: 'crash', stored: false }
  world.trace(() => `commit ${changes.map(describeChange).join(', ')}`)
  if (world.diesAfterCommit()) {
    gate.die('after a commit')
    return { kind: 'crash', stored: true }
  }
  if (world.isKind()) return null
  if (world.mayDie(faults.crashBeforeCommit)) {
    gate.die('before a commit')
    return { kind: 'crash', stored: false }
  }
  if (world.mayDie(faults.crashAfterCommit)) {
    gate.die('after a commit')
    return { kind: 'crash', stored: true }
  }
  if (database.fullUntilMs > clock.passedMs) return { kind: 'refuse', code: 'STORE_FULL' }
  if (database.awayUntilMs > clock.passedMs) {
    const until = clock.sleepWhile(database.awayUntilMs - clock.passedMs, () => gate.isAlive)
    const then = misfortune.pick<CommitFault | null>([
      null,
      { kind: 'loseAnswer' },
      { kind: 'refuse', code: 'STORE_DOWN' },
    ])
    return { kind: 'delay', until, ...(then === null ? {} : { then }) }
  }
  if (misfortune.chance(faults.refuseCommit))
    return { kind: 'refuse', code: misfortune.pick(['STORE_BUSY', 'STORE_DOWN']) }
  if (misfortune.chance(faults.loseCommitAnswer)) return { kind: 'loseAnswer' }
  if (misfortune.chance(faults.delayCommit))
    return { kind: 'delay', until: clock.sleepWhile(misfortune.int(1, 2_000), () => gate.isAlive) }
  return null
}

export const gatedArtifacts = (world: World, gate: Gate): Artifacts =>
  simulatedArtifacts(world.shelf, (name, work) =>
    gate.pass(name, async () => {
      const { faults, misfortune, shelf } = world
      if (!world.isKind() && misfortune.chance(faults.transfer) && shelf.mayFail(name)) {
        if (misfortune.chance(0.5)) await work()
        throw new WorldError('ARTIFACT_AWAY', 'the simulated storage is away', { retryable: true })
      }
      return work()
    }),
  )

/**
 * Calls may be overtaken by the daemon's death, be done twice, be slow, fail, or time out with their work done or not.
 * @param flights how long the next start of a pod is on its way; a daemon that stands still cannot call it back
 */
export function gatedRuntime(world: World, gate: Gate, inner: SimulatedRuntime, flights: Map<PodId, number>): Runtime {
  const mustLead = leadership(world, gate)
  const gated: Runtime = gatedObject(inner, {
    around: (name, args, work) => {
      if (!calls.has(name)) return work()
      if (beginnings.has(name)) mustLead(name)
      const id = nameOf(args[0])
      const fly = name === 'start' ? (ms: number) => void flights.set(podIdOf(id), ms) : undefined
      const given: Call = {
        name: `${name} ${id}`,
        isUnrepeatable: name === 'writeFiles',
        mayBeRefused: refusable.has(name),
        isDone: () => name === 'start' && world.engine.pods.get(podIdOf(id))?.isStarted === true,
        onRefusal: () => (name === 'start' ? world.engine.refuse(podIdOf(id)) : undefined),
        signal: args.at(-1),
        ...(fly && { fly }),
      }
      return call(world, gate, given, async () => work())
    },
  })
  const observe: Runtime['observe'] = (listener, onHealth) =>
    inner.observe(
      (state) => gate.hear(() => listener(state)),
      (isHealthy, reason) => gate.hear(() => onHealth(isHealthy, reason)),
    )
  const info: Runtime['info'] = async (signal) => ({ ...(await gated.info(signal)), engineId: 'shared', labels: {} })
  return withOwn(gated, { observe, info })
}

/** The same object, with some methods of its own. */
function withOwn<T extends object>(inner: T, own: Partial<T>): T {
  return new Proxy(inner, {
    get: (target, key): unknown => Reflect.get(key in own ? own : target, key, key in own ? own : target),
  })
}

/**
 * Whoever asks the engine to begin something leads, as far as it can know: it asked who does, and unless it stood still
 * in between, nobody has taken over since.
 */
function leadership({ disk, clock, wrong }: World, gate: Gate): (name: string) => void {
  const { epoch } = disk
  let thawedAtMs = -1
  gate.onThaw = () => (thawedAtMs = clock.passedMs)
  return (name) => {
    if (gate.isAlive && disk.epoch !== epoch && clock.passedMs !== thawedAtMs)
      wrong(`${name} is asked for by a daemon that no longer leads`)
  }
}

const beginnings: ReadonlySet<string> = new Set(['prepare', 'start', 'ensureVolume'])

/** Those that go to the engine and are waited for. */
const calls: ReadonlySet<string> = new Set([
  ...['info', 'prepare', 'writeFiles', 'start', 'stop', 'readFiles', 'readStdout', 'remove', 'forget', 'list'],
  ...['workflows', 'ensureVolume', 'removeVolume'],
])

/** The engine may refuse these for good. */
const refusable: ReadonlySet<string> = new Set(['prepare', 'writeFiles', 'start', 'readFiles', 'readStdout'])

type Call = {
  readonly name: string
  /** Not done twice. */
  readonly isUnrepeatable: boolean
  readonly mayBeRefused: boolean
  /** What is done already is not refused. */
  readonly isDone: () => boolean
  /** The same is refused to those that are still on their way. */
  readonly onRefusal: () => void
  readonly signal: unknown
  readonly fly?: (ms: number) => void
}

async function call<R>(world: World, gate: Gate, given: Call, work: () => Promise<R>): Promise<R> {
  const { name, signal } = given
  const { faults, misfortune, clock } = world
  const isKind = world.isKind()
  if (gate.isAlive) world.trace(name)
  if (!isKind && world.mayDie(faults.crashBeforeCall)) gate.die(`before ${name}`)
  return gate.pass(name, async () => {
    try {
      if (!isKind && misfortune.chance(faults.slowCall)) {
        const ms = misfortune.int(1, 3_000)
        if (given.fly === undefined) await clock.sleepWhile(ms, () => gate.isAlive)
        else given.fly(ms)
      }
      if (isAborted(signal)) throw new WorldError('ABORTED', 'the call is no longer wanted', { retryable: false })
      if (!isKind) await engineTrouble(world, gate, given, work)
      const result = await work()
      if (!isKind && gate.isAlive && !isAborted(signal)) {
        if (!given.isUnrepeatable && misfortune.chance(faults.doubleCall)) await work()
        if (world.mayDie(faults.crashAfterCall)) gate.die(`after ${name}`)
      }
      return result
    } catch (error) {
      if (gate.isAlive) world.trace(`${name} failed: ${String(error)}`)
      throw error
    }
  })
}

/** Throws where the engine answers badly, or not in time. */
async function engineTrouble(
  { faults, misfortune, clock, unlucky }: World,
  gate: Gate,
  { name, mayBeRefused, isDone, onRefusal }: Call,
  work: () => Promise<unknown>,
): Promise<void> {
  if (mayBeRefused && misfortune.chance(faults.clientError) && !isDone()) {
    unlucky.refusals += 1
    onRefusal()
    const status = misfortune.pick([404, 409])
    throw new WorldError('ENGINE_REFUSED', `${name}: ${status} of the simulated engine`, { retryable: false })
  }
  if (misfortune.chance(faults.serverError)) {
    if (misfortune.chance(0.5)) await work()
    throw new WorldError('ENGINE_REFUSED', `${name}: 500 of the simulated engine`, { retryable: true })
  }
  if (!misfortune.chance(faults.timeout)) return
  if (misfortune.chance(0.5)) void work().catch(() => undefined)
  await clock.sleepWhile(misfortune.pick([1_000, 10_000, 60_000]), () => gate.isAlive)
  throw new WorldError('ENGINE_AWAY', `${name}: no answer in time`, { retryable: true })
}

const nameOf = (first: unknown): string =>
  typeof first === 'string'
    ? first
    : typeof first === 'object' && first !== null && 'identity' in first
      ? (first as PodRequest).identity.id
      : ''

const isAborted = (signal: unknown): boolean => signal instanceof AbortSignal && signal.aborted
