// Types of the builtins that loop over an array with a predicate.

import type { BuiltinNode, Node } from './ast.ts'
import type { Checker } from './checker.ts'
import { ANY_SLICE, BOOL, INT, goType } from './go-types.ts'
import { UNKNOWN, arrayOf, deref, elemOf, isArray, isBool, isString, isUnknown, natureOf, show } from './nature.ts'
import type { Nature } from './nature.ts'

const loops = new Set(
  'all none any one filter map count sum find findLast findIndex findLastIndex groupBy sortBy reduce'.split(' '),
)
const wantsBool = new Set('all none any one filter count find findLast findIndex findLastIndex'.split(' '))

/** The nature of a looping builtin's result; `null` if it is none. */
export function checkLoop(checker: Checker, node: BuiltinNode): Nature | null {
  if (!loops.has(node.name)) return null
  const [source, predicate, extra] = node.args
  if (source === undefined) return null
  const collection = deref(checker.visit(source))
  if (!isArray(collection) && !isUnknown(collection))
    checker.fail(source, `builtin ${node.name} takes only array (got ${show(collection)})`)
  if (predicate === undefined)
    return node.name === 'count' ? natureOf(INT) : isUnknown(collection) ? UNKNOWN : elemOf(collection)
  const out = predicateOut(checker, { node, predicate, collection, extra })
  if (wantsBool.has(node.name) && !isBool(out) && !isUnknown(out)) {
    checker.fail(predicate, `predicate should return boolean (got ${show(out)})`)
  }
  switch (node.name) {
    case 'filter':
      return isUnknown(collection) ? natureOf(ANY_SLICE) : arrayOf(elemOf(collection))
    case 'map':
      return arrayOf(out)
    case 'count':
    case 'findIndex':
    case 'findLastIndex':
      return natureOf(INT)
    case 'sum':
    case 'reduce':
      return out
    case 'find':
    case 'findLast':
      return isUnknown(collection) ? UNKNOWN : elemOf(collection)
    case 'groupBy':
      return { type: goType('map[any][]any'), ref: arrayOf(elemOf(collection)) }
    case 'sortBy':
      return collection
    default:
      return natureOf(BOOL)
  }
}

type Loop = {
  readonly node: BuiltinNode
  readonly predicate: Node
  readonly collection: Nature
  readonly extra: Node | undefined
}

/** What the predicate gives for an element. */
function predicateOut(checker: Checker, { node, predicate, collection, extra }: Loop): Nature {
  const int = natureOf(INT)
  const vars: Readonly<Record<string, Nature>> =
    node.name === 'reduce' ? { index: int, acc: UNKNOWN } : node.name === 'map' ? { index: int } : {}
  checker.loops.push({ collection, vars })
  const nature = checker.visit(predicate)
  checker.loops.pop()
  if (extra !== undefined) {
    const given = checker.visit(extra)
    if (node.name === 'sortBy' && !isString(given) && !isUnknown(given)) {
      checker.fail(extra, `sortBy order argument must be a string (got ${show(given)})`)
    }
  }
  if ((nature.type?.results ?? []).length !== 1) {
    checker.fail(
      predicate,
      node.name === 'reduce'
        ? 'predicate should has two input and one output param'
        : 'predicate should has one input and one output param',
    )
  }
  return nature.ref ?? UNKNOWN
}
