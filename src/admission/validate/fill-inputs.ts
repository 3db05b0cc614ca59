/** A template with its inputs filled by arguments and its variables put in, as far as they are known. */
import {
  type Arguments,
  type Artifact,
  type Inputs,
  type Parameter,
  type Template,
  TemplateSchema,
} from '../../resources/index.ts'
import { type Variables, compileDocument, renderDocument, variablesOf } from '../../expressions/index.ts'
import type { SchemaNode } from '../go-type-names.ts'
import { hasLocationOrKey } from './artifact-location.ts'
import { inGoShape, needsGoShape } from './go-shape.ts'
import { goJson } from './json-tags.ts'

/** What fills the inputs: arguments as given, or a stand-in for each of them. */
export type Filling =
  | { readonly kind: 'given'; readonly arguments: Arguments | undefined }
  | { readonly kind: 'stand-ins'; readonly placeholder: () => string }

type Filled = { readonly template: Template } | { readonly fault: string }

/** @param known variables of the workflow and the node with their values */
export function fillInputs(template: Template, filling: Filling, known: Variables): Filled {
  const parameters: Parameter[] = []
  for (const parameter of template.inputs?.parameters ?? []) {
    const filled = filledParameter(parameter, filling)
    if (filled === null) return { fault: `inputs.parameters.${parameter.name} was not supplied` }
    parameters.push(filled)
  }
  const artifacts: Artifact[] = []
  for (const artifact of template.inputs?.artifacts ?? []) {
    const filled = filledArtifact(artifact, filling)
    if (filled === null) return { fault: `inputs.artifacts.${artifact.name} was not supplied` }
    artifacts.push(filled)
  }
  const inputs: Inputs = {
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(artifacts.length > 0 ? { artifacts } : {}),
  }
  return substituted(withInputs(template, inputs), known)
}

/** An empty list of steps counts as none once the inputs are filled. */
function withInputs(template: Template, inputs: Inputs): Template {
  const { steps, ...rest } = template
  return steps?.length === 0 ? { ...rest, inputs } : { ...template, inputs }
}

function filledParameter(parameter: Parameter, filling: Filling): Parameter | null {
  const { default: fallback, ...rest } = parameter
  const own = { ...parameter, ...(rest.value === undefined && fallback !== undefined ? { value: fallback } : {}) }
  const given: Parameter | undefined =
    filling.kind === 'stand-ins'
      ? { name: parameter.name, value: filling.placeholder() }
      : filling.arguments?.parameters?.find(({ name }) => name === parameter.name)
  const { value, valueFrom } = given ?? own
  const filled = { ...parameter, value, valueFrom: value === undefined || !given ? valueFrom : undefined }
  return filled.valueFrom?.configMapKeyRef === undefined && filled.value === undefined ? null : filled
}

function filledArtifact(artifact: Artifact, filling: Filling): Artifact | null {
  const given: Artifact | undefined =
    filling.kind === 'stand-ins'
      ? { name: artifact.name }
      : filling.arguments?.artifacts?.find(({ name }) => name === artifact.name)
  if (!given) return artifact.optional || hasLocationOrKey(artifact) ? artifact : null
  const { path, mode, recurseMode } = artifact
  return { ...given, path, mode, recurseMode }
}

/** Variables of the workflow and the node first, then the inputs, as those may speak of the former. */
function substituted(template: Template, known: Variables): Filled {
  const shaped = needsGoShape(template)
    ? (inGoShape(template, TemplateSchema as unknown as SchemaNode) as Template)
    : template
  const first = renderDocument(compileDocument(shaped), known, { kind: 'keep' })
  if (!first.ok) return { fault: first.error }
  if (!first.tagsLeft) return { template: first.value }
  const second = renderDocument(compileDocument(first.value), variablesOf(ownValues(first.value), known), {
    kind: 'keep',
  })
  return second.ok ? { template: second.value } : { fault: second.error }
}

/** Inputs with their values, and the paths of inputs and outputs. */
function ownValues({ inputs, outputs }: Template): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const { name, value } of inputs?.parameters ?? [])
    if (value !== undefined) values.set(`inputs.parameters.${name}`, value)
  values.set('inputs.parameters', goJson(inputs?.parameters ?? null))
  for (const { name, path } of inputs?.artifacts ?? []) if (path) values.set(`inputs.artifacts.${name}.path`, path)
  for (const { name, path } of outputs?.artifacts ?? []) if (path) values.set(`outputs.artifacts.${name}.path`, path)
  for (const { name, valueFrom } of outputs?.parameters ?? []) {
    if (valueFrom?.path) values.set(`outputs.parameters.${name}.path`, valueFrom.path)
  }
  return values
}
