// Numbers in text as Go's strconv reads them: integers to 64 bits, floats to the nearest double.

const INT64_MAX = (1n << 63n) - 1n

/** A number literal of the expression language. */
export function parseNumber(literal: string): { readonly value: bigint | number } | { readonly error: string } {
  const text = literal.replaceAll('_', '')
  const lower = text.toLowerCase()
  const radix: Readonly<Record<string, readonly [string, RegExp]>> = {
    '0x': ['hex', /^0x[0-9a-f]+$/],
    '0b': ['binary', /^0b[01]+$/],
    '0o': ['octal', /^0o[0-7]+$/],
  }
  const based = radix[lower.slice(0, 2)]
  if (based !== undefined && (based[0] === 'hex' || !/[.e]/.test(lower))) {
    const problem = !based[1].test(lower) ? 'invalid syntax' : BigInt(lower) > INT64_MAX ? 'value out of range' : null
    return problem === null
      ? { value: BigInt(lower) }
      : { error: `invalid ${based[0]} literal: strconv.ParseInt: parsing ${JSON.stringify(text)}: ${problem}` }
  }
  if (/[.e]/.test(lower)) {
    const value = parseFloat64(text)
    if (typeof value === 'number') return { value }
    return { error: `invalid float literal: strconv.ParseFloat: parsing ${JSON.stringify(text)}: ${value.error}` }
  }
  const value = parseInt64(text)
  if (typeof value === 'bigint') return { value }
  return { error: `invalid integer literal: strconv.ParseInt: parsing ${JSON.stringify(text)}: ${value.error}` }
}

/** `strconv.ParseInt(text, 10, 64)`. */
export function parseInt64(text: string, base: 8 | 10 = 10): bigint | { readonly error: string } {
  const m = (base === 10 ? /^([+-]?)(\d+)$/ : /^([+-]?)([0-7]+)$/).exec(text)
  if (m === null) return { error: 'invalid syntax' }
  const size = BigInt(base === 8 ? `0o${m[2] ?? ''}` : (m[2] ?? ''))
  if (size > (m[1] === '-' ? INT64_MAX + 1n : INT64_MAX)) return { error: 'value out of range' }
  return m[1] === '-' ? -size : size
}

/** `strconv.ParseFloat(text, 64)`: decimal, hexadecimal, `inf`, `nan`; underscores between digits. */
export function parseFloat64(text: string): number | { readonly error: string } {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special !== null) {
    if ((special[2] ?? '').toLowerCase() === 'nan') return special[1] === '' ? Number.NaN : { error: 'invalid syntax' }
    return special[1] === '-' ? -Infinity : Infinity
  }
  const hex = /^([+-]?)0x([0-9a-f_]*)(?:\.([0-9a-f_]*))?p([+-]?\d+)$/i.exec(text)
  if (hex !== null) return hexFloat(hex)
  // An underscore may stand between any two digits.
  const plain = /\d_\d/.test(text) && !/__|_(?!\d)|(?<!\d)_/.test(text) ? text.replaceAll('_', '') : text
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(plain)) return { error: 'invalid syntax' }
  const value = Number(plain)
  return Number.isFinite(value) ? value : { error: 'value out of range' }
}

function hexFloat(m: RegExpExecArray): number | { readonly error: string } {
  const whole = (m[2] ?? '').replaceAll('_', '')
  const fraction = (m[3] ?? '').replaceAll('_', '')
  if (whole === '' && fraction === '') return { error: 'invalid syntax' }
  const exponent = Number(m[4]) - 4 * fraction.length
  const mantissa = Number(BigInt(`0x${whole}${fraction}`))
  const value = mantissa * 2 ** exponent
  if (!Number.isFinite(value)) return { error: 'value out of range' }
  return m[1] === '-' ? -value : value
}
