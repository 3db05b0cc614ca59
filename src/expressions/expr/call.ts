// Calling functions and methods the way Go's reflection does, with its complaints.

import { ANY, isAssignable } from './go-types.ts'
import type { GoType } from './go-types.ts'
import type { GoFunc } from './values.ts'
import { GoInt, GoMap, GoSlice, panic, typeName, typeOf } from './values.ts'
import { ZERO_TIME } from './time/go-time.ts'

/** Signatures expr-lang calls without reflection; there a wrong argument is a failed type assertion. */
const typed = new Set(
  [
    '(interface {}) interface {}',
    '(interface {}) string',
    '() time.Duration',
    '() time.Month',
    '() time.Time',
    '() time.Weekday',
    '() bool',
    '() float64',
    '() int',
    '() int64',
    '() string',
    '(time.Duration) time.Duration',
    '(time.Duration) time.Time',
    '(time.Time) time.Duration',
    '(time.Time) bool',
    '(string) string',
  ].map((s) => `func${s}`),
)

export const isTypedCall = (type: GoType): boolean => typed.has(type.name)

/** The result of a call. Throws GoPanic for a wrong number or type of arguments. */
export function callFunction(fn: GoFunc, args: readonly unknown[], isTyped: boolean): unknown {
  const { params = [], variadic = false } = fn.type
  if (isTyped) return fn.call(args.map((arg, i) => asserted(arg, params[i] ?? ANY)))
  const fixed = variadic ? params.length - 1 : params.length
  if (variadic ? args.length < fixed : args.length !== fixed) {
    panic(`invalid number of arguments: expected ${variadic ? 'at least ' : ''}${fixed}, got ${args.length}`)
  }
  const ready = args.map((arg, i) => {
    const wanted = params[Math.min(i, params.length - 1)] ?? ANY
    return arg === null || arg === undefined ? zeroValue(wanted) : arg
  })
  // Go checks the fixed arguments before it collects the rest.
  for (const [i, arg] of ready.entries())
    if (i < fixed) fits(arg, params[i] ?? ANY, (name, wanted) => `reflect: Call using ${name} as type ${wanted}`)
  for (const [i, arg] of ready.entries()) {
    if (i >= fixed)
      fits(arg, params[fixed] ?? ANY, (name, wanted) => `reflect: cannot use ${name} as type ${wanted} in Call`)
  }
  return fn.call(ready)
}

function asserted(value: unknown, wanted: GoType): unknown {
  if (wanted === ANY || typeOf(value) === wanted) return value
  return panic(
    `interface conversion: interface {} is ${value === null || value === undefined ? 'nil' : typeName(value)}, not ${wanted.name}`,
  )
}

function fits(value: unknown, wanted: GoType, complaint: (name: string, wanted: string) => string): void {
  const type = typeOf(value)
  if (type !== null && !isAssignable(type, wanted)) panic(complaint(type.name, wanted.name))
}

/** Go's zero value of a type. */
export function zeroValue(type: GoType): unknown {
  switch (type.kind) {
    case 'string':
      return ''
    case 'bool':
      return false
    case 'float64':
      return 0
    case 'int':
      return type.declared === true ? new GoInt(type, 0n) : 0n
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'uint32':
    case 'uint64':
      return new GoInt(type, 0n)
    case 'slice':
      return new GoSlice(type, null)
    case 'map':
      return new GoMap(new Map(), type, true)
    case 'struct':
      return type.name === 'time.Time' ? ZERO_TIME : null
    default:
      return null
  }
}
