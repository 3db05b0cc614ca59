/** Where finished workflows may go and come from: out of the hot tables, out of the archive, back again, and for good. */
import type { WorkflowUid } from '../../src/resources/index.ts'
import { archivingLabel, isArchivedValue } from '../../src/controller/archive/policy.ts'
import type { MemoryDisk } from '../../src/store/index.ts'
import type { StoredWorkflow } from '../../src/store/memory/disk.ts'
import type { LaterDeed } from './afterlife.ts'
import type { SeenNode, SeenWorkflow } from './history.ts'
import type { Scenario } from './scenario.ts'
import type { SimulatedClock } from './simulated-clock.ts'

type Asked = Pick<LaterDeed, 'kind' | 'through'>
type Dead = Pick<SeenNode, 'name' | 'pod' | 'startsAtEnd' | 'node'>

/** The mover looks every minute, and does a little at a time. */
const overdueMs = 130_000

export class Fates {
  readonly #disk: MemoryDisk
  readonly #clock: SimulatedClock
  readonly #scenario: Scenario
  readonly #asked = new Map<WorkflowUid, Asked[]>()
  /** How often each was retried. */
  readonly #generations = new Map<WorkflowUid, number>()
  /** Those that rules have let go since they lie where they lie. */
  readonly #mayGo = new Map<WorkflowUid, Set<'retention' | 'archive'>>()
  /** Those that only the archive has. */
  readonly #kept = new Set<WorkflowUid>()
  /** Nodes that a retry took away. */
  readonly dead: Dead[] = []

  constructor(parts: { readonly disk: MemoryDisk; readonly clock: SimulatedClock; readonly scenario: Scenario }) {
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#scenario = parts.scenario
  }

  ask({ uid }: SeenWorkflow, deed: Asked): void {
    this.#asked.set(uid, [...(this.#asked.get(uid) ?? []), deed])
  }

  wasAsked(uid: WorkflowUid, kind: LaterDeed['kind'], through?: LaterDeed['through']): boolean {
    return (this.#asked.get(uid) ?? []).some((one) => one.kind === kind && (through ?? one.through) === one.through)
  }

  /** Whether what is stored now is the beginning of a retry; each was asked for. */
  beginsAgain({ row, internal }: StoredWorkflow, wrong: string[]): boolean {
    const before = this.#generations.get(row.uid) ?? 0
    const { generation = 0 } = (JSON.parse(internal) ?? {}) as { readonly generation?: number }
    if (generation === before) return false
    this.#generations.set(row.uid, generation)
    const asked = (this.#asked.get(row.uid) ?? []).filter(({ kind }) => kind === 'retry').length
    if (generation !== before + 1) wrong.push(`${row.name} went from try ${before} to ${generation}`)
    if (generation > asked) wrong.push(`${row.name} was retried ${generation} times, and ${asked} were asked for`)
    return generation > before
  }

  /** What rules allow now: looked at before what has gone is looked at. */
  look(): void {
    const { archive, retention } = this.#scenario.settings
    const { ttlMs = null, newest = null } = archive ?? {}
    const archived = [...this.#disk.archive.rows.values()]
    const hot = [...this.#disk.workflows.values()].map(({ row }) => row).filter(({ finished }) => finished)
    for (const { uid } of hot) this.#mayGo.get(uid)?.delete('archive')
    for (const { uid, finishedAt } of archived) {
      const isOld = ttlMs !== null && (finishedAt ?? 0) <= this.#clock.now() - ttlMs
      const newer = archived.filter((other) => other.uid !== uid && (other.finishedAt ?? 0) >= (finishedAt ?? 0))
      if (isOld || (newest !== null && newer.length >= newest)) this.#lets(uid, 'archive')
    }
    if (retention === null) return
    const counted = archive?.enabled === true ? [] : archived
    for (const one of [...hot, ...counted]) {
      const most = mostOf(retention, one.phase)
      const isNewer = (other: typeof one) =>
        other.uid !== one.uid && other.phase === one.phase && other.createdAt >= one.createdAt
      const isHot = this.#disk.workflows.has(one.uid)
      // Those that have left the hot tables go first.
      const before = isHot ? [] : hot.filter(({ phase }) => phase === one.phase)
      const after = isHot ? hot.filter(isNewer) : counted.filter(isNewer)
      if (before.length + after.length >= most || [...hot, ...counted].filter(isNewer).length >= most)
        this.#lets(one.uid, 'retention')
    }
  }

  #lets(uid: WorkflowUid, by: 'retention' | 'archive'): void {
    this.#mayGo.set(uid, (this.#mayGo.get(uid) ?? new Set<'retention' | 'archive'>()).add(by))
  }

  /** It lies where workflows lie that nobody has deleted. */
  stays({ uid }: SeenWorkflow): void {
    this.#kept.delete(uid)
  }

  /** It is not among the workflows any more. @param isKept the archive has it */
  leaves(seen: SeenWorkflow, isKept: boolean, wrong: string[]): void {
    const { uid, name } = seen
    const wasKept = this.#kept.has(uid)
    if (wasKept === isKept && seen.deleted) return
    if (isKept) this.#kept.add(uid)
    else this.#kept.delete(uid)
    const mayBeDropped = this.wasAsked(uid, 'delete', 'archive') || this.#goesBy(uid, 'archive') || this.#isOld(seen)
    const labels = seen.workflow.metadata.labels ?? {}
    const isToBeKept = this.#scenario.settings.archive?.enabled === true && labels[archivingLabel] === isArchivedValue
    const isRight = wasKept
      ? mayBeDropped
      : isKept
        ? this.#mayBeDeleted(seen)
        : mayBeDropped || (!isToBeKept && this.#mayBeDeleted(seen))
    seen.deleted = true
    if (!isRight) wrong.push(`${name} is lost: nobody has deleted it${isKept ? ', only the archive has it' : ''}`)
  }

  #isOld({ stored: { row } }: SeenWorkflow): boolean {
    const { ttlMs = null } = this.#scenario.settings.archive ?? {}
    return ttlMs !== null && (row.finishedAt ?? 0) <= this.#clock.now() - ttlMs
  }

  #goesBy(uid: WorkflowUid, by: 'retention' | 'archive'): boolean {
    return this.#mayGo.get(uid)?.has(by) === true
  }

  #mayBeDeleted({ uid, name, workflow }: SeenWorkflow): boolean {
    const task = this.#scenario.tasks.find((one) => one.name === name)
    return (
      task?.deed?.kind === 'delete' ||
      workflow.spec?.ttlStrategy !== undefined ||
      this.wasAsked(uid, 'delete') ||
      this.#goesBy(uid, 'retention')
    )
  }

  /** More than the rules let stay, when all had the time to go. */
  overLimits(): string[] {
    const { archive, retention } = this.#scenario.settings
    const { ttlMs = null, newest = null, enabled = false } = archive ?? {}
    const archived = [...this.#disk.archive.rows.values()]
    const wrong: string[] = []
    if (newest !== null && archived.length > newest) wrong.push(`${archived.length} are archived, ${newest} may be`)
    for (const { name, finishedAt } of archived)
      if (ttlMs !== null && (finishedAt ?? 0) <= this.#clock.now() - ttlMs - overdueMs)
        wrong.push(`${name} is still archived, ${ttlMs} ms were to be`)
    const hot = [...this.#disk.workflows.values()].map(({ row }) => row).filter(({ finished }) => finished)
    for (const phase of retention === null ? [] : ['Succeeded', 'Failed', 'Error']) {
      const all = [...hot, ...(enabled ? [] : archived)].filter((one) => one.phase === phase)
      const most = mostOf(retention ?? {}, phase)
      if (all.length > most) wrong.push(`${all.length} workflows are ${phase}, ${most} may stay`)
    }
    return [...wrong, ...this.#remains()]
  }

  /** What is left of workflows that are nowhere any more. */
  #remains(): string[] {
    const { archive, workflows, collections } = this.#disk
    const isThere = (uid: string) =>
      workflows.has(uid as WorkflowUid) || archive.rows.get(uid as WorkflowUid)?.deleted === false
    const parts = [...archive.parts.keys()].filter((uid) => !workflows.has(uid) && !archive.rows.has(uid))
    const ttl = [...(collections.get('ttl')?.keys() ?? [])].filter((uid) => !isThere(uid))
    return [...parts.map((uid) => `parts of ${uid} are left`), ...ttl.map((uid) => `record ttl/${uid} is left`)]
  }
}

/** Whether a retry may have it run again: what succeeded stays, but for hooks of what did not. */
export const mayRunAgain = ({ node }: Pick<SeenNode, 'node'>): boolean =>
  node.type !== 'Pod' || node.phase !== 'Succeeded' || /\.(onExit|hooks\.)/.test(node.name)

const mostOf = (
  { completed = 0, failed = 0, errored = 0 }: NonNullable<Scenario['settings']['retention']>,
  phase: string,
) => (phase === 'Succeeded' ? completed : phase === 'Failed' ? failed : errored)
