/** Who may write what: a workflow its owner, an object who has read it last. */
import { describe, expect, it } from 'vitest'
import type { WorkflowUid } from '../resources/index.ts'
import { finished, put, putNode, putObject, soon } from './fleet.fixtures/members.ts'
import type { TwoMembers } from './fleet.fixtures/members.ts'
import { nodeRow, uidOf } from './store.contract.ts'

export function describeWrites(two: TwoMembers): void {
  describe('a workflow', () => {
    it('is written by its owner alone; another commit of the same moment is not touched', async () => {
      const { a, b } = two()
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
      const { a, b } = two()
      const owned: WorkflowUid[] = []
      b.fleet.follow(await b.store.currentVersion(), { owned: (uids) => owned.push(...uids) })
      await a.store.commit([put(1, { owner: 'b' })])
      await soon(() => expect(owned).toEqual([uidOf(1)]))
      await expect(a.store.commit([put(1)])).rejects.toMatchObject({ code: 'STORE_NOT_OWNER', retryable: false })
      await b.store.commit([put(1, { phase: 'Failed' })])
      expect(await a.store.workflowByUid(uidOf(1))).toMatchObject({ owner: 'b', phase: 'Failed' })
    })
    it('may be handed over with its nodes, and back again', async () => {
      const { a, b } = two()
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
      const { a, b } = two()
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
      const { a, b } = two()
      const outcomes = await Promise.allSettled([
        a.store.commit([put(1, { name: 'same' })]),
        b.store.commit([put(2, { name: 'same' })]),
      ])
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })
  })

  describe('an object', () => {
    it('is changed by one of two who read it at the same version', async () => {
      const { a, b } = two()
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
      const { a, b } = two()
      const outcomes = await Promise.allSettled([
        a.store.commit([putObject('x', 1, 0)]),
        a.store.commit([putObject('x', 2, 0)]),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      expect((await b.store.object('ConfigMap', 'n', 'x'))?.body).toBe(1)
    })
  })
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code
