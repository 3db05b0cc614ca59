/** What is decided over rows is what the engine's own table decides. */
import { assert, property, array, constantFrom, integer, oneof, record, subarray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lockTable } from '../../src/engine/lock-table.ts'
import type { LockRef } from '../../src/engine/locks.ts'
import { grantsOf, inOrder } from '../../src/store/fleet-locks.ts'
import type { LockRow, WaitingRow } from '../../src/store/fleet-locks.ts'

const lockNames = ['ns/Mutex/a', 'ns/ConfigMap/m/b', 'ns/Database/c', 'ns/Mutex/d']
const workflows = ['w0', 'w1', 'w2', 'w3']

const step = oneof(
  {
    weight: 6,
    arbitrary: record({
      kind: constantFrom('ask' as const),
      workflow: integer({ min: 0, max: 3 }),
      node: integer({ min: 0, max: 3 }),
      locks: subarray(lockNames, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: record({
      kind: constantFrom('leave' as const),
      workflow: integer({ min: 0, max: 3 }),
      node: integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      kind: constantFrom('limit' as const),
      lock: constantFrom(...lockNames),
      limit: integer({ min: -1, max: 3 }),
    }),
  },
)
const story = record({
  priorities: array(integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
  ages: array(integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
  steps: array(step, { maxLength: 40 }),
})

type Wish = { readonly rows: readonly WaitingRow[]; isHeld: boolean }

/** The rows of a store, and nothing clever. */
class Rows {
  readonly wishes = new Map<string, Wish>()
  readonly limits = new Map<string, number>()
  #arrival = 0

  ask(holder: string, key: string, locks: readonly string[], priority: number, createdAt: number): void {
    if (this.wishes.has(holder)) return
    const rows = locks.map((lock) => {
      return { holder, lock, workflowKey: key, priority, createdAt, arrival: ++this.#arrival }
    })
    this.wishes.set(holder, { rows, isHeld: false })
  }

  decide(): void {
    const { holders } = grantsOf(this.locks(), this.waiting())
    for (const holder of holders) {
      const wish = this.wishes.get(holder)
      if (wish) wish.isHeld = true
    }
  }

  waiting = (): WaitingRow[] => [...this.wishes.values()].flatMap(({ rows, isHeld }) => (isHeld ? [] : rows))

  holdersOf = (lock: string): string[] =>
    [...this.wishes].flatMap(([holder, { rows, isHeld }]) =>
      isHeld && rows.some((row) => row.lock === lock) ? [holder] : [],
    )

  locks = (): LockRow[] =>
    lockNames.map((name) => ({ name, limit: this.limits.get(name) ?? 1, held: this.holdersOf(name).length }))
}

describe('grants over rows', () => {
  it('are those of the table of the engine, whatever is asked for, given back and limited', () => {
    assert(
      property(story, ({ priorities, ages, steps }) => {
        const rows = new Rows()
        const limitOf = (name: string) => rows.limits.get(name) ?? 1
        const table = lockTable((ref) => ({ limit: limitOf(ref.name) }))
        const refOf = (name: string): LockRef => ({ kind: 'ConfigMap', name, mutex: false })
        const requests = new Map<string, Parameters<typeof table.acquire>[0]>()
        /** All who wait try again, in the order of the queues, until nobody gets anything. */
        const settle = () => {
          const order = [
            ...new Set(
              rows
                .waiting()
                .toSorted(inOrder)
                .map(({ holder }) => holder),
            ),
          ]
          for (let isNews = true; isNews;) {
            isNews = false
            for (const holder of order) {
              const request = requests.get(holder)
              if (request === undefined) continue
              const answer = table.acquire(request)
              if (answer.kind === 'acquired' && answer.fresh.length > 0) isNews = true
            }
          }
        }
        for (const one of steps) {
          if (one.kind === 'limit') rows.limits.set(one.lock, one.limit)
          else {
            const key = `ns/${workflows[one.workflow] ?? ''}`
            const holder = `${key}/${one.node}`
            if (one.kind === 'leave') {
              table.release(holder)
              rows.wishes.delete(holder)
              requests.delete(holder)
            } else if (!requests.has(holder)) {
              const priority = priorities[one.workflow] ?? 0
              const createdAt = ages[one.workflow] ?? 0
              const locks = one.locks.map(refOf)
              const request = { holder, workflowUid: key, workflowKey: key, locks, priority, createdAt }
              requests.set(holder, request)
              rows.ask(holder, key, one.locks, priority, createdAt)
              const before = new Map(rows.limits)
              for (const name of lockNames) rows.limits.set(name, 0) // joins the queues, gets nothing yet
              table.acquire(request)
              rows.limits.clear()
              for (const [name, limit] of before) rows.limits.set(name, limit)
            }
          }
          settle()
          rows.decide()
          for (const name of lockNames)
            expect(rows.holdersOf(name).toSorted(), name).toEqual([...table.holdersOf(name)].sort())
          expect(grantsOf(rows.locks(), rows.waiting()).holders, 'one pass is enough').toEqual([])
        }
      }),
      { numRuns: 400 },
    )
  })
})
