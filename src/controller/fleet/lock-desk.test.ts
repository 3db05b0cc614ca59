import { expect, it } from 'vitest'
import type { Clock } from '../../resources/index.ts'
import { instant, workflowUid } from '../../resources/index.ts'
import { storeError } from '../../store/fault.ts'
import type { FleetLocks, LockGrant } from '../../store/fleet.ts'
import { MemoryDisk, openMemoryMember } from '../../store/index.ts'
import { silentLog } from '../telemetry.ts'
import { LockDesk } from './lock-desk.ts'

/** Time is never waited for. */
const clock: Clock = { now: () => instant(0), sleep: () => Promise.resolve() }
const locks = [{ name: 'ns/Mutex/one', limit: 1 }]
const wishOf = (workflow: string) => ({
  ...{ holder: `ns/${workflow}`, workflowUid: workflowUid(`uid-${workflow}`), workflowKey: `ns/${workflow}` },
  ...{ locks, priority: 0, createdAt: 1 },
})

/** A desk before a real table of locks, each of whose calls can be made to fail. */
function deskOf() {
  const disk = new MemoryDisk()
  const { fleet } = openMemoryMember({ disk, name: 'a', clock, onLost: () => undefined })
  const failures: (keyof FleetLocks)[] = []
  /** Told of each call that is about to be made. */
  const told: ((call: keyof FleetLocks) => void)[] = []
  const failing = <K extends 'restore' | 'leave' | 'limits' | 'ask'>(call: K): FleetLocks[K] =>
    (async (...args: Parameters<FleetLocks[K]>) => {
      for (const tell of told) tell(call)
      const at = failures.indexOf(call)
      if (at >= 0) {
        failures.splice(at, 1)
        throw storeError({ code: 'STORE_DOWN', message: 'the store is away' })
      }
      return Reflect.apply(fleet.locks[call], fleet.locks, args) as unknown
    }) as FleetLocks[K]
  const granted: string[] = []
  const desk = new LockDesk({
    locks: {
      ...{ ours: () => fleet.locks.ours(), standing: () => fleet.locks.standing() },
      ...{ restore: failing('restore'), leave: failing('leave'), limits: failing('limits'), ask: failing('ask') },
    },
    clock,
    log: silentLog,
    signal: new AbortController().signal,
    onGranted: (grants: readonly LockGrant[]) => granted.push(...grants.map(({ holder }) => holder)),
    onStanding: () => undefined,
  })
  return { desk, disk, failures, granted, told }
}

it.each(['ask', 'leave', 'limits', 'restore'] as const)(
  'sends again what the store could not take: %s',
  async (call) => {
    const { desk, disk, failures, granted } = deskOf()
    const held = () => [...disk.fleet.claims.values()]
    desk.restore(wishOf('before'))
    await desk.idle()
    expect(held()).toHaveLength(1)
    failures.push(call, call)
    desk.restore(wishOf('also'))
    desk.leave('ns/before', ['ns/Mutex/one'])
    desk.limits([{ name: 'ns/Mutex/one', limit: 2 }])
    desk.ask({ ...wishOf('next'), locks: [{ name: 'ns/Mutex/one', limit: 2 }] })
    await desk.idle()
    expect([failures, granted]).toEqual([[], ['ns/next']])
    desk.leave('ns/also', ['ns/Mutex/one'])
    desk.leave('ns/next', ['ns/Mutex/one'])
    await desk.idle()
    expect(held()).toEqual([])
  },
)

it('says what is given back until the store knows it', async () => {
  const { desk, failures, told } = deskOf()
  const isLeaving = () => desk.isLeaving('ns/one', 'ns/Mutex/one')
  const seen: [string, boolean][] = []
  desk.restore(wishOf('one'))
  await desk.idle()
  told.push((call) => seen.push([call, isLeaving()]))
  failures.push('leave')
  desk.leave('ns/one', ['ns/Mutex/one'])
  desk.ask(wishOf('next'))
  expect([isLeaving(), desk.isLeaving('ns/one', 'ns/Mutex/other')]).toEqual([true, false])
  await desk.idle()
  expect(seen).toEqual([
    ['leave', true],
    ['leave', true],
    ['ask', false],
  ])
})
