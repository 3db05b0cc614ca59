// The binary operators by their signs.

import { asText, badAssertion, dereferenced } from './assert.ts'
import { isIn } from './fetch.ts'
import type { Code, Frame } from './frame.ts'
import { spendOn } from './meter.ts'
import { add, compare, divide, modulo, multiply, power, range, subtract, toInt } from './operators.ts'
import type { Comparison } from '../comparison.ts'
import { compileRegexp } from './regexp.ts'
import { byteLength, textOf } from './utf8.ts'
import { isNil, itemsOf, panic, typeName } from './values.ts'

export function lengthOf(value: unknown): number {
  if (typeof value === 'string') return byteLength(value)
  const items = itemsOf(value)
  return items?.length ?? panic(`invalid argument for len (type ${typeName(value)})`)
}

export type Operation = (a: unknown, b: unknown, frame: Frame) => unknown

const ordered =
  (operator: Comparison): Operation =>
  (a, b) =>
    compare(a, b, operator)
const onTexts =
  (test: (a: string, b: string) => boolean): Operation =>
  (a, b) =>
    !isNil(a) && !isNil(b) && test(asText(a), asText(b))

export const operations: Readonly<Record<string, Operation>> = {
  '<': ordered('<'),
  '>': ordered('>'),
  '<=': ordered('<='),
  '>=': ordered('>='),
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '**': power,
  '^': power,
  in: isIn,
  '..': (a, b, frame) => {
    const [low, high] = [toInt(a), toInt(b)]
    frame.grow(high < low ? 0 : Number(high - low) + 1)
    return range(low, high)
  },
  matches: (a, b) => {
    if (isNil(a) || isNil(b)) return false
    const regexp = compileRegexp(asText(b))
    return 'error' in regexp ? panic(regexp.error) : regexp.re.matcher(subject(a)).find()
  },
  contains: onTexts((a, b) => a.includes(b)),
  startsWith: onTexts((a, b) => a.startsWith(b)),
  endsWith: onTexts((a, b) => a.endsWith(b)),
}

/** `matches` with a pattern known beforehand. */
export function matchesConstant(left: Code, pattern: string, at: number): Code {
  const regexp = compileRegexp(pattern)
  if ('error' in regexp) return () => panic(regexp.error)
  return (frame) => {
    const value = dereferenced(left(frame))
    frame.at = at
    spendOn(value)
    return !isNil(value) && regexp.re.matcher(subject(value)).find()
  }
}

function subject(value: unknown): string {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? textOf(value) : badAssertion(value, '[]uint8')
}
