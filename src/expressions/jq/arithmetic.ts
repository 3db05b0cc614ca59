/** jq's operators on two values. */
import { JqError } from './errors.ts'
import type { BinaryOperator } from './syntax.ts'
import {
  type JqObject,
  type JqValue,
  compareValues,
  floatToInt,
  isArray,
  isNumber,
  isObject,
  plainNumber,
  preview,
  toFloat,
  typePreview,
} from './values.ts'

/** No text made by an operator or function gets longer than this. */
export const textLengthMax = 50_000_000

export function operate(operator: BinaryOperator, left: JqValue, right: JqValue): JqValue {
  switch (operator) {
    case '+':
      return add(left, right)
    case '-':
      return subtract(left, right)
    case '*':
      return multiply(left, right)
    case '/':
      return divide(left, right)
    case '%':
      return modulo(left, right)
    case '==':
      return compareValues(left, right) === 0
    case '!=':
      return compareValues(left, right) !== 0
    case '<':
      return compareValues(left, right) < 0
    case '<=':
      return compareValues(left, right) <= 0
    case '>':
      return compareValues(left, right) > 0
    case '>=':
      return compareValues(left, right) >= 0
  }
}

const mismatch = (verb: string, left: JqValue, right: JqValue): JqError =>
  new JqError(`cannot ${verb}: ${typePreview(left)} and ${typePreview(right)}`)

/** Both whole, or both as floats; null unless both are numbers. */
function numbers(left: JqValue, right: JqValue): readonly [bigint, bigint] | readonly [number, number] | null {
  if (!isNumber(left) || !isNumber(right)) return null
  const [a, b] = [plainNumber(left), plainNumber(right)]
  return typeof a === 'bigint' && typeof b === 'bigint' ? [a, b] : [Number(a), Number(b)]
}

const areWhole = (pair: readonly [bigint, bigint] | readonly [number, number]): pair is readonly [bigint, bigint] =>
  typeof pair[0] === 'bigint'

export function add(left: JqValue, right: JqValue): JqValue {
  const pair = numbers(left, right)
  if (pair !== null) return areWhole(pair) ? pair[0] + pair[1] : pair[0] + pair[1]
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length + right.length > textLengthMax) throw new JqError('text too long')
    return left + right
  }
  if (isArray(left) && isArray(right)) return joined(left, right)
  if (isObject(left) && isObject(right)) return new Map([...left, ...right])
  if (left === null) return right
  if (right === null) return left
  throw mismatch('add', left, right)
}

/** More items than this do not go into one array. */
const listLengthMax = 5_000_000

function joined(left: readonly JqValue[], right: readonly JqValue[]): readonly JqValue[] {
  if (right.length === 0) return left
  if (left.length === 0) return right
  if (left.length + right.length > listLengthMax) throw new JqError('array too long')
  return [...left, ...right]
}

function subtract(left: JqValue, right: JqValue): JqValue {
  const pair = numbers(left, right)
  if (pair !== null) return areWhole(pair) ? pair[0] - pair[1] : pair[0] - pair[1]
  if (!isArray(left) || !isArray(right)) throw mismatch('subtract', left, right)
  return left.filter((item) => !right.some((other) => compareValues(item, other) === 0))
}

function multiply(left: JqValue, right: JqValue): JqValue {
  const pair = numbers(left, right)
  if (pair !== null) return areWhole(pair) ? pair[0] * pair[1] : pair[0] * pair[1]
  if (isObject(left) && isObject(right)) return mergeDeep(left, right)
  const [leftCount, rightCount] = [toFloat(left), toFloat(right)]
  if (typeof left === 'string' && rightCount !== null) return repeatText(left, rightCount)
  if (typeof right === 'string' && leftCount !== null) return repeatText(right, leftCount)
  throw mismatch('multiply', left, right)
}

function mergeDeep(left: JqObject, right: JqObject): JqObject {
  const merged = new Map(left)
  for (const [key, value] of right) {
    const old = merged.get(key) ?? null
    merged.set(key, isObject(old) && isObject(value) ? mergeDeep(old, value) : value)
  }
  return merged
}

function repeatText(text: string, count: number): JqValue {
  if (count < 0 || Number.isNaN(count)) return null
  const times = Math.min(Math.trunc(count), 2 ** 31 - 1)
  if (text.length * times > textLengthMax) {
    throw new JqError(`repeat string result too large: ${preview(text)} * ${preview(count)}`)
  }
  return text.repeat(times)
}

function divide(left: JqValue, right: JqValue): JqValue {
  const pair = numbers(left, right)
  if (pair !== null) {
    if (Number(pair[1]) === 0) throw new JqError(`cannot divide ${typePreview(left)} by: ${typePreview(right)}`)
    if (!areWhole(pair)) return pair[0] / pair[1]
    return pair[0] % pair[1] === 0n ? pair[0] / pair[1] : Number(pair[0]) / Number(pair[1])
  }
  if (typeof left !== 'string' || typeof right !== 'string') throw mismatch('divide', left, right)
  return left === '' ? [] : splitText(left, right)
}

/** At every occurrence; an empty separator splits into characters. */
export const splitText = (text: string, separator: string): readonly string[] =>
  separator === '' ? [...text] : text.split(separator)

function modulo(left: JqValue, right: JqValue): JqValue {
  const pair = numbers(left, right)
  if (pair === null) throw mismatch('modulo', left, right)
  if (!areWhole(pair) && (Number.isNaN(pair[0]) || Number.isNaN(pair[1]))) return Number.NaN
  const [a, b] = areWhole(pair) ? pair : [floatToInt(pair[0]), floatToInt(pair[1])]
  if (b === 0n) throw new JqError(`cannot modulo ${typePreview(left)} by: ${typePreview(right)}`)
  return a % b
}
