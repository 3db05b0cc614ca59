// Time zones: fixed offsets and IANA names, with the offset and abbreviation at an instant.

export class Zone {
  /** The IANA name, `UTC`, or empty for a bare offset. */
  readonly name: string
  readonly #fixed: { readonly offset: number; readonly abbreviation: string } | null
  #format: Intl.DateTimeFormat | null = null
  #last = { second: Number.NaN, offset: 0 }

  constructor(name: string, fixed: { readonly offset: number; readonly abbreviation: string } | null) {
    this.name = name
    this.#fixed = fixed
  }

  /** Seconds east of UTC at that many seconds since 1970. */
  offsetAt(unixSeconds: number): number {
    if (this.#fixed !== null) return this.#fixed.offset
    if (this.#last.second === unixSeconds) return this.#last.offset
    this.#format ??= new Intl.DateTimeFormat('en-US', { timeZone: this.name, timeZoneName: 'longOffset' })
    const offset = offsetIn(this.#format.formatToParts(clamp(unixSeconds)))
    this.#last = { second: unixSeconds, offset }
    return offset
  }

  /** As Go prints it: `CET`, `-03`; a bare offset has none (empty). */
  abbreviationAt(unixSeconds: number): string {
    if (this.#fixed !== null) return this.#fixed.abbreviation
    return abbreviationOf(this.name, unixSeconds, this.offsetAt(unixSeconds))
  }
}

export const UTC = new Zone('UTC', { offset: 0, abbreviation: 'UTC' })
/** The zone Argo's controller runs in. */
export const LOCAL = new Zone('Local', { offset: 0, abbreviation: 'UTC' })

export function fixedZone(name: string, offset: number): Zone {
  return new Zone(name, { offset, abbreviation: name })
}

const zones = new Map<string, Zone | null>()
const ZONES_MAX = 1000

/** The zone of that IANA name; empty means UTC; `null` if there is none. */
export function zoneNamed(name: string): Zone | null {
  if (name === '' || name === 'UTC') return UTC
  if (name === 'Local') return LOCAL
  const hit = zones.get(name)
  if (hit !== undefined) return hit
  const zone = makeZone(name)
  if (zones.size < ZONES_MAX) zones.set(name, zone)
  return zone
}

function makeZone(name: string): Zone | null {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return null
  const legacy = fixedNames[name]
  if (legacy !== undefined) return new Zone(name, { offset: legacy * 3600, abbreviation: name })
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return new Zone(name, null)
  } catch {
    return null
  }
}

const fixedNames: Readonly<Record<string, number>> = { EST: -5, MST: -7, HST: -10, GMT: 0 }

function offsetIn(parts: readonly Intl.DateTimeFormatPart[]): number {
  const text = parts.find((p) => p.type === 'timeZoneName')?.value ?? 'GMT'
  const m = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(text)
  if (m === null) return 0
  const seconds = Number(m[2]) * 3600 + Number(m[3]) * 60 + Number(m[4] ?? 0)
  return m[1] === '-' ? -seconds : seconds
}

function clamp(unixSeconds: number): number {
  return Math.max(-8.64e15, Math.min(8.64e15, unixSeconds * 1000))
}

// What Intl knows only as an offset, but the zone database by letters.
const letters: Readonly<Record<string, string>> = {
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Macau': 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Manila': 'PST',
  'Asia/Kolkata': 'IST',
  'Asia/Calcutta': 'IST',
  'Asia/Karachi': 'PKT',
  'Asia/Jakarta': 'WIB',
  'Asia/Makassar': 'WITA',
  'Asia/Jayapura': 'WIT',
  'Europe/Moscow': 'MSK',
  'Europe/Simferopol': 'MSK',
  'Africa/Johannesburg': 'SAST',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
  'Africa/Maputo': 'CAT',
  'Africa/Khartoum': 'CAT',
  'Africa/Accra': 'GMT',
  'Africa/Abidjan': 'GMT',
  'Atlantic/Reykjavik': 'GMT',
  'Pacific/Guam': 'ChST',
  'Pacific/Pago_Pago': 'SST',
}
const summerLetters: Readonly<Record<string, readonly [string, string]>> = {
  'Asia/Jerusalem': ['IST', 'IDT'],
  'Asia/Beirut': ['EET', 'EEST'],
  'Africa/Cairo': ['EET', 'EEST'],
  'Australia/Sydney': ['AEST', 'AEDT'],
  'Australia/Melbourne': ['AEST', 'AEDT'],
  'Australia/Hobart': ['AEST', 'AEDT'],
  'Australia/Brisbane': ['AEST', 'AEST'],
  'Australia/Adelaide': ['ACST', 'ACDT'],
  'Australia/Darwin': ['ACST', 'ACST'],
  'Australia/Perth': ['AWST', 'AWST'],
  'Pacific/Auckland': ['NZST', 'NZDT'],
  'Europe/Dublin': ['GMT', 'IST'],
  'Europe/Lisbon': ['WET', 'WEST'],
}

function abbreviationOf(name: string, unixSeconds: number, offset: number): string {
  const fixed = letters[name]
  if (fixed !== undefined) return fixed
  const summer = summerLetters[name]
  if (summer !== undefined) return offset > standardOffset(name, unixSeconds) ? summer[1] : summer[0]
  for (const locale of ['en-US', 'en-GB']) {
    const format = new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' })
    const short = format.formatToParts(clamp(unixSeconds)).find((p) => p.type === 'timeZoneName')?.value ?? ''
    if (/^[A-Z]{3,5}$/.test(short)) return short
  }
  const sign = offset < 0 ? '-' : '+'
  const minutes = Math.floor(Math.abs(offset) / 60)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${sign}${two(Math.floor(minutes / 60))}${minutes % 60 === 0 ? '' : two(minutes % 60)}`
}

/** The smaller of the offsets half a year apart. */
function standardOffset(name: string, unixSeconds: number): number {
  const zone = new Zone(name, null)
  return Math.min(
    zone.offsetAt(unixSeconds),
    zone.offsetAt(unixSeconds + 15_768_000),
    zone.offsetAt(unixSeconds - 15_768_000),
  )
}
