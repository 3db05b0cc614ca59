/** What each member is told of the changes of the others. */
import { describe, expect, it } from 'vitest'
import type { FleetEvent } from './fleet.ts'
import { finished, put, putNode, putObject, soon } from './fleet.fixtures/members.ts'
import type { TwoMembers } from './fleet.fixtures/members.ts'
import { uidOf } from './store.contract.ts'

export function describeFeed(two: TwoMembers): void {
  describe('the feed', () => {
    it('tells the changes of others in their order, of all kinds, and once more from where one was', async () => {
      const { a, b } = two()
      const since = await b.store.currentVersion()
      const events: FleetEvent[] = []
      const following = b.fleet.follow(since, { changes: (some) => events.push(...some) })
      await a.store.commit([put(1), putObject('m', 1)])
      await b.store.commit([put(2)])
      await a.store.commit([putNode(1, 'x'), putObject('m', 2)])
      await a.store.commit([finished(1)])
      await a.store.commit([
        { kind: 'deleteWorkflow', uid: uidOf(1) },
        { kind: 'deleteObject', objectKind: 'ConfigMap', namespace: 'n', name: 'm' },
      ])
      const short = (some: readonly FleetEvent[]) =>
        some.map(({ resourceVersion, type, name, member }) => `${resourceVersion - since} ${type} ${name} ${member}`)
      const expected = [
        ...['1 ADDED wf-1 a', '2 ADDED m a', '4 MODIFIED wf-1 a', '5 MODIFIED m a', '6 MODIFIED wf-1 a'],
        ...['7 DELETED wf-1 a', '8 DELETED m a'],
      ]
      await soon(() => expect(short(events)).toEqual(expected))
      expect(events[0]).toMatchObject({ kind: 'Workflow', namespace: 'default', uid: uidOf(1) })
      following.close()
      const again: FleetEvent[] = []
      b.fleet.follow(since + 4, { changes: (some) => again.push(...some) })
      await soon(() => expect(short(again)).toEqual(expected.slice(3)))
    })
    it('is caught up with after the connection was cut', async () => {
      const { a, b } = two()
      const names: string[] = []
      b.fleet.follow(await b.store.currentVersion(), { changes: (some) => names.push(...some.map((e) => e.name)) })
      await a.store.commit([put(1)])
      await soon(() => expect(names).toEqual(['wf-1']))
      await b.cut()
      await a.store.commit([put(2)])
      await a.store.commit([put(3)])
      await b.heal()
      await soon(() => expect(names).toEqual(['wf-1', 'wf-2', 'wf-3']))
    })
    it('says so where what was missed is no longer known', async () => {
      const { under, a, b } = two()
      const told: string[] = []
      await under.remember(2)
      const since = await b.store.currentVersion()
      for (let number = 1; number <= 6; number++) await a.store.commit([put(number)])
      await under.remember(2)
      b.fleet.follow(since, {
        lostTrack: (reason) => told.push(reason),
        changes: (some) => told.push(...some.map((e) => e.name)),
      })
      await soon(() => expect(told).toHaveLength(1))
      expect(told[0]).not.toMatch(/^wf/)
      await a.store.commit([put(7)])
      await soon(() => expect(told.slice(1)).toEqual(['wf-7']))
    })
  })
}
