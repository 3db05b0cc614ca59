/**
 * What goes on below what has ended: pods where failFast ended a node, and daemons of steps that are over. Argo visits
 * nothing there any more, but what comes of them is still recorded. No frame leads to them after a restart, so what was
 * asked for them is stored.
 */
import type { NodeStatus, Template } from '../resources/index.ts'
import { variablesOf } from '../expressions/index.ts'
import { Body } from './body.ts'
import { nothingAbsent } from './call.ts'
import type { Effect } from './effects.ts'
import { Execution } from './execution.ts'
import type { Frame } from './frame.ts'
import { isEnded } from './phases.ts'
import type { Run } from './run.ts'
import { releaseLocks } from './sync.ts'

export type Forgotten = {
  readonly effect: Effect
  readonly template: Template
  readonly inExitHandler: boolean
  /** Nodes whose locks are kept until this one has ended: itself and those around it. */
  readonly holders: readonly string[]
}

/** Remembers what is under way below a node that failFast has ended, and gives back the locks of all else there. */
export function forgetBelow(run: Run, node: NodeStatus): void {
  const within = new Set([node.id])
  const found = remember(run, run.frames.keys(), within)
  const isOpen = (other: NodeStatus) => !isEnded(other)
  releaseBelow(run, within, found, isOpen)
}

/**
 * Likewise below nodes that were ended from outside, all at once. Their pods have been ended, too, and are being stopped:
 * exit hooks alone go on.
 */
export function cutOff(run: Run, ids: ReadonlySet<string>): void {
  if (ids.size === 0) return
  const open = [...run.frames.keys()].filter((id) => !isEnded(run.nodes.get(id) ?? { phase: 'Failed' }))
  releaseBelow(run, ids, remember(run, open, ids), () => true)
}

function releaseBelow(
  run: Run,
  ids: ReadonlySet<string>,
  found: Readonly<Record<string, Forgotten>>,
  isMeant: (node: NodeStatus) => boolean,
): void {
  if (run.status.synchronization === undefined) return
  const busy = new Set(Object.values(found).flatMap(({ holders }) => holders))
  for (const node of run.nodes.values())
    if (isMeant(node) && !busy.has(node.id) && holdersUpTo(run, node, ids) !== null) releaseLocks(run, node.id)
}

/** Remembers daemons directly inside the Steps node: the group that started them is over. */
export function forgetDaemons(run: Run, node: NodeStatus): void {
  if (run.daemons.size === 0) return
  const isNew = (id: string) => run.nodes.get(id)?.boundaryID === node.id && run.internal.forgotten?.[id] === undefined
  remember(run, [...run.daemons].filter(isNew), new Set([node.id]))
}

/** What is under way of these nodes, as far as they are inside one of the boundaries. */
function remember(
  run: Run,
  ids: Iterable<string>,
  boundaries: ReadonlySet<string>,
): Readonly<Record<string, Forgotten>> {
  const found: Record<string, Forgotten> = {}
  for (const id of ids) {
    const inner = run.nodes.get(id)
    const frame = run.frames.get(id)
    const effect = frame instanceof Body ? frame.underWay() : null
    if (!(frame instanceof Body) || effect === null || inner === undefined) continue
    const holders = holdersUpTo(run, inner, boundaries)
    const { inExitHandler } = frame.execution.call
    if (holders !== null) found[id] = { effect, template: frame.template, inExitHandler, holders }
  }
  if (Object.keys(found).length > 0) keep(run, { ...run.internal.forgotten, ...found })
  return found
}

/** The node, its Retry node, and what encloses them, up to the first boundary; `null` where none is among that. */
function holdersUpTo(run: Run, from: NodeStatus, boundaries: ReadonlySet<string>): readonly string[] | null {
  const holders: string[] = []
  for (let at: NodeStatus | undefined = from; at !== undefined; at = run.nodes.get(at.boundaryID ?? '')) {
    if (boundaries.has(at.id)) return holders
    holders.push(at.id)
    if (at.nodeFlag?.retried !== true) continue
    const retry = run.idOf(at.name.replace(/\(\d+\)$/, ''))
    if (boundaries.has(retry)) return holders
    holders.push(retry)
  }
  return null
}

/** Strikes out what has ended, and gives back the locks that were kept for it. */
export function settleForgotten(run: Run): void {
  const { forgotten } = run.internal
  if (forgotten === undefined) return
  const isOver = (id: string) => !run.outstanding.has(id) && isEnded(run.nodes.get(id) ?? { phase: 'Failed' })
  const over = Object.keys(forgotten).filter(isOver)
  if (over.length === 0) return
  const left = Object.fromEntries(Object.entries(forgotten).filter(([id]) => !over.includes(id)))
  keep(run, left)
  const busy = new Set(Object.values(left).flatMap(({ holders }) => holders))
  for (const holder of over.flatMap((id) => forgotten[id]?.holders ?? []))
    if (!busy.has(holder)) releaseLocks(run, holder)
}

/** Of a run that was opened again: asks once more for what was under way. */
export function resumeForgotten(run: Run, root: Frame): void {
  for (const [id, { effect, template, inExitHandler }] of Object.entries(run.internal.forgotten ?? {})) {
    const node = run.nodes.get(id)
    if (node === undefined || run.frames.has(id) || (isEnded(node) && node.taskResultSynced !== false)) continue
    const execution = new Execution(run, root, {
      nodeName: node.name,
      holder: { name: '', inline: template },
      scope: { kind: 'local', name: '' },
      args: {},
      absent: nothingAbsent,
      boundary: run.nodes.get(node.boundaryID ?? '') ?? null,
      boundaryTemplate: null,
      inExitHandler,
      hooked: false,
      caller: null,
      resultWanted: false,
      depth: 0,
    })
    const processed = { template, variables: variablesOf(run.globals) }
    run.makeBody(execution, node.name, processed, execution).resume(node, effect)
  }
}

function keep(run: Run, forgotten: Readonly<Record<string, Forgotten>>): void {
  const { forgotten: _before, ...internal } = run.internal
  run.internal = Object.keys(forgotten).length === 0 ? internal : { ...internal, forgotten }
  run.workflowChanged = true
}

/** At the workflow's end nothing is waited for. */
export function dropForgotten(run: Run): void {
  if (run.internal.forgotten !== undefined) keep(run, {})
}
