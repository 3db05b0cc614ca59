/** What every store promises; each adapter's test hands in how it is opened. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { instant, nodeIdOf, workflowUid } from '../resources/index.ts'
import type { NodeStatus, WorkflowUid } from '../resources/index.ts'
import { archiveContract } from './archive.contract.ts'
import { joinLists, pieceId } from './long-lists.ts'
import type { IdPiece } from './long-lists.ts'
import type { Change, NodeRow, Store, WorkflowRow } from './port.ts'

/** Opens a store on the same data each time it is called; `dispose` throws the data away. */
export type StoreUnderTest = {
  readonly open: () => Promise<Store>
  readonly dispose: () => Promise<void>
  /** How many its table of nodes has; absent where there is no table. */
  readonly nodeRows?: () => Promise<number>
}

export const uidOf = (number: number): WorkflowUid =>
  workflowUid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`)

export const workflowRow = (number: number, more: Partial<WorkflowRow> = {}): Omit<WorkflowRow, 'resourceVersion'> => ({
  uid: uidOf(number),
  namespace: 'default',
  name: `wf-${number}`,
  phase: 'Running',
  finished: false,
  createdAt: instant(1000 + number),
  startedAt: instant(2000 + number),
  finishedAt: null,
  labels: {},
  body: { metadata: { name: `wf-${number}` }, spec: { entrypoint: 'main', templates: [{ name: 'main' }] }, status: {} },
  internal: null,
  ...more,
})

export const nodeRow = (id: string, more: Partial<NodeStatus> = {}, internal?: unknown): NodeRow => {
  const node: NodeStatus = { id, name: id, type: 'Pod', phase: 'Running', ...more }
  return internal === undefined ? { id: nodeIdOf(id), node } : { id: nodeIdOf(id), node, internal }
}

const put = (number: number, more: Partial<WorkflowRow> = {}): Change => ({
  kind: 'putWorkflow',
  row: workflowRow(number, more),
})
const putNodes = (number: number, ...ids: readonly string[]): Change => ({
  kind: 'putNodes',
  uid: uidOf(number),
  nodes: ids.map((id) => nodeRow(id)),
})

/** Pieces of the children of `a`, and the row that says how many of them count. */
export const piecesOf = (ids: readonly string[], per: number, from = 0): readonly IdPiece[] =>
  Array.from({ length: Math.ceil(ids.length / per) - from }, (_, offset) => ({
    ...{ node: nodeIdOf('a'), list: 'children' as const, number: from + offset },
    ids: ids.slice((from + offset) * per, (from + offset + 1) * per),
  }))
export const longRow = (length: number, per: number): NodeRow => ({
  ...nodeRow('a', { children: ['not stored'] }, { pod: 'p' }),
  long: { children: { length, per } },
})
export const idsTo = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `wf-${i}`)

export function storeContract(name: string, make: () => StoreUnderTest): void {
  describe(`${name} keeps what every store promises`, () => {
    let under: StoreUnderTest
    let store: Store
    beforeEach(async () => {
      under = make()
      store = await under.open()
    })
    afterEach(async () => {
      await store.close()
      await under.dispose()
    })
    const idsOf = async (number: number) => (await store.nodes(uidOf(number))).map(({ id }) => String(id))
    const namesOf = async (query: Parameters<Store['workflows']>[0]) =>
      (await store.workflows(query)).map((row) => row.name)

    describe('commits', () => {
      it('give a workflow back as it was put, order of fields included', async () => {
        const row = workflowRow(1, {
          labels: { a: 'b', 'workflows.argoproj.io/phase': 'Running' },
          body: {
            spec: { templates: [{ name: 'main', text: 'é "\u0000 \ud83d\ude00' }], entrypoint: 'main' },
            status: { storedTemplates: { x: {} }, phase: 'Running', storedWorkflowTemplateSpec: { templates: [] } },
          },
          internal: { generation: 3, deep: [null, 1.5, false] },
        })
        const { resourceVersion } = await store.commit([{ kind: 'putWorkflow', row }])
        const found = await store.workflow('default', 'wf-1')
        expect(found).toEqual({ ...row, resourceVersion })
        expect(JSON.stringify(found?.body)).toBe(JSON.stringify(row.body))
        expect(await store.workflowByUid(uidOf(1))).toEqual(found)
      })
      it('give each changed object one version, growing by one, and records none', async () => {
        const first = await store.commit([put(1), putNodes(1, 'a'), put(2)])
        expect([...first.versions]).toEqual([
          ['Workflow/default/wf-1', 1],
          ['Workflow/default/wf-2', 2],
        ])
        const second = await store.commit([
          putNodes(1, 'b'),
          { kind: 'putRecord', collection: 'c', key: 'k', value: 1 },
          { kind: 'putObject', row: { kind: 'ConfigMap', namespace: 'n', name: 'm', body: {} } },
        ])
        expect([...second.versions]).toEqual([
          ['Workflow/default/wf-1', 3],
          ['ConfigMap/n/m', 4],
        ])
        expect(second.resourceVersion).toBe(4)
        expect(await store.currentVersion()).toBe(4)
        expect((await store.workflow('default', 'wf-1'))?.resourceVersion).toBe(3)
      })
      it('with nothing in them change nothing', async () => {
        await store.commit([put(1)])
        expect(await store.commit([])).toEqual({ resourceVersion: 1, versions: new Map() })
      })
      it('replace a workflow and its fixed parts, and follow a changed template', async () => {
        await store.commit([put(1), putNodes(1, 'a')])
        const body = { spec: { templates: [{ name: 'other' }] } }
        await store.commit([put(1, { phase: 'Failed', finished: true, finishedAt: instant(9), body })])
        await store.commit([put(1, { phase: 'Succeeded', finished: true, finishedAt: instant(9), body })])
        expect(await store.workflow('default', 'wf-1')).toMatchObject({ phase: 'Succeeded', body })
        expect(await idsOf(1)).toEqual(['a'])
      })
      it('apply all or nothing', async () => {
        await expect(store.commit([put(1), putNodes(7, 'a')])).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
        expect(await store.countWorkflows({})).toBe(0)
        expect(await store.currentVersion()).toBe(0)
      })
      it('made at once have an outcome of their own each', async () => {
        await store.commit([put(1)])
        const all = await Promise.allSettled([
          store.commit([putNodes(1, 'a')]),
          store.commit([put(2, { name: 'wf-1' })]),
          store.commit([putNodes(9, 'x')]),
          store.commit([put(3), putNodes(3, 'b')]),
        ])
        expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
        expect(await idsOf(1)).toEqual(['a'])
        expect(await idsOf(3)).toEqual(['b'])
        expect(await store.currentVersion()).toBe(3)
      })
      it('refuse a name that belongs to another UID, and to rename a workflow', async () => {
        await store.commit([put(1)])
        await expect(store.commit([put(2, { name: 'wf-1' })])).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
        await expect(store.commit([put(1, { name: 'else' })])).rejects.toMatchObject({
          code: 'STORE_CONFLICT',
          retryable: false,
        })
      })
      it('may delete a workflow and give its name to another', async () => {
        await store.commit([put(1, { labels: { l: '1' } }), putNodes(1, 'a')])
        const { versions } = await store.commit([{ kind: 'deleteWorkflow', uid: uidOf(1) }, put(2, { name: 'wf-1' })])
        expect(versions.get('Workflow/default/wf-1')).toBe(2)
        expect(await store.workflowByUid(uidOf(1))).toBeNull()
        expect(await idsOf(1)).toEqual([])
        expect(await namesOf({ labels: { l: '1' } })).toEqual([])
        expect((await store.workflow('default', 'wf-1'))?.uid).toBe(uidOf(2))
      })
      it('give a deletion a version, and none where nothing was', async () => {
        await store.commit([put(1)])
        const gone = await store.commit([{ kind: 'deleteWorkflow', uid: uidOf(1) }])
        expect([...gone.versions]).toEqual([['Workflow/default/wf-1', 2]])
        const none = await store.commit([
          { kind: 'deleteWorkflow', uid: uidOf(1) },
          { kind: 'deleteObject', objectKind: 'Secret', namespace: 'n', name: 's' },
        ])
        expect(none).toEqual({ resourceVersion: 2, versions: new Map() })
      })
      it('read what they are given at once, so the caller may go on with it', async () => {
        const labels: Record<string, string> = { a: 'before' }
        const nodes = [nodeRow('a')]
        const committed = store.commit([put(1, { labels }), { kind: 'putNodes', uid: uidOf(1), nodes }])
        labels['a'] = 'after'
        nodes.push(nodeRow('b'))
        await committed
        expect((await store.workflow('default', 'wf-1'))?.labels).toEqual({ a: 'before' })
        expect(await idsOf(1)).toEqual(['a'])
      })
      it('keep their order: the last of many wins', async () => {
        await store.commit([put(1)])
        const many = Array.from({ length: 50 }, (_, i) =>
          store.commit([{ kind: 'putNodes', uid: uidOf(1), nodes: [nodeRow('a', { message: String(i) })] }]),
        )
        const versions = (await Promise.all(many)).map(({ resourceVersion }) => resourceVersion)
        expect(versions).toEqual(many.map((_, i) => i + 2))
        expect((await store.nodes(uidOf(1)))[0]?.node.message).toBe('49')
      })
      it('are there after the store is opened again', async () => {
        await store.commit([put(1, { labels: { l: '1' } }), putNodes(1, 'a', 'b')])
        await store.commit([{ kind: 'putRecord', collection: 'c', key: 'k', value: { x: 1 } }])
        await store.close()
        store = await under.open()
        expect(await store.currentVersion()).toBe(1)
        await store.commit([putNodes(1, 'c', 'a'), put(1, { labels: { m: '1' } })])
        expect(await idsOf(1)).toEqual(['a', 'b', 'c'])
        expect(await namesOf({ labels: { l: '1' } })).toEqual([])
        expect(await namesOf({ labels: { m: '1' } })).toEqual(['wf-1'])
        expect(await store.record('c', 'k')).toEqual({ x: 1 })
      })
      it('after closing are refused', async () => {
        await store.close()
        await expect(store.commit([put(1)])).rejects.toMatchObject({ code: 'STORE_DOWN' })
        await expect(store.currentVersion()).rejects.toMatchObject({ code: 'STORE_DOWN' })
        store = await under.open()
      })
    })

    describe('nodes', () => {
      it('come back in the order of their first put, with what stands beside them', async () => {
        await store.commit([put(1), putNodes(1, 'z', 'a')])
        await store.commit([
          {
            kind: 'putNodes',
            uid: uidOf(1),
            nodes: [nodeRow('m', {}, { pod: 'x' }), nodeRow('z', { phase: 'Succeeded', message: 'ä' })],
          },
        ])
        expect(await store.nodes(uidOf(1))).toEqual([
          nodeRow('z', { phase: 'Succeeded', message: 'ä' }),
          nodeRow('a'),
          nodeRow('m', {}, { pod: 'x' }),
        ])
      })
      it('are deleted one by one and may return', async () => {
        await store.commit([put(1), putNodes(1, 'a', 'b', 'c')])
        await store.commit([{ kind: 'deleteNodes', uid: uidOf(1), ids: [nodeIdOf('c'), nodeIdOf('nope')] }])
        expect(await idsOf(1)).toEqual(['a', 'b'])
        await store.commit([putNodes(1, 'd', 'c')])
        expect(await idsOf(1)).toEqual(['a', 'b', 'd', 'c'])
      })
      it('of two workflows do not mix, whatever their ids', async () => {
        await store.commit([put(1), put(2), putNodes(1, 'a'), putNodes(2, 'a', 'b')])
        await store.commit([{ kind: 'deleteWorkflow', uid: uidOf(1) }])
        expect(await idsOf(2)).toEqual(['a', 'b'])
      })
      it('of a finished workflow can still be written, as a retry does', async () => {
        await store.commit([put(1, { finished: true, finishedAt: instant(5) }), putNodes(1, 'a', 'b')])
        await store.commit([{ kind: 'deleteNodes', uid: uidOf(1), ids: [nodeIdOf('a')] }, putNodes(1, 'c')])
        expect(await idsOf(1)).toEqual(['b', 'c'])
      })
      it('can be paged through', async () => {
        const ids = Array.from({ length: 25 }, (_, i) => `n${(i * 7) % 25}`)
        await store.commit([put(1), putNodes(1, ...ids)])
        const seen: string[] = []
        const sizes: number[] = []
        let cursor: string | null = null
        do {
          const page = await store.nodePage(uidOf(1), cursor, 10)
          seen.push(...page.rows.map(({ id }) => String(id)))
          sizes.push(page.rows.length)
          cursor = page.next
        } while (cursor !== null)
        expect(seen).toEqual(ids)
        expect(sizes).toEqual([10, 10, 5])
        expect(await store.nodePage(uidOf(9), null, 10)).toEqual({ rows: [], pieces: [], next: null })
      })
      it('are thousands as of one moment, whatever is written while they are read', async () => {
        const ids = Array.from({ length: 2_500 }, (_, i) => `n${i}`)
        await store.commit([put(1), putNodes(1, ...ids)])
        const change = (more: Partial<NodeStatus>): Change => ({
          ...{ kind: 'putNodes', uid: uidOf(1) },
          nodes: [nodeRow('n0', more), nodeRow('n2499', more)],
        })
        const seen: (readonly NodeRow[])[] = []
        let isOver = false
        const reading = (async () => {
          while (!isOver) seen.push(await store.nodes(uidOf(1)))
        })()
        for (let i = 0; i < 20; i++) await store.commit([change({ message: String(i) })])
        isOver = true
        await reading
        for (const rows of seen) {
          expect(rows.map(({ id }) => id)).toEqual(ids)
          expect(rows.at(-1)?.node.message).toBe(rows[0]?.node.message)
        }
        expect((await store.nodes(uidOf(1)))[0]?.node.message).toBe('19')
      })
      it('have long lists in pieces, which count once a row says so', async () => {
        const uid = uidOf(1)
        const childrenOfA = async () => (await store.nodes(uid)).find(({ id }) => id === 'a')?.node.children
        await store.commit([put(1), putNodes(1, 'a', 'b')])
        for (const piece of piecesOf(idsTo(7), 3)) await store.commit([{ kind: 'putIds', uid, pieces: [piece] }])
        expect(await childrenOfA()).toBeUndefined()
        expect(await idsOf(1)).toEqual(['a', 'b'])
        await store.commit([{ kind: 'putNodes', uid, nodes: [longRow(4, 3)] }])
        expect(await childrenOfA()).toEqual(idsTo(4))
        await store.commit([
          { kind: 'putNodes', uid, nodes: [longRow(8, 3), nodeRow('c')] },
          { kind: 'putIds', uid, pieces: piecesOf(idsTo(8), 3, 2) },
        ])
        await store.close()
        store = await under.open()
        expect((await store.nodes(uid)).map(({ id, internal, long }) => [id, internal, long])).toEqual([
          ['a', { pod: 'p' }, { children: { length: 8, per: 3 } }],
          ['b', undefined, undefined],
          ['c', undefined, undefined],
        ])
        expect(await childrenOfA()).toEqual(idsTo(8))
        const pages = [await store.nodePage(uid, null, 3), await store.nodePage(uid, '3', 10)]
        const rows = pages.flatMap((page) => page.rows)
        expect(rows[0]?.node.children).toEqual([])
        const [a] = joinLists(
          rows,
          pages.flatMap(({ pieces }) => pieces),
        )
        expect(a?.node.children).toEqual(idsTo(8))
        expect(pages.flatMap(({ pieces }) => pieces).map(pieceId)).toEqual([
          'a/children/0',
          'a/children/1',
          'a/children/2',
        ])
        await store.commit([{ kind: 'putNodes', uid, nodes: [nodeRow('a', { children: ['x'] })] }])
        expect(await childrenOfA()).toEqual(['x'])
        await store.commit([{ kind: 'deleteWorkflow', uid }])
        expect(await store.nodes(uid)).toEqual([])
      })
    })

    describe('lists', () => {
      it('cut pages by start, not started first, and put the unfinished first inside a page', async () => {
        const done = (at: number) => ({ finished: true, phase: 'Succeeded', finishedAt: instant(at) })
        await store.commit([
          put(1, { startedAt: instant(10), ...done(50) }),
          put(2, { startedAt: instant(20) }),
          put(3, { startedAt: instant(30), ...done(40) }),
          put(4, { startedAt: null, phase: 'Pending' }),
          put(5, { startedAt: instant(50), ...done(60) }),
        ])
        expect(await namesOf({})).toEqual(['wf-4', 'wf-2', 'wf-5', 'wf-1', 'wf-3'])
        expect(await namesOf({ limit: 2 })).toEqual(['wf-4', 'wf-5'])
        expect(await namesOf({ limit: 2, offset: 2 })).toEqual(['wf-2', 'wf-3'])
        expect(await namesOf({ offset: 4 })).toEqual(['wf-1'])
        expect(await namesOf({ limit: 2, offset: 9 })).toEqual([])
      })
      it('filter by namespace, phase, labels, name and times, and count', async () => {
        await store.commit([
          put(1, { namespace: 'a', name: 'ab_1', labels: { x: '1', y: '2' } }),
          put(2, { namespace: 'b', name: 'ab%2', labels: { x: '1' }, phase: 'Pending' }),
          put(3, { namespace: 'b', name: 'c3', finished: true, phase: 'Failed', finishedAt: instant(50) }),
        ])
        const expected: readonly [Parameters<Store['workflows']>[0], readonly string[]][] = [
          [{ namespace: 'b' }, ['ab%2', 'c3']],
          [{ phases: ['Running', 'Failed'] }, ['ab_1', 'c3']],
          [{ phases: [] }, []],
          [{ labels: { x: '1' } }, ['ab%2', 'ab_1']],
          [{ labels: { x: '1', y: '2' } }, ['ab_1']],
          [{ labels: { x: '2' } }, []],
          [{ namePrefix: 'ab' }, ['ab%2', 'ab_1']],
          [{ namePrefix: 'ab_' }, ['ab_1']],
          [{ nameContains: 'b%' }, ['ab%2']],
          [{ finished: true }, ['c3']],
          [{ finished: true, finishedBefore: instant(49) }, []],
          [{ finishedBefore: instant(50) }, ['ab%2', 'ab_1', 'c3']],
          [{ createdAfter: instant(1002) }, ['ab%2', 'c3']],
        ]
        for (const [query, names] of expected) {
          expect(await namesOf(query), JSON.stringify(query)).toEqual(names)
          expect(await store.countWorkflows(query), JSON.stringify(query)).toBe(names.length)
        }
        expect(await store.countByPhase({ namespace: 'b' })).toEqual(
          new Map([
            ['Failed', 1],
            ['Pending', 1],
          ]),
        )
      })
      it('follow labels that change', async () => {
        await store.commit([put(1, { labels: { x: '1', y: '1' } })])
        await store.commit([put(1, { labels: { x: '2', y: '1' } })])
        expect(await namesOf({ labels: { x: '1' } })).toEqual([])
        expect(await namesOf({ labels: { x: '2', y: '1' } })).toEqual(['wf-1'])
      })
      it('take ten thousand workflows', async () => {
        const all = Array.from({ length: 10_000 }, (_, i) => store.commit([put(i, { labels: { n: String(i % 100) } })]))
        await Promise.all(all)
        expect(await store.countWorkflows({})).toBe(10_000)
        expect(await store.countWorkflows({ labels: { n: '7' } })).toBe(100)
        expect(await namesOf({ limit: 2, offset: 9_998 })).toEqual(['wf-1', 'wf-0'])
      }, 30_000)
    })

    const again = async () => {
      await store.close()
      return (store = await under.open())
    }
    const nodeRows = async () => (await under.nodeRows?.()) ?? null
    archiveContract({ uidOf, workflowRow, nodeRow }, { store: () => store, again, nodeRows })

    describe('objects and records', () => {
      it('come back by kind and namespace, in the order of their names', async () => {
        const object = (kind: string, namespace: string, name: string): Change => ({
          kind: 'putObject',
          row: { kind, namespace, name, body: { name } },
        })
        await store.commit([object('A', 'n', 'z'), object('A', 'n', 'a'), object('A', 'm', 'q'), object('B', '', 'x')])
        const names = async (kind: string, namespace?: string) =>
          (await store.objects(kind, namespace)).map((row) => `${row.namespace}/${row.name}`)
        expect(await names('A')).toEqual(['m/q', 'n/a', 'n/z'])
        expect(await names('A', 'n')).toEqual(['n/a', 'n/z'])
        expect(await store.object('B', '', 'x')).toEqual({
          ...{ kind: 'B', namespace: '', name: 'x' },
          ...{ body: { name: 'x' }, resourceVersion: 4 },
        })
        const gone = await store.commit([{ kind: 'deleteObject', objectKind: 'A', namespace: 'n', name: 'a' }])
        expect([...gone.versions]).toEqual([['A/n/a', 5]])
        expect(await store.object('A', 'n', 'a')).toBeNull()
      })
      it('are changed where they have the version that is expected, else the commit is refused', async () => {
        const object = (body: unknown, expected: number): Change => ({
          ...{ kind: 'putObject', row: { kind: 'A', namespace: 'n', name: 'x', body }, expected },
        })
        const remove = { kind: 'deleteObject', objectKind: 'A', namespace: 'n', name: 'x' } as const
        const { resourceVersion } = await store.commit([object(1, 0)])
        await expect(store.commit([put(1), object(2, 0)])).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
        const both = await Promise.allSettled([
          store.commit([object(3, resourceVersion)]),
          store.commit([object(4, resourceVersion)]),
        ])
        expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
        expect((await store.object('A', 'n', 'x'))?.body).toBe(3)
        expect(await store.countWorkflows({})).toBe(0)
        await expect(store.commit([{ ...remove, expected: 1 }])).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
        await store.commit([{ ...remove, expected: resourceVersion + 1 }])
        await store.commit([object(5, 0)])
      })
      it('are records by collection; null deletes', async () => {
        await store.commit([
          { kind: 'putRecord', collection: 'c', key: 'b', value: [1, { x: null }] },
          { kind: 'putRecord', collection: 'c', key: 'a', value: 'text' },
          { kind: 'putRecord', collection: 'd', key: 'a', value: false },
        ])
        expect([...(await store.records('c'))]).toEqual([
          ['a', 'text'],
          ['b', [1, { x: null }]],
        ])
        await store.commit([{ kind: 'putRecord', collection: 'c', key: 'b', value: null }])
        expect(await store.record('c', 'b')).toBeNull()
        expect(await store.record('d', 'a')).toBe(false)
        expect(await store.records('none')).toEqual(new Map())
      })
    })
  })
}
