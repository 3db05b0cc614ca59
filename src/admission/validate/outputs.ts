/** Outputs of a template: names, variables, and for each kind of template the right source of a value. */
import { cleanArtifactPath } from '../../expressions/index.ts'
import type { Artifact, Parameter, Template } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside, reworded } from './fault.ts'
import { goJson } from './json-tags.ts'
import { namesFault, valueNameFault } from './names.ts'
import { type Variables, variablesFault } from './scope.ts'
import { isLeaf, isVariable, templateKind } from './template-kind.ts'

export function outputsFault(template: Template, variables: Variables, place: Place): Fault | null {
  const outputs = template.outputs
  if (!outputs) return null
  const name = `templates.${template.name ?? ''}`
  const at = inside(place, 'outputs')
  const names =
    namesFault(`${name}.outputs.parameters `, outputs.parameters, valueNameFault, inside(at, 'parameters')) ??
    namesFault(`${name}.outputs.artifacts `, outputs.artifacts, valueNameFault, inside(at, 'artifacts'))
  if (names) return names
  const unresolved = variablesFault(goJson(outputs), variables, outputs, at)
  if (unresolved) return reworded(unresolved, `${name}.outputs ${unresolved.message}`)
  for (const [index, artifact] of (outputs.artifacts ?? []).entries()) {
    const found = artifactFault(name, artifact, isLeaf(template), inside(at, 'artifacts', index))
    if (found) return found
  }
  for (const [index, parameter] of (outputs.parameters ?? []).entries()) {
    const found = parameterFault(
      `${name}.outputs.parameters.${parameter.name}`,
      parameter,
      template,
      inside(at, 'parameters', index),
    )
    if (found) return found
  }
  return null
}

function artifactFault(template: string, artifact: Artifact, leaf: boolean, place: Place): Fault | null {
  const ref = `${template}.outputs.artifacts.${artifact.name}`
  if (leaf) {
    const path = cleanArtifactPath(artifact.name, artifact.path ?? '')
    if (!path.ok) return fault(`error in ${ref}: ${path.error}`, inside(place, 'path'))
  } else if (artifact.path) {
    return fault(`${ref}.path only valid in container/script templates`, inside(place, 'path'))
  }
  return globalNameFault(ref, artifact.globalName, place)
}

function globalNameFault(ref: string, name: string | undefined, place: Place): Fault | null {
  if (!name || isVariable(name)) return null
  const wrong = valueNameFault(name)
  return wrong === null ? null : fault(`${ref}.globalName: ${wrong}`, inside(place, 'globalName'))
}

function parameterFault(ref: string, parameter: Parameter, template: Template, place: Place): Fault | null {
  return (
    sourceFault(ref, parameter, place) ??
    sourceOfKindFault(ref, parameter, template, inside(place, 'valueFrom')) ??
    globalNameFault(ref, parameter.globalName, place)
  )
}

function sourceFault(ref: string, { value, valueFrom }: Parameter, place: Place): Fault | null {
  if (valueFrom && value !== undefined) return fault(`${ref} has both valueFrom and value specified, choose one`, place)
  if (value !== undefined) return null
  if (!valueFrom) return fault(`${ref} does not have valueFrom or value specified`, place)
  const { path, jqFilter, jsonPath, parameter, expression, supplied } = valueFrom
  const kinds = [path, jqFilter, jsonPath, parameter, expression].filter(Boolean).length + (supplied ? 1 : 0)
  const at = inside(place, 'valueFrom')
  if (kinds === 0) {
    return fault('valueFrom type unspecified. choose one of: path, jqFilter, jsonPath, parameter, raw, expression', at)
  }
  return kinds === 1
    ? null
    : fault('multiple valueFrom types specified. choose one of: path, jqFilter, jsonPath, parameter, raw', at)
}

function sourceOfKindFault(ref: string, { valueFrom }: Parameter, template: Template, place: Place): Fault | null {
  if (!valueFrom) return null
  const kind = templateKind(template)
  switch (kind) {
    case 'Container':
    case 'ContainerSet':
    case 'Script':
      return valueFrom.path ? null : fault(`${ref}.path must be specified for ${kind} templates`, place)
    case 'Resource': {
      const found = valueFrom.jqFilter || valueFrom.jsonPath
      return found ? null : fault(`${ref} .jqFilter or jsonPath must be specified for ${kind} templates`, place)
    }
    case 'DAG':
    case 'Steps': {
      const found = valueFrom.parameter || valueFrom.expression
      return found ? null : fault(`${ref}.parameter or expression must be specified for ${kind} templates`, place)
    }
    default:
      return null
  }
}
