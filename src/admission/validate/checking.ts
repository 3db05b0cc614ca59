/** What the check of a template's body is given. */
import type { Template } from '../../resources/index.ts'
import type { Call, Context } from './context.ts'
import type { Fault, Place } from './fault.ts'
import type { Filling } from './fill-inputs.ts'
import { Scope } from './scope.ts'

/** The template called (absent where only the run will tell), and the first fault on the way. */
export type CallOutcome = { readonly template?: Template; readonly fault?: Fault }

export type Checking = {
  readonly scope: Scope
  readonly context: Context
  /** Where the template stands. */
  readonly place: Place
  /** Looks at a template that this one calls. */
  readonly call: (call: Call, filling: Filling, place: Place) => CallOutcome
}

/** The variables of a step or task, with those of a template written in it. */
export function withInlineInputs(scope: Scope, inline: Template | undefined): Scope {
  const own = new Scope(scope)
  for (const { name } of inline?.inputs?.parameters ?? []) own.add(`inputs.parameters.${name}`)
  return own
}
