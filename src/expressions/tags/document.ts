// Templates in JSON documents and plain texts. Argo replaces tags in the JSON text of a whole object; here only the
// strings with tags are touched, with the same result, and a document without tags is given back as it is.

import { cutTags } from './parse.ts'
import { Rendering, TagError } from './render.ts'
import type { TagPolicy } from './render.ts'
import { segmentOf } from './segment.ts'
import type { Segment } from './segment.ts'
import type { Outside } from '../expr/values.ts'
import { encodeJson } from '../go-json.ts'
import { jsonProblem } from '../json-problem.ts'
import { goQuote } from '../go-quote.ts'
import type { Variables } from '../variables.ts'

type Pieces = readonly (string | Segment)[]

/** How to rebuild the parts of a document that have tags. */
type Plan =
  | { readonly kind: 'text'; readonly pieces: Pieces }
  | { readonly kind: 'array'; readonly items: readonly { readonly at: number; readonly plan: Plan }[] }
  | { readonly kind: 'object'; readonly members: readonly { readonly key: string; readonly plan: Plan }[] }
  /** Keys have tags too. */
  | {
      readonly kind: 'renamed'
      readonly members: readonly { readonly key: string; readonly keyPieces: Pieces; readonly plan: Plan | null }[]
    }

export type CompiledDocument<T> = {
  readonly source: T
  readonly template:
    | { readonly kind: 'plain' }
    | { readonly kind: 'plan'; readonly plan: Plan }
    /** A tag begins in one string and ends in another: the JSON text as a whole. */
    | { readonly kind: 'whole'; readonly pieces: Pieces }
    | { readonly kind: 'broken'; readonly error: string }
}

export type Rendered<T> =
  /** `tagsLeft`: some text still has a `{{`, so another pass may find something to do. */
  | { readonly ok: true; readonly value: T; readonly tagsLeft: boolean }
  /** `waits`: something is not there yet; Argo tries again later. */
  | { readonly ok: false; readonly error: string; readonly waits: boolean }

/** Reads a JSON value's tags and expressions once. Never throws: a broken tag is reported by rendering. */
export function compileDocument<T>(value: T): CompiledDocument<T> {
  const found = { spans: false }
  const plan = planOf(value, found)
  if (found.spans) return { source: value, template: wholeText(value) }
  return { source: value, template: plan === null ? { kind: 'plain' } : { kind: 'plan', plan } }
}

/**
 * The document with its tags replaced; parts without tags are shared with the source.
 * @param outside clock and randomness for expressions that ask for them
 */
export function renderDocument<T>(
  document: CompiledDocument<T>,
  variables: Variables,
  policy: TagPolicy,
  outside: Outside | null = null,
): Rendered<T> {
  const { template, source } = document
  if (template.kind === 'plain') return { ok: true, value: source, tagsLeft: false }
  if (template.kind === 'broken') return failed(template.error)
  const isWhole = template.kind === 'whole'
  const rendering = new Rendering({ variables, policy, outside, isJsonText: isWhole })
  const state = { tagsLeft: false }
  try {
    // A plan rebuilds strings only, so the shape stays that of the source.
    const value = isWhole ? rendering.text(template.pieces) : rebuilt(template.plan, source, rendering, state)
    if (isWhole) {
      const text = String(value)
      if (jsonProblem(text) !== null) return failed(INVALID)
      return { ok: true, value: JSON.parse(text) as T, tagsLeft: text.includes('{{') }
    }
    return rendering.invalid ? failed(INVALID) : { ok: true, value: value as T, tagsLeft: state.tagsLeft }
  } catch (cause) {
    if (cause instanceof TagError) return failed(cause.message)
    throw cause
  }
}

/** A plain text as Argo treats one outside JSON: values come in escaped (`\n`, `\"`), as if they went into JSON text. */
export function renderText(
  text: string,
  variables: Variables,
  policy: TagPolicy,
  outside: Outside | null = null,
): Rendered<string> {
  const pieces = piecesOf(text, true)
  if (typeof pieces === 'string') return failed(pieces)
  const rendering = new Rendering({ variables, policy, outside, isJsonText: true })
  try {
    const value = rendering.text(pieces)
    return { ok: true, value, tagsLeft: value.includes('{{') }
  } catch (cause) {
    if (cause instanceof TagError) return failed(cause.message)
    throw cause
  }
}

const INVALID = 'cannot finish template replacement because the result was invalid JSON'

function failed(error: string): { readonly ok: false; readonly error: string; readonly waits: boolean } {
  return {
    ok: false,
    error,
    waits:
      error.includes('failed to resolve {{') || error.includes(' is missing') || error.includes('variable not in env'),
  }
}

function piecesOf(text: string, isJsonText: boolean): Pieces | string {
  const { pieces, openAt } = cutTags(text)
  if (openAt !== null) {
    return `Cannot find end tag=${goQuote('}}')} in the template=${goQuote(text)} starting from ${goQuote(text.slice(openAt + 2))}`
  }
  return pieces.map((p) => (typeof p === 'string' ? p : segmentOf(p.inner, isJsonText)))
}

function wholeText(value: unknown): CompiledDocument<unknown>['template'] {
  const pieces = piecesOf(encodeInOrder(value), true)
  return typeof pieces === 'string' ? { kind: 'broken', error: pieces } : { kind: 'whole', pieces }
}

/** JSON text with the keys in their own order, which is that of Argo's structures. */
function encodeInOrder(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(encodeInOrder).join(',')}]`
  if (typeof value !== 'object' || value === null) return encodeJson(value)
  const members = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{${members.map(([key, item]) => `${encodeJson(key)}:${encodeInOrder(item)}`).join(',')}}`
}

function planOf(value: unknown, found: { spans: boolean }): Plan | null {
  if (typeof value === 'string') {
    const pieces = textPlan(value, found)
    return pieces === null ? null : { kind: 'text', pieces }
  }
  if (typeof value !== 'object' || value === null) return null
  if (Array.isArray(value)) {
    const items: { readonly at: number; readonly plan: Plan }[] = []
    for (let at = 0; at < value.length; at += 1) {
      const plan = planOf(value[at], found)
      if (plan !== null) items.push({ at, plan })
    }
    return items.length === 0 ? null : { kind: 'array', items }
  }
  // Most of what is read here has no tags at all: nothing is made for that.
  const changing: { readonly key: string; readonly plan: Plan }[] = []
  let isRenamed = false
  for (const key of Object.keys(value)) {
    if (textPlan(key, found) !== null) isRenamed = true
    const plan = planOf(Reflect.get(value, key), found)
    if (plan !== null) changing.push({ key, plan })
  }
  if (isRenamed) return { kind: 'renamed', members: renamedMembers(value, changing, found) }
  return changing.length === 0 ? null : { kind: 'object', members: changing }
}

function renamedMembers(
  value: object,
  changing: readonly { readonly key: string; readonly plan: Plan }[],
  found: { spans: boolean },
): readonly { readonly key: string; readonly keyPieces: Pieces; readonly plan: Plan | null }[] {
  const plans = new Map(changing.map(({ key, plan }) => [key, plan]))
  return Object.keys(value).map((key) => ({
    key,
    keyPieces: textPlan(key, found) ?? [key],
    plan: plans.get(key) ?? null,
  }))
}

function textPlan(text: string, found: { spans: boolean }): Pieces | null {
  if (!text.includes('{{')) return null
  const pieces = piecesOf(text, false)
  if (typeof pieces !== 'string') return pieces
  found.spans = true
  return null
}

function rebuilt(plan: Plan, source: unknown, rendering: Rendering, state: { tagsLeft: boolean }): unknown {
  switch (plan.kind) {
    case 'text': {
      const text = rendering.text(plan.pieces)
      if (text.includes('{{')) state.tagsLeft = true
      return text
    }
    case 'array': {
      const out: unknown[] = Array.isArray(source) ? [...(source as readonly unknown[])] : []
      for (const { at, plan: inner } of plan.items) out[at] = rebuilt(inner, out[at], rendering, state)
      return out
    }
    case 'object': {
      const out: object = { ...(source as object) }
      for (const { key, plan: inner } of plan.members)
        put(out, key, rebuilt(inner, Reflect.get(out, key), rendering, state))
      return out
    }
    case 'renamed': {
      const out: object = {}
      for (const { key, keyPieces, plan: inner } of plan.members) {
        const name = rendering.text(keyPieces)
        if (name.includes('{{')) state.tagsLeft = true
        const item: unknown = Reflect.get(source as object, key)
        put(out, name, inner === null ? item : rebuilt(inner, item, rendering, state))
      }
      return out
    }
  }
}

/** An own property, whatever its name. */
function put(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}
