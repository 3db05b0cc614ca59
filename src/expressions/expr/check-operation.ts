// Types of binary operations.

import type { BinaryNode } from './ast.ts'
import { BOOL, DURATION, FLOAT, INT, STRING, TIME } from './go-types.ts'
import {
  UNKNOWN,
  arrayOf,
  assignable,
  comparable,
  elemOf,
  isArray,
  isBool,
  isBytes,
  isDuration,
  isInt,
  isMap,
  isNumber,
  isString,
  isTime,
  isUnknown,
  keyOf,
  kindOf,
  maybe,
  natureOf,
  promoted,
  show,
} from './nature.ts'
import type { Nature } from './nature.ts'
import { compileRegexp } from './regexp.ts'

type Fail = (message: string) => never

/**
 * The nature of a binary operation's result, or `null` if the sides do not go together.
 * @param fail reports a problem of its own
 */
export function operationNature(node: BinaryNode, l: Nature, r: Nature, fail: Fail): Nature | null {
  if (node.operator === 'in') return membership(l, r, fail)
  const bool = natureOf(BOOL)
  switch (node.operator) {
    case '==':
    case '!=':
      return comparable(l, r) ? bool : null
    case 'or':
    case '||':
    case 'and':
    case '&&':
      return (isBool(l) && isBool(r)) || maybe(l, r, isBool) ? bool : null
    case '<':
    case '>':
    case '>=':
    case '<=': {
      const same = [isNumber, isString, isTime, isDuration]
      return same.some((is) => is(l) && is(r)) || maybe(l, r, ...same) ? bool : null
    }
    case '+':
    case '-':
      return sum(node.operator, l, r)
    case '*':
      if (isNumber(l) && isNumber(r)) return promoted(l, r)
      if ((isNumber(l) || isDuration(l)) && (isNumber(r) || isDuration(r))) return natureOf(DURATION)
      return maybe(l, r, isNumber, isDuration) ? UNKNOWN : null
    case '/':
    case '**':
    case '^':
      return (isNumber(l) && isNumber(r)) || maybe(l, r, isNumber) ? natureOf(FLOAT) : null
    case '%':
      return (isInt(l) && isInt(r)) || maybe(l, r, isInt) ? natureOf(INT) : null
    case 'matches':
      if (node.right.kind === 'string') {
        const regexp = compileRegexp(node.right.value)
        if ('error' in regexp) fail(regexp.error)
      }
      return ((isString(l) || isBytes(l)) && isString(r)) || maybe(l, r, isString) ? bool : null
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return (isString(l) && isString(r)) || maybe(l, r, isString) ? bool : null
    case '..':
      return (isInt(l) && isInt(r)) || maybe(l, r, isInt) ? arrayOf(natureOf(INT)) : null
    default:
      return coalesced(l, r)
  }
}

function sum(operator: string, l: Nature, r: Nature): Nature | null {
  if (isNumber(l) && isNumber(r)) return promoted(l, r)
  if (isTime(l) && isDuration(r)) return natureOf(TIME)
  if (isDuration(l) && isDuration(r)) return natureOf(DURATION)
  if (operator === '-') {
    if (isTime(l) && isTime(r)) return natureOf(DURATION)
    return maybe(l, r, isNumber, isTime, isDuration) ? UNKNOWN : null
  }
  if (isString(l) && isString(r)) return natureOf(STRING)
  if (isDuration(l) && isTime(r)) return natureOf(TIME)
  return maybe(l, r, isNumber, isString, isTime, isDuration) ? UNKNOWN : null
}

function membership(l: Nature, r: Nature, fail: Fail): Nature | null {
  const bool = natureOf(BOOL)
  if ((isString(l) || isUnknown(l)) && kindOf(r) === 'struct') return bool
  if (isMap(r)) {
    if (!isUnknown(l) && !assignable(l, keyOf(r))) fail(`cannot use ${show(l)} as type ${show(keyOf(r))} in map key`)
    return bool
  }
  if (isArray(r)) {
    if (!comparable(l, elemOf(r))) fail(`cannot use ${show(l)} as type ${show(elemOf(r))} in array`)
    return bool
  }
  return (isUnknown(l) && isString(r)) || isUnknown(r) ? bool : null
}

function coalesced(l: Nature, r: Nature): Nature {
  if (l.nil === true) return r
  if (r.nil === true) return l
  return assignable(r, l) ? l : UNKNOWN
}
