/** What becomes of the workflows of a member that is gone. */
import { describe, expect, it } from 'vitest'
import type { LockGrant } from './fleet.ts'
import { finished, holders, put, putNode, soon, wish } from './fleet.fixtures/members.ts'
import type { TwoMembers } from './fleet.fixtures/members.ts'
import { uidOf } from './store.contract.ts'

export function describeTakeOver(two: TwoMembers): void {
  describe('a take-over', () => {
    it('needs a member that is gone', async () => {
      const { a, b } = two()
      await a.store.commit([put(1)])
      expect(await b.fleet.takeOver('a')).toEqual([])
      expect(await b.fleet.takeOver('b')).toEqual([])
      expect(await b.fleet.takeOver('nobody')).toEqual([])
      await a.store.commit([putNode(1, 'x')])
    })
    it('brings everything unfinished, with its locks; one of two wins; what the old one sends is refused', async () => {
      const { under, a, b } = two()
      const c = await under.open('c')
      await a.store.commit([put(1), put(2), finished(3), putNode(1, 'x')])
      await b.store.commit([put(4)])
      await a.fleet.locks.ask([wish('default/wf-1', 1, { m: 1 }), wish('default/wf-2', 2, { m: 1 })])
      await a.cut()
      await soon(async () => {
        const gone = (await b.fleet.members()).find((one) => one.name === 'a')
        expect(gone?.isLive).toBe(false)
      })
      const taken = await Promise.all([b.fleet.takeOver('a'), c.fleet.takeOver('a')])
      expect(taken.map((uids) => uids.length).sort()).toEqual([0, 2])
      const winner = taken[0]?.length === 2 ? b : c
      expect([...taken.flat()].sort()).toEqual([uidOf(1), uidOf(2)])
      await winner.store.commit([putNode(1, 'y'), put(2, { phase: 'Failed' })])
      const ours = await winner.fleet.locks.ours()
      expect(holders(ours.held)).toEqual(['default/wf-1'])
      expect(ours.waiting).toEqual(['default/wf-2'])
      const granted: LockGrant[] = []
      winner.fleet.follow(0, { granted: (grants) => granted.push(...grants) })
      await winner.fleet.locks.leave([{ holder: 'default/wf-1' }])
      await soon(() => expect(holders(granted)).toContain('default/wf-2'))
      await a.heal()
      await expect(a.store.commit([putNode(1, 'z')])).rejects.toMatchObject({ code: 'STORE_LOCKED' })
      await soon(() => expect(a.isLost()).toBe(true))
      await expect(a.fleet.locks.ask([wish('default/wf-9', 9, { n: 1 })])).rejects.toMatchObject({
        code: 'STORE_LOCKED',
      })
      await expect(a.fleet.takeOver('c')).rejects.toMatchObject({ code: 'STORE_LOCKED' })
      expect((await winner.store.nodes(uidOf(1))).map(({ id }) => String(id))).toEqual(['x', 'y'])
      expect((await winner.fleet.members()).map((one) => one.name)).toEqual(['b', 'c'])
    })
    it('does not happen to one whose connection broke and that was back before', async () => {
      const { a, b } = two()
      await a.store.commit([put(1)])
      await a.cut()
      await a.heal()
      await a.store.commit([putNode(1, 'x')])
      await soon(async () => expect(await b.fleet.takeOver('a')).toEqual([]))
      await a.store.commit([putNode(1, 'y')])
      expect(a.isLost()).toBe(false)
    })
    it('gives the name back to a new process, with nothing of what was taken', async () => {
      const { under, a, b } = two()
      await a.store.commit([put(1)])
      await a.cut()
      await soon(async () => expect(await b.fleet.takeOver('a')).toEqual([uidOf(1)]))
      const again = await under.open('a')
      await again.store.commit([put(2)])
      await expect(again.store.commit([putNode(1, 'x')])).rejects.toMatchObject({ code: 'STORE_NOT_OWNER' })
      await b.store.commit([putNode(1, 'x')])
    })
  })
}
