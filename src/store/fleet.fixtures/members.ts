/** Two members of a fleet, anew for each test of its contract, and what they write and ask for. */
import { afterEach, beforeEach, vi } from 'vitest'
import type { EngineShare, Fleet, FleetSelf, LockGrant, LockWish } from '../fleet.ts'
import type { Change, Store, WorkflowRow } from '../port.ts'
import { nodeRow, uidOf, workflowRow } from '../store.contract.ts'

export type MemberUnderTest = {
  readonly store: Store
  readonly fleet: Fleet
  /** The connection breaks without a word, as by `kill -9`. */
  readonly cut: () => Promise<void>
  /** It is there again. */
  readonly heal: () => Promise<void>
  /** Told that another has our lease. */
  readonly isLost: () => boolean
}
/** Members opened here are on the same data; `dispose` throws it away, members that were cut too. */
export type FleetUnderTest = {
  readonly open: (name: string) => Promise<MemberUnderTest>
  /** So few changes are remembered from now on. */
  readonly remember: (changes: number) => Promise<void>
  readonly dispose: () => Promise<void>
}
/** The members `a` and `b` of the test that runs; more are opened by `under`. */
export type TwoMembers = () => {
  readonly under: FleetUnderTest
  readonly a: MemberUnderTest
  readonly b: MemberUnderTest
}

/** Opens them before each test of the `describe` it is called in, and disposes of them afterwards. */
export function twoMembers(make: () => FleetUnderTest): TwoMembers {
  let under: FleetUnderTest
  let a: MemberUnderTest
  let b: MemberUnderTest
  beforeEach(async () => {
    under = make()
    a = await under.open('a')
    b = await under.open('b')
  })
  afterEach(() => under.dispose())
  return () => ({ under, a, b })
}

export const put = (number: number, more: Partial<WorkflowRow> = {}): Change => ({
  kind: 'putWorkflow',
  row: workflowRow(number, more),
})
export const finished = (number: number): Change => put(number, { finished: true, phase: 'Succeeded' })
export const putNode = (number: number, id: string): Change => ({
  kind: 'putNodes',
  uid: uidOf(number),
  nodes: [nodeRow(id)],
})
export const putObject = (name: string, body: unknown, expected?: number): Change => ({
  ...{ kind: 'putObject', row: { kind: 'ConfigMap', namespace: 'n', name, body } },
  ...(expected === undefined ? {} : { expected }),
})
export const self = (host: string): FleetSelf => ({
  ...{ host, url: `http://${host}:2746`, isDraining: false },
  engines: [
    {
      ...{ id: 'E1', endpoint: 'unix:///x', labels: { zone: 'a' }, cpus: 4, memoryBytes: 8e9, containersMax: 100 },
      isUp: true,
    },
  ],
})
export const wish = (holder: string, number: number, locks: Readonly<Record<string, number>>, more = {}): LockWish => ({
  ...{ holder, workflowUid: uidOf(number), workflowKey: holder.split('/').slice(0, 2).join('/') },
  locks: Object.entries(locks).map(([name, limit]) => ({ name, limit })),
  ...{ priority: 0, createdAt: 1000 + number, ...more },
})
export const share = (cpus: number): EngineShare => ({ cpus, memoryBytes: cpus * 1000, containers: cpus })
export const holders = (grants: readonly LockGrant[]) => grants.map(({ holder }) => holder).sort()

export const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 10 })
