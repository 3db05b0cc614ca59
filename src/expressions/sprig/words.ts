// Upper and lower case by words, with each library's own idea of a word.

import { isSpace, lower, upper } from '../expr/text.ts'
import { bytesOf } from '../expr/utf8.ts'

const isUpper = (c: string): boolean => /^\p{Lu}$/u.test(c)
const isLower = (c: string): boolean => /^\p{Ll}$/u.test(c)
const isConnector = (c: string): boolean => c === '-' || c === '_' || isSpace(c)
const isPunctuation = (c: string): boolean => /^\p{P}$/u.test(c)
const isNumber = (c: string): boolean => /^\p{N}$/u.test(c)
const titleOf: Readonly<Record<string, string>> = { ǆ: 'ǅ', ǉ: 'ǈ', ǌ: 'ǋ', ǳ: 'ǲ' }
const toTitle = (c: string): string => titleOf[c] ?? upper(c)

/** Every first letter of a word upper case; letters, digits and `_` make words. */
export function titleCase(text: string): string {
  let before = ' '
  let out = ''
  for (const char of text) {
    // Within ASCII all else separates words, beyond it only blanks.
    const separates =
      before < '\x80' ? !/^[A-Za-z0-9_]$/.test(before) : !/^[\p{L}\p{Nd}]$/u.test(before) && isSpace(before)
    out += separates ? toTitle(char) : char
    before = char
  }
  return out
}

/** The first letter of every word lower case; blanks separate words. */
export function untitle(text: string): string {
  let atStart = true
  return Array.from(text, (char) => {
    if (isSpace(char)) {
      atStart = true
      return char
    }
    const out = atStart ? lower(char) : char
    atStart = false
    return out
  }).join('')
}

export function swapCase(text: string): string {
  let afterBlank = true
  return Array.from(text, (char) => {
    if (isUpper(char) || /^\p{Lt}$/u.test(char)) {
      afterBlank = false
      return lower(char)
    }
    if (isLower(char)) {
      const out = afterBlank ? toTitle(char) : upper(char)
      afterBlank = false
      return out
    }
    afterBlank = isSpace(char)
    return char
  }).join('')
}

/** First bytes of words, as Go's library takes them. */
export function initials(text: string): string {
  let afterGap = true
  let out = ''
  for (const byte of bytesOf(text)) {
    const char = String.fromCharCode(byte)
    if (isSpace(char)) afterGap = true
    else if (afterGap) {
      out += char
      afterGap = false
    }
  }
  return out
}

/** `http_server` → `HttpServer`; connectors at the start and doubled ones stay. */
export function camelCase(text: string): string {
  const chars = Array.from(text)
  const first = chars.findIndex((c) => !isConnector(c))
  if (first < 0) return text
  let out = chars.slice(0, first).join('')
  let inCapitals = isUpper(chars[first] ?? '')
  let current = upper(chars[first] ?? '')
  for (const char of chars.slice(first + 1)) {
    const previous = current
    current = char
    if (isConnector(char) && isConnector(previous)) {
      out += previous
      continue
    }
    if (isConnector(previous)) {
      inCapitals = isUpper(char)
      current = upper(char)
      continue
    }
    if (inCapitals) {
      if (isUpper(char)) current = lower(char)
      else inCapitals = false
    }
    out += previous
  }
  return out + current
}

type WordKind = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other'
type Word = { readonly kind: WordKind; readonly text: string }

// Characters of Chinese, Japanese and Korean writing are no letters here.
const isLetter = (c: string): boolean =>
  /^\p{L}$/u.test(c) && !/^[\u3400-\u4d85\u4e00-\u9fcc\u{20000}-\u{2b81d}]$/u.test(c)

/** The word at the beginning: capitals go with the small letters after them, except those before the last (`HTTPStatus`). */
function wordAt(chars: readonly string[], from: number): Word {
  const first = chars[from]
  if (first === undefined) return { kind: 'none', text: '' }
  const run = (start: number, accept: (c: string) => boolean): number => {
    let end = start
    while (end < chars.length && accept(chars[end] ?? '')) end++
    return end
  }
  const word = (kind: WordKind, end: number): Word => ({ kind, text: chars.slice(from, end).join('') })
  const small = (c: string): boolean => isLetter(c) && !isUpper(c)
  if (isConnector(first)) return word('connector', run(from, isConnector))
  if (isPunctuation(first)) return word('punctuation', run(from, isPunctuation))
  if (isUpper(first)) {
    const second = chars[from + 1] ?? ''
    if (isUpper(second)) {
      const end = run(from, isUpper)
      return word('upper', end < chars.length && isLetter(chars[end] ?? '') ? end - 1 : end)
    }
    return word('upper', run(from + 1, small))
  }
  if (isLetter(first)) return word('letters', run(from, small))
  if (isNumber(first)) return word('number', run(from, isNumber))
  return word(
    'other',
    run(from, (c) => !isConnector(c) && !isLetter(c) && !isNumber(c) && !isPunctuation(c)),
  )
}

/** `HTTPServer2Go` → `http_server2_go`: words in small letters, joined by `connector`. */
export function lowerWords(text: string, connector: string): string {
  const chars = Array.from(text)
  let at = 0
  const take = (): Word => {
    const word = wordAt(chars, at)
    at += Array.from(word.text).length
    return word
  }
  const shown = (word: Word): string => {
    if (word.kind !== 'upper' && word.kind !== 'connector') return word.text
    return Array.from(word.text, (c) => (isConnector(c) ? connector : isUpper(c) ? lower(c) : c)).join('')
  }
  const joins = (word: Word): boolean =>
    word.kind !== 'none' && word.kind !== 'connector' && word.kind !== 'punctuation'
  let out = ''
  let word = take()
  const takeTail = (): void => {
    while (word.kind === 'letters' || word.kind === 'number') {
      out += shown(word)
      word = take()
    }
    if (joins(word)) out += connector
  }
  while (at < chars.length) {
    if (word.kind !== 'connector') out += shown(word)
    const previous = word
    word = take()
    if (previous.kind === 'number') takeTail()
    else if (previous.kind === 'connector') out += shown(previous)
    else if (previous.kind !== 'punctuation') {
      if (word.kind !== 'number') {
        if (word.kind !== 'connector' && word.kind !== 'punctuation') out += connector
      } else if (at < chars.length) {
        const number = word
        word = take()
        if (word.kind !== 'letters') {
          // A number counts to the word before it: `Bld4Floor` → `bld4_floor`.
          out += shown(number)
          if (word.kind !== 'connector' && word.kind !== 'punctuation') out += connector
        } else {
          out += connector + shown(number)
          takeTail()
        }
      }
    }
  }
  return out + shown(word)
}
