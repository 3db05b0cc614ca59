/** Outputs of Steps and DAG nodes, out of the template's scope (semantics-templates.md §5.3, §7). */
import type { Artifact, Outputs, Parameter, Template, ValueFrom } from '../resources/index.ts'
import type { Variables } from '../expressions/index.ts'
import { compileExpression, encodeJson, environmentWithFunctions, evaluateExpression } from '../expressions/index.ts'
import { resolveArtifact } from './artifact-reference.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Scope } from './scope.ts'
import { withoutBraces, type Outsider } from './substitution.ts'

export function outputsFromScope(outsider: Outsider, template: Template, scope: Scope): Outcome<Outputs | null> {
  const declared = template.outputs
  if (declared === undefined || (!declared.parameters?.length && !declared.artifacts?.length)) return good(null)
  const outputs: Outputs = {}
  const parameters: Parameter[] = []
  for (const parameter of declared.parameters ?? []) {
    if (parameter.valueFrom === undefined) return bad('output parameters must have a valueFrom specified')
    const value = valueOf(outsider, parameter.name, parameter.valueFrom, scope.narrow)
    if (!value.ok && parameter.valueFrom.default === undefined) return value
    const { valueFrom: _from, ...rest } = parameter
    parameters.push({
      ...rest,
      value: value.ok ? value.value : (parameter.valueFrom.default ?? ''),
    })
  }
  if (parameters.length > 0) outputs.parameters = parameters
  const artifacts: Artifact[] = []
  for (const artifact of declared.artifacts ?? []) {
    const found = resolveArtifact(outsider, artifact, scope)
    if (found.ok)
      artifacts.push({
        ...found.value,
        name: artifact.name,
        ...(artifact.globalName ? { globalName: artifact.globalName } : {}),
      })
    else if (artifact.optional !== true) return bad(`unable to resolve outputs from scope: ${found.error}`)
  }
  if (artifacts.length > 0) outputs.artifacts = artifacts
  return good(outputs)
}

function valueOf({ outside }: Outsider, name: string, from: ValueFrom, narrow: Variables): Outcome<string> {
  const absent = (reference: string) =>
    bad(
      `output parameter "${name}": "${reference}" is an absent optional (skipped/omitted node output with no default)`,
    )
  if (from.expression) {
    const answer = evaluateExpression(
      compileExpression(from.expression),
      environmentWithFunctions(narrow, outside),
      outside,
    )
    if (!answer.ok) return bad(answer.error)
    if (answer.value === null || answer.value === undefined) return absent(from.expression)
    return good(typeof answer.value === 'string' ? answer.value : encodeJson(answer.value))
  }
  const reference = withoutBraces(from.parameter ?? '')
  const value = narrow.get(reference)
  if (value === null) return absent(reference)
  if (value === undefined) return bad(`Unable to resolve: "${reference}"`)
  return good(typeof value === 'string' ? value : encodeJson(value))
}
