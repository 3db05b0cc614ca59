/** Figures of single unfinished workflows, for gauges: a few of them by name, the rest only counted. */
import { instantOf } from '../resources/index.ts'
import type { Core } from './core.ts'
import type { LiveRun } from './live-run.ts'

export type WorkflowFigures = {
  readonly namespace: string
  readonly name: string
  readonly ageSeconds: number
  readonly unchangedSeconds: number
  readonly nodesDone: number
  readonly nodesTotal: number
  readonly activePods: number
}

/** Those that were created first, at most `most` of them. */
export function oldestWorkflows(core: Core, most: number): readonly WorkflowFigures[] {
  const now = core.clock.now()
  const byAge = [...core.runs.all()].map((live) => ({ live, createdAt: createdAt(live) ?? now }))
  return byAge
    .sort((a, b) => a.createdAt - b.createdAt)
    .slice(0, most)
    .map(({ live, createdAt }) => ({
      namespace: live.namespace,
      name: live.name,
      ageSeconds: Math.max(0, now - createdAt) / 1000,
      unchangedSeconds: unchangedMs(live, now) / 1000,
      nodesDone: live.run.progressDone,
      nodesTotal: live.run.progressTotal,
      activePods: live.run.activePods,
    }))
}

/**
 * For each time, how many workflows have not changed for so long although nothing excuses it: no container of theirs
 * runs, nobody is asked to resume them, and the parallelism of the controller does not hold them back.
 */
export function stuckCounts(core: Core, secondsLeast: readonly number[]): readonly number[] {
  const now = core.clock.now()
  const counts = secondsLeast.map(() => 0)
  const least = Math.min(...secondsLeast) * 1000
  for (const live of core.runs.all()) {
    const unchanged = unchangedMs(live, now)
    if (live.held || unchanged < least || core.pods.isAnyRunning(live.uid) || isSuspended(live)) continue
    secondsLeast.forEach((seconds, index) => {
      if (unchanged >= seconds * 1000) counts[index] = (counts[index] ?? 0) + 1
    })
  }
  return counts
}

function unchangedMs(live: LiveRun, now: number): number {
  live.changedAt ??= now
  return Math.max(0, now - live.changedAt)
}

const createdAt = ({ run }: LiveRun): number | null => instantOf(run.workflow.metadata?.creationTimestamp)

function isSuspended({ run }: LiveRun): boolean {
  if (run.workflow.spec?.suspend === true) return true
  return run.nodes.values().some(({ type, phase }) => type === 'Suspend' && phase === 'Running')
}
