// Values as expressions know them. Plain JavaScript data stands for what JSON can say; classes stand for the rest of Go.
//
//   null nil · boolean bool · string string · number float64 · bigint int · array []interface {} · object map[string]interface {}

import {
  ANY_MAP,
  ANY_SLICE,
  BOOL,
  BYTES,
  DURATION,
  FLOAT,
  INT,
  INT64,
  INT_SLICE,
  LOCATION,
  STRING,
  STRING_SLICE,
  TIME,
  UINT64,
  UINT8,
} from './go-types.ts'
import type { GoType } from './go-types.ts'
import { GoTime } from './time/go-time.ts'
import { Zone } from './time/zones.ts'

/** A failure while an expression runs; the evaluator adds where. */
export class GoPanic extends Error {}

export function panic(message: string): never {
  throw new GoPanic(message)
}

/** An integer of another type than `int`: int64, uint8, time.Duration, time.Month … */
export class GoInt {
  readonly type: GoType
  readonly value: bigint
  constructor(type: GoType, value: bigint) {
    this.type = type
    this.value = value
  }
}

/** A slice or array of another type than []interface {}, or a nil one (`items` null). */
export class GoSlice {
  readonly type: GoType
  readonly items: readonly unknown[] | null
  constructor(type: GoType, items: readonly unknown[] | null) {
    this.type = type
    this.items = items
  }
}

/** What a map with string keys answers; keys come in no promised order. */
export interface StringMap {
  readonly type: GoType
  readonly size: number
  /** `undefined` if the key is not there; a nil value is `null`. */
  get(key: string): unknown
  keys(): Iterable<string>
}

/** A map with string keys made by an expression. Go's maps are shared and changed in place (`sprig.set`), so is this. */
export class GoMap implements StringMap {
  readonly type: GoType
  readonly entries: Map<string, unknown>
  /** A nil map reads as an empty one, but equals nil. */
  readonly isNil: boolean
  constructor(entries: Map<string, unknown>, type: GoType = ANY_MAP, isNil = false) {
    this.type = type
    this.entries = entries
    this.isNil = isNil
  }
  get size(): number {
    return this.entries.size
  }
  get(key: string): unknown {
    return this.entries.get(key)
  }
  keys(): Iterable<string> {
    return this.entries.keys()
  }
}

/** A map with keys of any type (`groupBy`, `fromPairs`), by an identity text per key. */
export class GoAnyMap {
  readonly type: GoType
  readonly entries = new Map<string, { readonly key: unknown; value: unknown }>()
  constructor(type: GoType) {
    this.type = type
  }
}

export class GoFunc {
  readonly type: GoType
  readonly call: (args: readonly unknown[]) => unknown
  constructor(type: GoType, call: (args: readonly unknown[]) => unknown) {
    this.type = type
    this.call = call
  }
}

/** A value with methods that is neither a time nor a number, such as a semantic version. */
export class GoObject {
  readonly type: GoType
  readonly data: unknown
  readonly methods: ReadonlyMap<string, GoFunc>
  readonly text: string
  constructor(init: { type: GoType; data: unknown; methods: ReadonlyMap<string, GoFunc>; text: string }) {
    this.type = init.type
    this.data = init.data
    this.methods = init.methods
    this.text = init.text
  }
}

/** A pointer to a value, as `cronworkflow.lastScheduledTime` is one to a time; null is a nil pointer. */
export class GoPointer {
  readonly type: GoType
  readonly target: unknown
  constructor(type: GoType, target: unknown) {
    this.type = type
    this.target = target
  }
}

/** The dynamic type, or `null` for nil. */
export function typeOf(value: unknown): GoType | null {
  switch (typeof value) {
    case 'string':
      return STRING
    case 'number':
      return FLOAT
    case 'bigint':
      return INT
    case 'boolean':
      return BOOL
    case 'object':
      break
    default:
      return null
  }
  if (value === null) return null
  if (Array.isArray(value)) return ANY_SLICE
  if (value instanceof Uint8Array) return BYTES
  if (value instanceof GoTime) return TIME
  if (value instanceof Zone) return LOCATION
  if (isTyped(value)) return value.type
  return ANY_MAP
}

type Typed = { readonly type: GoType }
function isTyped(value: object): value is Typed {
  return (
    value instanceof GoInt ||
    value instanceof GoSlice ||
    value instanceof GoMap ||
    value instanceof GoFunc ||
    value instanceof GoAnyMap ||
    value instanceof GoObject ||
    value instanceof GoPointer ||
    value instanceof LazyMap
  )
}

/** A map that computes its entries on demand, as the environment of a big scope does. */
export abstract class LazyMap implements StringMap {
  readonly type: GoType = ANY_MAP
  abstract readonly size: number
  abstract get(key: string): unknown
  abstract keys(): Iterable<string>
}

export const typeName = (value: unknown): string => typeOf(value)?.name ?? '<nil>'

/** What `reflect.Kind` prints. */
export const kindName = (value: unknown): string => typeOf(value)?.kind ?? 'invalid'

/** The elements of any slice or array, or `undefined`. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (value instanceof GoSlice) return value.items ?? []
  if (value instanceof Uint8Array) return Array.from(value, uint8)
  return undefined
}

export function stringMapOf(value: unknown): StringMap | undefined {
  if (value instanceof GoMap || value instanceof LazyMap) return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return typeOf(value) === ANY_MAP ? new ObjectMap(value) : undefined
}

/** Plain data as a map; `__proto__` and `constructor` are keys like any other. */
class ObjectMap implements StringMap {
  readonly type = ANY_MAP
  readonly #data: object
  constructor(data: object) {
    this.#data = data
  }
  get size(): number {
    return Object.keys(this.#data).length
  }
  get(key: string): unknown {
    if (!Object.hasOwn(this.#data, key)) return undefined
    const value: unknown = Reflect.get(this.#data, key)
    return value === undefined ? null : value
  }
  keys(): Iterable<string> {
    return Object.keys(this.#data)
  }
}

/** nil, or a nil slice, map or pointer. */
export function isNil(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (value instanceof GoSlice) return value.items === null
  if (value instanceof GoMap) return value.isNil
  return value instanceof GoPointer && value.target === null
}

export const wrap64 = (value: bigint): bigint => BigInt.asIntN(64, value)
export const int64 = (value: bigint): GoInt => new GoInt(INT64, wrap64(value))
export const uint8 = (value: number): GoInt => new GoInt(UINT8, BigInt(value))
export const uint64 = (value: bigint): GoInt => new GoInt(UINT64, BigInt.asUintN(64, value))
export const durationOf = (ns: bigint): GoInt => new GoInt(DURATION, wrap64(ns))
export const strings = (items: readonly string[] | null): GoSlice => new GoSlice(STRING_SLICE, items)
export const ints = (items: readonly bigint[]): GoSlice => new GoSlice(INT_SLICE, items)

/** Where functions of the outside world come in, so that evaluation itself stays pure. */
export type Outside = {
  /** Milliseconds since 1970, UTC. */
  readonly nowMs: () => number
  readonly randomBytes: (count: number) => Uint8Array
}
