/** Quoted literals of Kubernetes' JSONPath: Go's escapes, in single or double quotes. */

const simple: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/** `null` if an escape is wrong or the quote stands inside unescaped. */
export function unquoteLiteral(literal: string): string | null {
  const quote = literal.charAt(0)
  if (literal.length < 2 || !literal.endsWith(quote)) return null
  const inside = literal.slice(1, -1)
  const form = /\\(?:(x)([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"]))|([^\\])/gsuy
  let text = ''
  while (form.lastIndex < inside.length) {
    const match = form.exec(inside)
    if (match === null) return null
    const [, , byte, short, long, octal, escape, plain] = match
    const hex = byte ?? short ?? long
    if (plain !== undefined) {
      if (plain === quote || plain === '\n') return null
      text += plain
    } else if (hex !== undefined) {
      const code = Number.parseInt(hex, 16)
      if (code > 0x10_ffff) return null
      text += String.fromCodePoint(code)
    } else if (octal !== undefined) text += String.fromCodePoint(Number.parseInt(octal, 8))
    else if (escape === "'" || escape === '"') {
      if (escape !== quote) return null
      text += escape
    } else text += simple[escape ?? ''] ?? ''
  }
  return text
}
