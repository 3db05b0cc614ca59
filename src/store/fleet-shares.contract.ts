/** How members divide an engine among them. */
import { describe, expect, it } from 'vitest'
import { share, soon } from './fleet.fixtures/members.ts'
import type { TwoMembers } from './fleet.fixtures/members.ts'

export function describeShares(two: TwoMembers): void {
  describe('the capacity of an engine', () => {
    it('is divided, never more than there is, however many ask at once', async () => {
      const { under, a, b } = two()
      const c = await under.open('c')
      const members = [a, b, c]
      const budget = share(10)
      const parts = await Promise.all(members.map(({ fleet }) => fleet.capacity.share('E1', share(6), budget)))
      expect(parts.reduce((sum, { cpus }) => sum + cpus, 0)).toBe(10)
      expect(Math.max(...parts.map(({ cpus }) => cpus))).toBe(6)
      let told = 0
      a.fleet.follow(0, { capacity: () => told++ })
      for (const { fleet } of members) await fleet.capacity.share('E1', share(0), budget)
      await soon(() => expect(told).toBeGreaterThan(0))
      expect(await a.fleet.capacity.share('E1', share(1), budget)).toEqual(share(1))
      expect(await b.fleet.capacity.share('E1', share(1), budget)).toEqual(share(1))
      expect(await c.fleet.capacity.share('E1', share(20), budget)).toEqual(share(8))
      expect(await c.fleet.capacity.share('E2', share(20), budget)).toEqual(share(10))
      await b.cut()
      await soon(async () => expect(await c.fleet.capacity.share('E1', share(20), budget)).toEqual(share(9)))
    })
  })
}
