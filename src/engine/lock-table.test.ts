/** A lock that is given up by a decision that may never be stored. */
import { describe, expect, it } from 'vitest'
import { lockTable } from './lock-table.ts'
import type { LockRef } from './locks.ts'

const lock: LockRef = { kind: 'Mutex', name: 'ns/Mutex/m', mutex: true }
const request = (workflow: string, node: string) => ({
  holder: `ns/${workflow}/${node}`,
  workflowUid: workflow,
  workflowKey: `ns/${workflow}`,
  locks: [lock],
  priority: 0,
  createdAt: 0,
})

describe('a lock that is given up', () => {
  it('is for others once that is stored, and for the same workflow at once', () => {
    const locks = lockTable(() => ({ limit: 1 }))
    locks.acquire(request('a', '1'))
    locks.giveUp('ns/a/1')
    expect(locks.acquire(request('b', '1')).kind).toBe('waiting')
    expect(locks.settle('ns/a')).toEqual(['b'])
    expect(locks.acquire(request('b', '1')).kind).toBe('acquired')
    locks.giveUp('ns/b/1')
    expect(locks.acquire(request('b', '2')).kind).toBe('acquired')
  })
})
