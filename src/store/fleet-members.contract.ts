/** How members know of each other, whose turn it is, and how one asks another. */
import { describe, expect, it } from 'vitest'
import { finished, put, self, soon } from './fleet.fixtures/members.ts'
import type { MemberUnderTest, TwoMembers } from './fleet.fixtures/members.ts'
import { uidOf } from './store.contract.ts'

export function describeMembers(two: TwoMembers): void {
  describe('members', () => {
    it('know what each other tells, who lives and how much each owns', async () => {
      const { a, b } = two()
      let told = 0
      b.fleet.follow(0, { members: () => told++ })
      await a.fleet.present(self('one'))
      await b.fleet.present(self('two'))
      await a.store.commit([put(1), put(2), finished(3)])
      const members = await b.fleet.members()
      expect(members).toEqual([
        { ...self('one'), name: 'a', isLive: true, goneForMs: 0, workflows: 2 },
        { ...self('two'), name: 'b', isLive: true, goneForMs: 0, workflows: 0 },
      ])
      await a.fleet.present({ ...self('one'), isDraining: true })
      expect((await b.fleet.members())[0]?.isDraining).toBe(true)
      await soon(() => expect(told).toBeGreaterThan(0))
    })
    it('see one go whose connection breaks, for how long, and one that stops', async () => {
      const { under, a, b } = two()
      const c = await under.open('c')
      await a.store.commit([put(1)])
      await c.fleet.present(self('c'))
      const seen: number[] = []
      b.fleet.follow(0, { members: () => seen.push(1) })
      await a.cut()
      const gone = async () => (await b.fleet.members()).find((one) => one.name === 'a')
      await soon(async () => expect(await gone()).toMatchObject({ isLive: false, workflows: 1 }))
      await soon(async () => expect((await gone())?.goneForMs).toBeGreaterThan(50))
      await soon(() => expect(seen.length).toBeGreaterThan(0))
      await c.store.close()
      await soon(async () => expect((await b.fleet.members()).map((one) => one.name)).toEqual(['a', 'b']))
    })
    it('have a name each: a second of one name is refused while the first lives', async () => {
      const { under, a } = two()
      await expect(under.open('a')).rejects.toMatchObject({ code: 'STORE_LOCKED' })
      await a.store.close()
      const again = await under.open('a')
      await again.store.commit([put(1)])
    })
  })

  describe('a role', () => {
    it('is one member’s at a time, and passes on when it is given up or its member is cut off', async () => {
      const { a, b } = two()
      const log: string[] = []
      const roleOf = (member: MemberUnderTest, who: string) =>
        member.fleet.role('cron', (isOurs) => log.push(`${who} ${isOurs}`))
      const first = roleOf(a, 'a')
      await soon(() => expect(first.isOurs).toBe(true))
      const second = roleOf(b, 'b')
      const other = b.fleet.role('expiry', (isOurs) => log.push(`expiry ${isOurs}`))
      await soon(() => expect(other.isOurs).toBe(true))
      expect(second.isOurs).toBe(false)
      await first.close()
      await soon(() => expect(second.isOurs).toBe(true))
      const third = roleOf(a, 'a again')
      await b.cut()
      await soon(() => expect(third.isOurs).toBe(true))
      expect(log.slice(0, 3)).toEqual(['a true', 'expiry true', 'a false'])
    })
  })

  describe('a command', () => {
    it('reaches the owner once, and its answer the one who asks', async () => {
      const { a, b } = two()
      await a.store.commit([put(1)])
      const seen: unknown[] = []
      a.fleet.follow(0, {
        commands: (commands) => {
          for (const { id, from, workflowUid, request } of commands) {
            seen.push({ from, workflowUid, request })
            void a.fleet.commands.answer(id, { ok: true, echo: request })
          }
        },
      })
      expect(await b.fleet.commands.send(uidOf(1), { stop: 'now' }, 5_000)).toEqual({
        ...{ ok: true, echo: { stop: 'now' } },
      })
      expect(seen).toEqual([{ from: 'b', workflowUid: uidOf(1), request: { stop: 'now' } }])
    })
    it('that nobody answers fails in time, one that waits goes to the new owner', async () => {
      const { under, a, b } = two()
      await a.store.commit([put(1)])
      await expect(b.fleet.commands.send(uidOf(1), 'x', 100)).rejects.toMatchObject({ code: 'FLEET_UNANSWERED' })
      const c = await under.open('c')
      c.fleet.follow(0, {
        commands: (commands) => commands.forEach(({ id, request }) => void c.fleet.commands.answer(id, request)),
      })
      const answer = b.fleet.commands.send(uidOf(1), 'y', 10_000)
      await a.cut()
      await soon(async () => expect(await c.fleet.takeOver('a')).toEqual([uidOf(1)]))
      expect(await answer).toBe('y')
    })
  })
}
