// Sprig's regular expressions: RE2, with Go's rules for empty matches and replacement texts.

import type { RE2JS } from 're2js'
import type { Group } from './table.ts'
import { TEXT_MAX } from '../expr/meter.ts'
import { compileRegexp } from '../expr/regexp.ts'
import { panic, strings } from '../expr/values.ts'

/** Compiled, or a panic in the words of Go's MustCompile. */
function must(pattern: string): RE2JS {
  const regexp = compileRegexp(pattern)
  if ('re' in regexp) return regexp.re
  const quoted = pattern.includes('`') ? JSON.stringify(pattern) : `\`${pattern}\``
  return panic(`regexp: Compile(${quoted}): ${regexp.error}`)
}

function tried(pattern: string): RE2JS {
  const regexp = compileRegexp(pattern)
  return 're' in regexp ? regexp.re : panic(regexp.error)
}

type Match = {
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | null)[]
  readonly names: Readonly<Record<string, number>>
}

/** The next match from an offset, seen in the whole text. */
function matchFrom(re: RE2JS, text: string, from: number): Match | null {
  const matcher = re.matcher(text)
  if (!matcher.find(from)) return null
  const groups = Array.from({ length: re.groupCount() + 1 }, (_, i) => matcher.group(i))
  return { start: matcher.start(), end: matcher.end(), groups, names: re.namedGroups() }
}

const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)

/** All matches; an empty one right behind another does not count. */
function allMatches(re: RE2JS, text: string, max: number): readonly Match[] {
  const out: Match[] = []
  let previousEnd = -1
  for (let at = 0; at <= text.length && (max < 0 || out.length < max);) {
    const match = matchFrom(re, text, at)
    if (match === null) break
    const isRefused = match.end === at && match.start === previousEnd
    at = match.end === at ? at + widthAt(text, at) : match.end
    previousEnd = match.end
    if (!isRefused) out.push(match)
  }
  return out
}

function findAll(re: RE2JS, text: string, max: bigint): unknown {
  const found = allMatches(re, text, Number(max)).map((m) => text.slice(m.start, m.end))
  return strings(found.length === 0 ? null : found)
}

function find(re: RE2JS, text: string): string {
  const match = matchFrom(re, text, 0)
  return match === null ? '' : text.slice(match.start, match.end)
}

function replaced(re: RE2JS, text: string, by: (match: Match) => string): string {
  let out = ''
  let lastEnd = 0
  for (let at = 0; at <= text.length;) {
    const match = matchFrom(re, text, at)
    if (match === null) break
    out += text.slice(lastEnd, match.start)
    if (match.end > lastEnd || match.start === 0) out += by(match)
    if (out.length > TEXT_MAX) panic('memory budget exceeded')
    lastEnd = match.end
    at = Math.max(match.end, at + widthAt(text, at))
  }
  return out + text.slice(lastEnd)
}

/** `$1`, `$name`, `${1}` and `$$` in a replacement; a `$` that begins none of them stays. */
function expanded(template: string, match: Match): string {
  return template.replace(
    /\$(?:\$|(\w+)|\{(\w+)\})/g,
    (whole, bare: string | undefined, braced: string | undefined) => {
      if (whole === '$$') return '$'
      const name = bare ?? braced ?? ''
      const index = /^\d+$/.test(name) ? Number(name) : (match.names[name] ?? -1)
      return match.groups[index] ?? ''
    },
  )
}

function split(re: RE2JS, text: string, max: bigint): unknown {
  const n = Number(max)
  if (n === 0) return strings(null)
  if (re.pattern() !== '' && text === '') return strings([''])
  const out: string[] = []
  let [from, end] = [0, 0]
  for (const match of allMatches(re, text, n)) {
    if (n > 0 && out.length === n - 1) break
    end = match.start
    if (match.end !== 0) out.push(text.slice(from, end))
    from = match.end
  }
  if (end !== text.length) out.push(text.slice(from))
  return strings(out)
}

const matches = (re: RE2JS, text: string): boolean => re.matcher(text).find()
const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')

type Compile = (pattern: string) => RE2JS
const finding = (compile: Compile) => (pattern: string, text: string) => find(compile(pattern), text)
const findingAll = (compile: Compile) => (pattern: string, text: string, max: bigint) =>
  findAll(compile(pattern), text, max)
const replacing = (compile: Compile) => (pattern: string, text: string, by: string) =>
  replaced(compile(pattern), text, (m) => expanded(by, m))
const replacingLiteral = (compile: Compile) => (pattern: string, text: string, by: string) =>
  replaced(compile(pattern), text, () => by)
const splitting = (compile: Compile) => (pattern: string, text: string, max: bigint) =>
  split(compile(pattern), text, max)

export const regexFunctions: Group = () => ({
  regexMatch: [
    '(string, string) bool',
    (pattern: string, text: string) => {
      const regexp = compileRegexp(pattern)
      return 're' in regexp && matches(regexp.re, text)
    },
  ],
  mustRegexMatch: ['(string, string) (bool, error)', (pattern: string, text: string) => matches(tried(pattern), text)],
  regexFindAll: ['(string, string, int) []string', findingAll(must)],
  mustRegexFindAll: ['(string, string, int) ([]string, error)', findingAll(tried)],
  regexFind: ['(string, string) string', finding(must)],
  mustRegexFind: ['(string, string) (string, error)', finding(tried)],
  regexReplaceAll: ['(string, string, string) string', replacing(must)],
  mustRegexReplaceAll: ['(string, string, string) (string, error)', replacing(tried)],
  regexReplaceAllLiteral: ['(string, string, string) string', replacingLiteral(must)],
  mustRegexReplaceAllLiteral: ['(string, string, string) (string, error)', replacingLiteral(tried)],
  regexSplit: ['(string, string, int) []string', splitting(must)],
  mustRegexSplit: ['(string, string, int) ([]string, error)', splitting(tried)],
  regexQuoteMeta: ['(string) string', quoteMeta],
})
