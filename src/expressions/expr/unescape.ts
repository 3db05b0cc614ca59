// What the escapes of a quoted text stand for.

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
}
const fail = (): never => {
  throw new Error('unable to unescape string')
}
const octalFail = (): never => {
  throw new Error('unable to unescape octal sequence in string')
}

/** The text between the quotes of a literal the lexer has accepted. Throws on escapes it let pass that mean nothing. */
export function unescapeText(literal: string): string {
  const body = literal.replace(/\r\n?/g, '\n').slice(1, -1)
  return body.replace(
    /\\(?:u\{([0-9a-fA-F]*)\}|x(..)|u(....)|U(.{8})|([0-7])(..)?|([^]))/gu,
    (
      _,
      braced: string | undefined,
      x: string | undefined,
      u: string | undefined,
      U: string | undefined,
      o: string | undefined,
      more: string | undefined,
      one: string | undefined,
    ) => {
      const digits = braced ?? x ?? u ?? U
      if (digits !== undefined) return character(Number.parseInt(digits, 16))
      if (o !== undefined) {
        if (o > '3') return fail()
        return more !== undefined && /^[0-7]{2}$/.test(more) ? character(Number.parseInt(o + more, 8)) : octalFail()
      }
      return simple[one ?? ''] ?? fail()
    },
  )
}

/** The bytes of a `b"…"` literal; here `\x` and octal escapes are single bytes and `\u` is none. */
export function unescapeBytes(literal: string): Uint8Array {
  const out: number[] = []
  const encoder = new TextEncoder()
  const body = literal.replace(/\r\n?/g, '\n').slice(1, -1)
  for (const m of body.matchAll(/\\x(..)|\\([0-7])(..)?|\\([^])|([^\\])/gu)) {
    if (m[1] !== undefined) out.push(Number.parseInt(m[1], 16))
    else if (m[2] !== undefined) {
      if (m[2] > '3') fail()
      if (m[3] === undefined || !/^[0-7]{2}$/.test(m[3])) octalFail()
      out.push(Number.parseInt(`${m[2]}${m[3] ?? ''}`, 8))
    } else out.push(...encoder.encode(m[4] === undefined ? (m[5] ?? '') : (simple[m[4]] ?? fail())))
  }
  return Uint8Array.from(out)
}

function character(code: number): string {
  if (code > 0x10ffff) return fail()
  return code >= 0xd800 && code <= 0xdfff ? '\uFFFD' : String.fromCodePoint(code)
}
