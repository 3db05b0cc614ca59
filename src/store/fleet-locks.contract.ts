/** Locks that several members share. */
import { describe, expect, it } from 'vitest'
import type { LockGrant } from './fleet.ts'
import { finished, holders, put, soon, wish } from './fleet.fixtures/members.ts'
import type { MemberUnderTest, TwoMembers } from './fleet.fixtures/members.ts'
import { uidOf } from './store.contract.ts'

export function describeLocks(two: TwoMembers): void {
  describe('locks', () => {
    it('are granted across members by priority, age and arrival, and handed on when they are given back', async () => {
      const { a, b } = two()
      const granted: string[] = []
      const note = (who: string) => (grants: readonly LockGrant[]) =>
        granted.push(...grants.map(({ holder }) => `${who} ${holder}`))
      a.fleet.follow(0, { granted: note('a') })
      b.fleet.follow(0, { granted: note('b') })
      const first = await a.fleet.locks.ask([wish('n/one', 1, { m: 1 })])
      expect(first.granted).toEqual([{ holder: 'n/one', workflowUid: uidOf(1), locks: ['m'] }])
      expect(first.standing).toEqual([{ name: 'm', limit: 1, holders: ['n/one'], waiting: 0 }])
      const second = await b.fleet.locks.ask([wish('n/four', 4, { m: 1 }), wish('n/three', 3, { m: 1 })])
      expect(second).toEqual({
        granted: [],
        standing: [{ name: 'm', limit: 1, holders: ['n/one'], waiting: 2 }],
      })
      await a.fleet.locks.ask([wish('n/five', 5, { m: 1 }, { priority: 1 })])
      await a.fleet.locks.ask([wish('n/five', 5, { m: 1 }, { priority: 1 })])
      for (const [leaving, next] of [
        ['n/one', 'a n/five'],
        ['n/five', 'b n/three'],
        ['n/three', 'b n/four'],
      ] as const) {
        await a.fleet.locks.leave([{ holder: leaving }])
        await soon(() => expect(granted).toContain(next))
        expect(await b.fleet.locks.standing()).toMatchObject([{ name: 'm', holders: [next.slice(2)] }])
      }
      await b.fleet.locks.leave([{ holder: 'n/four' }])
      expect(await a.fleet.locks.standing()).toEqual([])
    })
    it('are granted all or none, told once more to who asks again, and given back by name', async () => {
      const { a, b } = two()
      await a.fleet.locks.ask([wish('n/x', 1, { one: 1 })])
      expect((await b.fleet.locks.ask([wish('n/y', 2, { one: 1, two: 1 })])).granted).toEqual([])
      expect(holders((await a.fleet.locks.ask([wish('n/z', 3, { two: 2 })])).granted)).toEqual([])
      await a.fleet.locks.leave([{ holder: 'n/x' }])
      const again = await b.fleet.locks.ask([wish('n/y', 2, { one: 1, two: 1 })])
      expect(again.granted.map(({ locks }) => [...locks].sort())).toEqual([['one', 'two']])
      await b.fleet.locks.leave([{ holder: 'n/y', locks: ['two'] }])
      const { held } = await b.fleet.locks.ours()
      expect(held).toEqual([{ holder: 'n/y', workflowUid: uidOf(2), locks: ['one'] }])
      await soon(async () => expect(holders((await a.fleet.locks.ours()).held)).toEqual(['n/z']))
    })
    it('follow their limits', async () => {
      const { a, b } = two()
      const granted: string[] = []
      b.fleet.follow(0, { granted: (grants) => granted.push(...holders(grants)) })
      await b.fleet.locks.ask([1, 2, 3, 4].map((number) => wish(`n/w${number}`, number, { s: 0 })))
      expect(granted).toEqual([])
      await a.fleet.locks.limits([
        { name: 's', limit: 2 },
        { name: 'unknown', limit: 1 },
      ])
      await soon(() => expect(granted).toEqual(['n/w1', 'n/w2']))
      await a.fleet.locks.limits([{ name: 's', limit: 1 }])
      await a.fleet.locks.leave([{ holder: 'n/w1' }])
      expect(await a.fleet.locks.standing()).toEqual([{ name: 's', limit: 1, holders: ['n/w2'], waiting: 2 }])
      await a.fleet.locks.leave([{ holder: 'n/w2' }])
      await soon(() => expect(granted).toEqual(['n/w1', 'n/w2', 'n/w3']))
    })
    it('that a status has on record are held, whatever the limit', async () => {
      const { a, b } = two()
      const held = ['n/p', 'n/q'].map((holder, i) => ({
        ...{ holder, workflowUid: uidOf(i), workflowKey: holder, locks: [{ name: 'm', limit: 1 }] },
      }))
      await a.fleet.locks.restore(held)
      await a.fleet.locks.restore(held)
      expect((await b.fleet.locks.ask([wish('n/r', 3, { m: 1 })])).granted).toEqual([])
      await a.fleet.locks.leave([{ holder: 'n/p' }])
      expect((await b.fleet.locks.ask([wish('n/r', 3, { m: 1 })])).granted).toEqual([])
      await a.fleet.locks.leave([{ holder: 'n/q' }])
      await soon(async () => expect(holders((await b.fleet.locks.ours()).held)).toEqual(['n/r']))
    })
    it('never go to more than the limit, whoever asks and gives back at once', async () => {
      const { under, a, b } = two()
      const c = await under.open('c')
      const members = [a, b, c]
      const having = new Set<string>()
      let most = 0
      let done = 0
      const take = (member: MemberUnderTest, grants: readonly LockGrant[]) => {
        for (const { holder } of grants) {
          if (having.has(holder)) continue
          having.add(holder)
          most = Math.max(most, having.size)
          setTimeout(() => {
            having.delete(holder)
            done++
            void member.fleet.locks.leave([{ holder }])
          }, 1)
        }
      }
      const finishedHolders = new Set<string>()
      for (const member of members)
        member.fleet.follow(0, {
          granted: (grants) => {
            const fresh = grants.filter(({ holder }) => !finishedHolders.has(holder))
            for (const { holder } of fresh) finishedHolders.add(holder)
            take(member, fresh)
          },
        })
      await Promise.all(
        members.flatMap((member, m) =>
          Array.from({ length: 10 }, (_, i) => member.fleet.locks.ask([wish(`n/${m}-${i}`, i, { s: 2, t: 30 })])),
        ),
      )
      await soon(() => expect(done).toBe(30))
      expect(most).toBe(2)
      await soon(async () => expect(await a.fleet.locks.standing()).toEqual([]))
    })
    it('of a workflow that was handed over are told to who has it now', async () => {
      const { a, b } = two()
      const granted: string[] = []
      b.fleet.follow(0, { granted: (grants) => granted.push(...holders(grants)) })
      await a.store.commit([put(1), put(2)])
      await a.fleet.locks.ask([wish('default/wf-1', 1, { m: 1 }), wish('default/wf-2', 2, { m: 1 })])
      await a.fleet.handOver([uidOf(2)], 'b')
      await a.fleet.locks.leave([{ holder: 'default/wf-1' }])
      await soon(() => expect(granted).toEqual(['default/wf-2']))
    })
    it('that is asked for after its workflow was handed over is not waited for, and the new owner’s is left alone', async () => {
      const { a, b } = two()
      const told: string[] = []
      a.fleet.follow(0, { granted: (grants) => told.push(...holders(grants).map((holder) => `a ${holder}`)) })
      b.fleet.follow(0, { granted: (grants) => told.push(...holders(grants).map((holder) => `b ${holder}`)) })
      await a.store.commit([put(1), put(2), put(3)])
      await a.fleet.locks.ask([wish('default/wf-3', 3, { m: 1 })])
      await a.fleet.handOver([uidOf(1), uidOf(2)], 'b')
      await b.fleet.locks.ask([wish('default/wf-2', 2, { m: 1, n: 1 })])
      const late = [
        wish('default/wf-1', 1, { m: 1 }),
        wish('default/wf-2', 2, { m: 1 }),
        wish('default/free', 1, { o: 1 }),
      ]
      expect((await a.fleet.locks.ask(late)).granted).toEqual([])
      await a.fleet.locks.leave([{ holder: 'default/wf-3' }])
      await soon(() => expect(told).toContain('b default/wf-2'))
      expect(told).not.toContain('a default/wf-2')
      expect(holders((await b.fleet.locks.ours()).held)).toEqual(['default/wf-2'])
      expect((await a.fleet.locks.ours()).held).toEqual([])
      const standing = await b.fleet.locks.standing()
      expect(standing.map(({ name, waiting }) => `${name} ${waiting}`).sort()).toEqual(['m 0', 'n 0'])
      // What its new owner has is not told to the old one, which asks once more.
      expect((await a.fleet.locks.ask([wish('default/wf-2', 2, { m: 1, n: 1 })])).granted).toEqual([])
    })
    it('of a workflow that has finished and whose member died go on with the next start', async () => {
      const { a, b } = two()
      await a.store.commit([put(1)])
      await a.fleet.locks.ask([wish('default/wf-1', 1, { m: 1 })])
      await b.fleet.locks.ask([wish('default/wf-2', 2, { m: 1 })])
      await a.store.commit([finished(1)])
      expect((await a.fleet.locks.ours()).held).toEqual([])
      await soon(async () => expect(holders((await b.fleet.locks.ours()).held)).toEqual(['default/wf-2']))
    })
  })
}
