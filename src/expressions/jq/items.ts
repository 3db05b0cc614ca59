/** What flows through a jq program: values, and while a path is being followed, the way to each. */
import { JqBreak, JqError } from './errors.ts'
import { indexValue } from './paths.ts'
import type { Definition, Filter } from './syntax.ts'
import { type JqValue, isArray, isNumber, isObject, plainNumber, sortedKeys, typePreview } from './values.ts'

/** Where a value came from, while a path is being followed: the keys, last first, and what was found there. */
export type Trail = { readonly up: Trail | null; readonly key: JqValue; readonly value: JqValue }
/** `trail` is null where nobody asks for paths. */
export type Item = { readonly value: JqValue; readonly trail: Trail | null }
export type Items = Generator<Item, void, undefined>

/** Names in scope, nearest first. */
export type Scope =
  | null
  | { readonly up: Scope; readonly kind: 'variable'; readonly name: string; readonly value: JqValue }
  | { readonly up: Scope; readonly kind: 'label'; readonly name: string; readonly label: symbol }
  | { readonly up: Scope; readonly kind: 'function'; readonly definition: Definition }
  | {
      readonly up: Scope
      readonly kind: 'closure'
      readonly name: string
      readonly body: Filter
      readonly scope: Scope
    }

/** What the functions that take filters need of the interpreter. */
export interface Machine {
  /** For `now`; null where there is no clock. */
  readonly nowMs: number | null
  /** Counts work and memory against the limits: one unit for a step, one for an item kept. */
  readonly spend: (units: number) => void
  run(filter: Filter, scope: Scope, item: Item, depth: number): Items
  /** The values a filter gives, without paths. */
  values(filter: Filter, scope: Scope, item: Item, depth: number): Generator<JqValue, void, undefined>
  /** The paths a filter leads to. */
  paths(filter: Filter, scope: Scope, value: JqValue, depth: number): Generator<readonly JqValue[], void, undefined>
}

const root: Trail = { up: null, key: null, value: null }
/** Starts to follow paths at a value. */
export const startTrail = (value: JqValue): Item => ({ value, trail: { ...root, value } })
export const plain = (value: JqValue): Item => ({ value, trail: null })

/** Another value in the same place of the program; a path cannot go on from it. */
export const moved = (item: Item, value: JqValue): Item => ({ value, trail: item.trail })

/** What is made costs by its size, though copying is cheaper than a step. */
export function weighed(machine: Pick<Machine, 'spend'>, value: JqValue): JqValue {
  if (isArray(value)) machine.spend(value.length >> 4)
  else if (typeof value === 'string') machine.spend(value.length >> 6)
  return value
}

/** Ends the generator where the label is broken to. */
export function* breakable(items: Items, label: symbol): Items {
  try {
    yield* items
  } catch (error) {
    if (!(error instanceof JqBreak) || error.label !== label) throw error
  }
}

/** One step further, if the value is still the one the path led to. */
export function step(from: Item, key: JqValue, value: JqValue): Item {
  if (from.trail === null) return plain(value)
  if (!isIntact(from)) throw new JqError(`invalid path against: ${typePreview(from.value)}`)
  return { value, trail: { up: from.trail, key, value } }
}

export const follow = (from: Item, key: JqValue): Item => step(from, key, indexValue(from.value, key))

export function* each(item: Item): Items {
  const { value } = item
  if (!isArray(value) && !isObject(value)) throw new JqError(`cannot iterate over: ${typePreview(value)}`)
  if (item.trail !== null && !isIntact(item)) {
    throw new JqError(`invalid path on iterating against: ${typePreview(value)}`)
  }
  if (isArray(value)) for (const [index, member] of value.entries()) yield step(item, BigInt(index), member)
  else for (const key of sortedKeys(value)) yield step(item, key, value.get(key) ?? null)
}

function isIntact({ value, trail }: Item): boolean {
  if (trail === null) return true
  if (isNumber(value) && isNumber(trail.value)) return Object.is(plainNumber(value), plainNumber(trail.value))
  return value === trail.value
}

/** The keys of an item that was reached from a start. */
export function pathOf(item: Item): readonly JqValue[] {
  if (!isIntact(item)) throw new JqError(`invalid path against: ${typePreview(item.value)}`)
  const keys: JqValue[] = []
  for (let at = item.trail; at?.up != null; at = at.up) keys.push(at.key)
  return keys.reverse()
}
