/** The ends of queues are enough: what is granted over rows of Postgres is what is granted over all rows, in memory. */
import { assert, asyncProperty, array, constantFrom, integer, oneof, record, subarray } from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import type { FleetLocks, LockStanding, LockWish } from '../fleet.ts'
import { openMemoryMember } from '../memory/member.ts'
import { MemoryDisk } from '../memory/store.ts'
import { uidOf } from '../store.contract.ts'
import { openPostgresStore } from './store.ts'
import type { PostgresStore } from './store.ts'

let server: PostgresServer
let store: PostgresStore
beforeAll(async () => {
  server = await startPostgres()
  store = await openPostgresStore({ url: server.url, controller: 'a' })
}, 300_000)
afterAll(async () => {
  await store.close()
  server.stop()
})

const names = ['turn/all', 'turn/ns/x', 'turn/ns/y', 'n/Mutex/m', 'n/ConfigMap/c/s', 'n/ConfigMap/c/t']
const holder = record({ workflow: integer({ min: 0, max: 5 }), node: integer({ min: 0, max: 20 }) })
/** Many in queues, so that only their ends are read. */
const crowd = array(record({ who: holder, locks: subarray(names, { minLength: 1, maxLength: 3 }) }), {
  minLength: 1,
  maxLength: 30,
})
const step = oneof(
  { weight: 3, arbitrary: record({ kind: constantFrom('ask' as const), wishes: crowd }) },
  { weight: 6, arbitrary: record({ kind: constantFrom('leaveHolders' as const), of: constantFrom(...names) }) },
  { weight: 1, arbitrary: record({ kind: constantFrom('leave' as const), who: array(holder, { minLength: 1 }) }) },
  {
    weight: 1,
    arbitrary: record({
      kind: constantFrom('limit' as const),
      name: constantFrom(...names),
      limit: integer({ min: 0, max: 5 }),
    }),
  },
)
const limits = new Map(names.map((name, i) => [name, [9, 3, 4, 1, 2, 5][i] ?? 1]))

const nameOf = ({ workflow, node }: { readonly workflow: number; readonly node: number }) => `n/w${workflow}/${node}`

const everybody = Array.from({ length: 6 * 21 }, (_, i) => ({
  holder: nameOf({ workflow: Math.floor(i / 21), node: i % 21 }),
}))

const sorted = (standing: readonly LockStanding[]) =>
  standing
    .map((one) => ({ ...one, holders: one.holders.toSorted() }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))

describe('the desk of locks in Postgres', () => {
  it('grants what the table in memory grants, whatever is asked for, given back and limited', async () => {
    const postgres = store.fleet?.locks
    if (!postgres) throw new Error('a store with a name has a fleet')
    await assert(
      asyncProperty(array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const memory = openMemoryMember({ disk: new MemoryDisk(), name: 'a' }).fleet.locks
        const desks: readonly FleetLocks[] = [postgres, memory]
        await postgres.leave(everybody)
        expect(await postgres.standing()).toEqual([])
        const now = new Map(limits)
        for (const one of steps) {
          if (one.kind === 'ask') {
            const wishes = new Map<string, LockWish>()
            for (const { who, locks } of one.wishes)
              wishes.set(nameOf(who), {
                ...{ holder: nameOf(who), workflowUid: uidOf(who.workflow), workflowKey: `n/w${who.workflow}` },
                locks: locks.map((name) => ({ name, limit: now.get(name) ?? 1 })),
                ...{ priority: who.workflow % 2, createdAt: who.workflow >> 1 },
              })
            const answers = await Promise.all(desks.map((desk) => desk.ask([...wishes.values()])))
            const granted = answers.map((answer) => answer.granted.map((grant) => grant.holder).sort())
            expect(granted[0]).toEqual(granted[1])
          } else if (one.kind === 'limit') {
            now.set(one.name, one.limit)
            await Promise.all(desks.map((desk) => desk.limits([{ name: one.name, limit: one.limit }])))
          } else {
            const standing = await memory.standing()
            const leaving =
              one.kind === 'leave'
                ? one.who.map((who) => ({ holder: nameOf(who) }))
                : (standing.find(({ name }) => name === one.of)?.holders ?? [])
                    .slice(0, 2)
                    .map((who) => ({ holder: who }))
            await Promise.all(desks.map((desk) => desk.leave(leaving)))
          }
          const [ours, theirs] = await Promise.all(desks.map(async (desk) => sorted(await desk.standing())))
          expect(ours).toEqual(theirs)
        }
      }),
      { numRuns: 25, endOnFailure: true, interruptAfterTimeLimit: 60_000 },
    )
  }, 170_000)
})
