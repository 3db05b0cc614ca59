/** Cron lines: five fields, names of months and days, `@daily` and the like, `@every`, a `CRON_TZ=` prefix. Errors in the cron library's words. */
import { parseGoDuration } from '../duration.ts'
import { type Parsed, parseInteger, parsed, unparsed } from '../go-text.ts'
import { isKnownZone } from '../time-zone.ts'

/** The values a field admits; `any` remembers a star, which decides how the two day fields combine. */
export type CronField = { readonly values: ReadonlySet<number>; readonly any: boolean }

export type CronSchedule =
  | {
      readonly kind: 'fields'
      /** Empty: the zone of the time asked about. */
      readonly zone: string
      readonly minute: CronField
      readonly hour: CronField
      readonly dayOfMonth: CronField
      readonly month: CronField
      readonly dayOfWeek: CronField
    }
  | { readonly kind: 'every'; readonly delayMs: number }

type Bounds = { readonly min: number; readonly max: number; readonly names: ReadonlyMap<string, number> }
const named = (first: number, ...names: readonly string[]) =>
  new Map(names.map((name, i) => [name, first + i] as const))
const none: ReadonlyMap<string, number> = new Map()

const bounds: readonly Bounds[] = [
  { min: 0, max: 59, names: none },
  { min: 0, max: 23, names: none },
  { min: 1, max: 31, names: none },
  {
    min: 1,
    max: 12,
    names: named(1, 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'),
  },
  { min: 0, max: 6, names: named(0, 'sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat') },
]

const descriptors: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])

/** Reads a schedule; with `zone`, as if it stood behind `CRON_TZ=zone`. */
export function parseCronSchedule(text: string, zone?: string): Parsed<CronSchedule> {
  return parseLine(zone === undefined || zone === '' ? text : `CRON_TZ=${zone} ${text}`)
}

/** The words of validation: `cron schedule S is malformed: …`, or null for a good one. */
export function cronScheduleFault(text: string): string | null {
  const schedule = parseCronSchedule(text)
  return schedule.ok ? null : `cron schedule ${text} is malformed: ${schedule.error}`
}

function parseLine(text: string): Parsed<CronSchedule> {
  if (text === '') return unparsed('empty spec string')
  let line = text
  let zone = ''
  if (/^(CRON_)?TZ=/.test(text)) {
    const end = text.indexOf(' ')
    if (end < 0) return unparsed('panic: runtime error: slice bounds out of range [:-1]')
    zone = text.slice(text.indexOf('=') + 1, end)
    if (!isKnownZone(zone)) return unparsed(`provided bad location ${zone}: unknown time zone ${zone}`)
    line = text.slice(end).trim()
    if (zone === '') zone = 'UTC'
  }
  if (line.startsWith('@every ')) return parseEvery(line)
  if (!line.startsWith('@')) return parseFields(line, zone)
  const fields = descriptors.get(line)
  return fields === undefined ? unparsed(`unrecognized descriptor: ${line}`) : parseFields(fields, zone)
}

/** Whole seconds, at least one. */
function parseEvery(line: string): Parsed<CronSchedule> {
  const duration = parseGoDuration(line.slice('@every '.length))
  if (!duration.ok) return unparsed(`failed to parse duration ${line}: ${duration.error}`)
  const seconds = Number(duration.value / 1_000_000_000n)
  return parsed({ kind: 'every', delayMs: Math.max(1, seconds) * 1000 })
}

function parseFields(line: string, zone: string): Parsed<CronSchedule> {
  const texts = line.split(/\s+/).filter((field) => field !== '')
  if (texts.length !== 5) {
    return unparsed(`expected exactly 5 fields, found ${String(texts.length)}: [${texts.join(' ')}]`)
  }
  const fields: CronField[] = []
  for (const [index, text] of texts.entries()) {
    const limits = bounds[index]
    if (limits === undefined) break
    const field = parseField(text, limits)
    if (!field.ok) return field
    fields.push(field.value)
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek) return unparsed('empty spec string')
  return parsed({ kind: 'fields', zone, minute, hour, dayOfMonth, month, dayOfWeek })
}

function parseField(text: string, limits: Bounds): Parsed<CronField> {
  const values = new Set<number>()
  let any = false
  for (const part of text.split(',').filter((range) => range !== '')) {
    const range = parseRange(part, limits)
    if (!range.ok) return range
    for (let value = range.value.start; value <= range.value.end; value += range.value.step) values.add(value)
    any ||= range.value.any
  }
  return parsed({ values, any })
}

type Range = { readonly start: number; readonly end: number; readonly step: number; readonly any: boolean }

function parseRange(text: string, { min, max, names }: Bounds): Parsed<Range> {
  const [span = '', ...steps] = text.split('/')
  const ends = span.split('-')
  const star = ends[0] === '*' || ends[0] === '?'
  let [start, end, step] = [min, max, 1]
  if (!star) {
    const low = readValue(ends[0] ?? '', names)
    if (!low.ok) return low
    const high = ends.length === 2 ? readValue(ends[1] ?? '', names) : low
    if (!high.ok) return high
    if (ends.length > 2) return unparsed(`too many hyphens: ${text}`)
    ;[start, end] = [low.value, high.value]
  }
  if (steps.length > 1) return unparsed(`too many slashes: ${text}`)
  const [stepText] = steps
  if (stepText !== undefined) {
    const given = readValue(stepText, none)
    if (!given.ok) return given
    step = given.value
    if (ends.length === 1) end = max
  }
  const fault = rangeFault(text, { start, end, step }, { min, max })
  return fault === null ? parsed({ start, end, step, any: star && step <= 1 }) : unparsed(fault)
}

function rangeFault(
  text: string,
  { start, end, step }: Omit<Range, 'any'>,
  { min, max }: Omit<Bounds, 'names'>,
): string | null {
  if (start < min) return `beginning of range (${String(start)}) below minimum (${String(min)}): ${text}`
  if (end > max) return `end of range (${String(end)}) above maximum (${String(max)}): ${text}`
  if (start > end) return `beginning of range (${String(start)}) beyond end of range (${String(end)}): ${text}`
  return step === 0 ? `step of range should be a positive number: ${text}` : null
}

function readValue(text: string, names: ReadonlyMap<string, number>): Parsed<number> {
  const name = names.get(text.toLowerCase())
  if (name !== undefined) return parsed(name)
  const number = parseInteger(text)
  if (!number.ok) return unparsed(`failed to parse int from ${text}: ${number.error}`)
  if (number.value < 0n) return unparsed(`negative number (${String(number.value)}) not allowed: ${text}`)
  return parsed(Number(number.value))
}
