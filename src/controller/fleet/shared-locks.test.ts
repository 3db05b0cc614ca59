import { describe, expect, it } from 'vitest'
import type { LockRequest } from '../../engine/index.ts'
import { workflowUid } from '../../resources/index.ts'
import type { LockWish, WantedLock } from '../../store/fleet.ts'
import { SharedLocks } from './shared-locks.ts'

const mutex = { kind: 'Mutex', mutex: true, name: 'ns/Mutex/one' } as const
const semaphore = { kind: 'ConfigMap', mutex: false, name: 'ns/ConfigMap/limits/slots' } as const
const requestOf = (workflow: string, locks: LockRequest['locks'] = [mutex], node?: string): LockRequest => ({
  holder: node === undefined ? `ns/${workflow}` : `ns/${workflow}/${node}`,
  workflowUid: `uid-${workflow}`,
  workflowKey: `ns/${workflow}`,
  locks,
  priority: 0,
  createdAt: 1,
})

function table(given: number | null = 2) {
  let limit = given
  const said: string[] = []
  const woken: string[] = []
  let nowMs = 0
  const desk = {
    ask: ({ holder, locks }: LockWish) =>
      said.push(`ask ${holder} ${locks.map(({ name, limit: of }) => `${name}=${of}`).join()}`),
    leave: (holder: string, names: Iterable<string>) => said.push(`leave ${holder} ${[...names].join()}`),
    restore: ({ holder, locks }: Pick<LockWish, 'holder' | 'locks'>) =>
      said.push(`restore ${holder} ${locks.map(({ name }) => name).join()}`),
    limits: (changed: readonly WantedLock[]) => {
      for (const { name, limit: of } of changed) said.push(`limit ${name}=${of}`)
    },
  }
  const locks = new SharedLocks({
    limits: () => (limit === null ? { error: 'no such ConfigMap' } : { limit }),
    desk: desk,
    monotonicMs: () => nowMs,
    isLive: () => true,
    wake: (uid) => woken.push(uid),
  })
  const grant = (holder: string, workflow: string, name: string) =>
    locks.granted([{ holder, workflowUid: workflowUid(`uid-${workflow}`), locks: [name] }])
  const change = (next: number) => {
    limit = next
    locks.tellLimits()
  }
  return { locks, said, woken, grant, change, later: (ms: number) => (nowMs += ms) }
}

describe('shared locks', () => {
  it('ask once, wait, and are taken when the store has granted', () => {
    const { locks, said, woken, grant } = table()
    expect(locks.acquire(requestOf('a')).kind).toBe('waiting')
    expect(locks.acquire(requestOf('a')).kind).toBe('waiting')
    expect(said).toEqual(['ask ns/a ns/Mutex/one=1'])
    grant('ns/a', 'a', mutex.name)
    expect(woken).toEqual(['uid-a'])
    expect(locks.acquire(requestOf('a'))).toEqual({ kind: 'acquired', fresh: [mutex] })
    expect(locks.acquire(requestOf('a'))).toEqual({ kind: 'acquired', fresh: [] })
  })

  it('are given back only when the commit that gives them up is stored', () => {
    const { locks, said, grant } = table()
    locks.acquire(requestOf('a'))
    grant('ns/a', 'a', mutex.name)
    locks.acquire(requestOf('a'))
    locks.giveUp('ns/a')
    expect(said).toHaveLength(1)
    expect(locks.holdersOf(mutex.name)).toEqual([])
    locks.settle('ns/a')
    expect(said.at(-1)).toBe('leave ns/a ns/Mutex/one')
  })

  it('have never left where the same holder asks again before that', () => {
    const { locks, said, grant } = table()
    locks.acquire(requestOf('a', [mutex], 'n'))
    grant('ns/a/n', 'a', mutex.name)
    locks.acquire(requestOf('a', [mutex], 'n'))
    locks.giveUp('ns/a/n')
    expect(locks.acquire(requestOf('a', [mutex], 'n'))).toEqual({ kind: 'acquired', fresh: [mutex] })
    locks.settle('ns/a')
    expect(said).toHaveLength(1)
  })

  it('leave the queue of who gives up waiting, and are refused where there is no limit', () => {
    const { locks, said } = table()
    locks.acquire(requestOf('a'))
    locks.giveUp('ns/a')
    expect(said.at(-1)).toBe('leave ns/a ns/Mutex/one')
    expect(table(null).locks.acquire(requestOf('a', [semaphore]))).toEqual({
      kind: 'error',
      message: 'no such ConfigMap',
    })
    expect(table(0).locks.acquire(requestOf('a', [semaphore]))).toMatchObject({
      kind: 'waiting',
      message: `Failed to get semaphore limit for ${semaphore.name}`,
    })
  })

  it('tell who waits how many there are, once that is known', () => {
    const { locks, woken } = table()
    locks.acquire(requestOf('a', [semaphore]))
    const holders = ['ns/x', 'ns/y']
    locks.stand([{ name: semaphore.name, limit: 2, holders, waiting: 1 }])
    expect(woken).toEqual(['uid-a'])
    expect(locks.acquire(requestOf('a', [semaphore]))).toMatchObject({
      holders,
      message: `Waiting for ${semaphore.name} lock. Lock status: 0/2`,
    })
  })

  it('are told their new limit, once, where ours hold them or wait for them', () => {
    const { locks, said, grant, change } = table()
    change(1)
    locks.acquire(requestOf('a', [semaphore]))
    locks.stand([{ name: semaphore.name, limit: 1, holders: ['ns/x'], waiting: 1 }])
    change(1)
    expect(said).toEqual([`ask ns/a ${semaphore.name}=1`])
    change(3)
    expect(said.at(-1)).toBe(`limit ${semaphore.name}=3`)
    grant('ns/a', 'a', semaphore.name)
    locks.acquire(requestOf('a', [semaphore]))
    locks.stand([{ name: semaphore.name, limit: 3, holders: ['ns/x', 'ns/a'], waiting: 0 }])
    change(2)
    expect(said.slice(2)).toEqual([`limit ${semaphore.name}=2`])
  })

  it('go back when nobody takes what was granted', () => {
    const { locks, said, grant, later } = table()
    grant('ns/a', 'a', mutex.name)
    locks.sweep()
    expect(said).toEqual([])
    later(20_000)
    locks.sweep()
    expect(said).toEqual(['leave ns/a ns/Mutex/one'])
  })

  it('are restored after a release in the same breath', () => {
    const { locks, said, grant } = table()
    locks.acquire(requestOf('a'))
    grant('ns/a', 'a', mutex.name)
    locks.acquire(requestOf('a'))
    locks.releaseWorkflow('ns/a')
    locks.restore('ns/a', 'uid-a', mutex)
    expect(said.slice(-2)).toEqual(['leave ns/a ns/Mutex/one', 'restore ns/a ns/Mutex/one'])
    expect(locks.acquire(requestOf('a'))).toEqual({ kind: 'acquired', fresh: [] })
  })
})
