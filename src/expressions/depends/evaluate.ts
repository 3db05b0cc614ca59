/** Whether a DAG task may run, by what came of the tasks it names. */
import { type Condition, held, refused } from '../condition.ts'
import { evaluateCondition } from '../expr/evaluate.ts'
import type { DependsLogic } from './logic.ts'
import { runProgram } from './program.ts'
import type { TaskResults } from './results.ts'

/** What the results of a task are taken from; a NodeStatus fits. */
export type FinishedTask = {
  readonly phase?: string
  readonly daemoned?: boolean
  /** Phases of a loop's items; absent for a task without a loop. */
  readonly itemPhases?: readonly string[]
}

export function taskResultsOf({ phase, daemoned, itemPhases }: FinishedTask): TaskResults {
  const items = itemPhases ?? []
  return {
    Succeeded: phase === 'Succeeded',
    Failed: phase === 'Failed',
    Errored: phase === 'Error',
    Skipped: phase === 'Skipped',
    Omitted: phase === 'Omitted',
    Daemoned: daemoned === true && phase !== 'Pending',
    AnySucceeded: items.includes('Succeeded'),
    AllFailed: items.length > 0 && items.every((item) => item === 'Failed'),
  }
}

/**
 * True if the task runs, false if it is omitted. Every task in `logic.tasks` must be finished.
 * @param resultsOf by the task's own name
 */
export function evaluateDepends(logic: DependsLogic, resultsOf: (taskName: string) => TaskResults): Condition {
  if (logic.evaluated === '') return held(true)
  const byWord = new Map(logic.tasks.map((name) => [name.replaceAll('-', '_'), name]))
  if (logic.program !== null) {
    return held(runProgram(logic.program, (word) => resultsOf(byWord.get(word) ?? word)))
  }
  const scope = Object.fromEntries([...byWord].map(([word, name]) => [word, resultsOf(name)]))
  const verdict = evaluateCondition(logic.evaluated, scope)
  if (verdict.ok) return verdict
  const said = `unable to evaluate expression '${logic.evaluated}': `
  return refused(verdict.error.startsWith(said) ? verdict.error : said + verdict.error)
}
