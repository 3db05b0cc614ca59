/** What the disk has shown so far, and what it must never show: looked at after every step. */
import type { NodeStatus, Workflow, WorkflowUid } from '../../src/resources/index.ts'
import type { SimulatedEngine } from '../../src/runtime/simulated/index.ts'
import type { MemoryDisk } from '../../src/store/index.ts'

export type SeenNode = {
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
  workflow: Workflow
  phase: string
  finished: boolean
  deleted: boolean
  readonly nodes: Map<string, SeenNode>
}

const executable: ReadonlySet<string> = new Set(['Pod', 'Container', 'HTTP', 'Plugin', 'Suspend'])

export class History {
  readonly workflows = new Map<WorkflowUid, SeenWorkflow>()
  readonly #disk: MemoryDisk
  readonly #engine: SimulatedEngine
  readonly #limits: Readonly<Record<string, string>>
  /** How often each pod vanished without anybody's doing: it may be started that much oftener. */
  readonly vanished = new Map<string, number>()
  #version = -1

  constructor(disk: MemoryDisk, engine: SimulatedEngine, limits: Readonly<Record<string, string>>) {
    this.#disk = disk
    this.#engine = engine
    this.#limits = limits
  }

  named(name: string): SeenWorkflow | undefined {
    return [...this.workflows.values()].find((one) => one.name === name)
  }

  /** Takes in what the disk shows now; answers what is wrong with it. */
  look(): string[] {
    const wrong: string[] = []
    if (this.#disk.version !== this.#version) {
      this.#version = this.#disk.version
      for (const [uid, stored] of this.#disk.workflows) {
        const seen = this.#takeWorkflow(uid, stored.row.name, stored.body, stored.row.finished, wrong)
        let changed = false
        for (const [id, row] of stored.nodes)
          changed = this.#takeNode(seen, id, row.node, row.internal, wrong) || changed
        for (const id of seen.nodes.keys()) if (!stored.nodes.has(id)) wrong.push(`${seen.name}: node ${id} is gone`)
        recount(seen, wrong)
      }
      for (const seen of this.workflows.values()) if (!this.#disk.workflows.has(seen.uid)) seen.deleted = true
      this.#checkLocks(wrong)
    }
    this.#checkStarts(wrong)
    return wrong
  }

  #takeWorkflow(uid: WorkflowUid, name: string, body: string, finished: boolean, wrong: string[]): SeenWorkflow {
    const known = this.workflows.get(uid)
    if (known?.deleted === true) wrong.push(`${name} was deleted and is back`)
    if (known?.body === body && known.finished === finished) return known
    const workflow = JSON.parse(body) as Workflow
    const phase = workflow.status?.phase ?? ''
    if (known === undefined) {
      for (const other of this.workflows.values()) if (other.name === name) wrong.push(`${name} was created twice`)
      const fresh = { uid, name, body, workflow, phase, finished, deleted: false, nodes: new Map<string, SeenNode>() }
      this.workflows.set(uid, fresh)
      return fresh
    }
    if (!isLegal(known.phase, phase)) wrong.push(`${name} went from ${known.phase} to ${phase}`)
    if (known.finished && !finished) wrong.push(`${name} had finished and no longer has`)
    Object.assign(known, { body, workflow, phase, finished })
    return known
  }

  #takeNode(seen: SeenWorkflow, id: string, text: string, internal: string | null, wrong: string[]): boolean {
    const known = seen.nodes.get(id)
    if (known?.text === text && known.internal === internal) return false
    const node = JSON.parse(text) as NodeStatus
    const record = internal === null ? null : (JSON.parse(internal) as { pod?: string })
    const pod = record?.pod ?? null
    const before = known?.node.phase ?? ''
    const phase = node.phase ?? ''
    if (known !== undefined && !isLegal(before, phase)) wrong.push(`node ${node.name} went from ${before} to ${phase}`)
    const fresh: SeenNode = { text, internal, name: node.name, node, pod, startsAtEnd: known?.startsAtEnd ?? null }
    if (rankOf(phase) === 2 && fresh.startsAtEnd === null && pod !== null) fresh.startsAtEnd = this.startsOf(pod)
    seen.nodes.set(id, fresh)
    return true
  }

  /** How often the pod's mains were started, the one that was started oftenest. */
  startsOf(pod: string): number {
    let most = 0
    for (const [key, count] of this.#engine.starts)
      if (key.startsWith(`${pod}/`) && !/\/(side|before)$/.test(key)) most = Math.max(most, count)
    return most
  }

  /** Ends that a reader was shown though the disk does not have them. */
  shownTooEarly({ metadata, status }: Workflow): string[] {
    const stored = this.#disk.workflows.get(metadata.uid as WorkflowUid)
    if (stored === undefined) return []
    const phase = (JSON.parse(stored.body) as Workflow).status?.phase ?? ''
    const isTooEarly = (shown: string | undefined, known: string): boolean =>
      rankOf(shown ?? '') === 2 && shown !== known
    const wrong: string[] = []
    if (isTooEarly(status?.phase, phase))
      wrong.push(`${metadata.name ?? ''} was shown ${status?.phase ?? ''}, is ${phase}`)
    for (const [id, node] of Object.entries(status?.nodes ?? {})) {
      const row = stored.nodes.get(id)
      const known = row === undefined ? '' : ((JSON.parse(row.node) as NodeStatus).phase ?? '')
      if (isTooEarly(node.phase, known)) wrong.push(`${node.name} was shown ${node.phase ?? ''}, is ${known}`)
    }
    return wrong
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
    for (const [key, count] of this.#engine.starts) {
      const pod = key.slice(0, key.indexOf('/'))
      if (count > 1 + (this.vanished.get(pod) ?? 0)) wrong.push(`${key} was started ${count} times`)
    }
    for (const seen of this.workflows.values())
      for (const one of seen.nodes.values())
        // What is stopped while it starts may still start, and is stopped then.
        if (
          one.pod !== null &&
          one.startsAtEnd !== null &&
          this.startsOf(one.pod) > Math.max(one.startsAtEnd, one.node.phase === 'Failed' ? 1 : 0)
        )
          wrong.push(`node ${one.name} had ended and its pod was started after that`)
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
    const isActive = rankOf(node.phase ?? '') < 2
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

/** 0 before it runs, 1 while, 2 for good. */
export const rankOf = (phase: string): number => (phase === '' || phase === 'Pending' ? 0 : phase === 'Running' ? 1 : 2)

const isLegal = (before: string, after: string): boolean =>
  before === after || (rankOf(before) < 2 && rankOf(after) >= rankOf(before))
