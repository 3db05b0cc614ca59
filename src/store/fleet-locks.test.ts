import { describe, expect, it } from 'vitest'
import { grantsOf } from './fleet-locks.ts'
import type { WaitingRow } from './fleet-locks.ts'

/** That the rules are those of the engine's table is shown in test/simulation/fleet-locks.test.ts. */
describe('grants over rows', () => {
  const row = (holder: string, lock: string, arrival: number): WaitingRow => ({
    ...{ holder, lock, arrival, workflowKey: holder, priority: 0, createdAt: 0 },
  })
  it('of turns pass by one whose other lock is taken; those of other locks do not', () => {
    const locks = [
      { name: 'turn/all', limit: 2, held: 0 },
      { name: 'turn/ns/x', limit: 1, held: 1 },
      { name: 'ns/Mutex/m', limit: 2, held: 0 },
    ]
    const turns = [row('a', 'turn/all', 1), row('a', 'turn/ns/x', 2), row('b', 'turn/all', 3)]
    expect(grantsOf(locks, turns).holders).toEqual(['b'])
    const others = [row('a', 'ns/Mutex/m', 1), row('a', 'turn/ns/x', 2), row('b', 'ns/Mutex/m', 3)]
    expect(grantsOf(locks, others).holders).toEqual([])
  })
  it('of a queue that was read in part end where the part ends, and say so', () => {
    const locks = [{ name: 'ns/Mutex/m', limit: 3, held: 0, isCutAt: 1 }]
    const rows = [row('a', 'ns/Mutex/m', 1), { ...row('a/2', 'ns/Mutex/m', 9), workflowKey: 'a' }]
    expect(grantsOf(locks, rows)).toEqual({ holders: ['a'], isUnfinished: true })
  })
})
