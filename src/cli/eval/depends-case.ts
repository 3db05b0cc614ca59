/** A case of kind `depends`: a DAG's tasks with what has become of them, and a question about one task. */
import {
  type DependingTask,
  ancestorsOf,
  compileDag,
  dagFault,
  evaluateDepends,
  leavesOf,
  taskResultsOf,
} from '../../expressions/index.ts'
import { type EvalAnswer, answer } from './answer.ts'

type CaseTask = Omit<DependingTask, 'name'> & {
  readonly phase?: string
  readonly daemoned?: boolean
  readonly items?: readonly string[]
  readonly hook?: string
  readonly finishedAt?: string
}

export type DependsCase = {
  readonly query?: string
  readonly task: string
  readonly depends?: string
  readonly dependencies?: readonly string[]
  readonly tasks: Readonly<Record<string, CaseTask>>
}

export function answerDependsCase(given: DependsCase): EvalAnswer {
  const named = Object.entries(given.tasks).map(([name, task]) => shapeOf(name, task))
  const own = { name: given.task, depends: given.depends, dependencies: given.dependencies }
  const tasks = given.task in given.tasks ? named : [...named, own]
  const fault = dagFault('main', tasks)
  if (fault !== null) return { error: fault }
  const conditions = compileDag(tasks)
  const logic = conditions.get(given.task)
  switch (given.query) {
    case 'ancestors': {
      const finished = (name: string): number => Date.parse(given.tasks[name]?.finishedAt ?? '1970-01-01T00:00:00Z')
      return answer([...ancestorsOf(given.task, conditions)].sort((a, b) => finished(a) - finished(b)))
    }
    case 'leaves':
      return answer(leavesOf(conditions))
    case 'logic':
      return answer({ logic: logic?.text ?? '', tasks: logic?.tasks ?? [] })
    default: {
      // Argo does not evaluate an empty condition; asked to, it complains.
      if (logic?.text === '') return { error: "unable to evaluate expression '': unexpected token EOF" }
      if (logic === undefined || !logic.tasks.every((name) => isReady(given.tasks[name]))) {
        return answer({ execute: false, proceed: false })
      }
      const verdict = evaluateDepends(logic, (name) => {
        const { phase, daemoned, items } = given.tasks[name] ?? {}
        return taskResultsOf({ phase, daemoned, itemPhases: items })
      })
      return verdict.ok ? answer({ execute: verdict.value, proceed: true }) : { error: verdict.error }
    }
  }
}

const shapeOf = (name: string, { depends, dependencies, continueOn, items }: CaseTask): DependingTask => ({
  name,
  depends,
  dependencies,
  continueOn,
  ...(items === undefined ? {} : { withParam: '[]' }),
})

const done: ReadonlySet<string | undefined> = new Set(['Succeeded', 'Failed', 'Error', 'Skipped', 'Omitted'])

/** Finished, or a daemon that runs; and so is its hook, if it has one. */
function isReady(task: CaseTask | undefined): boolean {
  if (task === undefined) return false
  const fulfilled = done.has(task.phase) || (task.daemoned === true && (task.phase ?? 'Pending') !== 'Pending')
  return fulfilled && (task.hook === undefined || done.has(task.hook))
}
