/** A suspend template: waits for a time or for a person (semantics-flow.md §11). */
import type { NodeStatus, Parameter, Template } from '../resources/index.ts'
import { instant, instantOf } from '../resources/index.ts'
import { parseDurationMs } from '../expressions/index.ts'
import { Body } from './body.ts'
import { exportGlobals } from './global-outputs.ts'
import { isEnded } from './phases.ts'
import type { Run } from './run.ts'
import { refusalByShutdown } from './shutdown.ts'

export class SuspendBody extends Body {
  protected work(): void {
    const { run } = this
    const node = this.node ?? this.create()
    if (isEnded(node)) return
    run.frames.set(node.id, this)
    const refused = refusalByShutdown(run, this.execution.call.inExitHandler)
    if (refused !== null) return run.setPhase(node, 'Failed', refused)
    if (node.phase === 'Pending') run.setPhase(node, 'Running')
    const duration = this.template.suspend?.duration
    if (!duration) return
    const parsed = parseDurationMs(duration)
    if (!parsed.ok) return this.failWith(parsed.error)
    const started = instantOf(node.startedAt) ?? run.now
    const due = instant(started + parsed.value)
    if (run.now < due) return this.wakeAt(due)
    const error = supplyDefaults(run, node)
    if (error !== null) return this.failWith(error)
    run.setPhase(node, 'Succeeded')
  }

  private create(): NodeStatus {
    const node = this.ensureNode('Pending')
    const inputs = node.inputs
    if (inputs?.parameters !== undefined) node.inputs = { ...inputs, parameters: inputs.parameters.map(withChoices) }
    const supplied = suppliedOutputs(this.template)
    if (supplied.length > 0) node.outputs = { parameters: supplied }
    this.run.touch(node)
    return node
  }
}

/** With the default of the input of the same name, if it has none of its own; one that is made of choices does not count. */
export function suppliedOutputs(template: Template): Parameter[] {
  return (template.outputs?.parameters ?? []).flatMap((parameter) => {
    const { valueFrom } = parameter
    if (valueFrom?.supplied === undefined) return []
    const input = template.inputs?.parameters?.find(({ name }) => name === parameter.name)
    if (valueFrom.default !== undefined || input?.default === undefined) return [parameter]
    return [{ ...parameter, valueFrom: { ...valueFrom, default: input.default } }]
  })
}

/** A value that is a JSON text with a list `enum` offers that list, its first element being the default where there is none. */
function withChoices(parameter: Parameter): Parameter {
  const text = parameter.value ?? ''
  if (!text.startsWith('{') || !text.includes('"enum"')) return parameter
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || !('enum' in parsed) || !Array.isArray(parsed.enum))
      return parameter
    const choices = parsed.enum.filter((choice) => ['string', 'number', 'boolean'].includes(typeof choice)).map(String)
    const [first] = choices
    return first === undefined ? parameter : { ...parameter, enum: choices, default: parameter.default ?? first }
  } catch {
    return parameter
  }
}

/** Gives every output that nobody supplied its default; the error if one has none (then nothing is changed). */
export function supplyDefaults(run: Run, node: NodeStatus): string | null {
  const parameters = node.outputs?.parameters ?? []
  const filled: Parameter[] = []
  for (const parameter of parameters) {
    if (parameter.valueFrom?.supplied === undefined) {
      filled.push(parameter)
      continue
    }
    const value = parameter.valueFrom.default
    if (value === undefined)
      return `raw output parameter '${parameter.name}' has not been set and does not have a default value`
    const { valueFrom: _supplied, ...rest } = parameter
    filled.push({ ...rest, value })
  }
  if (filled.length > 0) {
    node.outputs = { ...node.outputs, parameters: filled }
    exportGlobals(run, node.outputs)
    run.touch(node)
  }
  return null
}
