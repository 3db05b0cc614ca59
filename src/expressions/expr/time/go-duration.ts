// Go's time.Duration as text: `1h30m0s`, `1.5s`, `-2m`.

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const MAX = 1n << 63n

/** Nanoseconds of a duration text, or Go's error. */
export function parseGoDuration(text: string): { readonly ns: bigint } | { readonly error: string } {
  const invalid = { error: `time: invalid duration ${JSON.stringify(text)}` }
  let rest = text
  const negative = rest.startsWith('-')
  if (negative || rest.startsWith('+')) rest = rest.slice(1)
  if (rest === '0') return { ns: 0n }
  if (rest === '') return invalid
  let total = 0n
  while (rest !== '') {
    const m = /^(\d*)(?:\.(\d*))?/.exec(rest)
    const whole = m?.[1] ?? ''
    const fraction = m?.[2]
    if (m === null || (whole === '' && (fraction ?? '') === '')) return invalid
    rest = rest.slice(m[0].length)
    const unit = /^[^.\d]+/.exec(rest)?.[0] ?? ''
    if (unit === '') return { error: `time: missing unit in duration ${JSON.stringify(text)}` }
    rest = rest.slice(unit.length)
    const scale = Object.hasOwn(units, unit) ? units[unit] : undefined
    if (scale === undefined)
      return { error: `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}` }
    const value = BigInt(whole === '' ? '0' : whole) * scale
    if (value > MAX) return invalid
    total += value
    if (fraction !== undefined && fraction !== '') {
      const digits = fraction.slice(0, 18)
      total += (BigInt(digits) * scale) / 10n ** BigInt(digits.length)
    }
    if (total > MAX) return invalid
  }
  if (negative) return { ns: -total }
  return total > MAX - 1n ? invalid : { ns: total }
}

/** As Go's `Duration.String()`. */
export function printGoDuration(ns: bigint): string {
  if (ns === 0n) return '0s'
  const sign = ns < 0n ? '-' : ''
  const u = ns < 0n ? -ns : ns
  if (u < 1_000n) return `${sign}${u}ns`
  if (u < 1_000_000n) return `${sign}${decimal(u, 3)}µs`
  if (u < 1_000_000_000n) return `${sign}${decimal(u, 6)}ms`
  const seconds = u / 1_000_000_000n
  const shownSeconds = decimal((seconds % 60n) * 1_000_000_000n + (u % 1_000_000_000n), 9)
  const minutes = seconds / 60n
  if (minutes === 0n) return `${sign}${shownSeconds}s`
  const hours = minutes / 60n
  return hours === 0n ? `${sign}${minutes}m${shownSeconds}s` : `${sign}${hours}h${minutes % 60n}m${shownSeconds}s`
}

function decimal(value: bigint, places: number): string {
  const scale = 10n ** BigInt(places)
  const fraction = (value % scale).toString().padStart(places, '0').replace(/0+$/, '')
  return fraction === '' ? `${value / scale}` : `${value / scale}.${fraction}`
}

/** Cut towards zero to a multiple of `m`; unchanged if `m` is not positive. */
export function truncateDuration(d: bigint, m: bigint): bigint {
  return m <= 0n ? d : d - (d % m)
}

/** To the nearest multiple of `m`, halves away from zero. */
export function roundDuration(d: bigint, m: bigint): bigint {
  if (m <= 0n) return d
  const rest = d % m
  if (d < 0n) return -rest + -rest < m ? d - rest : d - m - rest
  return rest + rest < m ? d - rest : d + m - rest
}
