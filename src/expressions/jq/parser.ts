/** Reads a jq program into its tree, with the precedence of gojq's grammar. */
import { JqProgramError } from './errors.ts'
import { JqLexer, type JqToken, unexpected } from './lexer.ts'
import { type Definition, type Filter, type ObjectEntry, type Pattern, identity, literal } from './syntax.ts'
import { parseNumberText } from './values.ts'

const levels: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
]
const updates: ReadonlySet<string> = new Set(['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='])
/** More brackets inside one another than this are refused. */
const depthMax = 500

/** @throws JqProgramError in gojq's words */
export function parseProgram(source: string): Filter {
  const parser = new Parser(source)
  parser.imports()
  const program = parser.program()
  parser.end()
  return program
}

/** The definitions of a text that holds nothing else. */
export function parseDefinitions(source: string): readonly Definition[] {
  const definitions: Definition[] = []
  let rest = new Parser(source).program()
  while (rest.kind === 'define') {
    definitions.push(rest.definition)
    rest = rest.body
  }
  return definitions
}

class Parser {
  private readonly lexer: JqLexer
  private token: JqToken
  private depth = 0

  constructor(source: string) {
    this.lexer = new JqLexer(source)
    this.token = this.lexer.next()
  }

  private advance(): JqToken {
    const { token } = this
    this.token = this.lexer.next()
    return token
  }

  private is(text: string): boolean {
    return (this.token.kind === 'sign' || this.token.kind === 'keyword') && this.token.text === text
  }

  private take(text: string): boolean {
    if (!this.is(text)) return false
    this.advance()
    return true
  }

  private need(text: string): void {
    if (!this.take(text)) throw unexpected(this.token)
  }

  end(): void {
    if (this.token.kind !== 'end') throw unexpected(this.token)
  }

  /** There are no modules here; naming one is an error. */
  imports(): void {
    while (this.is('import') || this.is('include')) {
      this.advance()
      if (this.token.kind !== 'quote') throw unexpected(this.token)
      const { text } = this.lexer.stringPiece()
      throw new JqProgramError(`cannot load module: ${JSON.stringify(text)}`)
    }
  }

  /** A whole program may be nothing but definitions, or nothing at all. */
  program(): Filter {
    if (this.token.kind === 'end') return identity
    if (!this.is('def')) return this.pipe()
    const definition = this.definition()
    return { kind: 'define', definition, body: this.program() }
  }

  private definition(): Definition {
    this.need('def')
    if (this.token.kind !== 'word') throw unexpected(this.token)
    const name = this.advance().text
    const parameters: string[] = []
    if (this.take('(')) {
      do {
        if (this.token.kind !== 'word' && this.token.kind !== 'variable') throw unexpected(this.token)
        parameters.push(this.advance().text)
      } while (this.take(';'))
      this.need(')')
    }
    this.need(':')
    const body = this.pipe()
    this.need(';')
    return { name, parameters, body }
  }

  private pipe(): Filter {
    if (++this.depth > depthMax) throw new JqProgramError('program nested too deeply')
    try {
      return this.pipeInside()
    } finally {
      this.depth--
    }
  }

  private pipeInside(): Filter {
    if (this.is('def')) {
      const definition = this.definition()
      return { kind: 'define', definition, body: this.pipe() }
    }
    let left = this.commaItem()
    if (left.complete) return left.filter
    while (this.take(',')) {
      const right = this.is('def') ? { filter: this.pipe(), complete: true } : this.commaItem()
      left = { filter: { kind: 'comma', left: left.filter, right: right.filter }, complete: right.complete }
      if (left.complete) return left.filter
    }
    return this.take('|') ? { kind: 'pipe', left: left.filter, right: this.pipe() } : left.filter
  }

  /** `complete` if it took everything that follows: a label or a binding. */
  private commaItem(): { readonly filter: Filter; readonly complete: boolean } {
    if (this.take('label')) {
      const name = this.variableName()
      this.need('|')
      return { filter: { kind: 'label', name, body: this.pipe() }, complete: true }
    }
    const filter = this.alternative()
    if (!this.take('as')) return { filter, complete: false }
    const patterns = [this.pattern()]
    while (this.take('?//')) patterns.push(this.pattern())
    this.need('|')
    return { filter: { kind: 'bind', source: filter, patterns, body: this.pipe() }, complete: true }
  }

  private variableName(): string {
    if (this.token.kind !== 'variable') throw unexpected(this.token)
    return this.advance().text
  }

  private alternative(): Filter {
    const left = this.update()
    return this.take('//') ? { kind: 'alternative', left, right: this.alternative() } : left
  }

  private update(): Filter {
    const path = this.binary(0)
    if (this.token.kind !== 'sign' || !updates.has(this.token.text)) return path
    const operator = this.advance().text
    const value = this.alternativeOperand()
    if (this.token.kind === 'sign' && updates.has(this.token.text)) throw unexpected(this.token)
    if (operator === '=') return { kind: 'assign', path, value }
    if (operator === '|=') return { kind: 'modify', path, update: value }
    return { kind: 'update', operator: operator.slice(0, -1) as '+' | '//', path, value }
  }

  /** `//` binds looser than an update, so the right side is without it. */
  private alternativeOperand(): Filter {
    return this.binary(0)
  }

  private binary(level: number): Filter {
    const operators = levels[level]
    if (operators === undefined) return this.postfix()
    let left = this.binary(level + 1)
    while (operators.some((operator) => this.is(operator))) {
      const operator = this.advance().text
      const right = this.binary(level + 1)
      left =
        operator === 'and' || operator === 'or'
          ? { kind: operator, left, right }
          : { kind: 'binary', operator: operator as '+', left, right }
      if (level === 2 && operators.some((next) => this.is(next))) throw unexpected(this.token)
    }
    return left
  }

  private pattern(): Pattern {
    if (this.token.kind === 'variable') return { kind: 'variable', name: this.advance().text }
    if (this.take('[')) {
      const items = [this.pattern()]
      while (this.take(',')) items.push(this.pattern())
      this.need(']')
      return { kind: 'array', items }
    }
    this.need('{')
    const entries = [this.patternEntry()]
    while (this.take(',')) entries.push(this.patternEntry())
    this.need('}')
    return { kind: 'object', entries }
  }

  private patternEntry(): Extract<Pattern, { readonly kind: 'object' }>['entries'][number] {
    const { kind } = this.token
    if (kind === 'variable') {
      const variable = this.advance().text
      const value = this.take(':') ? this.pattern() : null
      return { variable, key: literal(variable.slice(1)), value }
    }
    let key: Filter
    if (kind === 'word' || kind === 'keyword') key = literal(this.advance().text)
    else if (kind === 'quote') key = this.string(null)
    else {
      this.need('(')
      key = this.pipe()
      this.need(')')
    }
    this.need(':')
    return { variable: null, key, value: this.pattern() }
  }

  /** A term with its suffixes. */
  private postfix(): Filter {
    let term = this.term()
    let lastTarget: Filter | null = null
    for (;;) {
      const before: Filter = term
      if (this.token.kind === 'field')
        term = { kind: 'index', target: term, key: literal(this.advance().text.slice(1)) }
      else if (this.is('[')) term = this.bracket(term)
      else if (this.is('.')) {
        this.advance()
        if (this.token.kind === 'quote') term = { kind: 'index', target: term, key: this.string(null) }
        else if (this.is('[')) term = this.bracket(term)
        else throw unexpected(this.token)
      } else if (this.take('?')) {
        term = optional(term, lastTarget)
        lastTarget = null
        continue
      } else return term
      lastTarget = before
    }
  }

  private bracket(target: Filter): Filter {
    this.need('[')
    if (this.take(']')) return { kind: 'iterate', target }
    if (this.take(':')) {
      const to = this.pipe()
      this.need(']')
      return { kind: 'slice', target, from: null, to }
    }
    const from = this.pipe()
    if (this.take(']')) return { kind: 'index', target, key: from }
    this.need(':')
    const to = this.is(']') ? null : this.pipe()
    this.need(']')
    return { kind: 'slice', target, from, to }
  }

  private term(): Filter {
    const { token } = this
    switch (token.kind) {
      case 'number':
        this.advance()
        return literal(parseNumberText(token.text))
      case 'quote':
        return this.string(null)
      case 'format': {
        this.advance()
        return this.token.kind === 'quote' ? this.string(token.text) : { kind: 'format', name: token.text }
      }
      case 'field':
        this.advance()
        return { kind: 'index', target: identity, key: literal(token.text.slice(1)) }
      case 'variable':
        this.advance()
        return { kind: 'variable', name: token.text }
      case 'word':
        return this.call()
      case 'keyword':
        return this.keywordTerm()
      default:
        return this.signTerm()
    }
  }

  private call(): Filter {
    const name = this.advance().text
    const args: Filter[] = []
    if (this.take('(')) {
      do args.push(this.pipe())
      while (this.take(';'))
      this.need(')')
    }
    return { kind: 'call', name, args }
  }

  private signTerm(): Filter {
    if (this.take('..')) return { kind: 'recurse' }
    if (this.is('.')) return this.dotted()
    if (this.take('[')) {
      if (this.take(']')) return { kind: 'array', items: null }
      const items = this.pipe()
      this.need(']')
      return { kind: 'array', items }
    }
    if (this.take('{')) return this.object()
    if (this.take('(')) {
      const inner = this.pipe()
      this.need(')')
      return inner
    }
    if (this.is('-') || this.is('+')) {
      const operator = this.advance().text as '+' | '-'
      return { kind: 'sign', operator, operand: this.postfix() }
    }
    throw unexpected(this.token)
  }

  /** `.`, `."a"`, `.[…]`. */
  private dotted(): Filter {
    this.advance()
    if (this.token.kind === 'quote') return { kind: 'index', target: identity, key: this.string(null) }
    return this.is('[') ? this.bracket(identity) : identity
  }

  private object(): Filter {
    const entries: ObjectEntry[] = []
    while (!this.take('}')) {
      entries.push(this.objectEntry())
      if (this.take(',')) continue
      this.need('}')
      break
    }
    return { kind: 'object', entries }
  }

  private objectEntry(): ObjectEntry {
    const { token } = this
    if (token.kind === 'variable') {
      this.advance()
      const variable: Filter = { kind: 'variable', name: token.text }
      return this.take(':')
        ? { key: variable, value: this.objectValue() }
        : { key: literal(token.text.slice(1)), value: variable }
    }
    if (token.kind === 'word' || token.kind === 'keyword') {
      const key = literal(this.advance().text)
      return { key, value: this.take(':') ? this.objectValue() : { kind: 'index', target: identity, key } }
    }
    if (token.kind === 'quote') {
      const key = this.string(null)
      return { key, value: this.take(':') ? this.objectValue() : { kind: 'index', target: identity, key } }
    }
    this.need('(')
    const key = this.pipe()
    this.need(')')
    this.need(':')
    return { key, value: this.objectValue() }
  }

  /** Without commas, which separate entries. */
  private objectValue(): Filter {
    const left = this.alternative()
    return this.take('|') ? { kind: 'pipe', left, right: this.objectValue() } : left
  }

  private keywordTerm(): Filter {
    const { token } = this
    switch (token.text) {
      case 'null':
      case 'true':
      case 'false':
        this.advance()
        return literal(token.text === 'null' ? null : token.text === 'true')
      case 'if':
        this.advance()
        return this.conditional()
      case 'try': {
        this.advance()
        const body = this.postfix()
        return { kind: 'try', body, handler: this.take('catch') ? this.postfix() : null }
      }
      case 'reduce':
      case 'foreach':
        return this.fold(this.advance().text === 'reduce')
      case 'break':
        this.advance()
        return { kind: 'break', name: this.variableName() }
      default:
        throw unexpected(token)
    }
  }

  /** Behind `if` or `elif`. */
  private conditional(): Filter {
    const condition = this.pipe()
    this.need('then')
    const then = this.pipe()
    if (this.take('elif')) return { kind: 'if', condition, then, otherwise: this.conditional() }
    const otherwise = this.take('else') ? this.pipe() : null
    this.need('end')
    return { kind: 'if', condition, then, otherwise }
  }

  private fold(isReduce: boolean): Filter {
    const source = this.alternative()
    this.need('as')
    const pattern = this.pattern()
    this.need('(')
    const start = this.pipe()
    this.need(';')
    const update = this.pipe()
    const extract = !isReduce && this.take(';') ? this.pipe() : null
    this.need(')')
    return isReduce
      ? { kind: 'reduce', source, pattern, start, update }
      : { kind: 'foreach', source, pattern, start, update, extract }
  }

  /** The string whose opening quote is the current token. */
  private string(format: string | null): Filter {
    const parts: (string | Filter)[] = []
    for (;;) {
      const { text, open } = this.lexer.stringPiece()
      if (text !== '') parts.push(text)
      if (!open) break
      this.advance()
      parts.push(this.pipe())
      if (!this.is(')')) throw unexpected(this.token)
    }
    this.advance()
    return parts.every((part) => typeof part === 'string') ? literal(parts.join('')) : { kind: 'text', parts, format }
  }
}

/** `?` shields only the last suffix; what stands before it may still fail. Its index is then taken of that one's result. */
function optional(term: Filter, target: Filter | null): Filter {
  if (target === null || target.kind === 'identity') return { kind: 'try', body: term, handler: null }
  const last = { ...term, target: identity } as Filter
  return { kind: 'pipe', left: target, right: { kind: 'try', body: last, handler: null } }
}
