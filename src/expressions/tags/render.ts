// Replaces tags by values, with Argo's rules for what may stay and its words for what may not.

import type { ExpressionSegment, Segment, SimpleSegment } from './segment.ts'
import { isKnown } from './identifiers.ts'
import { environmentWithFunctions } from '../expr/environment.ts'
import { evaluateExpression } from '../expr/evaluate.ts'
import { GoMap, GoPanic, itemsOf, stringMapOf } from '../expr/values.ts'
import type { Outside, StringMap } from '../expr/values.ts'
import { shown } from '../expr/utf8.ts'
import { encodeJson, encodeText } from '../go-json.ts'
import { escapesToJson, goEscape, goQuote } from '../go-quote.ts'
import type { Variables } from '../variables.ts'

export type TagPolicy =
  /** Unknown tags stay. */
  | { readonly kind: 'keep' }
  /** Tags of these roots must resolve, others may stay. `….outputs.artifacts.…` may stay unless all must resolve. */
  | { readonly kind: 'strict'; readonly prefixes: readonly string[] | 'all'; readonly artifactsMayStay?: boolean }

/** A tag that cannot be replaced. */
export class TagError extends Error {}

/** One rendering: variables, policy, and what it found out on the way. */
export class Rendering {
  readonly variables: Variables
  readonly policy: TagPolicy
  readonly outside: Outside | null
  /** The result goes into JSON text as it is, so values are escaped (plain templates). */
  readonly isJsonText: boolean
  /** A value was inserted whose escapes are not JSON. */
  invalid = false
  #env: StringMap | null = null
  #hasPlaceholders: boolean | null = null

  constructor(init: { variables: Variables; policy: TagPolicy; outside: Outside | null; isJsonText: boolean }) {
    this.variables = init.variables
    this.policy = init.policy
    this.outside = init.outside
    this.isJsonText = init.isJsonText
  }

  /** The text with its tags replaced. Throws TagError. */
  text(pieces: readonly (string | Segment)[]): string {
    let out = ''
    for (const piece of pieces) {
      if (typeof piece === 'string') out += piece
      else out += piece.kind === 'simple' ? this.#simple(piece) : this.#expression(piece)
    }
    return out
  }

  #simple(tag: SimpleSegment): string {
    const value = this.variables.get(tag.name)
    if (typeof value === 'string') return this.#inserted(value)
    if (value === null) {
      throw new TagError(
        `unable to substitute {{${tag.escaped}}}: output is an absent optional (skipped/omitted node with no default)`,
      )
    }
    if (value !== undefined) throw new TagError(`failed to resolve {{${tag.escaped}}} to string`)
    const { nested } = tag
    if (nested !== null) {
      const inner = this.variables.get(nested.name)
      if (inner === null)
        throw new TagError(
          `unable to substitute nested tag {{${tag.escaped}}}: ${goQuote(nested.name)} is an absent optional`,
        )
      if (typeof inner === 'string') return `{{${nested.written}${this.#inserted(inner)}`
    }
    if (this.#mustResolve(tag.name) && !(this.#artifactsMayStay() && tag.name.includes('.outputs.artifacts.'))) {
      throw new TagError(`failed to resolve {{${tag.escaped}}}`)
    }
    return `{{${tag.written}}}`
  }

  #inserted(value: string): string {
    if (!escapesToJson(value)) this.invalid = true
    return this.isJsonText ? goEscape(value) : value
  }

  #mustResolve(name: string): boolean {
    if (this.policy.kind === 'keep') return false
    const { prefixes } = this.policy
    if (prefixes === 'all') return true
    return prefixes.some((p) => name === p || name.startsWith(`${p}.`))
  }

  #artifactsMayStay(): boolean {
    return this.policy.kind === 'keep' || (this.policy.artifactsMayStay ?? this.policy.prefixes !== 'all')
  }

  get #environment(): StringMap {
    return (this.#env ??= environmentWithFunctions(this.variables, this.outside))
  }

  #expression(tag: ExpressionSegment): string {
    const { program } = tag
    if ('error' in program) throw new TagError(`failed to unmarshall JSON expression: ${program.error}`)
    const { identifiers } = program
    const missing = identifiers === null ? [] : identifiers.filter((id) => !isKnown(this.#environment, id))
    const demanded = missing.find((id) => this.#mustResolve(id))
    if (demanded !== undefined) throw new TagError(`failed to evaluate expression: ${demanded} is missing`)
    // An expression that does not parse is an error even where others may stay.
    const isTolerant =
      this.policy.kind === 'keep' || (this.policy.prefixes !== 'all' && this.policy.prefixes.length === 0)
    const mayStay = identifiers !== null && (missing.length > 0 || isTolerant)
    const kept = `{{=${this.isJsonText ? tag.escaped : tag.written}}}`
    if (mayStay && missing.some((id) => lateVariables.has(id))) return kept
    const outcome = evaluateExpression(program.compiled, this.#environment, this.outside)
    if (!outcome.ok || outcome.value === null || outcome.value === undefined) {
      if (mayStay || this.#seesPlaceholders()) return kept
      throw new TagError(
        outcome.ok
          ? `failed to evaluate expression ${goQuote(tag.escaped)}`
          : `failed to evaluate expression: ${outcome.error}`,
      )
    }
    try {
      return this.#result(outcome.value)
    } catch (cause) {
      if (!(cause instanceof GoPanic)) throw cause
      if (mayStay) return kept
      throw new TagError(`failed to marshal evaluated expression: ${cause.message}`)
    }
  }

  /** Texts as they are, everything else as JSON. */
  #result(value: unknown): string {
    if (typeof value === 'string') return this.isJsonText ? encodeText(value).slice(1, -1) : shown(value)
    const json = encodeJson(value)
    // A time or bytes is a JSON string: its quotes are not inserted.
    if (json.length > 1 && json.startsWith('"') && json.endsWith('"')) {
      const text: unknown = JSON.parse(json)
      return this.isJsonText || typeof text !== 'string' ? json.slice(1, -1) : text
    }
    return this.#inserted(json)
  }

  /** Validation runs with stand-ins for values not known yet; with one of them in scope, failures are no errors. */
  #seesPlaceholders(): boolean {
    return (this.#hasPlaceholders ??= holdsPlaceholder(this.#environment, 0))
  }
}

const lateVariables = new Set([
  'item',
  'retries',
  'lastRetry.exitCode',
  'lastRetry.status',
  'lastRetry.duration',
  'lastRetry.message',
  'workflow.status',
  'workflow.failures',
])

/** What validation puts where a value is not known yet begins so. */
export const PLACEHOLDER_PREFIX = '__argo__internal__placeholder-'

function holdsPlaceholder(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.startsWith(PLACEHOLDER_PREFIX)
  if (typeof value !== 'object' || value === null || depth > 50) return false
  const items = itemsOf(value)
  if (items !== undefined) return items.some((item) => holdsPlaceholder(item, depth + 1))
  // Sprig's functions hold none.
  if (value instanceof GoMap && depth === 1 && value.size > 100) return false
  const map = stringMapOf(value)
  if (map === undefined) return false
  for (const key of map.keys()) if (holdsPlaceholder(map.get(key), depth + 1)) return true
  return false
}
