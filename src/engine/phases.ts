/** Predicates over phases, used everywhere (semantics.md §3.2). */
import type { NodeStatus } from '../resources/index.ts'

type Phased = Pick<NodeStatus, 'phase' | 'daemoned'>

export const isFailedOrError = (phase: string | undefined): boolean => phase === 'Failed' || phase === 'Error'

/** Ran to an end. Skipped and Omitted did not run. */
export const isCompleted = (node: Phased): boolean =>
  node.phase === 'Succeeded' || node.phase === 'Failed' || node.phase === 'Error'

/** Dependants may go on: ended, did not run, or a daemon that is ready. */
export const isFulfilled = (node: Phased): boolean =>
  isEnded(node) || (node.daemoned === true && node.phase !== 'Pending')

/** Will not change any more by itself. */
export const isEnded = (node: Phased): boolean =>
  isCompleted(node) || node.phase === 'Skipped' || node.phase === 'Omitted'

export const isActive = (node: Phased): boolean => node.phase === 'Pending' || node.phase === 'Running'

/** A pod that a memoized resubmission carried along to be run again, and that nobody has begun yet: it is none so far. */
export const isCarried = (node: NodeStatus): boolean =>
  node.phase === 'Pending' && node.type === 'Pod' && node.startedAt === undefined
