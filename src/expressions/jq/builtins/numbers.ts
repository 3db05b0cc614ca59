/** Mathematical functions; all give floats. */
import { notApplicable } from '../errors.ts'
import { type JqValue, toFloat } from '../values.ts'
import type { Functions, JqFunction } from './functions.ts'

/** Fraction in [0.5, 1) and power of two. */
function splitFloat(value: number): readonly [number, number] {
  if (value === 0 || !Number.isFinite(value)) return [value, 0]
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(value))) + 1)
  let fraction = value * 2 ** -exponent
  for (; Math.abs(fraction) < 0.5; exponent--) fraction *= 2
  for (; Math.abs(fraction) >= 1; exponent++) fraction /= 2
  return [fraction, exponent]
}

function roundToEven(value: number): number {
  const rounded = Math.round(value)
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/** Half away from zero, as Go rounds. */
const round = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))

function remainder(left: number, right: number): number {
  if (!Number.isFinite(left) || right === 0) return Number.NaN
  return Number.isFinite(right) ? left - right * roundToEven(left / right) : left
}

const scale = (value: number, power: number): number => {
  const half = Math.trunc(power / 2)
  return value * 2 ** half * 2 ** (Math.trunc(power) - half)
}

const ofOne: Readonly<Record<string, (x: number) => number>> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round,
  nearbyint: roundToEven,
  rint: roundToEven,
  fabs: Math.abs,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  exp10: (x) => 10 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  logb: (x) => (x === 0 ? Number.NEGATIVE_INFINITY : Number.isFinite(x) ? splitFloat(x)[1] - 1 : Math.abs(x)),
  significand: (x) => splitFloat(x)[0] * 2,
}

const ofTwo: Readonly<Record<string, (x: number, y: number) => number>> = {
  atan2: Math.atan2,
  copysign: (x, y) => (Object.is(Math.sign(y), -0) || y < 0 ? -Math.abs(x) : Math.abs(x)),
  drem: remainder,
  remainder,
  fdim: (x, y) => (x - y <= 0 ? 0 : x - y),
  fmax: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)),
  fmin: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)),
  fmod: (x, y) => x % y,
  hypot: Math.hypot,
  ldexp: scale,
  scalb: scale,
  scalbln: scale,
  pow: (x, y) => (x === 1 || (x === -1 && !Number.isFinite(y) && !Number.isNaN(y)) ? 1 : x ** y),
}

function numberOf(name: string, value: JqValue | undefined): number {
  const number = toFloat(value ?? null)
  if (number === null) throw notApplicable(name, value ?? null)
  return number
}

const isNormal = (value: number): boolean => Number.isFinite(value) && Math.abs(value) >= 2 ** -1022

const made: Record<string, JqFunction> = {
  'fma/3': (_, [x, y, z]) => numberOf('fma', x) * numberOf('fma', y) + numberOf('fma', z),
  'frexp/0': (value) => {
    const [fraction, exponent] = splitFloat(numberOf('frexp', value))
    return [fraction, BigInt(exponent)]
  },
  'modf/0': (value) => {
    const number = numberOf('modf', value)
    return Number.isFinite(number) ? [number % 1, Math.trunc(number)] : [0, number]
  },
  'infinite/0': () => Number.POSITIVE_INFINITY,
  'nan/0': () => Number.NaN,
  'isinfinite/0': (value) => Math.abs(toFloat(value) ?? 0) === Number.POSITIVE_INFINITY,
  'isfinite/0': (value) => Math.abs(toFloat(value) ?? Number.POSITIVE_INFINITY) !== Number.POSITIVE_INFINITY,
  'isnormal/0': (value) => isNormal(toFloat(value) ?? 0),
  'isnan/0': (value) => (value === null ? false : Number.isNaN(numberOf('isnan', value))),
}
for (const [name, compute] of Object.entries(ofOne)) made[`${name}/0`] = (value) => compute(numberOf(name, value))
for (const [name, compute] of Object.entries(ofTwo)) {
  made[`${name}/2`] = (_, [x, y]) => compute(numberOf(name, x), numberOf(name, y))
}

export const numberFunctions: Functions = made
