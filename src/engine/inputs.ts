/** Arguments meet inputs, and the template's tags are filled in (semantics-templates.md §5.1, semantics-variables.md §3 passes 2 and 3). */
import type { Arguments, Artifact, Inputs, Parameter, Template } from '../resources/index.ts'
import type { Variables } from '../expressions/index.ts'
import { variablesOf } from '../expressions/index.ts'
import { hasLocationOrKey } from './artifact-location.ts'
import { parameterFromConfigMap } from './configmap-parameter.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Run } from './run.ts'
import { isPlain, keepUnknown, render } from './substitution.ts'

export type Processed = {
  readonly template: Template
  /** Globals, the call's own names and the inputs: for later passes over the same template. */
  readonly variables: Variables
}

/** Tells `node.name`, `pod.name`, `steps.name` / `tasks.name`. */
type Namer = { localsOf(template: Template): Readonly<Record<string, string>> }

/**
 * The template as this call sees it.
 * @param absent names of parameters whose argument was an output that will never be (flow of skipped nodes)
 */
export function processTemplate(
  run: Run,
  template: Template,
  call: { args: Arguments; absent: ReadonlySet<string>; namer: Namer },
): Outcome<Processed> {
  const constant = constantOf(template)
  if (constant !== null) return good(new Constant(run, constant, call.namer))
  const outer = variablesOf(call.namer.localsOf(template), variablesOf(run.globals))
  const inputs = fillInputs(run, template.inputs ?? {}, call, outer)
  if (!inputs.ok) return inputs
  const withInputs = inputs.value === null ? template : { ...template, inputs: inputs.value }
  const variables = variablesOf(inputVariables(withInputs), outer)
  return fillTags(run, withInputs, template, outer, variables)
}

/** Of a template that is the same in every call: variables are made for who asks. */
class Constant implements Processed {
  readonly template: Template
  private readonly run: Run
  private readonly namer: Namer
  private known: Variables | null = null

  constructor(run: Run, template: Template, namer: Namer) {
    this.run = run
    this.template = template
    this.namer = namer
  }

  get variables(): Variables {
    return (this.known ??= this.made())
  }

  private made(): Variables {
    const { run, template, namer } = this
    const outer = variablesOf(namer.localsOf(template), variablesOf(run.globals))
    return variablesOf(inputVariables(template), outer)
  }
}

const constants = new WeakMap<Template, Template | null>()

/** The template without its empty inputs, where it takes none and has no tags. */
function constantOf(template: Template): Template | null {
  let known = constants.get(template)
  if (known === undefined) {
    const { inputs, ...body } = template
    const isOpen = Boolean(inputs?.parameters?.length) || Boolean(inputs?.artifacts?.length)
    const constant = bodyOf(template, body)
    known = isOpen || !isPlain(constant) ? null : constant
    constants.set(template, known)
  }
  return known
}

function fillTags(
  run: Run,
  template: Template,
  original: Template,
  outer: Variables,
  variables: Variables,
): Outcome<Processed> {
  const { inputs: given, ...unbound } = template
  const inputs = given !== undefined && hasTags(given) ? filled(run, given, variables) : given
  const body = bodyOf(original, unbound)
  // One pass over both is the same as pass 2 and then pass 3, unless tags are left that the first pass might have made.
  const once = render(run, body, variables, keepUnknown)
  if (once.ok && !once.tagsLeft) return good({ template: attach(once.value, inputs), variables })
  const second = render(run, body, outer, keepUnknown)
  if (!second.ok) return bad(second.error)
  const third = render(run, second.value, variables, keepUnknown)
  if (!third.ok) return bad(third.error)
  return good({ template: attach(third.value, inputs), variables })
}

const hasTags = (inputs: Inputs): boolean =>
  inputs.parameters?.some((parameter) => parameter.value?.includes('{{') === true) === true ||
  inputs.artifacts?.some((artifact) => JSON.stringify(artifact).includes('{{')) === true

/**
 * Pass 3 reaches the inputs themselves too: a default that is an expression over other inputs gets its value for later
 * passes, a key with `{{inputs.parameters.x}}` names its object.
 */
function filled(run: Run, inputs: Inputs, variables: Variables): Inputs {
  const rendered = render(run, inputs, variables, keepUnknown)
  return rendered.ok ? rendered.value : inputs
}

const attach = (body: Template, inputs: Inputs | undefined): Template =>
  inputs === undefined ? body : { ...body, inputs }

const bodies = new WeakMap<Template, Template>()

/** The template without its inputs: the same object each time, so that it is compiled once. */
function bodyOf(original: Template, body: Template): Template {
  let known = bodies.get(original)
  if (known === undefined) {
    known = body
    bodies.set(original, known)
  }
  return known
}

function fillInputs(
  run: Run,
  inputs: Inputs,
  call: { args: Arguments; absent: ReadonlySet<string> },
  outer: Variables,
): Outcome<Inputs | null> {
  if (!inputs.parameters?.length && !inputs.artifacts?.length) return good(null)
  const merged: { parameters?: Parameter[]; artifacts?: Artifact[] } = {}
  if (inputs.parameters !== undefined)
    merged.parameters = inputs.parameters.map((input) => mergeParameter(input, call.args))
  if (inputs.artifacts !== undefined) {
    const artifacts = mergeArtifacts(inputs.artifacts, call.args)
    if (!artifacts.ok) return artifacts
    merged.artifacts = artifacts.value
  }
  const rendered = render(run, merged, outer, keepUnknown)
  if (!rendered.ok) return bad(rendered.error)
  const parameters = rendered.value.parameters
  if (parameters === undefined) return good(rendered.value)
  const values: Parameter[] = []
  for (const parameter of parameters) {
    const value = supply(run, parameter, call.absent)
    if (!value.ok) return value
    values.push(value.value)
  }
  return good({ ...rendered.value, parameters: values })
}

function mergeParameter(input: Parameter, args: Arguments): Parameter {
  const given = args.parameters?.find((candidate) => candidate.name === input.name)
  const value = input.value ?? input.default
  const own = value === undefined ? input : { ...input, value }
  if (given === undefined) return own
  if (given.value !== undefined) {
    const { valueFrom: _dropped, ...rest } = own
    return { ...rest, value: given.value }
  }
  return given.valueFrom === undefined ? own : { ...own, valueFrom: given.valueFrom }
}

function supply(run: Run, parameter: Parameter, absent: ReadonlySet<string>): Outcome<Parameter> {
  const ref = parameter.valueFrom?.configMapKeyRef
  if (ref !== undefined) {
    const found = parameterFromConfigMap(run, ref)
    if (found.ok) return good({ ...parameter, value: found.value })
    if (found.missing && parameter.valueFrom?.default !== undefined)
      return good({ ...parameter, value: parameter.valueFrom.default })
    if (parameter.value === undefined || !found.missing)
      return bad(`unable to retrieve inputs.parameters.${parameter.name} from ConfigMap: ${found.error}`)
  }
  if (parameter.value !== undefined) return good(parameter)
  if (absent.has(parameter.name))
    return bad(
      `inputs.parameters.${parameter.name}: argument references an absent optional (skipped/omitted node output with no default)`,
    )
  return bad(`inputs.parameters.${parameter.name} was not supplied`)
}

function mergeArtifacts(inputs: readonly Artifact[], args: Arguments): Outcome<Artifact[]> {
  const merged: Artifact[] = []
  for (const input of inputs) {
    const given = args.artifacts?.find((candidate) => candidate.name === input.name)
    if (hasLocationOrKey(input) && given === undefined) {
      merged.push(input)
      continue
    }
    if (given === undefined) {
      if (input.optional !== true) return bad(`inputs.artifacts.${input.name} was not supplied`)
      merged.push(input)
      continue
    }
    const isPlaced = hasLocationOrKey(given)
    if (input.optional !== true && given.from === undefined && !isPlaced)
      return bad(`inputs.artifacts.${input.name} missing location information`)
    merged.push({
      ...given,
      ...(input.path === undefined ? {} : { path: input.path }),
      ...(input.mode === undefined ? {} : { mode: input.mode }),
      ...(input.recurseMode === undefined ? {} : { recurseMode: input.recurseMode }),
      // an argument that leads somewhere says itself whether it may be missing there
      ...(input.optional === undefined || isPlaced ? {} : { optional: input.optional }),
    })
  }
  return good(merged)
}

/** `inputs.parameters.*`, the list of them, and the declared paths. */
function inputVariables(template: Template): Record<string, unknown> {
  const variables: Record<string, unknown> = {}
  const { inputs, outputs } = template
  for (const parameter of inputs?.parameters ?? [])
    variables[`inputs.parameters.${parameter.name}`] = parameter.value ?? ''
  variables['inputs.parameters'] = JSON.stringify(inputs?.parameters ?? [])
  for (const artifact of inputs?.artifacts ?? [])
    if (artifact.path) variables[`inputs.artifacts.${artifact.name}.path`] = artifact.path
  for (const artifact of outputs?.artifacts ?? [])
    if (artifact.path) variables[`outputs.artifacts.${artifact.name}.path`] = artifact.path
  for (const parameter of outputs?.parameters ?? [])
    if (parameter.valueFrom?.path) variables[`outputs.parameters.${parameter.name}.path`] = parameter.valueFrom.path
  return variables
}
