/** A controller with a name on a disk in memory: its store, and the fleet as it sees it. */
import { instant } from '../../resources/index.ts'
import type { Clock } from '../../resources/index.ts'
import type { Fleet } from '../fleet.ts'
import type { Store } from '../port.ts'
import type { MemoryDisk } from './disk.ts'
import { MemoryFleet } from './fleet.ts'
import { Session } from './session.ts'
import { openMemoryStore } from './store.ts'
import type { MemoryStoreOptions } from './store.ts'

export type MemoryMemberOptions = Pick<MemoryStoreOptions, 'fault' | 'onLost'> & {
  readonly disk: MemoryDisk
  readonly name: string
  /** Of the store: how long members are gone, when commands are late. */
  readonly clock?: Clock
}

export type MemoryMember = {
  readonly store: Store
  readonly fleet: Fleet
  /**
   * The connection breaks, as by `kill -9` or a broken network: the lease and the roles are free, whoever calls hangs,
   * nothing is told any more.
   */
  cut(): void
  /** It is back: what hung goes on, unless another has taken over. */
  heal(): void
}

/** @throws WorldError STORE_LOCKED where another of that name is connected */
export function openMemoryMember(options: MemoryMemberOptions): MemoryMember {
  const { disk, name, clock = realClock, onLost = () => undefined, fault } = options
  const session = new Session(disk, name, clock, onLost)
  return {
    store: openMemoryStore({ disk, session, ...(fault === undefined ? {} : { fault }) }),
    fleet: new MemoryFleet(disk, session, clock),
    cut: () => session.cut(),
    heal: () => session.heal(),
  }
}

const realClock: Clock = {
  now: () => instant(Date.now()),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(new Error('aborted'))
      })
    }),
}
