/** Kubernetes quantities (`500m`, `1.5Gi`, `1e3`): their canonical form and their value. */
import { type Parsed, parsed, unparsed } from './go-text.ts'

export type Quantity = {
  readonly canonical: string
  /** Whole units, rounded away from zero; beyond 64 bits it wraps round, or is 0, as Kubernetes has it. */
  readonly value: bigint
  /** Thousandths, likewise. */
  readonly milli: bigint
}

type Format = 'decimalSI' | 'decimalExponent' | 'binarySI'
type Suffix = { readonly format: Format; readonly exponent: number }
/** `unscaled` × 10^`exponent`; `fast` is Kubernetes' 64-bit form, which gives up where the other wraps round. */
type Amount = { readonly unscaled: bigint; readonly exponent: number; readonly fast: boolean }

const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const wrongFormat = unparsed(
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
)
const wrongSuffix = unparsed("unable to parse quantity's suffix")
const int64Max = (1n << 63n) - 1n
const nano = -9

export function parseQuantity(text: string): Parsed<Quantity> {
  if (text === '') return wrongFormat
  const match = /^([+-]?)(0*)([0-9]*)(?:(\.)([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text)
  if (match === null) return wrongFormat
  const [, sign = '', zeros = '', digits = '', , fraction = '', suffixText = ''] = match
  if (sign + zeros === text) return parsed(zero)
  const suffix = readSuffix(suffixText)
  if (suffix === null) return wrongSuffix
  const number = { negative: sign === '-', whole: digits || '0', fraction }
  const amount = fastAmount(number, suffix) ?? slowAmount(number, suffix)
  const kept = amount.fast && isCanonical(number, suffix)
  const fractional =
    !amount.fast && amount.unscaled !== 0n && absolute(amount.unscaled) < 10n ** BigInt(-amount.exponent)
  const format = suffix.format === 'binarySI' && fractional ? 'decimalSI' : suffix.format
  return parsed({
    canonical: kept ? text : canonicalText(amount, format),
    value: scaled(amount, 0),
    milli: scaled(amount, -3),
  })
}

const zero: Quantity = { canonical: '0', value: 0n, milli: 0n }
const absolute = (value: bigint): bigint => (value < 0n ? -value : value)

function readSuffix(text: string): Suffix | null {
  const decimal = decimalSuffixes.indexOf(text)
  if (decimal >= 0) return { format: 'decimalSI', exponent: nano + 3 * decimal }
  const binary = binarySuffixes.indexOf(text)
  if (binary >= 0) return { format: 'binarySI', exponent: 10 * (binary + 1) }
  return /^[eE][+-]?[0-9]+$/.test(text) ? { format: 'decimalExponent', exponent: Number(text.slice(1)) } : null
}

type Digits = { readonly negative: boolean; readonly whole: string; readonly fraction: string }

function fastAmount({ negative, whole, fraction }: Digits, { format, exponent }: Suffix): Amount | null {
  const length = whole.length + fraction.length
  const binary = format === 'binarySI'
  if (binary && fraction !== '') return null
  const precision = binary ? 15 - length - Math.trunc((exponent * 3) / 10) - 1 : 18 - length
  const scale = (binary ? 0 : exponent) - fraction.length
  if (precision < 0 || scale < nano) return null
  const size = BigInt(whole + fraction) * (binary ? 1n << BigInt(exponent) : 1n)
  return size > int64Max ? null : { unscaled: negative ? -size : size, exponent: scale, fast: true }
}

/** Kubernetes reuses the text where it takes it for canonical already, `5.` and `1e+3` among it. */
function isCanonical({ whole, fraction }: Digits, { format, exponent }: Suffix): boolean {
  const shifted = whole + fraction
  if (format === 'binarySI') return (BigInt(shifted) & 7n) !== 0n
  return (exponent - fraction.length) % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0')
}

/** Rounds away from zero to 10^-9 and caps binary quantities at 64 bits. */
function slowAmount({ negative, whole, fraction }: Digits, { format, exponent }: Suffix): Amount {
  const binary = format === 'binarySI'
  let size = BigInt(whole + fraction) * (binary ? 1n << BigInt(exponent) : 1n)
  let scale = (binary ? 0 : exponent) - fraction.length
  if (size !== 0n && scale < nano) {
    size = divideUp(size, 10n ** BigInt(nano - scale))
    scale = nano
  }
  if (binary && size > int64Max * 10n ** BigInt(-scale)) [size, scale] = [int64Max, 0]
  return { unscaled: negative ? -size : size, exponent: scale, fast: false }
}

/** For a positive divisor; rounds away from zero. */
function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor === 0n ? quotient : quotient + (value < 0n ? -1n : 1n)
}

function scaled({ unscaled, exponent, fast }: Amount, scale: number): bigint {
  const shift = exponent - scale
  if (shift <= 0) return BigInt.asIntN(64, divideUp(unscaled, 10n ** BigInt(-shift)))
  if (fast && shift > 40) return 0n
  const value = unscaled * 10n ** BigInt(shift)
  return fast && absolute(value) > int64Max ? 0n : BigInt.asIntN(64, value)
}

function canonicalText(amount: Amount, format: Format): string {
  if (amount.unscaled === 0n) return '0'
  if (format === 'binarySI') {
    const whole = wholeOf(amount)
    if (whole !== null && absolute(whole) >= 1024n) return binaryText(whole)
  }
  let { unscaled, exponent } = amount
  while (unscaled % 10n === 0n) [unscaled, exponent] = [unscaled / 10n, exponent + 1]
  while (exponent % 3 !== 0) [unscaled, exponent] = [unscaled * 10n, exponent - 1]
  const suffix = format === 'decimalExponent' ? undefined : decimalSuffixes[(exponent - nano) / 3]
  return `${String(unscaled)}${suffix ?? (exponent === 0 ? '' : `e${String(exponent)}`)}`
}

function wholeOf({ unscaled, exponent }: Amount): bigint | null {
  if (exponent >= 0) return unscaled * 10n ** BigInt(exponent)
  const divisor = 10n ** BigInt(-exponent)
  return unscaled % divisor === 0n ? unscaled / divisor : null
}

function binaryText(whole: bigint): string {
  let value = whole
  let step = -1
  while (value % 1024n === 0n && step < binarySuffixes.length - 1) [value, step] = [value / 1024n, step + 1]
  return `${String(value)}${binarySuffixes[step] ?? ''}`
}
