// Decimal arithmetic, so that 0.1 + 0.2 is 0.3.

import { panic } from '../expr/values.ts'

/** `digits × 10^exponent`. */
type Decimal = { readonly digits: bigint; readonly exponent: number }
export type DecimalOperation = (a: Decimal, b: Decimal) => Decimal

function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value))
    return panic(`Cannot create a Decimal from ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value))
  const fraction = m?.[3] ?? ''
  const digits = BigInt(`${m?.[2] ?? '0'}${fraction}`)
  return { digits: m?.[1] === '-' ? -digits : digits, exponent: Number(m?.[4] ?? 0) - fraction.length }
}

function aligned(a: Decimal, b: Decimal): { readonly x: bigint; readonly y: bigint; readonly exponent: number } {
  const exponent = Math.min(a.exponent, b.exponent)
  const scale = (d: Decimal): bigint => d.digits * 10n ** BigInt(d.exponent - exponent)
  return { x: scale(a), y: scale(b), exponent }
}

export const add: DecimalOperation = (a, b) => {
  const { x, y, exponent } = aligned(a, b)
  return { digits: x + y, exponent }
}
export const subtract: DecimalOperation = (a, b) => {
  const { x, y, exponent } = aligned(a, b)
  return { digits: x - y, exponent }
}
export const multiply: DecimalOperation = (a, b) => ({ digits: a.digits * b.digits, exponent: a.exponent + b.exponent })

/** To 16 decimal places, halves away from zero. */
export const divide: DecimalOperation = (a, b) => {
  const { x, y } = aligned(a, b)
  if (y === 0n) return panic('decimal division by 0')
  const scaled = x * 10n ** 16n
  const quotient = scaled / y
  const rest = scaled % y
  const twice = (rest < 0n ? -rest : rest) * 2n
  const away = twice >= (y < 0n ? -y : y) ? (x < 0n === y < 0n ? 1n : -1n) : 0n
  return { digits: quotient + away, exponent: -16 }
}

/** All values combined from left to right, as a float. */
export function combine(first: number, rest: readonly number[], operation: DecimalOperation): number {
  const result = rest.reduce<Decimal>((sum, value) => operation(sum, decimalOf(value)), decimalOf(first))
  return Number(`${result.digits}e${result.exponent}`)
}
