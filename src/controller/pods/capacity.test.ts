import { describe, expect, it } from 'vitest'
import { podIdOf } from '../../resources/index.ts'
import { Capacity } from './capacity.ts'

const budget = { cpus: 4, memoryBytes: 100, containers: 3 }
const never = new AbortController().signal

function gate(oversized: 'wait' | 'run' = 'wait') {
  const capacity = new Capacity({ budget, oversized })
  const log: string[] = []
  const ask = (
    name: string,
    cpus: number,
    more: { priority?: number; signal?: AbortSignal; memoryBytes?: number } = {},
  ) => {
    const need = { cpus, memoryBytes: more.memoryBytes ?? 0, containers: 1 }
    const tell = (why: string) => log.push(`${name} waits: ${why}`)
    return capacity
      .acquire({ pod: podIdOf(name), need, priority: more.priority ?? 0 }, tell, more.signal ?? never)
      .then(
        () => log.push(`${name} runs`),
        () => log.push(`${name} gave up`),
      )
  }
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return { capacity, log, ask, settle, release: (name: string) => capacity.release(podIdOf(name)) }
}

describe('capacity', () => {
  it('lets pods in as long as their requests fit, then in order of priority and of asking', async () => {
    const { log, ask, settle, release } = gate()
    void ask('a', 3)
    void ask('b', 2)
    void ask('c', 1)
    void ask('d', 2, { priority: 1 })
    await settle()
    const cpu = 'waits: Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.'
    expect(log).toEqual([`b ${cpu}`, expect.stringContaining('c waits: '), `d ${cpu}`, 'a runs'])
    release('a')
    await settle()
    expect(log.slice(-2)).toEqual(['d runs', 'b runs'])
    release('d')
    await settle()
    expect(log.at(-1)).toBe('c runs')
  })

  it('is not blocked by a pod that can never run', async () => {
    const { log, ask, settle, release } = gate()
    void ask('a', 4)
    void ask('huge', 5)
    void ask('b', 1)
    release('a')
    await settle()
    expect(log).toContain('b runs')
    expect(log).not.toContain('huge runs')
  })

  it('runs such a pod alone where it is told to', async () => {
    const { log, ask, settle } = gate('run')
    void ask('huge', 5)
    await settle()
    expect(log).toEqual(['huge runs'])
  })

  it('forgets a pod that gives up', async () => {
    const { log, ask, settle, release } = gate()
    const giving = new AbortController()
    void ask('a', 4)
    void ask('b', 4, { signal: giving.signal })
    void ask('c', 1)
    giving.abort(new Error('no longer wanted'))
    release('a')
    await settle()
    expect(log.slice(-2)).toEqual(['b gave up', 'c runs'])
  })
})
