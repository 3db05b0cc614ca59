/** What a fleet promises, of two and three members; each adapter's test hands in how a member is opened. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WorkflowUid } from '../resources/index.ts'
import type { EngineShare, Fleet, FleetEvent, FleetSelf, LockGrant, LockWish } from './fleet.ts'
import type { Change, Store, WorkflowRow } from './port.ts'
import { nodeRow, uidOf, workflowRow } from './store.contract.ts'

export type MemberUnderTest = {
  readonly store: Store
  readonly fleet: Fleet
  /** The connection breaks without a word, as by `kill -9`. */
  readonly cut: () => Promise<void>
  /** It is there again. */
  readonly heal: () => Promise<void>
  /** Told that another has our lease. */
  readonly isLost: () => boolean
}
/** Members opened here are on the same data; `dispose` throws it away, members that were cut too. */
export type FleetUnderTest = {
  readonly open: (name: string) => Promise<MemberUnderTest>
  /** So few changes are remembered from now on. */
  readonly remember: (changes: number) => Promise<void>
  readonly dispose: () => Promise<void>
}

const put = (number: number, more: Partial<WorkflowRow> = {}): Change => ({
  kind: 'putWorkflow',
  row: workflowRow(number, more),
})
const finished = (number: number): Change => put(number, { finished: true, phase: 'Succeeded' })
const putNode = (number: number, id: string): Change => ({
  kind: 'putNodes',
  uid: uidOf(number),
  nodes: [nodeRow(id)],
})
const putObject = (name: string, body: unknown, expected?: number): Change => ({
  ...{ kind: 'putObject', row: { kind: 'ConfigMap', namespace: 'n', name, body } },
  ...(expected === undefined ? {} : { expected }),
})
const self = (host: string): FleetSelf => ({
  ...{ host, url: `http://${host}:2746`, isDraining: false },
  engines: [
    {
      ...{ id: 'E1', endpoint: 'unix:///x', labels: { zone: 'a' }, cpus: 4, memoryBytes: 8e9, containersMax: 100 },
      isUp: true,
    },
  ],
})
const wish = (holder: string, number: number, locks: Readonly<Record<string, number>>, more = {}): LockWish => ({
  ...{ holder, workflowUid: uidOf(number), workflowKey: holder.split('/').slice(0, 2).join('/') },
  locks: Object.entries(locks).map(([name, limit]) => ({ name, limit })),
  ...{ priority: 0, createdAt: 1000 + number, ...more },
})
const share = (cpus: number): EngineShare => ({ cpus, memoryBytes: cpus * 1000, containers: cpus })
const holders = (grants: readonly LockGrant[]) => grants.map(({ holder }) => holder).sort()

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 10 })

export function fleetContract(name: string, make: () => FleetUnderTest): void {
  describe(`${name} keeps what every fleet promises`, () => {
    let under: FleetUnderTest
    let a: MemberUnderTest
    let b: MemberUnderTest
    beforeEach(async () => {
      under = make()
      a = await under.open('a')
      b = await under.open('b')
    })
    afterEach(() => under.dispose())

    describe('members', () => {
      it('know what each other tells, who lives and how much each owns', async () => {
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
        await expect(under.open('a')).rejects.toMatchObject({ code: 'STORE_LOCKED' })
        await a.store.close()
        const again = await under.open('a')
        await again.store.commit([put(1)])
      })
    })

    describe('a workflow', () => {
      it('is written by its owner alone; another commit of the same moment is not touched', async () => {
        await a.store.commit([put(1), putNode(1, 'n')])
        const outcomes = await Promise.allSettled([
          b.store.commit([put(2)]),
          b.store.commit([put(3), putNode(1, 'x')]),
          b.store.commit([{ kind: 'deleteWorkflow', uid: uidOf(1) }]),
          b.store.commit([{ kind: 'deleteNodes', uid: uidOf(1), ids: [nodeRow('n').id] }]),
          b.store.commit([put(1, { phase: 'Failed' })]),
          b.store.commit([put(4)]),
        ])
        expect(outcomes.map((one) => (one.status === 'fulfilled' ? 'ok' : codeOf(one.reason)))).toEqual([
          ...['ok', 'STORE_NOT_OWNER', 'STORE_NOT_OWNER', 'STORE_NOT_OWNER', 'STORE_NOT_OWNER', 'ok'],
        ])
        expect((await a.store.nodes(uidOf(1))).map(({ id }) => String(id))).toEqual(['n'])
        expect(await b.store.workflowByUid(uidOf(3))).toBeNull()
        expect((await a.store.workflowByUid(uidOf(2)))?.owner).toBe('b')
        expect((await a.store.workflows({ owner: 'a' })).map((row) => row.name)).toEqual(['wf-1'])
      })
      it('may be made for another, who is told', async () => {
        const owned: WorkflowUid[] = []
        b.fleet.follow(await b.store.currentVersion(), { owned: (uids) => owned.push(...uids) })
        await a.store.commit([put(1, { owner: 'b' })])
        await soon(() => expect(owned).toEqual([uidOf(1)]))
        await expect(a.store.commit([put(1)])).rejects.toMatchObject({ code: 'STORE_NOT_OWNER', retryable: false })
        await b.store.commit([put(1, { phase: 'Failed' })])
        expect(await a.store.workflowByUid(uidOf(1))).toMatchObject({ owner: 'b', phase: 'Failed' })
      })
      it('may be handed over with its nodes, and back again', async () => {
        const owned: string[] = []
        a.fleet.follow(0, { owned: (uids) => owned.push(...uids.map((uid) => `a ${uid}`)) })
        b.fleet.follow(0, { owned: (uids) => owned.push(...uids.map((uid) => `b ${uid}`)) })
        await a.store.commit([put(1), putNode(1, 'one'), put(2)])
        await a.fleet.handOver([uidOf(1)], 'b')
        await soon(() => expect(owned).toEqual([`b ${uidOf(1)}`]))
        await expect(a.store.commit([putNode(1, 'late')])).rejects.toMatchObject({ code: 'STORE_NOT_OWNER' })
        await b.store.commit([putNode(1, 'two'), putNode(1, 'three')])
        await b.fleet.handOver([uidOf(1)], 'a')
        await soon(() => expect(owned).toHaveLength(2))
        await a.store.commit([putNode(1, 'four'), put(1, { labels: { x: 'y' } })])
        expect((await b.store.nodes(uidOf(1))).map(({ id }) => String(id))).toEqual(['one', 'two', 'three', 'four'])
        await expect(a.fleet.handOver([uidOf(1)], 'nobody')).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      })
      it('that has finished may be written by any member; who makes it go on owns it', async () => {
        await a.store.commit([put(1), putNode(1, 'x')])
        await a.store.commit([finished(1)])
        await b.store.commit([put(1, { finished: true, labels: { k: 'v' } })])
        await a.store.commit([put(1, { finished: true, labels: { k: 'w' } })])
        expect(await a.store.countWorkflows({ labels: { k: 'w' } })).toBe(1)
        await b.store.commit([put(1), putNode(1, 'y')])
        expect((await a.store.workflowByUid(uidOf(1)))?.owner).toBe('b')
        await expect(a.store.commit([finished(1)])).rejects.toMatchObject({ code: 'STORE_NOT_OWNER' })
        await b.store.commit([finished(1)])
        await a.store.commit([{ kind: 'deleteWorkflow', uid: uidOf(1) }])
        expect(await b.store.workflowByUid(uidOf(1))).toBeNull()
      })
      it('has a name that two cannot take at once', async () => {
        const outcomes = await Promise.allSettled([
          a.store.commit([put(1, { name: 'same' })]),
          b.store.commit([put(2, { name: 'same' })]),
        ])
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      })
    })

    describe('an object', () => {
      it('is changed by one of two who read it at the same version', async () => {
        const { resourceVersion } = await a.store.commit([putObject('x', 1, 0)])
        const outcomes = await Promise.allSettled([
          a.store.commit([putObject('x', 2, resourceVersion)]),
          b.store.commit([putObject('x', 3, resourceVersion)]),
          b.store.commit([putObject('y', 1)]),
        ])
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
        expect(await a.store.object('ConfigMap', 'n', 'y')).not.toBeNull()
        await expect(a.store.commit([putObject('x', 4, 0)])).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
        const version = (await a.store.object('ConfigMap', 'n', 'x'))?.resourceVersion ?? 0
        const remove = { kind: 'deleteObject', objectKind: 'ConfigMap', namespace: 'n', name: 'x' } as const
        await expect(b.store.commit([{ ...remove, expected: version + 1 }])).rejects.toMatchObject({
          code: 'STORE_CONFLICT',
        })
        await b.store.commit([{ ...remove, expected: version }])
        await a.store.commit([putObject('x', 5, 0)])
      })
      it('of one commit behind another of the same moment is not what was expected', async () => {
        const outcomes = await Promise.allSettled([
          a.store.commit([putObject('x', 1, 0)]),
          a.store.commit([putObject('x', 2, 0)]),
        ])
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
        expect((await b.store.object('ConfigMap', 'n', 'x'))?.body).toBe(1)
      })
    })

    describe('a take-over', () => {
      it('needs a member that is gone', async () => {
        await a.store.commit([put(1)])
        expect(await b.fleet.takeOver('a')).toEqual([])
        expect(await b.fleet.takeOver('b')).toEqual([])
        expect(await b.fleet.takeOver('nobody')).toEqual([])
        await a.store.commit([putNode(1, 'x')])
      })
      it('brings everything unfinished, with its locks; one of two wins; what the old one sends is refused', async () => {
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
        await a.store.commit([put(1)])
        await a.cut()
        await a.heal()
        await a.store.commit([putNode(1, 'x')])
        await soon(async () => expect(await b.fleet.takeOver('a')).toEqual([]))
        await a.store.commit([putNode(1, 'y')])
        expect(a.isLost()).toBe(false)
      })
      it('gives the name back to a new process, with nothing of what was taken', async () => {
        await a.store.commit([put(1)])
        await a.cut()
        await soon(async () => expect(await b.fleet.takeOver('a')).toEqual([uidOf(1)]))
        const again = await under.open('a')
        await again.store.commit([put(2)])
        await expect(again.store.commit([putNode(1, 'x')])).rejects.toMatchObject({ code: 'STORE_NOT_OWNER' })
        await b.store.commit([putNode(1, 'x')])
      })
    })

    describe('locks', () => {
      it('are granted across members by priority, age and arrival, and handed on when they are given back', async () => {
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
        const granted: string[] = []
        b.fleet.follow(0, { granted: (grants) => granted.push(...holders(grants)) })
        await a.store.commit([put(1), put(2)])
        await a.fleet.locks.ask([wish('default/wf-1', 1, { m: 1 }), wish('default/wf-2', 2, { m: 1 })])
        await a.fleet.handOver([uidOf(2)], 'b')
        await a.fleet.locks.leave([{ holder: 'default/wf-1' }])
        await soon(() => expect(granted).toEqual(['default/wf-2']))
      })
      it('that is asked for after its workflow was handed over is not waited for, and the new owner’s is left alone', async () => {
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
        await a.store.commit([put(1)])
        await a.fleet.locks.ask([wish('default/wf-1', 1, { m: 1 })])
        await b.fleet.locks.ask([wish('default/wf-2', 2, { m: 1 })])
        await a.store.commit([finished(1)])
        expect((await a.fleet.locks.ours()).held).toEqual([])
        await soon(async () => expect(holders((await b.fleet.locks.ours()).held)).toEqual(['default/wf-2']))
      })
    })

    describe('a role', () => {
      it('is one member’s at a time, and passes on when it is given up or its member is cut off', async () => {
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

    describe('the feed', () => {
      it('tells the changes of others in their order, of all kinds, and once more from where one was', async () => {
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

    describe('the capacity of an engine', () => {
      it('is divided, never more than there is, however many ask at once', async () => {
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
  })
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code
