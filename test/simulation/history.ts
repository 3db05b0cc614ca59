/** What the disk has shown so far, and what it must never show: looked at after every step. */
import type { NodeStatus, PodId, Workflow, WorkflowUid } from '../../src/resources/index.ts'
import { nodeIdOf } from '../../src/resources/index.ts'
import type { SimulatedEngine } from '../../src/runtime/simulated/index.ts'
import { archivingLabel, isArchivedValue } from '../../src/controller/archive/policy.ts'
import type { MemoryDisk } from '../../src/store/index.ts'
import type { StoredNode, StoredWorkflow } from '../../src/store/memory/disk.ts'
import { isPieceId, joinLists, longLists, readNode, readPiece } from '../../src/store/long-lists.ts'
import { checkCron } from './cron-checks.ts'
import type { LaterDeed } from './afterlife.ts'
import { Fates, mayRunAgain } from './fates.ts'
import type { Limits } from './generator.ts'
import type { Scenario } from './scenario.ts'
import type { SimulatedClock } from './simulated-clock.ts'

export type SeenNode = {
  readonly id: string
  text: string
  internal: string | null
  name: string
  node: NodeStatus
  pod: string | null
  startsAtEnd: number | null
}
export type SeenWorkflow = {
  readonly uid: WorkflowUid
  readonly name: string
  body: string
  /** As it stands in the body. */
  spec: Spec | null
  workflow: Workflow
  phase: string
  finished: boolean
  deleted: boolean
  /** A node waits to be resumed. */
  waits: boolean
  stored: StoredWorkflow
  resourceVersion: number
  /** Milliseconds since the beginning at which it was first seen. */
  readonly seenAt: number
  readonly nodes: Map<string, SeenNode>
}

type Spec = { readonly text: string; readonly spec: NonNullable<Workflow['spec']> }

const executable: ReadonlySet<string> = new Set(['Pod', 'Container', 'HTTP', 'Plugin', 'Suspend'])

export type HistoryParts = {
  readonly disk: MemoryDisk
  readonly engine: SimulatedEngine
  readonly clock: SimulatedClock
  readonly scenario: Scenario
  readonly isKind: () => boolean
}

/** A running node may be without a container only so long: until its end is collected and stored, or its loss is noticed. */
const bareMsMost = 120_000

export class History {
  readonly workflows = new Map<WorkflowUid, SeenWorkflow>()
  readonly #names = new Map<string, SeenWorkflow>()
  readonly #parts: HistoryParts
  /** The highest that each semaphore's limit has been. */
  #limits: Limits
  /** How often each pod vanished without anybody's doing: it may be started that much oftener. */
  readonly vanished = new Map<string, number>()
  readonly #startsByPod = new Map<string, number>()
  /** Since when a running node has had no container. */
  readonly #bareSinceMs = new Map<string, number>()
  /** Where people and rules reach workflows that have ended. */
  readonly #fates: Fates | null
  #version = -1
  #startCount = -1

  constructor(parts: HistoryParts) {
    this.#parts = parts
    this.#limits = parts.scenario.limits
    this.#fates = parts.scenario.kind === 'afterlife' ? new Fates(parts) : null
  }

  /** A person asks that of a workflow that has ended. */
  asked(seen: SeenWorkflow, deed: LaterDeed): void {
    this.#fates?.ask(seen, deed)
  }

  /** From now on the limits may be these. */
  allow(limits: Limits): void {
    const keys = new Set([...Object.keys(this.#limits), ...Object.keys(limits)])
    const most = (key: string) => String(Math.max(Number(this.#limits[key] ?? 0), Number(limits[key] ?? 0)))
    this.#limits = Object.fromEntries([...keys].map((key) => [key, most(key)]))
  }

  named(name: string): SeenWorkflow | undefined {
    return this.#names.get(name)
  }

  /** Takes in what the disk shows now; answers what is wrong with it. */
  look(): string[] {
    const wrong: string[] = []
    const { disk, engine, scenario } = this.#parts
    const isNews = disk.version !== this.#version
    if (isNews) {
      this.#version = disk.version
      for (const stored of disk.workflows.values()) this.#take(stored, wrong)
      this.#checkLocks(wrong)
      this.#checkParallelism(wrong)
      checkCron(this.workflows.values(), this.#parts.scenario.cron, wrong)
    }
    this.#fates?.look()
    // What leaves the archive is no news of its own.
    if (isNews || scenario.settings.archive !== null)
      for (const seen of this.workflows.values()) this.#takeAway(seen, wrong)
    const isStart = engine.startCount !== this.#startCount
    if (isStart) this.#countStarts()
    if (isNews || isStart) this.#checkStarts(wrong)
    this.#checkContainers(wrong)
    return wrong
  }

  /** In the hot tables, or in the archive once it has finished, or deleted by somebody who may. */
  #takeAway(seen: SeenWorkflow, wrong: string[]): void {
    const { disk, scenario } = this.#parts
    const archived = disk.archive.rows.get(seen.uid)
    if (disk.workflows.has(seen.uid)) {
      if (archived !== undefined) wrong.push(`${seen.name} is in the hot tables and in the archive`)
      return this.#fates?.stays(seen)
    }
    if (archived !== undefined && !seen.finished) wrong.push(`${seen.name} was archived and has not finished`)
    if (archived?.deleted === false) return
    if (this.#fates !== null) return this.#fates.leaves(seen, archived !== undefined, wrong)
    if (seen.deleted) return
    seen.deleted = true
    const task = scenario.tasks.find(({ name }) => name === seen.name)
    if (task !== undefined && task.deed?.kind !== 'delete' && task.workflow.spec.ttlStrategy === undefined)
      wrong.push(`${seen.name} is lost: nobody has deleted it`)
  }

  /** More than may stay in the hot tables, when all had the time to leave them. */
  staysHot(): string[] {
    const { disk, scenario } = this.#parts
    const { archive } = scenario.settings
    const most = archive === null ? null : archive.hotAgeMs !== null ? 0 : archive.hotNewest
    // What a person took out of the archive by its name there is no longer for it.
    const isForIt = (labels: Readonly<Record<string, string>>) =>
      archive?.enabled !== true || labels[archivingLabel] === isArchivedValue
    const hot = [...disk.workflows.values()].filter(({ row }) => row.finished && isForIt(row.labels))
    return most === null || hot.length <= most ? [] : [`${hot.length} finished workflows are hot, ${most} may`]
  }

  /** More than retention lets stay, when all had the time to go. */
  overLimits(): string[] {
    return this.#fates?.overLimits() ?? []
  }

  #take(stored: StoredWorkflow, wrong: string[]): void {
    const { row } = stored
    const known = this.workflows.get(row.uid)
    if (known !== undefined && known.resourceVersion === row.resourceVersion && known.stored === stored) return
    // Another may own it now, which is no change of it.
    if (known !== undefined && known.resourceVersion === row.resourceVersion && known.body === stored.body) {
      known.stored = stored
      return
    }
    if (known !== undefined && row.resourceVersion <= known.resourceVersion)
      wrong.push(`${row.name} went from version ${known.resourceVersion} to ${row.resourceVersion}`)
    const isAgain = this.#fates?.beginsAgain(stored, wrong) === true
    const seen = this.#takeWorkflow(stored, isAgain, wrong)
    Object.assign(seen, { stored, resourceVersion: row.resourceVersion })
    const nodes = wholeNodes(stored, wrong)
    for (const [id, one] of nodes) this.#takeNode(seen, id, one, isAgain, wrong)
    for (const [id, gone] of seen.nodes) {
      if (nodes.has(id)) continue
      if (isAgain && mayRunAgain(gone)) this.#forget(seen, gone)
      else wrong.push(`${seen.name}: node ${gone.name} is gone`)
    }
    seen.waits = waits(seen)
    recount(seen, wrong)
  }

  /** A retry took it away, and nothing of it runs again. */
  #forget(seen: SeenWorkflow, gone: SeenNode): void {
    seen.nodes.delete(gone.id)
    this.#fates?.dead.push(gone)
  }

  #takeWorkflow(stored: StoredWorkflow, isAgain: boolean, wrong: string[]): SeenWorkflow {
    const { body, row } = stored
    const { uid, name, finished, resourceVersion } = row
    const known = this.workflows.get(uid)
    if (known?.deleted === true) {
      if (this.#fates?.wasAsked(uid, 'retry', 'archive') !== true) wrong.push(`${name} was deleted and is back`)
      known.deleted = false
    }
    if (known?.body === body && known.finished === finished) return known
    const { workflow, spec } = bodyRead(body, known?.spec ?? null)
    const phase = workflow.status?.phase ?? ''
    if (known === undefined) {
      if (this.#names.has(name) && !this.#mayComeAgain(name)) wrong.push(`${name} was created twice`)
      const seenAt = this.#parts.clock.passedMs
      const fresh: SeenWorkflow = {
        ...{ uid, name, body, spec, workflow, phase, finished, stored, resourceVersion, seenAt },
        deleted: false,
        waits: false,
        nodes: new Map(),
      }
      this.workflows.set(uid, fresh)
      this.#names.set(name, fresh)
      return fresh
    }
    if (row.phase !== phase) wrong.push(`${name}: the row says ${row.phase}, its body ${phase}`)
    if (!isAgain && !isLegal(known.phase, phase)) wrong.push(`${name} went from ${known.phase} to ${phase}`)
    if (finished && rankOf(phase) < 2) wrong.push(`${name} has finished and is ${phase}`)
    if (!isAgain && known.finished && !finished) wrong.push(`${name} had finished and no longer has`)
    Object.assign(known, { body, spec, workflow, phase, finished })
    return known
  }

  #takeNode(
    seen: SeenWorkflow,
    id: string,
    { node: text, internal }: StoredNode,
    isAgain: boolean,
    wrong: string[],
  ): void {
    const before = seen.nodes.get(id)
    if (before?.text === text && before.internal === internal) return
    const node = JSON.parse(text) as NodeStatus
    const record = internal === null ? null : (JSON.parse(internal) as { pod?: string })
    const pod = record?.pod ?? null
    const [phaseBefore, phase] = [before?.node.phase ?? '', node.phase ?? '']
    // The end before it need not have got to the disk.
    const isReset = isAgain && before !== undefined && rankOf(phase) < 2
    if (before !== undefined && !(isReset ? mayRunAgain(before) : isLegal(phaseBefore, phase)))
      wrong.push(`node ${node.name} went from ${phaseBefore} to ${phase}`)
    if (isReset) this.#forget(seen, before)
    const known = isReset ? undefined : before
    const fresh: SeenNode = { id, text, internal, name: node.name, node, pod, startsAtEnd: known?.startsAtEnd ?? null }
    if (rankOf(phase) === 2 && fresh.startsAtEnd === null && pod !== null) {
      this.#countStarts()
      fresh.startsAtEnd = this.startsOf(pod)
    }
    seen.nodes.set(id, fresh)
  }

  /** A file that was deleted and comes again runs again, under its own name where it has one. */
  #mayComeAgain(name: string): boolean {
    return this.#parts.scenario.files.some(({ text }) => text?.includes(`"name":"${name}"`) === true)
  }

  #countStarts(): void {
    this.#startCount = this.#parts.engine.startCount
    this.#startsByPod.clear()
    for (const [key, count] of this.#parts.engine.starts) {
      if (/\/(side|before)$/.test(key)) continue
      const pod = key.slice(0, key.indexOf('/'))
      this.#startsByPod.set(pod, Math.max(count, this.#startsByPod.get(pod) ?? 0))
    }
  }

  /** How often the pod's mains were started, the one that was started oftenest. */
  startsOf(pod: string): number {
    return this.#startsByPod.get(pod) ?? 0
  }

  /** Ends that a reader was shown though the disk does not have them. */
  shownTooEarly({ metadata, status }: Workflow): string[] {
    // Where it was retried while somebody read it, the end that was shown is the one before.
    if (this.#fates?.wasAsked(metadata.uid as WorkflowUid, 'retry') === true) return []
    const stored = this.#parts.disk.workflows.get(metadata.uid as WorkflowUid)
    if (stored === undefined) return []
    // What is stored now has mostly been read already: the same text says the same.
    const seen = this.workflows.get(metadata.uid as WorkflowUid)
    const { phase } =
      seen?.body === stored.body ? seen : { phase: bodyRead(stored.body, null).workflow.status?.phase ?? '' }
    const isTooEarly = (shown: string | undefined, known: string): boolean =>
      rankOf(shown ?? '') === 2 && shown !== known
    const wrong: string[] = []
    if (isTooEarly(status?.phase, phase))
      wrong.push(`${metadata.name ?? ''} was shown ${status?.phase ?? ''}, is ${phase}`)
    for (const [id, node] of Object.entries(status?.nodes ?? {})) {
      if (rankOf(node.phase ?? '') < 2) continue
      const row = stored.nodes.get(id)
      const before = seen?.nodes.get(id)
      const read = row === undefined || before?.text === row.node ? before?.node : (JSON.parse(row.node) as NodeStatus)
      const known = row === undefined ? '' : (read?.phase ?? '')
      if (isTooEarly(node.phase, known)) wrong.push(`${node.name} was shown ${node.phase ?? ''}, is ${known}`)
    }
    return wrong
  }

  /** Where the daemon shows of a workflow at rest something else than what is stored. */
  shownOtherwise(name: string, isDeleted: boolean, shown: Workflow | null): readonly string[] {
    const seen = this.#names.get(name)
    if (seen === undefined || isDeleted) return shown === null || seen?.deleted !== true ? [] : [`${name} is shown`]
    if (shown === null) return [`${name} is stored and not shown`]
    const { nodes = {}, ...status } = shown.status ?? {}
    const wrong: string[] = []
    if (JSON.stringify(status) !== JSON.stringify(seen.workflow.status)) wrong.push(`${name} is shown otherwise`)
    if (shown.metadata.resourceVersion !== String(seen.resourceVersion))
      wrong.push(`${name} is shown as ${shown.metadata.resourceVersion ?? ''}, is ${seen.resourceVersion}`)
    if (Object.keys(nodes).length !== seen.nodes.size) wrong.push(`${name} is shown with other nodes`)
    for (const [id, node] of Object.entries(nodes))
      if (JSON.stringify(node) !== seen.nodes.get(id)?.text) wrong.push(`node ${node.name} is shown otherwise`)
    return wrong
  }

  /** Nodes of ended workflows for which something would still run; flows and groups Argo itself leaves as they are. */
  leftOpen(): string[] {
    return [...this.workflows.values()]
      .filter(({ finished, deleted }) => finished && !deleted)
      .flatMap(({ name, nodes }) =>
        [...nodes.values()].flatMap(({ node }) =>
          leaves.has(node.type) && rankOf(node.phase ?? '') < 2
            ? [`${name} has ended and its ${node.type} node ${node.name} is ${node.phase ?? ''}`]
            : [],
        ),
      )
  }

  /** Nodes that ended well whose containers did not run exactly once. */
  ranOtherwise(): string[] {
    return [...this.workflows.values()].flatMap((seen) =>
      [...seen.nodes.values()].flatMap(({ node, pod }) => {
        if (pod === null || node.type !== 'Pod' || node.phase !== 'Succeeded' || this.vanished.has(pod)) return []
        const starts = this.startsOf(pod)
        return starts === 1 ? [] : [`node ${node.name} succeeded and its pod was started ${starts} times`]
      }),
    )
  }

  #checkStarts(wrong: string[]): void {
    for (const [key, count] of this.#parts.engine.starts) {
      const pod = key.slice(0, key.indexOf('/'))
      if (count > 1 + (this.vanished.get(pod) ?? 0)) wrong.push(`${key} was started ${count} times`)
    }
    for (const seen of this.workflows.values())
      for (const one of seen.nodes.values()) this.#checkNoStartAfterEnd(one, wrong)
    for (const one of this.#fates?.dead ?? []) this.#checkNoStartAfterEnd(one, wrong)
  }

  #checkNoStartAfterEnd(one: Pick<SeenNode, 'name' | 'pod' | 'startsAtEnd' | 'node'>, wrong: string[]): void {
    if (one.pod === null || one.startsAtEnd === null) return
    // What is stopped while it starts may still start, and is stopped then.
    if (this.startsOf(one.pod) > Math.max(one.startsAtEnd, one.node.phase === 'Failed' ? 1 : 0))
      wrong.push(`node ${one.name} had ended and its pod was started after that`)
  }

  /** A node that runs has a container, or soon hears of its loss; where nothing goes wrong any more. */
  #checkContainers(wrong: string[]): void {
    const { engine, clock, isKind } = this.#parts
    if (!isKind()) return
    for (const seen of this.workflows.values()) {
      if (seen.finished || seen.deleted) continue
      for (const { id, node, pod } of seen.nodes.values()) {
        const isBare = node.type === 'Pod' && node.phase === 'Running' && pod !== null && !engine.pods.has(pod as PodId)
        if (!isBare) {
          if (this.#bareSinceMs.size > 0) this.#bareSinceMs.delete(id)
        } else {
          const sinceMs = this.#bareSinceMs.get(id) ?? clock.passedMs
          this.#bareSinceMs.set(id, sinceMs)
          if (clock.passedMs - sinceMs > bareMsMost) wrong.push(`node ${node.name} runs and has no container`)
        }
      }
    }
  }

  /** Of those that have begun; what is to be terminated may begin whatever the limits say. */
  #checkParallelism(wrong: string[]): void {
    const { parallelism, namespaceParallelism } = this.#parts.scenario.settings
    const most = Math.min(parallelism || Infinity, namespaceParallelism || Infinity)
    if (most === Infinity) return
    const begun = [...this.workflows.values()].filter(
      ({ finished, deleted, phase, workflow }) =>
        !finished && !deleted && phase === 'Running' && workflow.spec?.shutdown === undefined,
    )
    if (begun.length > most) wrong.push(`${begun.length} workflows run at once, ${most} may`)
  }

  /** Holders are unfinished, and no more of them than the limit says. */
  #checkLocks(wrong: string[]): void {
    const holders = new Map<string, string[]>()
    for (const seen of this.workflows.values()) {
      if (seen.deleted) continue
      for (const { lock, holder } of holdingOf(seen.workflow)) {
        holders.set(lock, [...(holders.get(lock) ?? []), holder])
        const nodeId = holder.split('/')[2]
        if (seen.finished) wrong.push(`${seen.name} has ended and still holds ${lock}`)
        const node = nodeId === undefined ? undefined : seen.nodes.get(nodeId)
        if (nodeId !== undefined && (node === undefined || rankOf(node.node.phase ?? '') === 2))
          wrong.push(`${holder} holds ${lock} and is ${node?.node.phase ?? 'nowhere'}`)
      }
    }
    for (const [lock, all] of holders) {
      const limit = lock.includes('/ConfigMap/') ? Number(this.#limits[lock.split('/').at(-1) ?? ''] ?? 0) : 1
      if (all.length > limit) wrong.push(`${lock} has ${all.length} holders and room for ${limit}: ${all.join(', ')}`)
    }
  }
}

/** Lists that lie in pieces are where they belong. */
function wholeNodes({ nodes }: StoredWorkflow, wrong: string[]): StoredWorkflow['nodes'] {
  if (![...nodes.keys()].some(isPieceId)) return nodes
  const read = [...nodes].filter(([id]) => !isPieceId(id))
  const rows = read.map(([id, { node }]) => ({ id: nodeIdOf(id), ...readNode(JSON.parse(node)) }))
  joinLists(
    rows,
    [...nodes].flatMap(([id, { node }]) => (isPieceId(id) ? [readPiece(id, JSON.parse(node))] : [])),
  )
  for (const { node, long = {} } of rows)
    for (const list of longLists)
      if ((long[list]?.length ?? 0) > (node[list]?.length ?? 0))
        wrong.push(`node ${node.name} lacks pieces of its ${list}`)
  return new Map(
    rows.map(({ node }, at) => [node.id, { node: JSON.stringify(node), internal: read[at]?.[1].internal ?? null }]),
  )
}

/** A spec seldom changes and is most of a body: one that stands in it letter for letter as before is not read again. */
function bodyRead(body: string, known: Spec | null): { readonly workflow: Workflow; readonly spec: Spec | null } {
  const at = known === null ? -1 : body.indexOf(known.text)
  if (known !== null && at >= 0) {
    const { status, ...rest } = JSON.parse(body.slice(0, at) + body.slice(at + known.text.length)) as Workflow
    if (rest.spec === undefined)
      return { workflow: { ...rest, spec: known.spec, ...(status && { status }) }, spec: known }
  }
  const workflow = JSON.parse(body) as Workflow
  const { spec } = workflow
  return { workflow, spec: spec === undefined ? null : { spec, text: `,"spec":${JSON.stringify(spec)}` } }
}

function waits({ nodes }: SeenWorkflow): boolean {
  for (const { node } of nodes.values()) if (node.type === 'Suspend' && node.phase === 'Running') return true
  return false
}

/** The counters of the workflow against its nodes. */
function recount(seen: SeenWorkflow, wrong: string[]): void {
  if (seen.nodes.size === 0 || seen.phase === '') return
  let [done, total, active] = [0, 0, 0]
  for (const { node } of seen.nodes.values()) {
    if (executable.has(node.type)) {
      const [ownDone = '0', ownTotal = '0'] = (node.progress ?? '0/0').split('/')
      done += Number(ownDone)
      total += Number(ownTotal)
    }
    // What a memoized resubmission carried along has no pod before it begins.
    const isActive = rankOf(node.phase ?? '') < 2 && node.startedAt !== undefined
    if (node.type === 'Pod' && isActive && node.synchronizationStatus?.waiting === undefined) active += 1
  }
  const most = seen.workflow.spec?.parallelism
  if (most !== undefined && seen.phase === 'Running' && active > most)
    wrong.push(`${seen.name}: ${active} active pods and a parallelism of ${most}`)
  const { progress = '0/0', conditions } = seen.workflow.status ?? {}
  if (seen.phase === 'Running' && progress !== `${done}/${total}`)
    wrong.push(`${seen.name}: progress ${progress}, a recount gives ${done}/${total}`)
  const isRunning = conditions?.find(({ type }) => type === 'PodRunning')?.status === 'True'
  if (seen.phase === 'Running' && isRunning !== active > 0)
    wrong.push(`${seen.name}: PodRunning is ${String(isRunning)} with ${active} active pods`)
}

export function holdingOf({ status }: Workflow): { readonly lock: string; readonly holder: string }[] {
  const { mutex, semaphore } = status?.synchronization ?? {}
  return [
    ...(mutex?.holding ?? []).map((entry) => ({ lock: entry.mutex ?? '', holder: entry.holder ?? '' })),
    ...(semaphore?.holding ?? []).flatMap((entry) =>
      (entry.holders ?? []).map((holder) => ({ lock: entry.semaphore ?? '', holder })),
    ),
  ]
}

const leaves: ReadonlySet<string> = new Set(['Pod', 'Container', 'HTTP', 'Plugin', 'Suspend'])

/** 0 before it runs, 1 while, 2 for good. */
export const rankOf = (phase: string): number => (phase === '' || phase === 'Pending' ? 0 : phase === 'Running' ? 1 : 2)

const isLegal = (before: string, after: string): boolean =>
  before === after || (rankOf(before) < 2 && rankOf(after) >= rankOf(before))
