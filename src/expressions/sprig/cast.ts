// Sprig's conversions: what is no number is 0, and texts may be octal, hexadecimal or have decimals to cut off.

import { isIntegerKind } from '../expr/go-types.ts'
import { parseFloat64, parseInt64 } from '../expr/numbers.ts'
import { truncated } from '../expr/operators.ts'
import { GoInt, GoPointer, wrap64 } from '../expr/values.ts'

export function castInt(value: unknown): bigint {
  switch (typeof value) {
    case 'bigint':
      return value
    case 'number':
      return truncated(value)
    case 'boolean':
      return value ? 1n : 0n
    case 'string':
      return textAsInt(value)
    default:
      if (value instanceof GoInt && isIntegerKind(value.type.kind)) return wrap64(value.value)
      return value instanceof GoPointer ? castInt(value.target) : 0n
  }
}

export function castFloat(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return value
    case 'bigint':
      return Number(value)
    case 'boolean':
      return value ? 1 : 0
    case 'string': {
      const float = parseFloat64(value)
      return typeof float === 'number' ? float : 0
    }
    default:
      if (value instanceof GoInt && isIntegerKind(value.type.kind)) return Number(value.value)
      return value instanceof GoPointer ? castFloat(value.target) : 0
  }
}

function textAsInt(text: string): bigint {
  const decimal = /^([-+]?\d*)\.\d*$/.exec(text)
  const whole = decimal === null ? text : (decimal[1] ?? '')
  const ready = decimal !== null && /^[-+]?$/.test(whole) ? `${whole}0` : whole
  // A prefix decides the base; a bare leading 0 is octal.
  const m = /^([-+]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[0-7_]*|[1-9][\d_]*)$/.exec(ready)
  if (m === null || /__|_$/.test(ready)) return 0n
  const digits = (m[2] ?? '').replaceAll('_', '')
  if (/^0[0-7]+$/.test(digits)) {
    const octal = parseInt64(`${m[1] ?? ''}${digits}`, 8)
    return typeof octal === 'bigint' ? octal : 0n
  }
  const size = BigInt(digits)
  const value = m[1] === '-' ? -size : size
  return value === wrap64(value) ? value : 0n
}
