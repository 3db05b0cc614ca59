// Go's quoted strings: `strconv.Quote` and `%q`.

const simple: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}
// Letters, marks, numbers, punctuation, symbols and the ASCII blank are printable; other blanks are not.

const nothingToDo = /^[ !#-[\]-~\u00a1-\u00ac\u00ae-\u02ff]*$/
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** A string as Go writes it between double quotes. */
export function goQuote(text: string): string {
  return `"${goEscape(text)}"`
}

/** The same without the quotes. */
export function goEscape(text: string): string {
  if (nothingToDo.test(text)) return text
  let out = ''
  for (const char of text) out += simple[char] ?? (printable.test(char) ? char : hexEscape(char))
  return out
}

function hexEscape(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0')
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`
  if (code >= 0xd800 && code <= 0xdfff) return '\uFFFD'
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

const maybeNotJson = /[\x00-\x07\v\x0e-\x1f\x7f\ud800-\udfff]/

/** Whether what `goEscape` makes of a text can stand in a JSON string; `\x1b`, `\a` and `\U000e0001` cannot. */
export function escapesToJson(text: string): boolean {
  if (!maybeNotJson.test(text)) return true
  for (const char of text) {
    if (!maybeNotJson.test(char)) continue
    const code = char.codePointAt(0) ?? 0
    if (code < 0x10000 || !printable.test(char)) return false
  }
  return true
}
