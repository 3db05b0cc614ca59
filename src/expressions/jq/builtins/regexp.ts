/** Regular expressions in jq: RE2's language, offsets counted in characters. */
import { type RE2JS } from 're2js'
import { compilePattern } from '../../when/plan.ts'
import { quoteText } from '../../go-text.ts'
import { JqError, notApplicable } from '../errors.ts'
import type { JqValue } from '../values.ts'

export type Found = {
  /** In UTF-16 units. */
  readonly start: number
  readonly end: number
  /** The named groups, for replacements. */
  readonly captures: JqValue
  /** As `match` shows it. */
  readonly shown: JqValue
}

function compile(pattern: string, flags: string): RE2JS {
  if (/[^gim]/.test(flags)) throw new JqError(`unsupported regular expression flag: ${quoteText(flags)}`)
  const insensitive = flags.includes('i') ? `(?i)${pattern}` : pattern
  const source = flags.includes('m') ? `(?s)${insensitive}` : insensitive
  const compiled = compilePattern(source)
  if (!compiled.ok) throw new JqError(`invalid regular expression ${quoteText(source)}: ${compiled.error}`)
  return compiled.value
}

function checked(value: JqValue, pattern: JqValue, flags: JqValue, name: string): readonly [string, RE2JS, string] {
  const given = flags ?? ''
  if (typeof value !== 'string' || typeof pattern !== 'string' || typeof given !== 'string') {
    throw notApplicable(name, value, pattern, flags)
  }
  return [value, compile(pattern, given), given]
}

export function testPattern(value: JqValue, pattern: JqValue, flags: JqValue): boolean {
  const [text, compiled] = checked(value, pattern, flags, 'test')
  return compiled.matcher(text).find()
}

/** The first match, or with the flag `g` all of them. */
export function matchesOf(value: JqValue, pattern: JqValue, flags: JqValue, name: string): readonly Found[] {
  const [text, compiled, given] = checked(value, pattern, flags, name)
  const names = new Map(Object.entries(compiled.namedGroups()).map(([group, index]) => [index, group]))
  const matcher = compiled.matcher(text)
  const found: Found[] = []
  let lastEnd = -1
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()]
    // An empty match right behind another one does not count.
    if (start === end && start === lastEnd) continue
    lastEnd = end
    const groups = Array.from({ length: matcher.groupCount() }, (_, i) => {
      const part = matcher.group(i + 1)
      return { name: names.get(i + 1) ?? null, part, start: part === null ? -1 : matcher.start(i + 1) }
    })
    found.push({ start, end, captures: namedParts(groups), shown: shownMatch(text, start, end, groups) })
    if (!given.includes('g')) break
  }
  return found
}

type Group = { readonly name: string | null; readonly part: string | null; readonly start: number }

const namedParts = (groups: readonly Group[]): JqValue =>
  new Map(groups.flatMap(({ name, part }) => (name === null ? [] : [[name, part] as const])))

const characters = (text: string): bigint => BigInt([...text].length)

function shownMatch(text: string, start: number, end: number, groups: readonly Group[]): JqValue {
  return new Map<string, JqValue>([
    ['offset', characters(text.slice(0, start))],
    ['length', characters(text.slice(start, end))],
    ['string', text.slice(start, end)],
    ['captures', groups.map((group) => shownGroup(text, group))],
  ])
}

function shownGroup(text: string, { name, part, start }: Group): JqValue {
  return new Map<string, JqValue>([
    ['name', name],
    ['offset', part === null ? -1n : characters(text.slice(0, start))],
    ['length', part === null ? 0n : characters(part)],
    ['string', part],
  ])
}
