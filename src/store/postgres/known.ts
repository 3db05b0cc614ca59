/** What is known of workflows that are being written to, so that a commit needs no reading. Valid as long as we hold the lease. */
import type { Client } from 'pg'
import { objectKey } from '../port.ts'
import type { WireChange } from '../wire.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'

export type KnownWorkflow = {
  readonly no: number
  readonly uid: string
  readonly namespace: string
  readonly name: string
  labels: string
  fixedToken: string
  /** Row numbers by node id; loaded when nodes are first written. */
  nodes: Map<string, number> | null
  nextNode: number
  /** Where there are other controllers: the version it must still have; `null`: ours and unfinished, nobody else writes it. */
  readonly version: number | null
}

/** Workflows remembered at once; beyond it the least recently met are forgotten and read again. */
const knownMax = 20_000
/** Numbers for new workflows that are fetched at once. */
const numbersAtOnce = 50
/** Numbers of nodes that one answer holds. */
const numbersReadAtOnce = 20_000

export class Known {
  readonly byUid = new Map<string, KnownWorkflow>()
  readonly #uidByName = new Map<string, string>()
  /** Objects that the group at hand deletes (among several controllers: writes) and that are there. */
  readonly objects = new Set<string>()
  /** Our lease, where there may be others; `null`: nobody else writes. */
  readonly owner: string | null
  readonly #numbers: number[] = []
  /** Known for the group at hand only. */
  readonly #passing = new Set<string>()

  constructor(owner: string | null) {
    this.owner = owner
  }

  /** Others may write to it from now on. */
  pass(uid: string): void {
    if (this.owner !== null) this.#passing.add(uid)
  }

  /** The group is stored. */
  endGroup(): void {
    for (const uid of this.#passing) {
      const known = this.byUid.get(uid)
      if (known) this.remove(known)
    }
    this.#passing.clear()
  }

  forget(): void {
    this.#passing.clear()
    this.byUid.clear()
    this.#uidByName.clear()
    this.#numbers.length = 0
  }

  /** Reads what the changes need and is not known; what is not found then is not there. */
  async prepare(client: Client, changes: readonly WireChange[]): Promise<void> {
    this.#trim()
    await this.#findWorkflows(client, changes)
    const created = changes.filter((change) => change.kind === 'putWorkflow' && !this.byUid.has(change.uid)).length
    const deleted = changes.filter(({ kind }) => kind === 'deleteWorkflow').length
    const wanted = created === 0 && deleted === 0 ? 0 : changes.filter(({ kind }) => kind === 'putWorkflow').length
    if (this.#numbers.length < wanted) await this.#fetchNumbers(client, Math.max(wanted, numbersAtOnce))
    for (const change of changes)
      if (change.kind === 'putNodes' || change.kind === 'deleteNodes') {
        const known = this.byUid.get(change.uid)
        if (known && known.nodes === null) await loadNodes(client, known)
      }
    await this.#findObjects(client, changes)
  }

  byName(namespace: string, name: string): KnownWorkflow | undefined {
    return this.byUid.get(this.#uidByName.get(`${namespace}/${name}`) ?? '')
  }

  nextNumber(): number {
    return this.#numbers.pop() ?? 0
  }

  add(known: KnownWorkflow): void {
    this.byUid.set(known.uid, known)
    this.#uidByName.set(`${known.namespace}/${known.name}`, known.uid)
  }

  remove({ uid, namespace, name }: KnownWorkflow): void {
    this.byUid.delete(uid)
    this.#uidByName.delete(`${namespace}/${name}`)
  }

  #trim(): void {
    for (const known of this.byUid.values()) {
      if (this.byUid.size <= knownMax) return
      this.remove(known)
    }
  }

  async #findWorkflows(client: Client, changes: readonly WireChange[]): Promise<void> {
    const uids = new Set<string>()
    const created: { readonly namespace: string; readonly name: string }[] = []
    for (const change of changes) {
      if (!('uid' in change)) continue
      if (this.byUid.has(change.uid)) continue
      uids.add(change.uid)
      if (change.kind === 'putWorkflow') created.push(change)
    }
    if (uids.size === 0) return
    const names = [created.map(({ namespace }) => namespace), created.map(({ name }) => name)]
    const found = await client.query<FoundWorkflow>({
      name: 'find-workflows',
      text: findWorkflows,
      values: [[...uids], ...names],
    })
    for (const { no, uid, namespace, name, labels, finished, owner, resource_version } of found.rows) {
      if (this.byUid.has(uid)) continue
      const isOurs = this.owner === null || (!finished && owner === this.owner)
      if (!isOurs) this.pass(uid)
      this.add({
        ...{ no: Number(no), uid, namespace, name, labels, fixedToken: '?', nodes: null, nextNode: 0 },
        version: isOurs ? null : Number(resource_version),
      })
    }
  }

  async #fetchNumbers(client: Client, count: number): Promise<void> {
    const found = await client.query<{ no: string }>({
      name: 'new-numbers',
      text: "SELECT nextval('workflow_no') AS no FROM generate_series(1, $1::int)",
      values: [count],
    })
    this.#numbers.unshift(...found.rows.map(({ no }) => Number(no)).reverse())
  }

  async #findObjects(client: Client, changes: readonly WireChange[]): Promise<void> {
    this.objects.clear()
    const isMeant = ({ kind }: WireChange) => kind === 'deleteObject' || (kind === 'putObject' && this.owner !== null)
    const names = changes.flatMap((change) => (isMeant(change) && 'objectKind' in change ? [change.name] : []))
    if (names.length === 0) return
    const found = await client.query<{ kind: string; namespace: string; name: string }>({
      name: 'find-objects',
      text: 'SELECT kind, namespace, name FROM object WHERE name = ANY($1)',
      values: [names],
    })
    for (const { kind, namespace, name } of found.rows) this.objects.add(objectKey(kind, namespace, name))
  }
}

/** In portions: no answer of the server takes as long as one that is silent. */
async function loadNodes(client: Client, known: KnownWorkflow): Promise<void> {
  const first = known.no * nodesPerWorkflow
  const nodes = new Map<string, number>()
  let [last, isMore] = [first - 1, true]
  while (isMore) {
    const { rows } = await client.query<{ no: string; id: string }>({
      name: 'node-numbers',
      text: 'SELECT no, id FROM node WHERE no > $1 AND no < $2 ORDER BY no LIMIT $3',
      values: [last, first + nodesPerWorkflow, numbersReadAtOnce],
    })
    for (const { no, id } of rows) nodes.set(id, Number(no))
    last = Number(rows.at(-1)?.no ?? last)
    isMore = rows.length === numbersReadAtOnce
  }
  known.nodes = nodes
  known.nextNode = Math.max(known.nextNode, last - first + 1)
}

type FoundWorkflow = Record<'no' | 'uid' | 'namespace' | 'name' | 'labels' | 'owner' | 'resource_version', string> & {
  readonly finished: boolean
}

const findWorkflows = `SELECT no, uid, namespace, name, labels, finished, owner, resource_version
  FROM workflow WHERE uid = ANY($1::text[])
  UNION SELECT w.no, w.uid, w.namespace, w.name, w.labels, w.finished, w.owner, w.resource_version FROM workflow w
    JOIN unnest($2::text[], $3::text[]) AS g (namespace, name) ON w.namespace = g.namespace AND w.name = g.name`
