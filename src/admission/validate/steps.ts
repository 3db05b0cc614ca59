/** A steps template: its steps in order, each with what the earlier ones give. */
import { type Template, type WorkflowStep, WorkflowStepSchema } from '../../resources/index.ts'
import { argumentsFault } from './arguments.ts'
import { type Checking, withInlineInputs } from './checking.ts'
import { type Fault, type Place, calledFrom, fault, inside, reworded } from './fault.ts'
import { hooksFault } from './hooks.ts'
import { structJson } from './json-tags.ts'
import { addItems, aggregates, loopPlace } from './loop-items.ts'
import { fieldNameFault } from './names.ts'
import { addNodeOutputs } from './node-outputs.ts'
import { withoutPlaceholders } from './placeholders.ts'
import { variablesFault } from './scope.ts'

export function stepsFault(template: Template, checking: Checking): Fault | null {
  const names = new Set<string>()
  for (const [group, steps] of (template.steps ?? []).entries()) {
    for (const [index, step] of steps.entries()) {
      const place = inside(checking.place, 'steps', group, index)
      const found =
        nameFault(template, group, step, names, place) ?? stepFault(template, group, step, { ...checking, place })
      if (found) return found
      names.add(step.name)
    }
  }
  return null
}

function nameFault(
  template: Template,
  group: number,
  { name }: WorkflowStep,
  names: ReadonlySet<string>,
  place: Place,
): Fault | null {
  const prefix = `templates.${template.name ?? ''}.steps[${group}].name`
  if (name === '') return fault(`${prefix} is required`, place)
  const at = inside(place, 'name')
  if (names.has(name)) return fault(`${prefix} '${name}' is not unique`, at)
  const wrong = fieldNameFault(withoutPlaceholders(name))
  return wrong === null ? null : fault(`${prefix} '${name}' is invalid: ${wrong}`, at)
}

function stepFault(
  template: Template,
  group: number,
  step: WorkflowStep,
  { scope, context, place, call }: Checking,
): Fault | null {
  const prefix = `templates.${template.name ?? ''}.steps[${group}].${step.name}`
  scope.add(`steps.${step.name}.status`)
  const loop = addItems(scope, step)
  if (loop !== null) return fault(`${prefix} ${loop}`, loopPlace(step, place))
  const given = argumentsFault(`${prefix}.arguments.`, step.arguments, 'step', inside(place, 'arguments'))
  if (given) return given

  const resolved = call(step, { kind: 'stand-ins', placeholder: context.placeholder }, place)
  if (resolved.fault) return calledFrom(prefix, resolved.fault, place)
  const outputs = { root: 'steps', name: step.name, template: resolved.template } as const
  if (step.onExit || step.hooks?.['exit']) addNodeOutputs(scope, { ...outputs, aggregate: false }, context)
  const hooks = hooksFault(prefix, step.hooks, inside(place, 'hooks'))
  if (hooks) return hooks

  const unresolved = variablesFault(
    structJson(step, WorkflowStepSchema),
    {
      scope: withInlineInputs(scope, step.inline),
      globals: context.globals,
      anyWorkflowParameter: context.isTemplate,
    },
    step,
    place,
  )
  if (unresolved) return reworded(unresolved, `templates.${template.name ?? ''}.steps ${unresolved.message}`)
  addNodeOutputs(scope, { ...outputs, aggregate: aggregates(step) }, context)

  const again = call(step, { kind: 'given', arguments: step.arguments }, place)
  return again.fault ? calledFrom(prefix, again.fault, inside(place, 'arguments', 'parameters')) : null
}
