/** Plain scalars as the YAML 1.1 reader of Kubernetes' Go code resolves them. */
import { numberLiteral, type RawScalar } from './raw-node.ts'

const words = new Map<string, boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((w): [string, boolean] => [w, true]),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((w): [string, boolean] => [
    w,
    false,
  ]),
  ...['', '~', 'null', 'Null', 'NULL'].map((w): [string, null] => [w, null]),
])
const unwritable = new Set(
  ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF', '-.inf', '-.Inf', '-.INF', '.nan', '.NaN', '.NAN'].values(),
)
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
const integer = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|0([0-7]+)|(0|[1-9][0-9]*))$/
const uint64 = 2n ** 64n
const int64 = 2n ** 63n

/** `null` where JSON cannot hold the value: infinities and what is no number. */
export function resolvePlain(text: string, offset: number): RawScalar | null {
  const word = words.get(text)
  if (word === null) return { kind: 'null', offset }
  if (word !== undefined) return { kind: 'bool', offset, value: word }
  if (unwritable.has(text)) return null
  if (!/^[-+.0-9]/.test(text)) return { kind: 'text', offset, value: text }
  const literal = numberOf(text)
  return literal === null ? { kind: 'text', offset, value: text } : { kind: 'number', offset, literal }
}

function numberOf(text: string): string | null {
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '')
  const whole = integerOf(plain)
  if (whole !== null) return whole
  if (!float.test(plain)) return null
  const value = Number(plain)
  return Number.isFinite(value) ? numberLiteral(value) : null
}

function integerOf(text: string): string | null {
  const match = integer.exec(text)
  if (!match) return null
  const [, sign, hex, octal, binary, oldOctal, decimal] = match
  const base = hex ? `0x${hex}` : octal ? `0o${octal}` : binary ? `0b${binary}` : oldOctal ? `0o${oldOctal}` : decimal
  const magnitude = BigInt(base ?? '0')
  if (sign === '-') return magnitude <= int64 ? String(-magnitude) : null
  return magnitude < uint64 ? String(magnitude) : null
}
