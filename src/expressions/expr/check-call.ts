// Types of arguments: a builtin's own check, or its signatures one after another.

import type { Node } from './ast.ts'
import type { BuiltinSpec } from './builtins/spec.ts'
import type { Checker } from './checker.ts'
import { ANY, FLOAT } from './go-types.ts'
import type { GoType } from './go-types.ts'
import { UNKNOWN, assignable, deref, isInt, isUnknown, natureOf, show } from './nature.ts'
import type { Nature } from './nature.ts'
import { ExpressionError } from './source-error.ts'

export function checkFunction(checker: Checker, spec: BuiltinSpec, node: Node, args: readonly Node[]): Nature {
  if (spec.validate !== undefined) {
    const types = args.map((arg) => {
      const n = checker.visit(arg)
      return isUnknown(n) ? ANY : n.type
    })
    const result = spec.validate(types)
    return 'error' in result ? checker.fail(node, result.error) : natureOf(result)
  }
  let last: ExpressionError | null = null
  for (const type of spec.types ?? []) {
    const checked = checkSignature(checker, { name: spec.name, type, node, args })
    if (!(checked instanceof ExpressionError)) return checked
    last = checked
  }
  throw last ?? new ExpressionError(`no matching overload for ${spec.name}`, node.at)
}

type Call = { readonly name: string; readonly type: GoType; readonly node: Node; readonly args: readonly Node[] }

/** The nature of the result, or why the arguments do not fit. An error inside an argument is thrown. */
export function checkSignature(checker: Checker, { name, type, node, args }: Call): Nature | ExpressionError {
  const params = type.params ?? []
  const variadic = type.variadic === true
  const out = natureOf(type.results?.[0] ?? null)
  const tooFew = args.length < (variadic ? params.length - 1 : params.length)
  if (tooFew || (!variadic && args.length > params.length)) {
    for (const arg of args) checker.visit(arg)
    return new ExpressionError(`${tooFew ? 'not enough' : 'too many'} arguments to call ${name}`, node.at)
  }
  for (const [i, arg] of args.entries()) {
    const given = checker.visit(arg)
    const wanted = natureOf(params[Math.min(i, params.length - 1)] ?? null)
    const problem = misfit(given, wanted)
    if (problem !== null)
      return new ExpressionError(
        `cannot use ${problem} as argument (type ${show(wanted)}) to call ${name}${given.nil === true ? '' : ' '}`,
        arg.at,
      )
  }
  return type.results === undefined || type.results.length === 0 ? UNKNOWN : out
}

function misfit(given: Nature, wanted: Nature): string | null {
  if ((wanted.type === FLOAT || isInt(wanted)) && isInt(given)) return null
  if (given.nil === true) return wanted.type?.kind === 'ptr' || wanted.type?.kind === 'interface' ? null : 'nil'
  if (isUnknown(given) || assignable(given, wanted) || assignable(deref(given), wanted)) return null
  return show(given)
}
