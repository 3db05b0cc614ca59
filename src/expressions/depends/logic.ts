/** The `depends` of a DAG task: the full condition it stands for and the tasks it names, worked out once per task. */
import { type DependsProgram, compileProgram } from './program.ts'
import { type TaskResult, taskResults } from './results.ts'

/** What of a DAG task decides when it runs; a DAGTask fits. */
export type DependingTask = {
  readonly name: string
  readonly depends?: string
  readonly dependencies?: readonly string[]
  readonly continueOn?: { readonly error?: boolean; readonly failed?: boolean }
  readonly withItems?: readonly unknown[]
  readonly withParam?: string
  readonly withSequence?: unknown
}

export type DependsLogic = {
  /** Bare names expanded: `(A.Succeeded || A.Skipped || A.Daemoned)`. Empty: no condition. */
  readonly text: string
  /** The text that is evaluated: every dash an underscore. */
  readonly evaluated: string
  /** Every task that must be finished before the condition is looked at, sorted. */
  readonly tasks: readonly string[]
  /** Those of them asked only for results of their items (`.AnySucceeded`, `.AllFailed`). */
  readonly itemTasks: ReadonlySet<string>
  /** `null` where the text is more than names, `&&`, `||`, `!` and parentheses, or wrong: then expr-lang decides. */
  readonly program: DependsProgram | null
}

/** A name with a result, else a bare name. */
const reference = /([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)/g

/** @param taskNamed finds the other tasks of the template, for their `continueOn` */
export function compileDepends(
  task: DependingTask,
  taskNamed: (name: string) => DependingTask | undefined,
): DependsLogic {
  const written = task.depends ?? ''
  const expand = (name: string): string => expanded(name, taskNamed(name)?.continueOn)
  const given = written === '' ? (task.dependencies ?? []).map(expand).join(' && ') : written
  const forItems = new Map<string, boolean>()
  const text = given.replace(reference, (match: string, withResult: string | undefined) => {
    if (withResult === undefined) {
      forItems.set(match, false)
      return expand(match)
    }
    const [name = '', result] = withResult.split('.')
    const ofItems = result === 'AnySucceeded' || result === 'AllFailed'
    if (ofItems) forItems.set(name, true)
    else if (!forItems.has(name)) forItems.set(name, false)
    return match
  })
  const evaluated = text.replaceAll('-', '_')
  return {
    text,
    evaluated,
    tasks: [...forItems.keys()].sort(),
    itemTasks: new Set([...forItems].filter(([, ofItems]) => ofItems).map(([name]) => name)),
    program: evaluated === '' ? null : compileProgram(evaluated),
  }
}

function expanded(name: string, continueOn: DependingTask['continueOn']): string {
  const results: TaskResult[] = ['Succeeded', 'Skipped', 'Daemoned']
  if (continueOn?.error === true) results.push('Errored')
  if (continueOn?.failed === true) results.push('Failed')
  return `(${results.map((result) => `${name}.${result}`).join(' || ')})`
}

/** The fault of a result in `depends` that does not exist (`A.Succeded`), or null. */
export function unknownResult(depends: string): string | null {
  for (const match of depends.match(/[a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+/g) ?? []) {
    const [name = '', result = ''] = match.split('.')
    if (!taskResults.some((known) => known === result)) {
      return `task result '${result}' for task '${name}' is invalid`
    }
  }
  return null
}
