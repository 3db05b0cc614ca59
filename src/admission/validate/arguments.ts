/** Arguments of a workflow, step or task: each has a value or says where it comes from. */
import type { Arguments, Parameter } from '../../resources/index.ts'
import { hasLocationOrKey } from './artifact-location.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'
import { namesFault, valueNameFault } from './names.ts'

/**
 * `whole` and `open`: of a spec, where values must stand or may come on submission. `step`: of a step or task, whose empty
 * enums count as none.
 */
export type ArgumentsMode = 'whole' | 'open' | 'step'

export function argumentsFault(
  prefix: string,
  given: Arguments | undefined,
  mode: ArgumentsMode,
  place: Place,
): Fault | null {
  const { parameters, artifacts } = given ?? {}
  const names =
    namesFault(`${prefix}parameters`, parameters, valueNameFault, inside(place, 'parameters')) ??
    namesFault(`${prefix}artifacts`, artifacts, valueNameFault, inside(place, 'artifacts'))
  if (names) return names
  for (const [index, parameter] of (parameters ?? []).entries()) {
    const at = inside(place, 'parameters', index)
    const found =
      valueFault(`${prefix}${parameter.name}`, parameter, mode, at) ?? enumFault(prefix, parameter, mode, at)
    if (found === 'enough') return null
    if (found) return found
  }
  for (const [index, artifact] of (artifacts ?? []).entries()) {
    const name = `${prefix}${artifact.name}`
    const at = inside(place, 'artifacts', index)
    if (!artifact.from && !hasLocationOrKey(artifact)) {
      return fault(`${name}.from, artifact location, or key is required`, at)
    }
    if (artifact.from && artifact.fromExpression) {
      return fault(
        `${name} shouldn't have both \`from\` and \`fromExpression\` in Artifact`,
        inside(at, 'fromExpression'),
      )
    }
  }
  return null
}

function valueFault(name: string, { value, valueFrom }: Parameter, mode: ArgumentsMode, place: Place): Fault | null {
  if (valueFrom === undefined) {
    const missing = value === undefined && mode !== 'open'
    return missing ? fault(`${name}.value or ${name}.valueFrom is required`, place) : null
  }
  const { configMapKeyRef, event, supplied, path, jsonPath, parameter, expression } = valueFrom
  const allowed = configMapKeyRef !== undefined || Boolean(event) || supplied !== undefined
  if (allowed && !path && !jsonPath && !parameter && !expression) return null
  return fault(`${name}.valueFrom only allows: default, configMapKeyRef and supplied`, inside(place, 'valueFrom'))
}

/** Argo stops looking at a list behind an enum whose value may come later: `enough`. */
function enumFault(prefix: string, parameter: Parameter, mode: ArgumentsMode, place: Place): Fault | 'enough' | null {
  const { value, enum: allowed } = parameter
  const name = `${prefix}${parameter.name}`
  if (allowed === undefined || (allowed.length === 0 && mode === 'step')) return null
  if (allowed.length === 0) return fault(`${name}.enum should contain at least one value`, inside(place, 'enum'))
  if (value === undefined) return mode === 'open' ? 'enough' : fault(`${name}.value is required`, place)
  return allowed.includes(value)
    ? null
    : fault(`${name}.value should be present in ${name}.enum list`, inside(place, 'value'))
}
