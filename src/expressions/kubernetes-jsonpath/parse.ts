/** Reads Kubernetes' JSONPath templates (`{.items[*].name}`, `{range …}…{end}`). Errors in Kubernetes' words. */
import { type Parsed, parseInteger, parsed, unparsed } from '../go-text.ts'
import { unquoteLiteral } from './unquote.ts'

export type SliceBound = { readonly known: boolean; readonly value: number }
export type PathNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly nodes: readonly PathNode[] }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'identifier'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: PathLiteral }
  | { readonly kind: 'union'; readonly members: readonly (readonly PathNode[])[] }
  | {
      readonly kind: 'slice'
      readonly from: SliceBound
      /** `derived`: a plain index, whose end is one behind it. */
      readonly to: SliceBound & { readonly derived: boolean }
      readonly step: SliceBound
    }
  | {
      readonly kind: 'filter'
      readonly left: readonly PathNode[]
      readonly operator: string
      readonly right: readonly PathNode[]
    }
/** Whole numbers are another type than those of the document, so they never compare. */
export type PathLiteral =
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }

class Fault extends Error {}

const isLetterOrDigit = (char: string): boolean => /^[_\p{L}\p{Nd}]$/u.test(char)
const isTerminator = (char: string): boolean => char === '' || ' \t\r\n.,[]$@{}'.includes(char)

export function parseTemplate(text: string): Parsed<readonly PathNode[]> {
  try {
    return parsed(new Parser(text).template())
  } catch (error) {
    if (error instanceof Fault) return unparsed(error.message)
    throw error
  }
}

/** The nodes of `{text}`; what stands behind a closing brace in it is dropped. */
function parseAction(text: string): readonly PathNode[] {
  const [first] = new Parser(`{${text}}`).template()
  return first?.kind === 'action' ? first.nodes : []
}

class Parser {
  private readonly chars: readonly string[]
  private at = 0

  constructor(text: string) {
    this.chars = [...text]
  }

  template(): readonly PathNode[] {
    const nodes: PathNode[] = []
    while (this.at < this.chars.length) {
      const text = this.readWhile((char) => char !== '{')
      if (text !== '') nodes.push({ kind: 'text', text })
      if (this.look() !== '{') continue
      this.at++
      nodes.push({ kind: 'action', nodes: this.action() })
    }
    return nodes
  }

  private look(offset = 0): string {
    return this.chars[this.at + offset] ?? ''
  }

  private readWhile(wanted: (char: string) => boolean): string {
    const start = this.at
    while (this.at < this.chars.length && wanted(this.look())) this.at++
    return this.chars.slice(start, this.at).join('')
  }

  private action(): readonly PathNode[] {
    const nodes: PathNode[] = []
    for (;;) {
      const char = this.look()
      if (char === '}') {
        this.at++
        return nodes
      }
      if (char === '' || char === '\r' || char === '\n') throw new Fault('unclosed action')
      if (char === ' ' || char === '@' || char === '$') this.at++
      else if (char === '[' && this.look(1) === '?' && this.look(2) === '(') nodes.push(this.filter())
      else if (char === '[') nodes.push(...this.array())
      else if (char === '.' && this.look(1) === '.') this.recursive(nodes)
      else if (char === '.') {
        this.at++
        nodes.push(this.field())
      } else if (char === '"' || char === "'") nodes.push(this.quoted(char))
      else if (/^[+\-\p{Nd}]$/u.test(char)) nodes.push(this.number())
      else if (isLetterOrDigit(char)) nodes.push(this.identifier())
      else throw new Fault(`unrecognized character in action: ${runeText(char)}`)
    }
  }

  private recursive(nodes: PathNode[]): void {
    if (nodes.at(-1)?.kind === 'recursive') throw new Fault('invalid multiple recursive descent')
    this.at += 2
    nodes.push({ kind: 'recursive' })
    if (isLetterOrDigit(this.look())) nodes.push(this.field())
  }

  private field(): PathNode {
    let name = ''
    for (; !isTerminator(this.look()); this.at++) {
      if (this.look() === '\\') this.at++
      name += this.look()
    }
    return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') }
  }

  private quoted(quote: string): PathNode {
    const start = this.at++
    while (this.look() !== quote || this.look(-1) === '\\') {
      if (this.look() === '' || this.look() === '\n') throw new Fault('unterminated quoted string')
      this.at++
    }
    this.at++
    const literal = this.chars.slice(start, this.at).join('')
    const text = unquoteLiteral(literal)
    if (text === null) throw new Fault(`unquote string ${literal} error invalid syntax`)
    return { kind: 'text', text }
  }

  private number(): PathNode {
    const sign = /^[+-]$/.test(this.look()) ? this.look() : ''
    this.at += sign.length
    const text = sign + this.readWhile((char) => /^[.\p{Nd}]$/u.test(char))
    const whole = parseInteger(text)
    if (whole.ok) return { kind: 'literal', value: { type: 'int', value: whole.value } }
    if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text)) throw new Fault(`cannot parse number ${text}`)
    return { kind: 'literal', value: { type: 'float', value: Number(text) } }
  }

  private identifier(): PathNode {
    const name = this.readWhile((char) => !isTerminator(char))
    if (name !== 'true' && name !== 'false') return { kind: 'identifier', name }
    return { kind: 'literal', value: { type: 'bool', value: name === 'true' } }
  }

  private array(): readonly PathNode[] {
    this.at++
    const inside = this.readWhile((char) => char !== ']' && char !== '\n')
    if (this.look() !== ']') throw new Fault('unterminated array')
    this.at++
    const text = inside === '*' ? ':' : inside
    const members = text.split(',')
    if (members.length > 1) {
      return [{ kind: 'union', members: members.map((member) => parseAction(`[${member.replace(/^ +| +$/g, '')}]`)) }]
    }
    const key = /^'([^']*)'$/.exec(text)?.[1]
    return key === undefined ? [slice(text)] : parseAction(`.${key}`)
  }

  private filter(): PathNode {
    this.at += 3
    const start = this.at
    let quote = ''
    let closed = false
    for (;;) {
      const char = this.look()
      if (char === '' || char === '\n') throw new Fault('unterminated filter')
      this.at++
      if (char === '"' || char === "'") {
        if (quote === '') quote = char
        else if (this.look(-2) !== '\\' && char === quote) closed = true
      } else if (char === ')' && (quote !== '') === closed) break
    }
    if (this.look() !== ']') throw new Fault('unclosed array expect ]')
    const text = this.chars.slice(start, this.at - 1).join('')
    this.at++
    const [, left, operator = '', right = ''] = /^([^!<>=]+)([!<>=~]+)(.+)$/.exec(text) ?? []
    if (left === undefined) return { kind: 'filter', left: parseAction(text), operator: 'exists', right: [] }
    return { kind: 'filter', left: parseAction(left), operator, right: parseAction(right) }
  }
}

function slice(text: string): PathNode {
  const match = /^(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?$/.exec(text)
  if (match === null) throw new Fault(`invalid array index ${text}`)
  const [, first = '', second, third] = match
  const bound = (digits: string | undefined): SliceBound => {
    if (digits === undefined || digits === '') return { known: false, value: 0 }
    const value = parseInteger(digits)
    if (!value.ok) throw new Fault(`array index ${digits} is not a number`)
    return { known: true, value: Number(value.value) }
  }
  const from = bound(first)
  const to =
    second === undefined
      ? { known: true, value: from.value + 1, derived: true }
      : { ...bound(second.slice(1)), derived: false }
  return { kind: 'slice', from, to, step: bound(third?.slice(1)) }
}

/** As Go's `%#U`. */
function runeText(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return /\p{C}/u.test(char) ? `U+${code}` : `U+${code} '${char}'`
}
