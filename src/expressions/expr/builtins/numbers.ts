// Builtins on numbers.

import { ANY, FLOAT, INT, goType, isIntegerKind } from '../go-types.ts'
import type { GoType } from '../go-types.ts'
import { compare, integerOf, negate, numberOf, truncated } from '../operators.ts'
import { parseFloat64, parseInt64 } from '../numbers.ts'
import { GoFunc, GoInt, itemsOf, panic, typeName, typeOf, wrap64 } from '../values.ts'
import type { ArgType, BuiltinSpec } from './spec.ts'
import { goText } from '../../go-format.ts'

/** As `%s` shows a type that may be nil. */
export const shownType = (type: ArgType): string => type?.name ?? '%!s(<nil>)'

const plainNumber = (type: ArgType): boolean =>
  type !== null && (type.kind === 'float64' || (isIntegerKind(type.kind) && type.declared !== true))

function single(
  name: string,
  accepts: (type: ArgType) => boolean,
  result: (type: GoType) => GoType,
): BuiltinSpec['validate'] {
  return (args) => {
    const [type] = args
    if (args.length !== 1 || type === undefined)
      return { error: `invalid number of arguments (expected 1, got ${args.length})` }
    return type !== null && (type === ANY || accepts(type))
      ? result(type)
      : { error: `invalid argument for ${name} (type ${shownType(type)})` }
  }
}

/** By kind, so that a duration counts as a number here. */
const anyNumber = (type: ArgType): boolean => type !== null && (type.kind === 'float64' || isIntegerKind(type.kind))

function rounder(name: string, round: (value: number) => number): BuiltinSpec {
  return {
    name,
    validate: single(name, anyNumber, () => FLOAT),
    run: ([value]) => {
      if (typeof value === 'number') return round(value)
      const int = integerOf(value)
      return int === undefined ? panic(`invalid argument for ${name} (type ${typeName(value)})`) : Number(int)
    },
  }
}

/** Halves away from zero. */
export function goRound(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 52) return value
  const whole = Math.trunc(value)
  const rest = Math.abs(value - whole)
  const result = rest >= 0.5 ? whole + Math.sign(value) : whole
  return result === 0 ? (Object.is(Math.sign(value), -1) || Object.is(value, -0) ? -0 : 0) : result
}

export function toIntBuiltin(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return truncated(value)
  if (value instanceof GoInt) return wrap64(value.value)
  if (typeof value === 'string') {
    const int = parseInt64(value)
    return typeof int === 'bigint' ? int : panic(`invalid operation: int(${value})`)
  }
  // Go's reflection gives up on nil before expr-lang can say anything.
  if (value === null || value === undefined) return panic('reflect: call of reflect.Value.Type on zero Value')
  return panic(`invalid operation: int(${typeName(value)})`)
}

export function toFloatBuiltin(value: unknown): number {
  const number = numberOf(value)
  if (number !== undefined) return number
  if (typeof value === 'string') {
    const float = parseFloat64(value)
    return typeof float === 'number' ? float : panic(`invalid operation: float(${value})`)
  }
  return panic(`invalid operation: float(${typeName(value)})`)
}

/** Added to the environment by Argo: the builtins `int` and `float` under older names. */
export const asInt = new GoFunc(goType('func(any) any'), ([value]) => toIntBuiltin(value))
export const asFloat = new GoFunc(goType('func(any) any'), ([value]) => toFloatBuiltin(value))

export const numberBuiltins: readonly BuiltinSpec[] = [
  {
    name: 'abs',
    // A duration is a number by its kind, and fails only when it is seen.
    validate: single('abs', anyNumber, (type) => type),
    run: ([value]) => {
      if (typeof value === 'number') return value < 0 ? -value : value
      const int = integerOf(value)
      if (int === undefined) return panic(`invalid argument for abs (type ${typeName(value)})`)
      return int < 0n ? negate(value) : value
    },
  },
  rounder('ceil', Math.ceil),
  rounder('floor', Math.floor),
  rounder('round', goRound),
  {
    name: 'int',
    validate: single(
      'int',
      (t) => anyNumber(t) || t?.kind === 'string',
      () => INT,
    ),
    run: ([value]) => toIntBuiltin(value),
  },
  {
    name: 'float',
    validate: single(
      'float',
      (t) => anyNumber(t) || t?.kind === 'string',
      () => FLOAT,
    ),
    run: ([value]) => toFloatBuiltin(value),
  },
  { name: 'string', types: [goType('func(any) string')], run: ([value]) => goText(value) },
  { name: 'type', types: [goType('func(any) string')], run: ([value]) => typeWord(value) },
  extreme('max', '<'),
  extreme('min', '>'),
  {
    name: 'mean',
    validate: aggregate('mean'),
    run: (args) => {
      const values = numbersIn('mean', args, 0)
      return values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length
    },
  },
  {
    name: 'median',
    validate: aggregate('median'),
    run: (args) => {
      const values = numbersIn('median', args, 0).sort((a, b) => a - b)
      const middle = Math.floor(values.length / 2)
      const upper = values[middle] ?? 0
      return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? 0) + upper) / 2
    },
  },
  bits('bitand', (x, y) => x & y),
  bits('bitor', (x, y) => x | y),
  bits('bitxor', (x, y) => x ^ y),
  bits('bitnand', (x, y) => x & ~y),
  bits('bitshl', (x, y) => (shift(y) >= 64n ? 0n : x << y)),
  bits('bitshr', (x, y) => x >> shift(y)),
  bits('bitushr', (x, y) => BigInt.asUintN(64, x) >> shift(y)),
  { name: 'bitnot', types: [goType('func(int) int')], run: ([value]) => ~bitArgument(value, 'bitnot') },
]

function shift(by: bigint): bigint {
  return by < 0n ? panic(`invalid operation: negative shift count ${by} (type int)`) : by > 64n ? 64n : by
}

function bits(name: string, act: (x: bigint, y: bigint) => bigint): BuiltinSpec {
  return {
    name,
    types: [goType('func(int, int) int')],
    run: ([x, y]) => {
      const [a, b] = [bitArgument(x, name), bitArgument(y, name)]
      return wrap64(act(a, b))
    },
  }
}

function bitArgument(value: unknown, name: string): bigint {
  return integerOf(value) ?? panic(`cannot use ${typeName(value)} as argument (type int) to call ${name}`)
}

/** Go's word for a value's type; a declared one comes with its package. */
function typeWord(value: unknown): string {
  const type = typeOf(value)
  if (type === null) return 'nil'
  if (type.declared === true)
    return type.name === 'semver.Version'
      ? 'github.com/Masterminds/semver/v3.Version'
      : type.name === 'http.Header'
        ? 'net/http.Header'
        : type.name
  if (type.kind === 'ptr')
    return type.elem === undefined
      ? 'unknown'
      : type.elem.name === 'semver.Version'
        ? 'github.com/Masterminds/semver/v3.Version'
        : type.elem.name
  switch (type.kind) {
    case 'float64':
      return 'float'
    case 'slice':
    case 'array':
      return 'array'
    case 'bool':
    case 'string':
    case 'map':
    case 'func':
    case 'struct':
      return type.kind
    default:
      return type.kind.startsWith('u') ? 'uint' : 'int'
  }
}

function aggregate(name: string): BuiltinSpec['validate'] {
  return (args) => {
    const [first] = args
    if (first === undefined) return { error: `not enough arguments to call ${name}` }
    for (const type of args) {
      if (type === ANY || type?.kind === 'slice' || type?.kind === 'array') return ANY
      if (!anyNumber(type)) return { error: `invalid argument for ${name} (type ${shownType(type)})` }
    }
    return first ?? ANY
  }
}

const DEPTH_MAX = 10_000

/** All numbers in values and lists of them. */
function numbersIn(name: string, values: readonly unknown[], depth: number): number[] {
  if (depth > DEPTH_MAX) panic('recursion depth exceeded')
  const out: number[] = []
  for (const value of values) {
    const items = itemsOf(value)
    if (items !== undefined) {
      for (const n of numbersIn(name, items, depth + 1)) out.push(n)
      continue
    }
    const number = numberOf(value) ?? (value instanceof GoInt ? Number(value.value) : undefined)
    out.push(number ?? panic(`invalid argument for ${name} (type ${typeName(value)})`))
  }
  return out
}

function extreme(name: string, isWorse: '<' | '>'): BuiltinSpec {
  const better = (best: unknown, value: unknown): unknown =>
    best === null || compare(best, value, isWorse) ? value : best
  const among = (args: readonly unknown[], depth: number): unknown => {
    if (depth > DEPTH_MAX) panic('recursion depth exceeded')
    let best: unknown = null
    for (const arg of args) {
      const items = itemsOf(arg)
      if (items !== undefined) best = ofItems(items, best, depth)
      else if (plainNumber(typeOf(arg)) || arg instanceof GoInt) best = better(best, arg)
      else if (args.length === 1) return arg
      else panic(`invalid argument for ${name} (type ${typeName(arg)})`)
    }
    return best
  }
  const ofItems = (items: readonly unknown[], start: unknown, depth: number): unknown => {
    let best = start
    for (const item of items) {
      if (itemsOf(item) !== undefined) {
        const nested = among([item], depth + 1)
        if (nested !== null) best = better(best, nested)
      } else if (plainNumber(typeOf(item))) best = better(best, item)
      else panic(`invalid argument for ${name} (type ${typeName(item)})`)
    }
    return best
  }
  return { name, validate: aggregate(name), run: (args) => among(args, 0) }
}
