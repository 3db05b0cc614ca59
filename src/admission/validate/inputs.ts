/** Inputs of a template: their names and places, and what of them may be used in it. */
import { cleanArtifactPath } from '../../expressions/index.ts'
import type { Template } from '../../resources/index.ts'
import { artifactLocationFault } from './artifact-location.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'
import { namesFault, valueNameFault } from './names.ts'
import { Scope } from './scope.ts'
import { isLeaf } from './template-kind.ts'

/** The scope that the inputs make, or the first fault. */
export function inputsScope(template: Template, place: Place): { readonly scope: Scope } | { readonly fault: Fault } {
  const { parameters, artifacts } = template.inputs ?? {}
  const name = `templates.${template.name ?? ''}`
  const at = inside(place, 'inputs')
  const names =
    namesFault(`${name}.inputs.parameters`, parameters, valueNameFault, inside(at, 'parameters')) ??
    namesFault(`${name}.inputs.artifacts`, artifacts, valueNameFault, inside(at, 'artifacts'))
  if (names) return { fault: names }
  const scope = new Scope()
  for (const parameter of parameters ?? []) scope.add(`inputs.parameters.${parameter.name}`)
  if ((parameters ?? []).length > 0) scope.add('inputs.parameters')
  for (const [index, artifact] of (artifacts ?? []).entries()) {
    const ref = `inputs.artifacts.${artifact.name}`
    const here = inside(at, 'artifacts', index)
    scope.add(ref)
    if (isLeaf(template)) {
      const path = cleanArtifactPath(artifact.name, artifact.path ?? '')
      if (!path.ok) return { fault: fault(`error in ${name}.${ref}: ${path.error}`, here) }
      scope.add(`${ref}.path`)
    } else if (artifact.path) {
      return { fault: fault(`${name}.${ref}.path only valid in container/script templates`, inside(here, 'path')) }
    }
    if (artifact.from) return { fault: fault(`${name}.${ref}.from not valid in inputs`, inside(here, 'from')) }
    const location = artifactLocationFault(`${name}.${ref}`, artifact, here)
    if (location) return { fault: location }
  }
  return { scope }
}
