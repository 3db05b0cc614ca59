// What the type checker knows of a value before the expression runs.

import { ANY, ANY_SLICE, BYTES, DURATION, FLOAT, INT, TIME, isAssignable, isInteger } from './go-types.ts'
import type { GoType, Kind } from './go-types.ts'
import type { BuiltinSpec } from './builtins/spec.ts'

export type Nature = {
  /** `null` means unknown, or nil. */
  readonly type: GoType | null
  readonly nil?: true
  /** Elements of an array whose type is only []interface {}, or what a predicate gives. */
  readonly ref?: Nature
  /** A method got from a value: the value is its first argument, already given. */
  readonly method?: true
  readonly builtin?: BuiltinSpec
}

export const UNKNOWN: Nature = { type: null }
export const NIL: Nature = { type: null, nil: true }

const natures = new Map<GoType, Nature>()
export function natureOf(type: GoType | null): Nature {
  if (type === null) return UNKNOWN
  let nature = natures.get(type)
  if (nature === undefined) natures.set(type, (nature = { type }))
  return nature
}

export const isUnknown = (n: Nature): boolean => (n.type === null && n.nil !== true) || n.type === ANY
export const show = (n: Nature): string => n.type?.name ?? 'unknown'
export const kindOf = (n: Nature): Kind | null => n.type?.kind ?? null
export const isInt = (n: Nature): boolean => n.type !== null && isInteger(n.type)
export const isNumber = (n: Nature): boolean => isInt(n) || n.type === FLOAT
export const isArray = (n: Nature): boolean => n.type?.kind === 'slice' || n.type?.kind === 'array'
export const isString = (n: Nature): boolean => n.type?.kind === 'string'
export const isBool = (n: Nature): boolean => n.type?.kind === 'bool'
export const isMap = (n: Nature): boolean => n.type?.kind === 'map'
export const isTime = (n: Nature): boolean => n.type === TIME
export const isDuration = (n: Nature): boolean => n.type === DURATION
export const isBytes = (n: Nature): boolean => n.type === BYTES

export function deref(n: Nature): Nature {
  return n.type?.kind === 'ptr' ? natureOf(n.type.elem ?? null) : n
}

export function elemOf(n: Nature): Nature {
  if (isArray(n)) return n.ref ?? natureOf(n.type?.elem ?? null)
  return n.type?.kind === 'map' || n.type?.kind === 'ptr' ? natureOf(n.type.elem ?? null) : UNKNOWN
}

export const keyOf = (n: Nature): Nature => natureOf(n.type?.key ?? null)
export const arrayOf = (elem: Nature): Nature => ({ type: ANY_SLICE, ref: elem })

const nillable = new Set<Kind>(['ptr', 'interface', 'func', 'map', 'slice'])

export function assignable(from: Nature, to: Nature): boolean {
  if (from.nil === true && to.type !== null && nillable.has(to.type.kind)) return true
  return from.type !== null && to.type !== null && isAssignable(from.type, to.type)
}

export function comparable(a: Nature, b: Nature): boolean {
  return (
    isUnknown(a) ||
    isUnknown(b) ||
    a.nil === true ||
    b.nil === true ||
    (isNumber(a) && isNumber(b)) ||
    (isDuration(a) && isDuration(b)) ||
    (isTime(a) && isTime(b)) ||
    (isArray(a) && isArray(b)) ||
    assignable(a, b)
  )
}

export type Check = (n: Nature) => boolean

/** At least one side unknown, and the other unknown too or one of these. */
export function maybe(a: Nature, b: Nature, ...checks: readonly Check[]): boolean {
  const left = isUnknown(a)
  const right = isUnknown(b)
  return (left && right) || (left && checks.some((c) => c(b))) || (right && checks.some((c) => c(a)))
}

export function promoted(a: Nature, b: Nature): Nature {
  return natureOf(a.type === FLOAT || b.type === FLOAT ? FLOAT : INT)
}
