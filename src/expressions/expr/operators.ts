// What operators do with values, once both sides are known.

import { holds } from '../comparison.ts'
import type { Comparison } from '../comparison.ts'
import { goPow } from './go-pow.ts'
import { DURATION, INT_SLICE, isInteger } from './go-types.ts'
import { spend, TEXT_MAX } from './meter.ts'
import { compareTimes, GoTime } from './time/go-time.ts'
import { compareText, joined } from './utf8.ts'
import {
  GoAnyMap,
  GoInt,
  GoPointer,
  GoSlice,
  durationOf,
  isNil,
  itemsOf,
  panic,
  stringMapOf,
  typeName,
  typeOf,
  wrap64,
} from './values.ts'

/** The value of one of Go's own integers, or `undefined`. */
export function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  return value instanceof GoInt && isInteger(value.type) ? value.value : undefined
}

export function durationNs(value: unknown): bigint | undefined {
  return value instanceof GoInt && value.type === DURATION ? value.value : undefined
}

/** A number as a float, or `undefined`. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const int = integerOf(value)
  return int === undefined ? undefined : Number(int)
}

function wrong(a: unknown, operator: string, b: unknown): never {
  return panic(`invalid operation: ${typeName(a)} ${operator} ${typeName(b)}`)
}

export function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length + b.length > TEXT_MAX) panic('memory budget exceeded')
    // Joining is cheap; what is found only later is the text made flat.
    spend((a.length + b.length) / 256)
    return joined(a, b)
  }
  const sum = arithmetic(
    a,
    b,
    (x, y) => x + y,
    (x, y) => x + y,
  )
  if (sum !== undefined) return sum
  const [da, db] = [durationNs(a), durationNs(b)]
  if (da !== undefined && db !== undefined) return durationOf(da + db)
  if (a instanceof GoTime && db !== undefined) return a.plus(db)
  if (b instanceof GoTime && da !== undefined) return b.plus(da)
  return wrong(a, '+', b)
}

export function subtract(a: unknown, b: unknown): unknown {
  const difference = arithmetic(
    a,
    b,
    (x, y) => x - y,
    (x, y) => x - y,
  )
  if (difference !== undefined) return difference
  const [da, db] = [durationNs(a), durationNs(b)]
  if (a instanceof GoTime && b instanceof GoTime) return durationOf(saturated(a.unixNanos - b.unixNanos))
  if (a instanceof GoTime && db !== undefined) return a.plus(-db)
  if (da !== undefined && db !== undefined) return durationOf(da - db)
  return wrong(a, '-', b)
}

const saturated = (ns: bigint): bigint => (ns >= 1n << 63n ? (1n << 63n) - 1n : ns < -(1n << 63n) ? -(1n << 63n) : ns)

export function multiply(a: unknown, b: unknown): unknown {
  const product = arithmetic(
    a,
    b,
    (x, y) => x * y,
    (x, y) => x * y,
  )
  if (product !== undefined) return product
  const [da, db] = [durationNs(a), durationNs(b)]
  const [x, y] = [da ?? integerOf(a), db ?? integerOf(b)]
  if (x !== undefined && y !== undefined) return durationOf(x * y)
  if (da !== undefined && typeof b === 'number') return Number(da) * b
  if (db !== undefined && typeof a === 'number') return a * Number(db)
  return wrong(a, '*', b)
}

export function divide(a: unknown, b: unknown): number {
  const [x, y] = [numberOf(a), numberOf(b)]
  return x === undefined || y === undefined ? wrong(a, '/', b) : x / y
}

export function modulo(a: unknown, b: unknown): bigint {
  const [x, y] = [integerOf(a), integerOf(b)]
  if (x === undefined || y === undefined) return wrong(a, '%', b)
  return y === 0n ? panic('runtime error: integer divide by zero') : wrap64(x % y)
}

export function power(a: unknown, b: unknown): number {
  return goPow(toFloat(a), toFloat(b))
}

export function toFloat(value: unknown): number {
  return numberOf(value) ?? panic(`invalid operation: float(${typeName(value)})`)
}

/** A number as an int, floats cut off. */
export function toInt(value: unknown): bigint {
  const int = integerOf(value)
  if (int !== undefined) return wrap64(int)
  return typeof value === 'number' ? truncated(value) : panic(`invalid operation: int(${typeName(value)})`)
}

/** As amd64 does: what does not fit becomes the smallest integer. */
export function truncated(value: number): bigint {
  const whole = Math.trunc(value)
  return Number.isFinite(whole) && whole >= -(2 ** 63) && whole < 2 ** 63 ? BigInt(whole) : -(1n << 63n)
}

export function negate(value: unknown): unknown {
  if (typeof value === 'number') return -value
  if (typeof value === 'bigint') return wrap64(-value)
  const int = integerOf(value)
  if (int === undefined || !(value instanceof GoInt)) return panic(`invalid operation: - ${typeName(value)}`)
  const bits = value.type.kind === 'uint8' ? 8 : 64
  return new GoInt(value.type, value.type.kind.startsWith('u') ? BigInt.asUintN(bits, -int) : wrap64(-int))
}

function arithmetic(
  a: unknown,
  b: unknown,
  ints: (x: bigint, y: bigint) => bigint,
  floats: (x: number, y: number) => number,
): unknown {
  if (typeof a === 'number' && typeof b === 'number') return floats(a, b)
  const [x, y] = [integerOf(a), integerOf(b)]
  if (x !== undefined && y !== undefined) return wrap64(ints(x, y))
  if (typeof a === 'number' && y !== undefined) return floats(a, Number(y))
  if (typeof b === 'number' && x !== undefined) return floats(Number(x), b)
  return undefined
}

export function compare(a: unknown, b: unknown, operator: Comparison): boolean {
  const order = orderOf(a, b)
  return order === undefined ? wrong(a, operator, b) : holds(operator, order)
}

/** Below, at or above zero; NaN if a side is; `undefined` if they cannot be ordered. */
export function orderOf(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  const [x, y] = [integerOf(a) ?? durationNs(a), integerOf(b) ?? durationNs(b)]
  if (x !== undefined && y !== undefined) {
    // A duration only goes with a duration.
    if ((durationNs(a) === undefined) !== (durationNs(b) === undefined)) return undefined
    return x < y ? -1 : x > y ? 1 : 0
  }
  if (a instanceof GoTime && b instanceof GoTime) return compareTimes(a, b)
  const [f, g] = [numberOf(a), numberOf(b)]
  if (f === undefined || g === undefined) return undefined
  return f < g ? -1 : f > g ? 1 : f === g ? 0 : Number.NaN
}

/** `==`: numbers by value whatever their type, arrays element by element, all else as reflect.DeepEqual. */
export function equal(a: unknown, b: unknown): boolean {
  spend(1)
  if (typeof a === 'string' && typeof b === 'string') return a === b
  const [x, y] = [integerOf(a), integerOf(b)]
  if (x !== undefined && y !== undefined) return x === y
  const [f, g] = [numberOf(a), numberOf(b)]
  if (f !== undefined && g !== undefined) return f === g
  if (a instanceof GoTime && b instanceof GoTime) return compareTimes(a, b) === 0
  if (isNil(a) && isNil(b)) return true
  const [p, q] = [itemsOf(a), itemsOf(b)]
  if (p !== undefined && q !== undefined && sameItems(a, b))
    return p.length === q.length && p.every((item, i) => equal(item, q[i]))
  return deepEqual(a, b)
}

/** Arrays are compared by their elements if one of them is []interface {} or both have the same type. */
function sameItems(a: unknown, b: unknown): boolean {
  return Array.isArray(a) || Array.isArray(b) || typeOf(a) === typeOf(b)
}

/** `reflect.DeepEqual`: the same types all the way down. */
export function deepEqual(a: unknown, b: unknown): boolean {
  spend(1)
  if (a === b) return true
  const type = typeOf(a)
  if (type !== typeOf(b) || type === null) return type === typeOf(b)
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value
  if (a instanceof GoTime && b instanceof GoTime) return compareTimes(a, b) === 0 && a.zone === b.zone
  if (a instanceof GoPointer && b instanceof GoPointer) return deepEqual(a.target, b.target)
  if (isNil(a) !== isNil(b)) return false
  const [p, q] = [itemsOf(a), itemsOf(b)]
  if (p !== undefined && q !== undefined) return p.length === q.length && p.every((item, i) => deepEqual(item, q[i]))
  if (a instanceof GoAnyMap && b instanceof GoAnyMap) {
    return (
      a.entries.size === b.entries.size &&
      [...a.entries].every(([id, { value }]) => b.entries.has(id) && deepEqual(value, b.entries.get(id)?.value))
    )
  }
  const [m, n] = [stringMapOf(a), stringMapOf(b)]
  if (m === undefined || n === undefined) return false
  return (
    m.size === n.size && [...m.keys()].every((key) => n.get(key) !== undefined && deepEqual(m.get(key), n.get(key)))
  )
}

/** Whole numbers from `low` to `high`, both included. */
export function range(low: bigint, high: bigint): GoSlice {
  const items: bigint[] = []
  for (let i = low; i <= high; i++) items.push(i)
  return new GoSlice(INT_SLICE, items)
}
