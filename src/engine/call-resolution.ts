/** From a step or task as written to what it calls now: `when`, references, loop items (semantics-variables.md §3, passes 5–7). */
import type { Arguments, Artifact, DAGTask, WorkflowStep } from '../resources/index.ts'
import type { Rendered, Variables } from '../expressions/index.ts'
import {
  evaluateWhen,
  expandItem,
  expandSequence,
  itemVariables,
  jsonProblem,
  variablesOf,
} from '../expressions/index.ts'
import { resolveArtifact } from './artifact-reference.ts'
import { nothingAbsent } from './call.ts'
import { LoopItems } from './loop-items.ts'
import type { Scope } from './scope.ts'
import {
  everythingMustResolve,
  isPlain,
  keepUnknown,
  referencesMustResolve,
  render,
  renderString,
  soleTag,
  type Outsider,
} from './substitution.ts'

export type Callable = WorkflowStep | DAGTask

/** One thing to run, or to skip: a step, a task, or an item of either. */
export type Concrete = {
  /** With `(idx:desc)` for items. */
  readonly name: string
  readonly call: Callable
  readonly absent: ReadonlySet<string>
  readonly skipped: { readonly phase: 'Skipped' | 'Error'; readonly message: string } | null
}

export type Resolution =
  | { readonly kind: 'waits' }
  /** `expanding`: the loop could not be unrolled, everything it refers to being known. */
  | { readonly kind: 'error'; readonly error: string; readonly expanding?: true }
  | { readonly kind: 'one'; readonly concrete: Concrete }
  | { readonly kind: 'items'; readonly items: LoopItems }
  /** A loop over nothing. */
  | { readonly kind: 'empty' }

/** Items of wider loops are filled in when their turn comes. */
const madeAheadMax = 1_000

export const emptyLoopText = 'Skipped, empty params'

type Scopes = Scope & { readonly outsider: Outsider; readonly kind: 'steps' | 'tasks' }

export function resolveCall(source: Callable, scopes: Scopes): Resolution {
  const decided = decideWhen(source, scopes)
  if (decided.kind !== 'runs') {
    if (decided.kind !== 'skipped') return decided
    return isLoop(source)
      ? skippedItems(source, decided.when, scopes)
      : one(source, { phase: 'Skipped', message: skipText(decided.when) })
  }
  const references = resolveReferences(source, decided.when, scopes)
  if (references.kind !== 'resolved') return references
  if (!isLoop(source))
    return {
      kind: 'one',
      concrete: { name: source.name ?? '', call: references.call, absent: references.absent, skipped: null },
    }
  return expand(references.call, references.absent, decided.isOpen, scopes)
}

export const isLoop = (call: Callable): boolean =>
  Boolean(call.withItems?.length) || Boolean(call.withParam) || call.withSequence !== undefined

const skipText = (when: string): string => `when '${when}' evaluated false`
const one = (call: Callable, skipped: Concrete['skipped']): Resolution => ({
  kind: 'one',
  concrete: { name: call.name ?? '', call, absent: nothingAbsent, skipped },
})

type WhenDecision =
  | { readonly kind: 'runs'; readonly when: string | undefined; /** Each item decides. */ readonly isOpen: boolean }
  | { readonly kind: 'skipped'; readonly when: string }
  | Extract<Resolution, { kind: 'waits' | 'error' }>

function decideWhen(source: Callable, { outsider, variables }: Scopes): WhenDecision {
  const text = source.when
  if (!text) return { kind: 'runs', when: undefined, isOpen: false }
  const rendered = renderString(outsider, text, variables, referencesMustResolve)
  if (!rendered.ok) return rendered.waits ? { kind: 'waits' } : { kind: 'error', error: rendered.error }
  if (isLoop(source) && /\{\{[^}]*\bitem\b/.test(rendered.value))
    return { kind: 'runs', when: rendered.value, isOpen: true }
  const answer = evaluateWhen(rendered.value)
  if (!answer.ok) return { kind: 'error', error: answer.error }
  return answer.value
    ? { kind: 'runs', when: rendered.value, isOpen: false }
    : { kind: 'skipped', when: rendered.value }
}

const bare = new WeakMap<object, Callable>()

/** Without hooks (resolved when they fire) and `when` (decided already): the same object each time, so that it is compiled once. */
function withoutHooks(source: Callable): Callable {
  let known = bare.get(source)
  if (known === undefined) {
    const { hooks: _hooks, when: _when, ...rest } = source
    known = rest
    bare.set(source, known)
  }
  return known
}

type References =
  | { readonly kind: 'resolved'; readonly call: Callable; readonly absent: ReadonlySet<string> }
  | Extract<Resolution, { kind: 'waits' | 'error' }>

function resolveReferences(source: Callable, when: string | undefined, scopes: Scopes): References {
  const { outsider, variables, kind } = scopes
  const given = dropAbsent(withoutHooks(source), variables)
  const rendered = render(outsider, given.call, variables, referencesMustResolve)
  if (!rendered.ok) return rendered.waits ? { kind: 'waits' } : { kind: 'error', error: rendered.error }
  let call = when === undefined ? rendered.value : { ...rendered.value, when }
  const artifacts = call.arguments?.artifacts
  if (artifacts?.some((artifact) => artifact.from || artifact.fromExpression)) {
    const resolved: Artifact[] = []
    for (const artifact of artifacts) {
      if (!artifact.from && !artifact.fromExpression) {
        resolved.push(artifact)
        continue
      }
      const found = resolveArtifact(outsider, artifact, scopes)
      if (found.ok) resolved.push({ ...found.value, name: artifact.name })
      else if (artifact.optional !== true)
        return { kind: 'error', error: kind === 'steps' ? `unable to resolve references: ${found.error}` : found.error }
    }
    call = { ...call, arguments: { ...call.arguments, artifacts: resolved } }
  }
  return { kind: 'resolved', call, absent: given.absent }
}

/** An argument that is exactly one tag of an absent output counts as not given. */
function dropAbsent(
  call: Callable,
  variables: Variables,
): { readonly call: Callable; readonly absent: ReadonlySet<string> } {
  const { args, absent } = withoutAbsent(call.arguments ?? {}, variables)
  return absent.size === 0 ? { call, absent } : { call: { ...call, arguments: args }, absent }
}

export function withoutAbsent(
  args: Arguments,
  variables: Variables,
): { readonly args: Arguments; readonly absent: ReadonlySet<string> } {
  const parameters = args.parameters ?? []
  const absent = parameters.filter((parameter) => {
    const tag = soleTag(parameter.value)
    return tag !== null && variables.get(tag) === null
  })
  if (absent.length === 0) return { args, absent: nothingAbsent }
  const names = new Set(absent.map((parameter) => parameter.name))
  return { args: { ...args, parameters: parameters.filter(({ name }) => !names.has(name)) }, absent: names }
}

function expand(call: Callable, absent: ReadonlySet<string>, isOpen: boolean, scopes: Scopes): Resolution {
  const items = itemsOf(call)
  if (!items.ok) return { kind: 'error', error: items.error, expanding: true }
  if (items.value.length === 0) return { kind: 'empty' }
  const { withItems: _items, withParam: _param, withSequence: _sequence, name: _name, template, ...rest } = call
  const body = rest as object
  const fill: (item: unknown) => Rendered<object> = isPlain(body)
    ? () => asItIs
    : (item) => render(scopes.outsider, body, variablesOf(itemVariables(item), scopes.variables), everythingMustResolve)
  const asItIs = { ok: true, value: body, tagsLeft: false } as const
  const concreteOf = (filled: object, index: number): Concrete => {
    const name = expandItem(call.name ?? '', index, items.value[index])
    const expanded = { ...filled, name } as Callable
    if (template !== undefined) expanded.template = template
    return { name, call: expanded, absent, skipped: isOpen ? itemDecision(expanded.when ?? '') : null }
  }
  const isWide = items.value.length > madeAheadMax
  const concrete: Concrete[] = []
  for (const [index, item] of items.value.entries()) {
    const rendered = fill(item)
    if (!rendered.ok) return { kind: 'error', error: rendered.error, expanding: true }
    if (isWide && rendered.value === body) break // nothing in it is filled in, so nothing can fail
    if (!isWide) concrete.push(concreteOf(rendered.value, index))
  }
  if (!isWide) return { kind: 'items', items: LoopItems.of(...concrete) }
  const make = (index: number): Concrete => {
    const rendered = fill(items.value[index])
    if (rendered.ok) return concreteOf(rendered.value, index)
    return { ...concreteOf(body, index), skipped: { phase: 'Error', message: rendered.error } }
  }
  return { kind: 'items', items: new LoopItems(items.value.length, make) }
}

function itemDecision(when: string): Concrete['skipped'] {
  const answer = evaluateWhen(when)
  if (!answer.ok) return { phase: 'Error', message: answer.error }
  return answer.value ? null : { phase: 'Skipped', message: skipText(when) }
}

type Items = { readonly ok: true; readonly value: readonly unknown[] } | { readonly ok: false; readonly error: string }

function itemsOf(call: Callable): Items {
  if (call.withItems?.length) return { ok: true, value: call.withItems }
  if (call.withParam) return listOf(call.withParam)
  return expandSequence(call.withSequence ?? {})
}

function listOf(text: string): Items {
  const fault = (error: string): Items => ({
    ok: false,
    error: `withParam value could not be parsed as a JSON list: ${text}: ${error}`,
  })
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return { ok: true, value }
    const kind = value === null ? 'null' : typeof value
    if (value === null) return { ok: true, value: [] }
    return fault(`json: cannot unmarshal ${kind === 'boolean' ? 'bool' : kind} into Go value of type []v1alpha1.Item`)
  } catch {
    return fault(jsonProblem(text) ?? 'invalid character')
  }
}

/** A loop that does not run: an item each where the items are known, else one node. */
function skippedItems(call: Callable, when: string, { outsider, variables }: Scopes): Resolution {
  const rendered = render(outsider, withoutHooks(call), variables, keepUnknown)
  const items = itemsOf(rendered.ok ? rendered.value : call)
  if (!items.ok || items.value.length === 0) return { kind: 'empty' }
  const skipped = { phase: 'Skipped', message: skipText(when) } as const
  const make = (index: number): Concrete => ({
    name: expandItem(call.name ?? '', index, items.value[index]),
    call,
    absent: nothingAbsent,
    skipped,
  })
  return { kind: 'items', items: new LoopItems(items.value.length, make) }
}
