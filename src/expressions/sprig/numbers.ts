// Sprig's functions on numbers: whatever is given counts as a number.

import { castFloat, castInt } from './cast.ts'
import { add, combine, divide, multiply, subtract } from './decimal.ts'
import type { DecimalOperation } from './decimal.ts'
import { randomBelow } from './random.ts'
import type { Group } from './table.ts'
import { parseInt64 } from '../expr/numbers.ts'
import { goPow } from '../expr/go-pow.ts'
import { int64, ints, panic } from '../expr/values.ts'
import { goText } from '../go-format.ts'

const LIST_MAX = 1_000_000

/** Whole numbers from `start` to before `stop`. */
function steps(start: bigint, stop: bigint, step: bigint): readonly bigint[] {
  const down = stop < start
  if (down ? step >= 0n : step <= 0n) return []
  const count = (stop - start) / step
  if (count > BigInt(LIST_MAX)) panic('memory budget exceeded')
  const out: bigint[] = []
  for (let i = start; down ? i > stop : i < stop; i += step) out.push(i)
  return out
}

function seq(...params: readonly bigint[]): string {
  const [a = 0n, b = 0n, c = 0n] = params
  const shown = (start: bigint, end: bigint, step: bigint, beyond: bigint): string =>
    steps(start, end + beyond, step).join(' ')
  switch (params.length) {
    case 1: {
      const step = a < 1n ? -1n : 1n
      return shown(1n, a, step, step)
    }
    case 2: {
      const step = b < a ? -1n : 1n
      return shown(a, b, step, step)
    }
    case 3:
      if (c < a && b > 0n) return ''
      return shown(a, c, b, c < a ? -1n : 1n)
    default:
      return ''
  }
}

function round(value: unknown, places: bigint, roundOn = 0.5): number {
  const power = goPow(10, Number(places))
  const digit = power * castFloat(value)
  const fraction = digit - Math.trunc(digit)
  return (fraction >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power
}

const decimals =
  (operation: DecimalOperation) =>
  (first: unknown, ...rest: readonly unknown[]) =>
    combine(castFloat(first), rest.map(castFloat), operation)

const quotient = (a: bigint, b: bigint, divideBy: (a: bigint, b: bigint) => bigint): unknown =>
  b === 0n ? panic('runtime error: integer divide by zero') : int64(divideBy(a, b))

const most =
  (better: (a: bigint, b: bigint) => boolean) =>
  (first: unknown, ...rest: readonly unknown[]) =>
    int64(rest.map(castInt).reduce((best, value) => (better(value, best) ? value : best), castInt(first)))

const max = most((a, b) => a > b)

export const numberFunctions: Group = (outside) => ({
  int: ['(any) int', castInt],
  int64: ['(any) int64', (value: unknown) => int64(castInt(value))],
  float64: ['(any) float64', castFloat],
  seq: ['(...int) string', seq],
  toDecimal: [
    '(any) int64',
    (value: unknown) => {
      const octal = parseInt64(goText(value), 8)
      return int64(typeof octal === 'bigint' ? octal : 0n)
    },
  ],
  until: ['(int) []int', (count: bigint) => ints(steps(0n, count, count < 0n ? -1n : 1n))],
  untilStep: ['(int, int, int) []int', (start: bigint, stop: bigint, step: bigint) => ints(steps(start, stop, step))],
  add1: ['(any) int64', (value: unknown) => int64(castInt(value) + 1n)],
  add: [
    '(...any) int64',
    (...values: readonly unknown[]) => int64(values.map(castInt).reduce((sum, v) => sum + v, 0n)),
  ],
  sub: ['(any, any) int64', (a: unknown, b: unknown) => int64(castInt(a) - castInt(b))],
  div: ['(any, any) int64', (a: unknown, b: unknown) => quotient(castInt(a), castInt(b), (x, y) => x / y)],
  mod: ['(any, any) int64', (a: unknown, b: unknown) => quotient(castInt(a), castInt(b), (x, y) => x % y)],
  mul: [
    '(any, ...any) int64',
    (first: unknown, ...rest: readonly unknown[]) =>
      int64(rest.map(castInt).reduce((p, v) => BigInt.asIntN(64, p * v), castInt(first))),
  ],
  randInt: [
    '(int, int) int',
    (low: bigint, high: bigint) =>
      high <= low ? panic('invalid argument to Intn') : low + randomBelow(outside, high - low),
  ],
  add1f: ['(any) float64', (value: unknown) => combine(castFloat(value), [1], add)],
  addf: ['(...any) float64', (...values: readonly unknown[]) => combine(0, values.map(castFloat), add)],
  subf: ['(any, ...any) float64', decimals(subtract)],
  divf: ['(any, ...any) float64', decimals(divide)],
  mulf: ['(any, ...any) float64', decimals(multiply)],
  biggest: ['(any, ...any) int64', max],
  max: ['(any, ...any) int64', max],
  min: ['(any, ...any) int64', most((a, b) => a < b)],
  maxf: ['(any, ...any) float64', (...values: readonly unknown[]) => Math.max(...values.map(castFloat))],
  minf: ['(any, ...any) float64', (...values: readonly unknown[]) => Math.min(...values.map(castFloat))],
  ceil: ['(any) float64', (value: unknown) => Math.ceil(castFloat(value))],
  floor: ['(any) float64', (value: unknown) => Math.floor(castFloat(value))],
  round: ['(any, int, ...float64) float64', round],
})
