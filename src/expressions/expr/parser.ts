// Reads an expression into its tree: operator precedence, pipes, predicates, `let`, `if`.

import { heightOf } from './ast.ts'
import type { MemberNode, Node, PairNode } from './ast.ts'
import { builtinNames } from './builtins/names.ts'
import { binaryPrecedence, comparisons, looping, negatable, unaryPrecedence } from './grammar.ts'
import type { Argument } from './grammar.ts'
import { isName, Lexer, showToken } from './lexer.ts'
import type { Token, TokenKind } from './lexer.ts'
import { parseNumber } from './numbers.ts'
import { ExpressionError } from './source-error.ts'

const NODES_MAX = 10_000
/** Brackets, calls and branches inside one another; beyond it reading would exhaust the stack. */
const DEPTH_MAX = 300
/** Levels of the tree: `a.b.c` and `1+2+3` grow to the left without brackets. */
const HEIGHT_MAX = 1_000

/**
 * The tree of an expression.
 * @param overridden builtins hidden by a variable of that name
 * @throws ExpressionError
 */
export function parseExpression(source: string, overridden: ReadonlySet<string> = new Set()): Node {
  return new Parser(source, overridden).parse()
}

class Parser {
  readonly #lexer: Lexer
  readonly #overridden: ReadonlySet<string>
  #token: Token
  #stash: Token | null = null
  #predicates = 0
  #nodes = 0
  #depth = 0

  constructor(source: string, overridden: ReadonlySet<string>) {
    this.#lexer = new Lexer(source)
    this.#overridden = overridden
    this.#token = this.#lexer.next()
  }

  parse(): Node {
    const node = this.#sequence()
    if (this.#token.kind !== 'EOF') throw this.#unexpected()
    if (heightOf(node) > HEIGHT_MAX) throw this.#tooDeep()
    return node
  }

  #next(): void {
    const stashed = this.#stash
    this.#stash = null
    this.#token = stashed ?? this.#lexer.next()
  }

  #is(kind: TokenKind, value: string): boolean {
    return this.#token.kind === kind && this.#token.value === value
  }

  #expect(kind: TokenKind, value?: string): void {
    if (this.#token.kind !== kind || (value !== undefined && this.#token.value !== value)) throw this.#unexpected()
    this.#next()
  }

  #error(message: string, at = this.#token.at): ExpressionError {
    return new ExpressionError(message, at)
  }

  #tooDeep(): ExpressionError {
    return this.#error('compilation failed: expression is nested too deeply')
  }

  #unexpected(token = this.#token): ExpressionError {
    return this.#error(`unexpected token ${showToken(token)}`)
  }

  #made<T extends Node>(node: T): T {
    if (++this.#nodes > NODES_MAX) throw this.#error('compilation failed: expression exceeds maximum allowed nodes')
    return node
  }

  #sequence(): Node {
    const first = this.#expression(0)
    const nodes = [first]
    while (this.#is('Operator', ';')) {
      this.#next()
      if (this.#token.kind === 'EOF') break
      nodes.push(this.#expression(0))
    }
    return nodes.length === 1 ? first : this.#made({ kind: 'sequence', at: first.at, nodes })
  }

  #expression(precedence: number): Node {
    if (++this.#depth > DEPTH_MAX) throw this.#tooDeep()
    const node = this.#operators(precedence)
    this.#depth--
    return node
  }

  #operators(precedence: number): Node {
    if (precedence === 0 && this.#is('Operator', 'let')) return this.#let()
    if (precedence === 0 && this.#is('Operator', 'if')) return this.#if()
    let left = this.#primary()
    let previous = ''
    while (this.#token.kind === 'Operator') {
      let operator = this.#token
      const before = this.#token
      const negated = operator.value === 'not'
      if (negated) {
        this.#next()
        if (!negatable.has(this.#token.value)) throw this.#unexpected()
        if ((binaryPrecedence.get(this.#token.value) ?? -1) < precedence) {
          this.#stash = this.#token
          this.#token = before
          break
        }
        operator = this.#token
      }
      const power = binaryPrecedence.get(operator.value)
      if (power === undefined || power < precedence) break
      this.#next()
      left = this.#binary(left, operator, power, previous, negated)
      previous = operator.value
    }
    return precedence === 0 ? this.#conditional(left) : left
  }

  #binary(left: Node, operator: Token, power: number, previous: string, negated: boolean): Node {
    if (operator.value === '|') {
      const name = this.#token
      this.#expect('Identifier')
      return this.#call(name, [left], true)
    }
    if (previous === '??' && operator.value !== '??') {
      const message = `Operator (${operator.value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`
      throw this.#error(message, operator.at)
    }
    if (comparisons.has(operator.value)) return this.#comparison(left, operator, power)
    const rightFirst = operator.value === '**' || operator.value === '^'
    const right = this.#expression(rightFirst ? power : power + 1)
    const node: Node = this.#made({ kind: 'binary', at: operator.at, operator: operator.value, left, right })
    return negated ? this.#made({ kind: 'unary', at: operator.at, operator: 'not', node }) : node
  }

  /** `a < b < c` means `a < b && b < c`. */
  #comparison(first: Node, operator: Token, power: number): Node {
    let left = first
    let token = operator
    let root: Node | null = null
    for (;;) {
      const right = this.#expression(power + 1)
      const node: Node = this.#made({ kind: 'binary', at: token.at, operator: token.value, left, right })
      root =
        root === null ? node : this.#made({ kind: 'binary', at: token.at, operator: '&&', left: root, right: node })
      left = right
      token = this.#token
      if (token.kind !== 'Operator' || !comparisons.has(token.value)) return root
      this.#next()
    }
  }

  #let(): Node {
    this.#next()
    const name = this.#token
    this.#expect('Identifier')
    this.#expect('Operator', '=')
    const value = this.#expression(0)
    this.#expect('Operator', ';')
    const body = this.#sequence()
    return this.#made({ kind: 'let', at: name.at, name: name.value, value, body })
  }

  #if(): Node {
    this.#next()
    if (++this.#depth > DEPTH_MAX) throw this.#tooDeep()
    const cond = this.#expression(0)
    const then = this.#block()
    this.#expect('Operator', 'else')
    const otherwise = this.#is('Operator', 'if') ? this.#if() : this.#block()
    this.#depth--
    return { kind: 'conditional', at: 0, cond, then, otherwise }
  }

  #block(): Node {
    this.#expect('Bracket', '{')
    const node = this.#sequence()
    this.#expect('Bracket', '}')
    return node
  }

  #conditional(first: Node): Node {
    let node = first
    while (this.#is('Operator', '?')) {
      this.#next()
      let then = node
      if (this.#is('Operator', ':')) this.#next()
      else {
        then = this.#expression(0)
        this.#expect('Operator', ':')
      }
      const otherwise = this.#expression(0)
      node = this.#made({ kind: 'conditional', at: this.#token.at, cond: node, then, otherwise })
    }
    return node
  }

  #primary(): Node {
    const token = this.#token
    if (token.kind === 'Operator') {
      const power = unaryPrecedence[token.value]
      if (power !== undefined) {
        this.#next()
        const node = this.#expression(power)
        return this.#postfix(this.#made({ kind: 'unary', at: token.at, operator: token.value, node }))
      }
      if (this.#predicates > 0 && (token.value === '#' || token.value === '.')) {
        let name = ''
        if (token.value === '#') {
          this.#next()
          if (this.#token.kind === 'Identifier') {
            name = this.#token.value
            this.#next()
          }
        }
        return this.#postfix(this.#made({ kind: 'pointer', at: token.at, name }))
      }
      if (token.value === '::') {
        this.#next()
        const name = this.#token
        this.#expect('Identifier')
        return this.#postfix(this.#call(name, [], false))
      }
    }
    if (this.#is('Bracket', '(')) {
      this.#next()
      const node = this.#sequence()
      this.#expect('Bracket', ')')
      return this.#postfix(node)
    }
    return this.#secondary()
  }

  #secondary(): Node {
    const token = this.#token
    const { at } = token
    switch (token.kind) {
      case 'Identifier':
        this.#next()
        if (token.value === 'true' || token.value === 'false')
          return this.#made({ kind: 'bool', at, value: token.value === 'true' })
        if (token.value === 'nil') return this.#made({ kind: 'nil', at })
        if (this.#is('Bracket', '(')) return this.#postfix(this.#call(token, [], true))
        return this.#postfix(this.#made({ kind: 'identifier', at, name: token.value }))
      case 'Number': {
        this.#next()
        const number = parseNumber(token.value)
        if ('error' in number) throw this.#error(number.error)
        return this.#made(
          typeof number.value === 'bigint'
            ? { kind: 'integer', at, value: number.value }
            : { kind: 'float', at, value: number.value },
        )
      }
      case 'String':
        this.#next()
        return this.#postfix(this.#made({ kind: 'string', at, value: token.value }))
      case 'Bytes':
        this.#next()
        return this.#postfix(this.#made({ kind: 'bytes', at, value: token.bytes ?? new Uint8Array() }))
      default:
        if (this.#is('Bracket', '[')) return this.#postfix(this.#array())
        if (this.#is('Bracket', '{')) return this.#postfix(this.#map())
        throw this.#unexpected()
    }
  }

  #call(name: Token, given: readonly Node[], mayBeHidden: boolean): Node {
    const hidden = mayBeHidden && this.#overridden.has(name.value)
    const loop = looping.get(name.value)
    if (loop !== undefined && !hidden) return this.#loop(name, given, loop)
    if (builtinNames.has(name.value) && !hidden) {
      return this.#made({ kind: 'builtin', at: name.at, name: name.value, args: this.#arguments(given) })
    }
    const callee: Node = this.#made({ kind: 'identifier', at: name.at, name: name.value })
    return this.#made({ kind: 'call', at: name.at, callee, args: this.#arguments(given) })
  }

  #loop(name: Token, given: readonly Node[], all: readonly Argument[]): Node {
    this.#expect('Bracket', '(')
    const args = [...given]
    // In a pipe the left side is the first argument.
    const wanted = all.slice(given.length)
    for (const [i, kind] of wanted.entries()) {
      if (this.#is('Bracket', ')')) {
        if (kind.endsWith('?')) break
        throw this.#error(`expected at least ${wanted.length} arguments`)
      }
      if (i > 0) this.#expect('Operator', ',')
      args.push(kind.startsWith('predicate') ? this.#predicate() : this.#expression(0))
    }
    if (this.#is('Operator', ',')) this.#next()
    this.#expect('Bracket', ')')
    return this.#made({ kind: 'builtin', at: name.at, name: name.value, args })
  }

  #predicate(): Node {
    const { at } = this.#token
    const braced = this.#is('Bracket', '{')
    if (braced) this.#next()
    this.#predicates++
    const node = braced ? this.#sequence() : this.#expression(0)
    if (!braced && this.#is('Operator', ';')) throw this.#error('wrap predicate with brackets { and }')
    this.#predicates--
    if (braced) this.#expect('Bracket', '}')
    return this.#made({ kind: 'predicate', at, node })
  }

  #arguments(given: readonly Node[]): readonly Node[] {
    const args = [...given]
    this.#expect('Bracket', '(')
    while (!this.#is('Bracket', ')')) {
      if (args.length > given.length) {
        this.#expect('Operator', ',')
        if (this.#is('Bracket', ')')) break
      }
      args.push(this.#expression(0))
    }
    this.#next()
    return args
  }

  #array(): Node {
    const { at } = this.#token
    this.#next()
    const nodes: Node[] = []
    while (!this.#is('Bracket', ']')) {
      if (nodes.length > 0) {
        this.#expect('Operator', ',')
        if (this.#is('Bracket', ']')) break
      }
      nodes.push(this.#expression(0))
    }
    this.#next()
    return this.#made({ kind: 'array', at, nodes })
  }

  #map(): Node {
    const { at } = this.#token
    this.#next()
    const pairs: PairNode[] = []
    while (!this.#is('Bracket', '}')) {
      if (pairs.length > 0) {
        this.#expect('Operator', ',')
        if (this.#is('Bracket', '}')) break
        if (this.#is('Operator', ',')) throw this.#unexpected()
      }
      const key = this.#mapKey()
      this.#expect('Operator', ':')
      const value = this.#expression(0)
      pairs.push(this.#made({ kind: 'pair', at, key, value }))
    }
    this.#next()
    return this.#made({ kind: 'map', at, pairs })
  }

  #mapKey(): Node {
    const token = this.#token
    if (token.kind === 'Number' || token.kind === 'String' || token.kind === 'Identifier') {
      const key: Node = this.#made({ kind: 'string', at: token.at, value: token.value })
      this.#next()
      return key
    }
    if (this.#is('Bracket', '(')) return this.#expression(0)
    const wanted = 'a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses'
    throw this.#error(`${wanted} (unexpected token ${showToken(token)})`)
  }

  #postfix(first: Node): Node {
    let node = first
    for (;;) {
      const token = this.#token
      const isDot = token.kind === 'Operator' && (token.value === '.' || token.value === '?.')
      if (isDot) {
        const optional = token.value === '?.'
        this.#next()
        node = optional && this.#is('Bracket', '[') ? this.#index(node, true) : this.#dot(node, optional)
      } else if (this.#is('Bracket', '[')) node = this.#index(node, false)
      else return node
    }
  }

  #dot(base: Node, optional: boolean): Node {
    const name = this.#token
    this.#next()
    if (name.kind !== 'Identifier' && !(name.kind === 'Operator' && isName(name.value)))
      throw this.#error('expected name')
    const property: Node = this.#made({ kind: 'string', at: name.at, value: name.value })
    const inChain = base.kind === 'chain'
    const member: MemberNode = this.#made({
      kind: 'member',
      at: name.at,
      node: inChain ? base.node : base,
      property,
      optional,
      method: this.#is('Bracket', '('),
    })
    const node: Node = member.method
      ? this.#made({ kind: 'call', at: name.at, callee: member, args: this.#arguments([]) })
      : member
    return inChain || optional ? this.#made({ kind: 'chain', at: name.at, node }) : node
  }

  #index(base: Node, optional: boolean): Node {
    const { at } = this.#token
    this.#next()
    let from: Node | null = null
    if (!this.#is('Operator', ':')) {
      from = this.#expression(0)
      if (!this.#is('Operator', ':')) {
        const member: Node = this.#made({ kind: 'member', at, node: base, property: from, optional, method: false })
        const node: Node = optional ? this.#made({ kind: 'chain', at, node: member }) : member
        this.#expect('Bracket', ']')
        return node
      }
    }
    this.#next()
    const to = this.#is('Bracket', ']') ? null : this.#expression(0)
    const node: Node = this.#made({ kind: 'slice', at, node: base, from, to })
    this.#expect('Bracket', ']')
    return node
  }
}
