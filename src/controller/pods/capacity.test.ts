import { describe, expect, it } from 'vitest'
import { podIdOf } from '../../resources/index.ts'
import { Capacity } from './capacity.ts'
import type { Asked } from './capacity.ts'

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

describe('capacity of several endpoints', () => {
  const room = (name: string, cpus: number, closed: string | null = null) => ({
    name,
    budget: { cpus, memoryBytes: 1000, containers: 100 },
    closed,
  })
  function house() {
    const capacity = new Capacity({ budget, oversized: 'wait' })
    capacity.setRooms([room('a', 4), room('b', 2)])
    const log: string[] = []
    const only = (...names: string[]) => {
      const others = ['a', 'b'].filter((name) => !names.includes(name))
      return () => ({ names, refused: new Map(others.map((name) => [name, "node(s) didn't match"])) })
    }
    const ask = (name: string, cpus: number, more: Partial<Asked> = {}) => {
      const asked = { pod: podIdOf(name), need: { cpus, memoryBytes: 0, containers: 1 }, priority: 0, ...more }
      const placed = capacity.acquire(asked, (why) => log.push(`${name}: ${why}`), never)
      void placed.then((endpoint) => log.push(`${name} on ${endpoint}`))
      return placed
    }
    return { capacity, log, ask, only, settle: () => new Promise<void>((resolve) => setImmediate(resolve)) }
  }

  it('puts each pod where most is free, and respects what each has', async () => {
    const { ask, log, settle } = house()
    for (const [name, cpus] of [
      ['p1', 1],
      ['p2', 1],
      ['p3', 1],
      ['p4', 1],
      ['p5', 1],
      ['p6', 1],
      ['p7', 1],
    ] as const)
      void ask(name, cpus)
    await settle()
    expect(log.filter((line) => line.endsWith('on a'))).toHaveLength(4)
    expect(log.filter((line) => line.endsWith('on b'))).toHaveLength(2)
    expect(log).toContain('p7: Unschedulable: 0/2 nodes are available: 2 Insufficient cpu.')
  })

  it('spreads pods that ask for nothing by the cores that there are', async () => {
    const { ask, log, settle } = house()
    for (let i = 0; i < 9; i += 1) void ask(`p${i}`, 0)
    await settle()
    expect(log.filter((line) => line.endsWith('on a'))).toHaveLength(6)
  })

  it('does not let a pod that waits for one endpoint keep others from another', async () => {
    const { capacity, ask, only, log, settle } = house()
    void ask('holder', 2, { choose: only('b') })
    void ask('waits for b', 2, { choose: only('b') })
    void ask('anywhere', 1)
    await settle()
    expect(log).toEqual([
      "waits for b: Unschedulable: 0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match.",
      'holder on b',
      'anywhere on a',
    ])
    void ask('small for b', 1, { choose: only('b') })
    capacity.release(podIdOf('holder'))
    await settle()
    expect(log.at(-1)).toBe('waits for b on b')
  })

  it('does not let small pods overtake a large one that may go anywhere', async () => {
    const { capacity, ask, only, log, settle } = house()
    void ask('one', 3, { choose: only('a') })
    void ask('two', 1, { choose: only('b') })
    void ask('large', 4)
    void ask('small', 1)
    void ask('for a', 1, { choose: only('a') })
    await settle()
    // Where the large one could never be, it keeps nobody back.
    expect(log.filter((line) => line.includes(' on '))).toEqual(['one on a', 'two on b', 'small on b'])
    capacity.release(podIdOf('one'))
    await settle()
    expect(log.at(-1)).toBe('large on a')
    capacity.release(podIdOf('large'))
    await settle()
    expect(log.at(-1)).toBe('for a on a')
  })

  it('sends nothing new to one that is closed, and goes on when it opens', async () => {
    const { capacity, ask, only, log, settle } = house()
    capacity.setRooms([room('a', 4), room('b', 2, 'node(s) were unschedulable')])
    void ask('for b', 1, { choose: only('b') })
    void ask('anywhere', 1)
    await settle()
    expect(log).toEqual([
      "for b: Unschedulable: 0/2 nodes are available: 1 node(s) didn't match, 1 node(s) were unschedulable.",
      'anywhere on a',
    ])
    capacity.setRooms([room('a', 4), room('b', 2)])
    await settle()
    expect(log.at(-1)).toBe('for b on b')
  })

  it('waits for ever where no endpoint fits, and keeps nobody back', async () => {
    const { ask, only, log, settle } = house()
    void ask('nowhere', 1, { choose: only() })
    void ask('huge', 5)
    void ask('fine', 1)
    await settle()
    expect(log).toEqual([
      "nowhere: Unschedulable: 0/2 nodes are available: 2 node(s) didn't match.",
      'huge: Unschedulable: 0/2 nodes are available: 2 Insufficient cpu.',
      'fine on a',
    ])
  })

  it('tells at once where a pod went, so that the next one can follow it', async () => {
    const { capacity, ask, log, settle } = house()
    let bound: string | null = null
    const choose = () => ({ names: bound === null ? ['a', 'b'] : [bound], refused: new Map<string, string>() })
    const onPlaced = (endpoint: string) => (bound ??= endpoint)
    void ask('full a', 4)
    void ask('full b', 2)
    void ask('first', 2, { choose, onPlaced })
    void ask('second', 2, { choose, onPlaced })
    capacity.release(podIdOf('full b'))
    capacity.release(podIdOf('full a'))
    await settle()
    expect(log.filter((line) => line.includes(' on '))).toEqual(['full a on a', 'full b on b', 'first on b'])
    capacity.release(podIdOf('first'))
    await settle()
    expect(log.at(-1)).toBe('second on b')
  })

  it('would rather be where it is wished for, as long as there is room', async () => {
    const { ask, log, settle } = house()
    const choose = () => ({ names: ['a', 'b'], refused: new Map<string, string>(), wishes: new Map([['b', 1]]) })
    for (const name of ['p1', 'p2', 'p3']) void ask(name, 1, { choose })
    await settle()
    expect(log).toEqual(['p1 on b', 'p2 on b', 'p3 on a'])
  })
})
