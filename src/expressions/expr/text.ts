// Functions of Go's strings package that JavaScript's own do differently.

import { joinedWith } from './meter.ts'

const spaces = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const outerSpace = new RegExp(`^${spaces}+|${spaces}+$`, 'g')
const space = new RegExp(`^${spaces}$`)

export const isSpace = (char: string): boolean => space.test(char)
export const trimSpace = (text: string): string => text.replace(outerSpace, '')

/** Without the characters of `cutset` at both ends. */
export function trimAny(text: string, cutset: string): string {
  const cut = new Set(cutset)
  const chars = Array.from(text)
  let from = 0
  let to = chars.length
  while (from < to && cut.has(chars[from] ?? '')) from++
  while (to > from && cut.has(chars[to - 1] ?? '')) to--
  return chars.slice(from, to).join('')
}

// One character becomes one character: `ß` and `ﬁ` stay, and a final sigma is like any other.
export const upper = (text: string): string => mapped(text, (c) => c.toUpperCase(), 'upper')
export const lower = (text: string): string => mapped(text, (c) => c.toLowerCase(), 'lower')

/** What JavaScript changes into several characters, but Go into one. */
const single: Readonly<Record<string, string>> = { ŉ: 'ŉ', ǰ: 'ǰ', İ: 'i' }
const titleForms: Readonly<Record<string, string>> = { ᾀ: 'ᾈ', ᾳ: 'ᾼ', ῃ: 'ῌ', ῳ: 'ῼ' }

function mapped(text: string, change: (char: string) => string, direction: 'upper' | 'lower'): string {
  const whole = change(text)

  if (/^[\x00-\x7f]*$/.test(text)) return whole
  let out = ''
  for (const char of text) {
    const other = change(char)
    if (Array.from(other).length === 1) out += other
    else out += direction === 'upper' ? (titleForms[char] ?? char) : (single[char] ?? char)
  }
  return out
}

/** `strings.SplitN`, or with `keep` `SplitAfterN`: an empty separator gives characters, `max` 0 nothing (null), below 0 all. */
export function splitText(
  text: string,
  separator: string,
  { max, keep = false }: { readonly max: number; readonly keep?: boolean },
): readonly string[] | null {
  if (max === 0) return null
  if (separator === '') {
    const chars = Array.from(text)
    return max < 0 || chars.length <= max ? chars : [...chars.slice(0, max - 1), chars.slice(max - 1).join('')]
  }
  const all = text.split(separator)
  const parts = max < 0 || all.length <= max ? all : [...all.slice(0, max - 1), all.slice(max - 1).join(separator)]
  return keep ? parts.map((p, i) => (i < parts.length - 1 ? p + separator : p)) : parts
}

/** `strings.Replace`; an empty `old` stands before and after every character; `count` below 0 means all. */
export function replaceText(text: string, old: string, by: string, count: number): string {
  if (old === by || count === 0) return text
  if (old !== '') {
    const parts = text.split(old)
    if (count < 0 || parts.length - 1 <= count) return joinedWith(by, parts)
    return joinedWith(old, [joinedWith(by, parts.slice(0, count + 1)), ...parts.slice(count + 1)])
  }
  const chars = Array.from(text)
  const places = count < 0 ? chars.length + 1 : Math.min(count, chars.length + 1)
  return joinedWith(
    '',
    [...chars, ''].map((char, i) => (i < places ? by + char : char)),
  )
}
