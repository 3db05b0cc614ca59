// The type checker: finds what cannot work before anything runs, with expr-lang's words.

import type { BinaryNode, BuiltinNode, CallNode, MemberNode, Node, UnaryNode } from './ast.ts'
import { checkFunction, checkSignature } from './check-call.ts'
import { checkLoop } from './check-loop.ts'
import { operationNature } from './check-operation.ts'
import { builtinSpec } from './builtins/index.ts'
import { ANY_MAP, ANY_SLICE, BOOL, BYTES, FLOAT, INT, STRING, goType } from './go-types.ts'
import { methodType } from './methods.ts'
import {
  NIL,
  UNKNOWN,
  arrayOf,
  assignable,
  deref,
  elemOf,
  isArray,
  isBool,
  isInt,
  isMap,
  isNumber,
  isString,
  isUnknown,
  keyOf,
  kindOf,
  natureOf,
  show,
} from './nature.ts'
import type { Nature } from './nature.ts'
import { ExpressionError } from './source-error.ts'
import { typeOf } from './values.ts'

/** What the checker may ask of the variables an expression runs with. */
export type TypeScope = { readonly natureOf: (name: string) => Nature | undefined }

export type Natures = ReadonlyMap<Node, Nature>

/** The nature of every node. Throws ExpressionError. */
export function checkTypes(root: Node, scope: TypeScope): Natures {
  const checker = new Checker(scope)
  checker.visit(root)
  return checker.natures
}

export type LoopScope = { readonly collection: Nature; readonly vars: Readonly<Record<string, Nature>> }

export class Checker {
  readonly natures = new Map<Node, Nature>()
  readonly loops: LoopScope[] = []
  readonly #scope: TypeScope
  readonly #lets: { readonly name: string; readonly nature: Nature }[] = []

  constructor(scope: TypeScope) {
    this.#scope = scope
  }

  visit(node: Node): Nature {
    const nature = this.#infer(node)
    this.natures.set(node, nature)
    return nature
  }

  fail(node: Node, message: string): never {
    throw new ExpressionError(message, node.at)
  }

  #infer(node: Node): Nature {
    switch (node.kind) {
      case 'nil':
        return NIL
      case 'identifier':
        return this.#identifier(node.name, node)
      case 'integer':
        return natureOf(INT)
      case 'float':
        return natureOf(FLOAT)
      case 'bool':
        return natureOf(BOOL)
      case 'string':
        return natureOf(STRING)
      case 'bytes':
        return natureOf(BYTES)
      case 'constant':
        return natureOf(typeOf(node.value))
      case 'unary':
        return this.#unary(node)
      case 'binary':
        return this.#binary(node)
      case 'chain':
        return this.visit(node.node)
      case 'member':
        return this.#member(node)
      case 'slice':
        return this.#slice(node)
      case 'call':
        return this.#call(node)
      case 'builtin':
        return this.#builtin(node)
      case 'predicate':
        return this.#predicate(node.node)
      case 'pointer':
        return this.#pointer(node, node.name)
      case 'let':
        return this.#let(node)
      case 'sequence':
        return node.nodes.map((n) => this.visit(n)).at(-1) ?? UNKNOWN
      case 'conditional':
        return this.#conditional(node)
      case 'array':
        return this.#array(node.nodes)
      case 'map':
        for (const pair of node.pairs) this.visit(pair)
        return natureOf(ANY_MAP)
      case 'pair':
        this.visit(node.key)
        this.visit(node.value)
        return NIL
    }
  }

  #identifier(name: string, node: Node): Nature {
    const own = this.#lets.findLast((v) => v.name === name)
    if (own !== undefined) return own.nature
    if (name === '$env') return UNKNOWN
    return this.#name(name, node, true, true)
  }

  #name(name: string, node: Node, strict: boolean, builtins: boolean): Nature {
    const variable = this.#scope.natureOf(name)
    if (variable !== undefined) return variable
    const spec = builtins ? builtinSpec(name) : undefined
    if (spec !== undefined) return { type: spec.types?.[0] ?? goType('func(...any) (any, error)'), builtin: spec }
    if (strict) this.fail(node, `unknown name ${name}`)
    return UNKNOWN
  }

  #unary(node: UnaryNode): Nature {
    const nature = deref(this.visit(node.node))
    if (node.operator === '!' || node.operator === 'not') {
      if (isBool(nature) || isUnknown(nature)) return natureOf(BOOL)
    } else {
      if (isNumber(nature)) return nature
      if (isUnknown(nature)) return UNKNOWN
    }
    return this.fail(node, `invalid operation: ${node.operator} (mismatched type ${show(nature)})`)
  }

  #binary(node: BinaryNode): Nature {
    const l = deref(this.visit(node.left))
    const r = deref(this.visit(node.right))
    const result = operationNature(node, l, r, (message) => this.fail(node, message))
    if (result !== null) return result
    return this.fail(node, `invalid operation: ${node.operator} (mismatched types ${show(l)} and ${show(r)})`)
  }

  #member(node: MemberNode): Nature {
    const { property } = node
    if (node.node.kind === 'identifier' && node.node.name === '$env') {
      // Neither builtins nor functions are members of the environment.
      return property.kind === 'string' ? this.#name(property.value, node, !node.optional, false) : UNKNOWN
    }
    const raw = this.visit(node.node)
    const prop = this.visit(property)
    if (isUnknown(raw)) return UNKNOWN
    if (property.kind === 'string') {
      if (raw.nil === true) this.fail(node, `type nil has no field ${property.value}`)
      const method = raw.type === null ? undefined : methodType(raw.type, property.value)
      if (method !== undefined) return { type: method, method: true }
    }
    const base = deref(raw)
    if (isMap(base)) {
      if (!assignable(prop, keyOf(base)) && !assignable(deref(prop), keyOf(base)) && !isUnknown(prop)) {
        this.fail(property, `cannot use ${show(prop)} to get an element from ${show(base)}`)
      }
      return elemOf(base)
    }
    if (isArray(base)) {
      const index = deref(prop)
      if (!isInt(index) && !isUnknown(index))
        this.fail(property, `array elements can only be selected using an integer (got ${show(index)})`)
      return elemOf(base)
    }
    if (property.kind === 'string')
      this.fail(node, `type ${show(base)} has no ${node.method ? 'method' : 'field'} ${property.value}`)
    return this.fail(node, `type ${show(base)}[${show(prop)}] is undefined`)
  }

  #slice(node: Extract<Node, { kind: 'slice' }>): Nature {
    const nature = this.visit(node.node)
    // The bounds of something unknown are not looked at, as in expr-lang.
    if (isUnknown(nature)) return UNKNOWN
    if (!isString(nature) && !isArray(nature)) this.fail(node, `cannot slice ${show(nature)}`)
    for (const bound of [node.from, node.to]) {
      if (bound === null) continue
      const n = deref(this.visit(bound))
      if (!isInt(n) && !isUnknown(n)) this.fail(bound, `non-integer slice index ${show(n)}`)
    }
    return nature
  }

  #call(node: CallNode): Nature {
    const { callee } = node
    if (callee.kind === 'identifier' && callee.name === '$env') this.fail(node, `${ANY_MAP.name} is not callable`)
    const nature = this.visit(callee)
    // Neither are the arguments of an unknown function.
    if (isUnknown(nature)) return UNKNOWN
    if (nature.builtin !== undefined) return checkFunction(this, nature.builtin, node, node.args)
    const name =
      callee.kind === 'identifier'
        ? callee.name
        : callee.kind === 'member' && callee.property.kind === 'string'
          ? callee.property.value
          : 'function'
    if (nature.nil === true) this.fail(node, `${name} is nil; cannot call nil as function`)
    if (nature.type === null || nature.type.kind !== 'func') return this.fail(node, `${show(nature)} is not callable`)
    const checked = checkSignature(this, { name, type: nature.type, node, args: node.args })
    if (checked instanceof ExpressionError) throw checked
    return checked
  }

  #builtin(node: BuiltinNode): Nature {
    const loop = checkLoop(this, node)
    if (loop !== null) return loop
    if (node.name === 'get') return this.#get(node)
    const spec = builtinSpec(node.name)
    return spec === undefined
      ? this.fail(node, `unknown builtin ${node.name}`)
      : checkFunction(this, spec, node, node.args)
  }

  #get(node: BuiltinNode): Nature {
    const [from, key] = node.args
    if (node.args.length !== 2 || from === undefined || key === undefined) {
      return this.fail(node, `invalid number of arguments (expected 2, got ${node.args.length})`)
    }
    const base = this.visit(from)
    const prop = deref(this.visit(key))
    if (from.kind === 'identifier' && from.name === '$env')
      return (key.kind === 'string' ? this.#scope.natureOf(key.value) : undefined) ?? UNKNOWN
    if (isUnknown(base)) return UNKNOWN
    if (isArray(base)) {
      if (!isInt(prop) && !isUnknown(prop)) this.fail(key, `non-integer slice index ${show(prop)}`)
      return elemOf(base)
    }
    if (!isMap(base)) this.fail(from, `type ${show(base)} does not support indexing`)
    if (!assignable(prop, keyOf(base)) && !isUnknown(prop))
      this.fail(key, `cannot use ${show(prop)} to get an element from ${show(base)}`)
    return elemOf(base)
  }

  #predicate(body: Node): Nature {
    const nature = this.visit(body)
    const out = isUnknown(nature) ? ' any' : nature.type === null ? '' : ` ${nature.type.name}`
    return { type: goType(`func(any)${out}`), ref: nature }
  }

  #pointer(node: Node, name: string): Nature {
    const scope = this.loops.at(-1)
    if (scope === undefined) return this.fail(node, 'cannot use pointer accessor outside predicate')
    if (name !== '') return scope.vars[name] ?? this.fail(node, `unknown pointer #${name}`)
    return isUnknown(scope.collection) ? UNKNOWN : elemOf(scope.collection)
  }

  #let(node: Extract<Node, { kind: 'let' }>): Nature {
    const { name } = node
    if (this.#scope.natureOf(name) !== undefined) this.fail(node, `cannot redeclare ${name}`)
    if (builtinSpec(name) !== undefined) this.fail(node, `cannot redeclare builtin ${name}`)
    if (this.#lets.some((v) => v.name === name)) this.fail(node, `cannot redeclare variable ${name}`)
    const nature = this.visit(node.value)
    this.#lets.push({ name, nature })
    const result = this.visit(node.body)
    this.#lets.pop()
    return result
  }

  #conditional(node: Extract<Node, { kind: 'conditional' }>): Nature {
    const cond = deref(this.visit(node.cond))
    if (!isBool(cond) && !isUnknown(cond))
      this.fail(node.cond, `non-bool expression (type ${show(cond)}) used as condition`)
    const then = this.visit(node.then)
    const otherwise = this.visit(node.otherwise)
    if (then.nil === true) return otherwise
    if (otherwise.nil === true) return then
    if (!assignable(then, otherwise)) return UNKNOWN
    if (isArray(then) && isArray(otherwise)) {
      const [a, b] = [elemOf(then), elemOf(otherwise)]
      if (!assignable(a, b) || !assignable(b, a)) return natureOf(ANY_SLICE)
    }
    return then
  }

  #array(nodes: readonly Node[]): Nature {
    const natures = nodes.map((n) => this.visit(n))
    const same = natures.every((n, i) => i === 0 || kindOf(n) === kindOf(natures[i - 1] ?? UNKNOWN))
    return same ? arrayOf(natures.at(-1) ?? UNKNOWN) : natureOf(ANY_SLICE)
  }
}
