/** What the archive of every store promises; called by store.contract.ts with the store that is open. */
import { describe, expect, it } from 'vitest'
import { instant } from '../resources/index.ts'
import type { NodePhase, WorkflowUid } from '../resources/index.ts'
import { nodesAtOnceMax } from './archive.ts'
import type { ArchiveQuery } from './archive.ts'
import type { Change, NodeRow, Store, WorkflowRow } from './port.ts'

export type ContractRows = {
  readonly uidOf: (number: number) => WorkflowUid
  readonly workflowRow: (number: number, more?: Partial<WorkflowRow>) => Omit<WorkflowRow, 'resourceVersion'>
  readonly nodeRow: (id: string) => NodeRow
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export function archiveContract(
  { uidOf, workflowRow, nodeRow }: ContractRows,
  open: {
    readonly store: () => Store
    readonly again: () => Promise<Store>
    /** `null` where there is no table of nodes. */
    readonly nodeRows: () => Promise<number | null>
  },
): void {
  const ended = (number: number, more: Partial<WorkflowRow> = {}): Change => ({
    kind: 'putWorkflow',
    row: workflowRow(number, { phase: 'Succeeded', finished: true, finishedAt: instant(5000 + number), ...more }),
  })
  const staged = (number: number, ...texts: readonly string[]): Change => ({
    kind: 'stageParts',
    uid: uidOf(number),
    first: 0,
    parts: texts.map(bytes),
  })
  const moved = (
    number: number,
    resourceVersion: number,
    more: Partial<Extract<Change, { kind: 'archiveWorkflow' }>> = {},
  ): Change => ({
    ...{ kind: 'archiveWorkflow', uid: uidOf(number), resourceVersion, archivedAt: instant(9000), parts: 1, nodes: 0 },
    ...{ bytes: 3, summary: JSON.stringify({ number }), deleted: false },
    ...more,
  })
  /** Puts finished workflows and archives them. */
  const fill = async (store: Store, rows: ReadonlyMap<number, Partial<WorkflowRow>>) => {
    await Promise.all(
      [...rows].map(async ([number, more]) => {
        const { resourceVersion } = await store.commit([ended(number, more)])
        const row = await store.workflowByUid(uidOf(number))
        await store.commit([staged(number, 'doc'), moved(number, row?.resourceVersion ?? resourceVersion)])
      }),
    )
  }
  const namesOf = async (query: ArchiveQuery, limit = 100) =>
    (await open.store().archive.page(query, { limit })).rows.map(({ name }) => name)

  describe('the archive', () => {
    it('takes a finished workflow out of the hot tables with all its parts', async () => {
      const store = open.store()
      const labels = { a: '1', b: '2' }
      const { resourceVersion } = await store.commit([
        ended(1, { labels, startedAt: null }),
        { kind: 'putNodes', uid: uidOf(1), nodes: [nodeRow('x'), nodeRow('y')] },
      ])
      await store.commit([staged(1, 'old', 'old', 'old')])
      const done = await store.commit([
        staged(1, 'document', 'nodes'),
        moved(1, resourceVersion, { parts: 2, nodes: 2 }),
      ])
      expect(done).toEqual({ resourceVersion: 1, versions: new Map() })
      expect(await store.workflowByUid(uidOf(1))).toBeNull()
      expect(await store.nodes(uidOf(1))).toEqual([])
      expect(await store.countWorkflows({ labels: { a: '1' } })).toBe(0)
      expect(await store.archive.byUid(uidOf(1))).toEqual({
        ...{ uid: uidOf(1), namespace: 'default', name: 'wf-1', phase: 'Succeeded', createdAt: 1001, startedAt: null },
        ...{ finishedAt: 5001, archivedAt: 9000, labels, summary: { number: 1 }, parts: 2, nodes: 2, bytes: 3 },
        ...{ deleted: false, resourceVersion: 1 },
      })
      const part = async (number: number) => {
        const data = await store.archive.part(uidOf(1), number)
        return data === null ? null : Buffer.from(data).toString()
      }
      expect([await part(0), await part(1), await part(2)]).toEqual(['document', 'nodes', null])
      const reopened = await open.again()
      expect((await reopened.archive.byUid(uidOf(1)))?.labels).toEqual(labels)
    })
    it('refuses what has not finished, has changed, lacks parts or is not there, and then nothing has happened', async () => {
      const store = open.store()
      await store.commit([{ kind: 'putWorkflow', row: workflowRow(1) }])
      await store.commit([ended(2)])
      const conflict = { code: 'STORE_CONFLICT' }
      await expect(store.commit([staged(1, 'd'), moved(1, 1)])).rejects.toMatchObject(conflict)
      await expect(store.commit([staged(2, 'd'), moved(2, 1)])).rejects.toMatchObject(conflict)
      await expect(store.commit([moved(2, 2)])).rejects.toMatchObject(conflict)
      await expect(store.commit([staged(2, 'd'), moved(2, 2, { parts: 2 })])).rejects.toMatchObject(conflict)
      await expect(store.commit([staged(9, 'd')])).rejects.toMatchObject(conflict)
      expect(await store.countWorkflows({})).toBe(2)
      expect(await store.archive.count({})).toBe(0)
      await store.commit([staged(2, 'd'), moved(2, 2)])
      await expect(store.commit([staged(2, 'd'), moved(2, 2)])).rejects.toMatchObject(conflict)
      await expect(store.commit([ended(2)])).rejects.toMatchObject(conflict)
      expect(await store.archive.count({})).toBe(1)
      expect(await store.workflowByUid(uidOf(2))).toBeNull()
    })
    it('gives the name free, and a workflow back to the hot tables in one commit', async () => {
      const store = open.store()
      await fill(store, new Map([[1, {}]]))
      await store.commit([ended(2, { name: 'wf-1' })])
      const back: Change[] = [{ kind: 'deleteArchived', uid: uidOf(1) }, ended(1), staged(1, 'again')]
      await expect(store.commit(back)).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
      expect(await store.archive.byUid(uidOf(1))).not.toBeNull()
      await store.commit([{ kind: 'deleteWorkflow', uid: uidOf(2) }])
      await store.commit(back.slice(0, 2))
      expect(await store.archive.byUid(uidOf(1))).toBeNull()
      expect(await store.archive.part(uidOf(1), 0)).toBeNull()
      expect((await store.workflow('default', 'wf-1'))?.uid).toBe(uidOf(1))
      const row = await store.workflowByUid(uidOf(1))
      await store.commit([staged(1, 'x'), moved(1, row?.resourceVersion ?? 0)])
      expect(await store.archive.count({})).toBe(1)
    })
    it('gives a version where the workflow is deleted by it, and none where it is only moved', async () => {
      const store = open.store()
      await store.commit([ended(1)])
      await store.commit([ended(2)])
      const gone = await store.commit([staged(1, 'd'), moved(1, 1, { deleted: true })])
      expect([...gone.versions]).toEqual([['Workflow/default/wf-1', 3]])
      await store.commit([staged(2, 'd'), moved(2, 2)])
      const mark: Change = { kind: 'markArchived', uid: uidOf(2), namespace: 'default', name: 'wf-2' }
      expect([...(await store.commit([mark])).versions]).toEqual([['Workflow/default/wf-2', 4]])
      expect(await namesOf({ deleted: true })).toEqual(['wf-2', 'wf-1'])
      const named = async (namespace: string, deleted: boolean) =>
        (await store.archive.named(namespace, 'wf-2', { deleted }))?.uid ?? null
      expect([await named('', true), await named('default', true)]).toEqual([uidOf(2), uidOf(2)])
      expect([await named('default', false), await named('other', true)]).toEqual([null, null])
      await store.commit([{ kind: 'deleteArchived', uid: uidOf(2) }])
      expect(await namesOf({})).toEqual(['wf-1'])
    })
    it('pages through the texts of nodes', async () => {
      const store = open.store()
      const ids = Array.from({ length: 25 }, (_, i) => `n${i}`)
      await store.commit([ended(1), { kind: 'putNodes', uid: uidOf(1), nodes: ids.map(nodeRow) }])
      const texts: (string | null)[] = []
      let cursor: string | null = null
      do {
        const page = await store.archive.nodeTexts(uidOf(1), cursor, 9)
        texts.push(...page.cells)
        cursor = page.next
      } while (cursor !== null)
      expect(texts.filter((_, i) => i % 3 === 0)).toEqual(ids)
      expect(texts[1]).toBe(JSON.stringify(nodeRow('n0').node))
    })
    const large = nodesAtOnceMax + 1
    it.each<[string, readonly Change[]]>([
      ['archived', [staged(1, 'd'), moved(1, 1, { nodes: large })]],
      ['deleted', [{ kind: 'deleteWorkflow', uid: uidOf(1) }]],
    ])('leaves the nodes of a large workflow that is %s to be swept in portions', async (_how, changes) => {
      const store = open.store()
      const ids = Array.from({ length: large }, (_, i) => `n${i}`)
      await store.commit([ended(1), { kind: 'putNodes', uid: uidOf(1), nodes: ids.map(nodeRow) }])
      const others = [nodeRow('a'), nodeRow('b')]
      await store.commit([
        { kind: 'putWorkflow', row: workflowRow(2) },
        { kind: 'putNodes', uid: uidOf(2), nodes: others },
      ])
      await store.commit(changes)
      expect(await store.nodes(uidOf(1))).toEqual([])
      await store.commit([
        { kind: 'putWorkflow', row: workflowRow(3, { name: 'wf-1' }) },
        { kind: 'putNodes', uid: uidOf(3), nodes: [nodeRow('n0')] },
      ])
      const hasTable = (await open.nodeRows()) !== null
      expect(await open.nodeRows()).toBe(hasTable ? large + 3 : null)
      expect(await store.archive.sweeps()).toBe(hasTable ? 1 : 0)
      for (let i = 0; i < 4 && (await store.archive.sweeps()) > 0; i++)
        await store.commit([{ kind: 'sweepNodes', most: 1000 }])
      expect(await store.archive.sweeps()).toBe(0)
      expect(await open.nodeRows()).toBe(hasTable ? 3 : null)
      expect([await store.nodes(uidOf(2)), await store.nodes(uidOf(3))]).toEqual([others, [nodeRow('n0')]])
    })
    it('goes back with thousands of nodes in one commit, all or nothing', async () => {
      const store = open.store()
      const put = (from: number, to: number, phase: NodePhase): Change => {
        const nodes = Array.from({ length: to - from }, (_, i) => {
          const row = nodeRow(`n${from + i}`)
          return { ...row, node: { ...row.node, phase } }
        })
        return { kind: 'putNodes', uid: uidOf(1), nodes }
      }
      await fill(store, new Map([[1, {}]]))
      const back: readonly Change[] = [{ kind: 'deleteArchived', uid: uidOf(1) }, ended(1), put(0, 12_000, 'Failed')]
      const conflict = { code: 'STORE_CONFLICT' }
      await store.commit([ended(2)])
      await expect(store.commit([...back, staged(2, 'd'), moved(2, 99)])).rejects.toMatchObject(conflict)
      expect([await store.archive.count({}), await store.nodes(uidOf(1))]).toEqual([1, []])
      await store.commit(back)
      const ids = Array.from({ length: 6_000 }, (_, i) => nodeRow(`n${i}`).id)
      await store.commit([
        { kind: 'deleteNodes', uid: uidOf(1), ids },
        put(6_000, 9_000, 'Succeeded'),
        put(12_000, 15_000, 'Running'),
      ])
      const rows = await store.nodes(uidOf(1))
      expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 9_000 }, (_, i) => `n${6_000 + i}`))
      const counted = Map.groupBy(rows, ({ node }) => node.phase)
      expect([...counted].map(([phase, { length }]) => [phase, length])).toEqual([
        ['Succeeded', 3_000],
        ['Failed', 3_000],
        ['Running', 3_000],
      ])
    })
    it('finds by namespace, name, phase, labels and times, and counts', async () => {
      const store = open.store()
      await fill(
        store,
        new Map<number, Partial<WorkflowRow>>([
          [1, { namespace: 'a', name: 'ab_1', labels: { x: '1', y: '2', n: '7' } }],
          [2, { namespace: 'b', name: 'ab%2', labels: { x: '1', n: '10' }, phase: 'Failed' }],
          [3, { namespace: 'b', name: 'c3', labels: { x: '3', z: '' }, startedAt: null, phase: 'Error' }],
        ]),
      )
      const label = (
        key: string,
        operator: 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt',
        ...values: string[]
      ) => ({
        labels: [{ key, operator, values }],
      })
      const expected: readonly [ArchiveQuery, readonly string[]][] = [
        [{}, ['c3', 'ab%2', 'ab_1']],
        [{ namespace: 'b' }, ['c3', 'ab%2']],
        [{ notNamespace: 'b' }, ['ab_1']],
        [{ name: 'c3' }, ['c3']],
        [{ notName: 'c3' }, ['ab%2', 'ab_1']],
        [{ namePrefix: 'ab' }, ['ab%2', 'ab_1']],
        [{ namePrefix: 'ab_' }, ['ab_1']],
        [{ nameContains: 'b%' }, ['ab%2']],
        [{ phases: ['Failed', 'Error'] }, ['c3', 'ab%2']],
        [{ phases: [] }, []],
        [label('x', 'in', '1'), ['ab%2', 'ab_1']],
        [label('x', 'in', '1', '3'), ['c3', 'ab%2', 'ab_1']],
        [label('x', 'notin', '1'), ['c3']],
        [label('y', 'notin', '2'), ['c3', 'ab%2']],
        [label('y', 'exists'), ['ab_1']],
        [label('z', 'exists'), ['c3']],
        [label('y', 'absent'), ['c3', 'ab%2']],
        [label('n', 'gt', '7'), ['ab%2']],
        [label('n', 'lt', '10'), ['ab_1']],
        [{ labels: [...label('x', 'in', '1').labels, ...label('n', 'in', '10').labels] }, ['ab%2']],
        [{ namespace: 'a', ...label('n', 'in', '10') }, []],
        [{ createdAfter: instant(1002) }, ['c3', 'ab%2']],
        [{ startedAfter: instant(2002) }, ['ab%2']],
        [{ startedBefore: instant(2001) }, ['ab_1']],
        [{ finishedAfter: instant(5002) }, ['c3', 'ab%2']],
        [{ finishedBefore: instant(5001) }, ['ab_1']],
        [{ deleted: true }, []],
      ]
      for (const [query, names] of expected) {
        expect(await namesOf(query), JSON.stringify(query)).toEqual(names)
        expect(await store.archive.count(query), JSON.stringify(query)).toBe(names.length)
      }
      await store.commit([ended(4, { labels: { hot: '1', x: '9' } })])
      await store.commit([{ kind: 'putWorkflow', row: workflowRow(5, { labels: { running: '1' } }) }])
      expect(await store.archive.labelKeys()).toEqual(['hot', 'n', 'x', 'y', 'z'])
      expect(await store.archive.labelValues('x')).toEqual(['1', '3', '9'])
      expect(await store.archive.labelValues('nothing')).toEqual([])
    })
    it('is paged through without a row twice or left out, whatever comes and goes meanwhile', async () => {
      const store = open.store()
      const rows = new Map(Array.from({ length: 30 }, (_, i) => [i, { startedAt: instant(100 * i) }] as const))
      await fill(store, rows)
      const first = await store.archive.page({}, { limit: 10 })
      expect(first.rows.map(({ name }) => name)).toEqual(Array.from({ length: 10 }, (_, i) => `wf-${29 - i}`))
      await fill(store, new Map([[99, { startedAt: instant(99_999) }]]))
      await store.commit([{ kind: 'deleteArchived', uid: uidOf(25) }])
      const seen: string[] = []
      for (let cursor = first.next; cursor !== null;) {
        expect(cursor).toMatch(/^\d{17,}$/)
        const page = await store.archive.page({}, { cursor, limit: 7 })
        seen.push(...page.rows.map(({ name }) => name))
        cursor = page.next
      }
      expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => `wf-${19 - i}`))
      const second = await store.archive.page({}, { offset: 1, limit: 2 })
      expect(second.rows.map(({ name }) => name)).toEqual(['wf-29', 'wf-28'])
      expect((await store.archive.page({}, { offset: 30, limit: 2 })).rows).toEqual([])
      expect((await store.archive.page({ namespace: 'default', name: 'wf-3' }, { offset: 1, limit: 2 })).rows).toEqual(
        [],
      )
    })
    it('says which finished workflows are the oldest, hot and archived', async () => {
      const store = open.store()
      for (let i = 1; i <= 5; i++) await store.commit([ended(i, { labels: i > 2 ? { mine: '1' } : {} })])
      await store.commit([{ kind: 'putWorkflow', row: workflowRow(6) }])
      const hot = async (oldest: Parameters<Store['archive']['finished']>[0]) =>
        (await store.archive.finished(oldest)).map(({ name }) => name)
      expect(await hot({ keep: 3, limit: 10 })).toEqual(['wf-1', 'wf-2'])
      expect(await hot({ keep: 0, limit: 2 })).toEqual(['wf-1', 'wf-2'])
      expect(await hot({ finishedBefore: instant(5002), limit: 10 })).toEqual(['wf-1', 'wf-2'])
      expect(await hot({ keep: 1, label: ['mine', '1'], limit: 10 })).toEqual(['wf-3', 'wf-4'])
      await fill(
        store,
        new Map([
          [7, { finishedAt: instant(1), phase: 'Failed' }],
          [8, { finishedAt: instant(2) }],
        ]),
      )
      const cold = async (oldest: Parameters<Store['archive']['oldest']>[0]) =>
        (await store.archive.oldest(oldest)).map(({ name }) => name)
      expect(await cold({ limit: 9 })).toEqual(['wf-7', 'wf-8'])
      expect(await cold({ keep: 1, limit: 9 })).toEqual(['wf-7'])
      expect(await cold({ finishedBefore: instant(1), limit: 9 })).toEqual(['wf-7'])
      expect(await cold({ phase: 'Succeeded', limit: 9 })).toEqual(['wf-8'])
      expect(await cold({ keep: 2, limit: 9 })).toEqual([])
    })
    it('looks at few of many rows where a condition leaves few, and at a portion at a time where none does', async () => {
      const store = open.store()
      const count = 4_000
      const labelsOf = (i: number) => ({ all: '1', tenth: String(i % 10), ...(i === 17 ? { rare: '1' } : {}) })
      const rows = Array.from({ length: count }, (_, i) => i)
      await store.commit(
        rows.map((i) => ended(i, { labels: labelsOf(i), phase: i % 100 === 0 ? 'Failed' : 'Succeeded' })),
      )
      await store.commit(rows.flatMap((i) => [staged(i, 'd'), moved(i, i + 1)]))
      const visits = async (query: ArchiveQuery) => (await store.archive.page(query, { limit: 10 })).visited
      expect(await visits({})).toBe(11)
      expect(await visits({ labels: [{ key: 'rare', operator: 'in', values: ['1'] }] })).toBe(1)
      expect(await visits({ phases: ['Failed'] })).toBe(11)
      expect(await visits({ name: 'wf-5' })).toBe(1)
      expect(await visits({ namePrefix: 'wf-399' })).toBe(11)
      const both = {
        labels: [
          { key: 'all', operator: 'in', values: ['1'] },
          { key: 'tenth', operator: 'in', values: ['3', '4'] },
        ],
      } as const
      expect(await visits(both)).toBe(11)
      expect(await store.archive.count(both)).toBe(800)
      expect(await store.archive.count({})).toBe(count)
    }, 60_000)
  })
}
