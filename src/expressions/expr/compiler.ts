// Turns a checked tree into functions. Each notes its place just before it does something that can fail.

import type { BinaryNode, CallNode, MemberNode, Node } from './ast.ts'
import { asBool, asText, badAssertion, dereferenced } from './assert.ts'
import { callFunction, isTypedCall } from './call.ts'
import { builtinSpec } from './builtins/index.ts'
import type { Natures } from './checker.ts'
import type { Code } from './frame.ts'
import { lengthOf, matchesConstant, operations } from './operations.ts'
import type { Operation } from './operations.ts'
import { fetch, slice } from './fetch.ts'
import type { GoType } from './go-types.ts'
import { compileLoop } from './loops.ts'
import { spendOn } from './meter.ts'
import { equal, negate } from './operators.ts'
import { GoFunc, GoMap, isNil, kindName, panic, typeName } from './values.ts'

/** What a chain gives up with when an optional member's base is nil. */
const NOTHING = Symbol('nothing')

export type Program = { readonly run: Code; readonly varCount: number }

export function compileProgram(root: Node, natures: Natures): Program {
  const compiler = new Compiler(natures)
  const run = compiler.compile(root)
  return { run, varCount: compiler.varCount }
}

export class Compiler {
  varCount = 0
  readonly #natures: Natures
  readonly #lets: { readonly name: string; readonly slot: number }[] = []

  constructor(natures: Natures) {
    this.#natures = natures
  }

  compile(node: Node): Code {
    switch (node.kind) {
      case 'nil':
        return () => null
      case 'identifier':
        return this.#identifier(node.name)
      case 'integer':
      case 'float':
      case 'bool':
      case 'string':
      case 'bytes':
      case 'constant': {
        const { value } = node
        return () => value
      }
      case 'unary':
        return this.#unary(node.operator, this.compile(node.node), node.at)
      case 'binary':
        return this.#binary(node)
      case 'chain': {
        const inner = this.compile(node.node)
        return (frame) => {
          const value = inner(frame)
          return value === NOTHING || isNil(value) ? null : value
        }
      }
      case 'member':
        return this.#member(node)
      case 'slice':
        return this.#slice(node)
      case 'call':
        return this.#call(node)
      case 'builtin':
        return compileLoop(this, node) ?? this.#builtin(node.name, node.args, node.at)
      case 'predicate':
        return this.compile(node.node)
      case 'pointer':
        return pointer(node.name)
      case 'let':
        return this.#let(node)
      case 'sequence': {
        const codes = node.nodes.map((n) => this.compile(n))
        return (frame) => codes.reduce<unknown>((_, code) => code(frame), null)
      }
      case 'conditional':
        return this.#conditional(node)
      case 'array': {
        const items = node.nodes.map((n) => this.compile(n))
        return (frame) => {
          const out = items.map((item) => item(frame))
          frame.at = node.at
          frame.grow(out.length)
          return out
        }
      }
      case 'map':
        return this.#map(node)
      case 'pair':
        return () => null
    }
  }

  #identifier(name: string): Code {
    const own = this.#lets.findLast((v) => v.name === name)
    if (own !== undefined) {
      const { slot } = own
      return (frame) => frame.vars[slot]
    }
    if (name === '$env') return (frame) => frame.env
    return (frame) => frame.env.get(name) ?? null
  }

  #unary(operator: string, inner: Code, at: number): Code {
    if (operator === '+') return (frame) => dereferenced(inner(frame))
    if (operator === '-') {
      return (frame) => {
        const value = dereferenced(inner(frame))
        frame.at = at
        return negate(value)
      }
    }
    return (frame) => {
      const value = dereferenced(inner(frame))
      frame.at = at
      return !asBool(value)
    }
  }

  #binary(node: BinaryNode): Code {
    const { operator, at } = node
    const left = this.compile(node.left)
    const right = this.compile(node.right)
    switch (operator) {
      case '??':
        return (frame) => {
          const value = dereferenced(left(frame))
          return isNil(value) ? dereferenced(right(frame)) : value
        }
      case 'or':
      case '||':
      case 'and':
      case '&&': {
        const stops = operator === 'or' || operator === '||'
        return (frame) => {
          const value = dereferenced(left(frame))
          frame.at = at
          return asBool(value) === stops ? value : dereferenced(right(frame))
        }
      }
      case 'matches':
        if (node.right.kind === 'string') return matchesConstant(left, node.right.value, at)
        break
      default:
    }
    const act = operator === '==' || operator === '!=' ? this.#equality(node) : operations[operator]
    if (act === undefined) return () => panic(`unknown operator (${operator})`)
    return (frame) => {
      const a = dereferenced(left(frame))
      const b = dereferenced(right(frame))
      frame.at = at
      if (operator === 'in' || operator === 'contains' || operator === 'matches') spendOn(operator === 'in' ? b : a)
      return act(a, b, frame)
    }
  }

  /** Sides known to be plain ints or strings are compared as such, and fail if they turn out to be something else. */
  #equality(node: BinaryNode): Operation {
    const plain = (n: Node): string | null => {
      const type = this.#natures.get(n)?.type
      return type === null || type === undefined || type.declared === true ? null : type.kind
    }
    const [l, r] = [plain(node.left), plain(node.right)]
    const negated = node.operator === '!='
    if (l === r && (l === 'int' || l === 'string')) {
      return (a, b) => {
        if (kindName(b) !== l) badAssertion(b, l)
        if (kindName(a) !== l) badAssertion(a, l)
        return equal(a, b) !== negated
      }
    }
    return (a, b) => equal(a, b) !== negated
  }

  #member(node: MemberNode): Code {
    const { at, optional } = node
    const base = this.compile(node.node)
    const property = this.compile(node.property)
    return (frame) => {
      const from = base(frame)
      if (from === NOTHING || (optional && isNil(from))) return NOTHING
      const key = property(frame)
      frame.at = at
      return fetch(from, key)
    }
  }

  #slice(node: Extract<Node, { kind: 'slice' }>): Code {
    const { at } = node
    const base = this.compile(node.node)
    const from = node.from === null ? null : this.compile(node.from)
    const to = node.to === null ? null : this.compile(node.to)
    return (frame) => {
      const value = base(frame)
      if (value === NOTHING) return NOTHING
      frame.at = at
      const high = to === null ? BigInt(lengthOf(value)) : dereferenced(to(frame))
      const low = from === null ? 0n : dereferenced(from(frame))
      frame.at = at
      return slice(value, low, high)
    }
  }

  #call(node: CallNode): Code {
    const { at } = node
    const callee = this.compile(node.callee)
    const args = node.args.map((arg) => this.compile(arg))
    const known = this.#natures.get(node.callee)?.type ?? null
    const typed: GoType | null = known !== null && isTypedCall(known) ? known : null
    return (frame) => {
      const given = args.map((arg) => arg(frame))
      const fn = callee(frame)
      if (fn === NOTHING) return NOTHING
      frame.at = at
      if (fn === null || fn === undefined) return panic('invalid operation: cannot call nil')
      if (!(fn instanceof GoFunc)) return panic(`invalid operation: cannot call non-function of type ${typeName(fn)}`)
      for (const arg of given) spendOn(arg)
      const result = callFunction(fn, given, typed !== null)
      spendOn(result)
      return result
    }
  }

  #builtin(name: string, argNodes: readonly Node[], at: number): Code {
    const spec = builtinSpec(name)
    if (spec === undefined) return () => panic(`unknown builtin ${name}`)
    const args = argNodes.map((arg) => this.compile(arg))
    return (frame) => {
      const given = args.map((arg) => dereferenced(arg(frame)))
      frame.at = at
      for (const arg of given) spendOn(arg)
      const result = spec.run(given, { outside: frame.outside, grow: (size) => frame.grow(size) })
      spendOn(result)
      return result
    }
  }

  #let(node: Extract<Node, { kind: 'let' }>): Code {
    const value = this.compile(node.value)
    const slot = this.varCount++
    this.#lets.push({ name: node.name, slot })
    const body = this.compile(node.body)
    this.#lets.pop()
    return (frame) => {
      frame.vars[slot] = value(frame)
      return body(frame)
    }
  }

  #conditional(node: Extract<Node, { kind: 'conditional' }>): Code {
    const { at } = node
    const [cond, then, otherwise] = [this.compile(node.cond), this.compile(node.then), this.compile(node.otherwise)]
    return (frame) => {
      const value = dereferenced(cond(frame))
      frame.at = at
      return asBool(value) ? then(frame) : otherwise(frame)
    }
  }

  #map(node: Extract<Node, { kind: 'map' }>): Code {
    const { at } = node
    const pairs = node.pairs.map((p) => ({ key: this.compile(p.key), value: this.compile(p.value) }))
    return (frame) => {
      const entries = pairs.map((p) => [p.key(frame), p.value(frame)] as const)
      frame.at = at
      frame.grow(entries.length)
      const out = new Map<string, unknown>()
      // Of two equal keys the first one stays: they are set from the last to the first.
      for (const [key, value] of entries.toReversed()) out.set(asText(key), value)
      return new GoMap(out)
    }
  }
}

function pointer(name: string): Code {
  if (name === 'index') return (frame) => BigInt(frame.loop?.index ?? 0)
  if (name === 'acc') return (frame) => frame.loop?.acc ?? null
  return (frame) => frame.loop?.items[frame.loop.index] ?? null
}
