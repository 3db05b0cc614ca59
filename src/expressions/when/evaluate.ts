/** Computes a planned `when`. Both sides of an operator are evaluated before either is checked, unless the left decides. */
import { holds } from '../comparison.ts'
import type { Comparison } from '../comparison.ts'
import type { RE2JS } from 're2js'
import { type Parsed, compareText, formatFloat, parsed, unparsed } from '../go-text.ts'
import { type Stage, compilePattern } from './plan.ts'

export type WhenValue =
  string | number | boolean | null | { readonly pattern: RE2JS; readonly text: string } | readonly WhenValue[]

class Failure extends Error {}

export function evaluateStage(stage: Stage | null): Parsed<WhenValue> {
  try {
    return parsed(valueOf(stage))
  } catch (error) {
    if (error instanceof Failure) return unparsed(error.message)
    throw error
  }
}

/** As Go's `%v` shows a value. */
export function whenText(value: WhenValue): string {
  if (value === null) return '<nil>'
  if (typeof value === 'number') return formatFloat(value)
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  return 'text' in value ? value.text : `[${value.map(whenText).join(' ')}]`
}

function valueOf(stage: Stage | null): WhenValue {
  switch (stage?.kind) {
    case undefined:
      return null
    case 'literal':
      return stage.value
    case 'pattern':
      return { pattern: stage.pattern, text: stage.text }
    case 'variable':
      throw new Failure(`No parameter '${stage.name}' found.`)
    case 'accessor':
      valueOf(stage.argument)
      throw new Failure(`No parameter '${stage.name.split('.')[0] ?? ''}' found.`)
    case 'group':
      return valueOf(stage.inner)
    case 'prefix':
      return prefixed(stage.operator, valueOf(stage.operand))
    case 'binary':
      return binary(stage.operator, valueOf(stage.left), stage.right)
  }
}

function prefixed(operator: string, value: WhenValue): WhenValue {
  const wanted = operator === '!' ? 'boolean' : 'number'
  if (typeof value !== wanted)
    throw new Failure(`Value '${whenText(value)}' cannot be used with the prefix '${operator}'`)
  if (typeof value === 'boolean') return !value
  const number = Number(value)
  return operator === '-' ? -number : Number(~toInt(number))
}

function binary(operator: string, left: WhenValue, rightStage: Stage | null): WhenValue {
  if (operator === '&&' && left === false) return false
  if (operator === '||' && left === true) return true
  if ((operator === '??' || operator === ':') && left !== null) return left
  if (operator === '?' && left === false) return null
  const right = valueOf(rightStage)
  switch (operator) {
    case ',':
      return Array.isArray(left) ? [...left, right] : [left, right]
    case '??':
    case ':':
      return right
    case '?':
      requireBoolean(left, operator, 'ternary')
      return right
    case '&&':
    case '||':
      requireBoolean(left, operator, 'logical')
      requireBoolean(right, operator, 'logical')
      return right
    case '==':
      return sameValue(left, right)
    case '!=':
      return !sameValue(left, right)
    case 'in':
      if (!Array.isArray(right)) throw new Failure(mismatch(right, 'comparator', operator))
      return right.some((item) => typeof item !== 'object' && item === left)
    case '=~':
      return matches(left, right, operator)
    case '!~':
      return !matches(left, right, operator)
    case '<':
    case '>':
    case '<=':
    case '>=':
      return ordered(operator, left, right)
    default:
      return arithmetic(operator, left, right)
  }
}

const mismatch = (value: WhenValue, role: string, operator: string): string =>
  `Value '${whenText(value)}' cannot be used with the ${role} '${operator}', it is not a ${role.endsWith('operator') ? 'bool' : 'number'}`

function requireBoolean(value: WhenValue, operator: string, family: 'logical' | 'ternary'): void {
  if (typeof value !== 'boolean') throw new Failure(mismatch(value, `${family} operator`, operator))
}

function sameValue(left: WhenValue, right: WhenValue): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item: WhenValue, i) => sameValue(item, right[i] ?? null))
  }
  return left === right
}

function matches(left: WhenValue, right: WhenValue, operator: string): boolean {
  if (typeof left !== 'string') throw new Failure(mismatch(left, 'comparator', operator))
  if (typeof right === 'string') {
    const pattern = compilePattern(right)
    if (!pattern.ok) throw new Failure(`Unable to compile regexp pattern '${right}': ${pattern.error}`)
    return pattern.value.matcher(left).find()
  }
  if (right === null || typeof right !== 'object' || !('pattern' in right))
    throw new Failure(mismatch(right, 'comparator', operator))
  return right.pattern.matcher(left).find()
}

function ordered(operator: Comparison, left: WhenValue, right: WhenValue): boolean {
  let order: number
  if (typeof left === 'number' && typeof right === 'number') order = left - right
  else if (typeof left === 'string' && typeof right === 'string') order = compareText(left, right)
  else throw new Failure(mismatch(left, 'comparator', operator))
  return holds(operator, order)
}

function arithmetic(operator: string, left: WhenValue, right: WhenValue): WhenValue {
  if (operator === '+' && (typeof left === 'string' || typeof right === 'string'))
    return whenText(left) + whenText(right)
  if (typeof left !== 'number') throw new Failure(mismatch(left, 'modifier', operator))
  if (typeof right !== 'number') throw new Failure(mismatch(operator === '+' ? left : right, 'modifier', operator))
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    case '**':
      return left === 1 || (left === -1 && !Number.isFinite(right)) ? 1 : left ** right
    case '&':
      return Number(toInt(left) & toInt(right))
    case '|':
      return Number(toInt(left) | toInt(right))
    case '^':
      return Number(toInt(left) ^ toInt(right))
    case '<<':
      return Number(shiftLeft(BigInt.asUintN(64, toInt(left)), BigInt.asUintN(64, toInt(right))))
    default:
      return Number(shiftRight(BigInt.asUintN(64, toInt(left)), BigInt.asUintN(64, toInt(right))))
  }
}

/** Go's conversion of a float to an int64; what does not fit becomes the smallest, as on amd64. */
function toInt(value: number): bigint {
  const whole = Math.trunc(value)
  return Math.abs(whole) < 2 ** 63 ? BigInt(whole) : -(2n ** 63n)
}

const shiftLeft = (value: bigint, by: bigint): bigint => (by > 63n ? 0n : BigInt.asUintN(64, value << by))
const shiftRight = (value: bigint, by: bigint): bigint => (by > 63n ? 0n : value >> by)
