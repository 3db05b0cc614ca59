/** Go's fmt.Sprintf for the one integer that a sequence's format gets, wrong verbs and all. */

type Flags = {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | null
  precision: number | null
}

/** The format of one number. Unused, missing and misplaced arguments show in the text, as in Go. */
export function sprintfInteger(format: string, value: bigint): string {
  const chars = [...format]
  let out = ''
  let used = 0
  let reordered = false
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? ''
    if (char !== '%') {
      out += char
      continue
    }
    const flags: Flags = {
      plus: false,
      minus: false,
      sharp: false,
      space: false,
      zero: false,
      width: null,
      precision: null,
    }
    let good = true
    i++
    for (; '+-# 0'.includes(chars[i] ?? 'x'); i++) setFlag(flags, chars[i] ?? '')
    const index = (): void => {
      const [whole = '', number = ''] = /^\[([^\]]*)\]/.exec(chars.slice(i, i + 20).join('')) ?? []
      if (chars[i] !== '[') return
      reordered = true
      used = /^[0-9]+$/.test(number) ? Number(number) - 1 : used
      good = number === '1'
      i += Math.max(1, [...whole].length)
    }
    const count = (): number | null => {
      if (chars[i] === '*') {
        i++
        used++
        return Number(value)
      }
      let digits = ''
      for (; /^[0-9]$/.test(chars[i] ?? ''); i++) digits += chars[i] ?? ''
      return digits === '' ? null : Number(digits)
    }
    index()
    flags.width = count()
    if (flags.width !== null && flags.width < 0) [flags.minus, flags.width] = [true, -flags.width]
    if (chars[i] === '.') {
      i++
      index()
      flags.precision = count() ?? 0
    }
    index()
    const verb = chars[i]
    if (verb === undefined) out += '%!(NOVERB)'
    else if (verb === '%') out += '%'
    else if (!good) out += `%!${verb}(BADINDEX)`
    else if (used >= 1) out += `%!${verb}(MISSING)`
    else {
      out += formatVerb(verb, flags, value)
      used++
    }
  }
  return !reordered && used < 1 ? `${out}%!(EXTRA int=${String(value)})` : out
}

function setFlag(flags: Flags, char: string): void {
  if (char === '+') flags.plus = true
  else if (char === '-') flags.minus = true
  else if (char === '#') flags.sharp = true
  else if (char === ' ') flags.space = true
  else flags.zero = true
}

function formatVerb(verb: string, flags: Flags, value: bigint): string {
  switch (verb) {
    case 'v':
    case 'd':
      return integer(flags, value, 10, '')
    case 'b':
      return integer(flags, value, 2, '0b')
    case 'o':
      return integer(flags, value, 8, '0')
    case 'O':
      return integer({ ...flags, sharp: true }, value, 8, '0o')
    case 'x':
      return integer(flags, value, 16, '0x')
    case 'X':
      return integer(flags, value, 16, '0X')
    case 'c':
      return pad(rune(value), flags)
    case 'q':
      return pad(`'${rune(value)}'`, flags)
    case 'U':
      return pad(`U+${value.toString(16).toUpperCase().padStart(4, '0')}`, flags)
    case 'T':
      return pad('int', flags)
    default:
      return `%!${verb}(int=${integer(flags, value, 10, '')})`
  }
}

const rune = (value: bigint): string =>
  value >= 0n && value <= 0x10_ffffn ? String.fromCodePoint(Number(value)) : '\ufffd'

function integer(flags: Flags, value: bigint, base: number, prefix: string): string {
  const size = value < 0n ? -value : value
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  if (flags.precision === 0 && size === 0n) return ' '.repeat(flags.width ?? 0)
  const zeroFill = flags.zero && !flags.minus && flags.width !== null && flags.precision === null
  const digitsMin = flags.precision ?? (zeroFill ? (flags.width ?? 0) - sign.length : 1)
  let digits = size.toString(base).padStart(digitsMin, '0')
  if (prefix === '0X') digits = digits.toUpperCase()
  if (flags.sharp && !(prefix === '0' && digits.startsWith('0'))) digits = prefix + digits
  return pad(sign + digits, flags)
}

function pad(text: string, { width, minus }: Flags): string {
  const missing = (width ?? 0) - [...text].length
  if (missing <= 0) return text
  return minus ? text + ' '.repeat(missing) : ' '.repeat(missing) + text
}
