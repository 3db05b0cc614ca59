import { describe, expect, it } from 'vitest'
import { storeContract, uidOf, workflowRow } from '../store.contract.ts'
import { MemoryDisk, openMemoryStore } from './store.ts'
import type { CommitFault } from './store.ts'

storeContract('the memory store', () => {
  const disk = new MemoryDisk()
  return { open: async () => openMemoryStore({ disk }), dispose: async () => undefined }
})

describe('faults of the memory store', () => {
  const open = (faults: (CommitFault | null)[], disk = new MemoryDisk()) =>
    openMemoryStore({ disk, fault: () => faults.shift() ?? null })
  const put = (number: number) => [{ kind: 'putWorkflow', row: workflowRow(number) }] as const

  it('refuses without storing, with the code that was asked for', async () => {
    const store = open([
      { kind: 'refuse', code: 'STORE_BUSY' },
      { kind: 'refuse', code: 'STORE_FULL' },
    ])
    await expect(store.commit(put(1))).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
    await expect(store.commit(put(1))).rejects.toMatchObject({ code: 'STORE_FULL', retryable: false })
    expect(await store.countWorkflows({})).toBe(0)
  })
  it('loses an answer although the commit is stored', async () => {
    const store = open([{ kind: 'loseAnswer' }])
    await expect(store.commit(put(1))).rejects.toMatchObject({ code: 'STORE_DOWN', retryable: true })
    expect(await store.workflowByUid(uidOf(1))).not.toBeNull()
  })
  it.each([
    [true, 1],
    [false, 0],
  ])('crashes with the commit stored: %s; a new store on the disk finds %i workflow', async (stored, count) => {
    const disk = new MemoryDisk()
    const store = open([{ kind: 'crash', stored }], disk)
    const settled: string[] = []
    void store.commit(put(1)).finally(() => settled.push('first'))
    void store.commit(put(2)).finally(() => settled.push('second'))
    await new Promise(setImmediate)
    void store.currentVersion().finally(() => settled.push('read'))
    await new Promise(setImmediate)
    expect(settled).toEqual([])
    expect(await openMemoryStore({ disk }).countWorkflows({})).toBe(count)
  })
  it('refuses whoever led before another took the lease, what is under way included, and tells it once', async () => {
    const disk = new MemoryDisk()
    const told: string[] = []
    const gate = Promise.withResolvers<undefined>()
    const faults: (CommitFault | null)[] = [{ kind: 'delay', until: gate.promise }]
    const old = openMemoryStore({ disk, fault: () => faults.shift() ?? null, onLost: () => told.push('old') })
    const underWay = old.commit(put(1))
    const now = openMemoryStore({ disk, onLost: () => told.push('now') })
    gate.resolve(undefined)
    await expect(underWay).rejects.toMatchObject({ code: 'STORE_LOCKED', retryable: false })
    await expect(old.commit(put(2))).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await now.commit(put(3))
    expect(told).toEqual(['old'])
    expect(await now.countWorkflows({})).toBe(1)
  })
  it('delays a commit and those behind it', async () => {
    const gate = Promise.withResolvers<undefined>()
    const store = open([{ kind: 'delay', until: gate.promise }])
    const first = store.commit(put(1))
    const second = store.commit(put(2))
    await new Promise(setImmediate)
    expect(await store.currentVersion()).toBe(0)
    gate.resolve(undefined)
    expect((await first).resourceVersion).toBe(1)
    expect((await second).resourceVersion).toBe(2)
  })
})
