/** What becomes of the nodes of a workflow in its memoized resubmission. */
import type { NodeStatus } from '../../resources/index.ts'
import { isBelow } from '../node-names.ts'
import { executionTypes } from '../node-types.ts'
import { isEnded, isFailedOrError } from '../phases.ts'

type Nodes = Readonly<Record<string, NodeStatus>>

/** What a pod left is taken over, and it does not run again. */
export const isTakenOver = ({ type, phase }: NodeStatus): boolean => type === 'Pod' && !isFailedOrError(phase)

export class Fates {
  readonly #nodes: Nodes
  readonly #ofAttempts: ReadonlyMap<string, 'made anew' | 'history'>
  /** Names. */
  readonly #takenOver: ReadonlySet<string>
  readonly #exitsMadeAnew: readonly string[]

  constructor(nodes: Nodes) {
    const all = Object.values(nodes)
    this.#nodes = nodes
    this.#ofAttempts = fatesOfAttempts(nodes)
    this.#takenOver = new Set(all.flatMap((node) => (isTakenOver(node) ? [node.name] : [])))
    this.#exitsMadeAnew = all.flatMap((node) => (this.#isExitMadeAnew(node) ? [node.name] : []))
  }

  /** `made anew`: it stays behind. `history`: it is what it was, for nobody would drive it. `null`: it is carried along. */
  of(node: NodeStatus): 'made anew' | 'history' | null {
    const fate = this.#ofAttempt(node)
    if (fate === 'made anew' || this.#exitsMadeAnew.some((exit) => node.name === exit || isBelow(node.name, exit)))
      return 'made anew'
    return fate ?? (this.#isHookOfTakenOver(node) ? 'history' : null)
  }

  /** Also of what lies within one. */
  #ofAttempt(node: NodeStatus): 'made anew' | 'history' | null {
    for (let at: NodeStatus | undefined = node; at !== undefined; at = this.#nodes[at.boundaryID ?? '']) {
      const fate = this.#ofAttempts.get(at.id)
      if (fate !== undefined) return fate
    }
    return null
  }

  /** Hooks that are over, of what does not run again. */
  #isHookOfTakenOver(node: NodeStatus): boolean {
    const at = node.name.lastIndexOf('.hooks.')
    return at >= 0 && isEnded(node) && this.#takenOver.has(node.name.slice(0, at))
  }

  /**
   * Exit hooks that are not over: what they hang on begins them at its end, if it runs at all. Carried along as if under way,
   * they would wait for that end, and a flow for them.
   */
  #isExitMadeAnew(node: NodeStatus): boolean {
    const isExit = node.nodeFlag?.hooked === true && node.name.endsWith('.onExit')
    if (!isExit || node.type === 'Skipped' || isTakenOver(node)) return false
    return this.#ofAttempt(node) !== 'history' && !this.#isHookOfTakenOver(node)
  }
}

/**
 * Attempts of retried calls: where the last one is a pod that failed, the call begins anew without any; where the template
 * is a flow of its own, its last attempt goes on. Earlier ones are what they were.
 */
function fatesOfAttempts(nodes: Nodes): ReadonlyMap<string, 'made anew' | 'history'> {
  const fates = new Map<string, 'made anew' | 'history'>()
  for (const node of Object.values(nodes)) {
    if (node.type !== 'Retry') continue
    const attempts = (node.children ?? []).flatMap((id) => (nodes[id]?.nodeFlag?.retried === true ? [nodes[id]] : []))
    const last = attempts.at(-1)
    if (last === undefined) continue
    const isAnew = executionTypes.has(last.type) && isFailedOrError(last.phase)
    for (const { id } of isAnew ? attempts : attempts.slice(0, -1)) fates.set(id, isAnew ? 'made anew' : 'history')
  }
  return fates
}
