// Builtins on times, durations and zones.

import { asText } from '../assert.ts'
import { LOCATION, TIME, goType } from '../go-types.ts'
import { parseGoDuration } from '../time/go-duration.ts'
import type { GoTime } from '../time/go-time.ts'
import { timeOfNanos } from '../time/go-time.ts'
import { LayoutError, parseTime } from '../time/parse.ts'
import { LOCAL, UTC, Zone, zoneNamed } from '../time/zones.ts'
import { durationOf, panic } from '../values.ts'
import type { Outside } from '../values.ts'
import type { BuiltinSpec } from './spec.ts'

const layouts = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
]

export const dateBuiltins: readonly BuiltinSpec[] = [
  {
    name: 'now',
    validate: (args) => {
      const fits = args.length === 0 || (args.length === 1 && args[0] === LOCATION)
      return fits ? TIME : { error: `invalid number of arguments (expected 0, got ${args.length})` }
    },
    run: ([zone], { outside }) => currentTime(outside, zone instanceof Zone ? zone : LOCAL),
  },
  {
    name: 'duration',
    types: [goType('func(string) (time.Duration, error)')],
    run: ([text]) => {
      const parsed = parseGoDuration(asText(text))
      return 'error' in parsed ? panic(parsed.error) : durationOf(parsed.ns)
    },
  },
  {
    name: 'date',
    validate: (args) => {
      if (args.length === 0) return { error: 'invalid number of arguments (expected at least 1, got 0)' }
      const rest = args[0] === LOCATION ? args.slice(1) : args
      return rest.length > 3 ? { error: `invalid number of arguments (expected at most 3, got ${rest.length})` } : TIME
    },
    run: (args) => date(args),
  },
  {
    name: 'timezone',
    types: [goType('func(string) (*time.Location, error)')],
    run: ([name]) => zoneNamed(asText(name)) ?? panic(`unknown time zone ${asText(name)}`),
  },
]

export function currentTime(outside: Outside | null, zone: Zone): GoTime {
  if (outside === null) return panic('the time is not known here')
  return timeOfNanos(BigInt(Math.floor(outside.nowMs())) * 1_000_000n, zone)
}

function date(given: readonly unknown[]): GoTime {
  const [first] = given
  const zone = first instanceof Zone ? first : null
  const args = zone === null ? given : given.slice(1)
  if (args.length === 0) return panic('runtime error: index out of range [0] with length 0')
  const text = asText(args[0])
  if (args.length >= 2) {
    const layout = asText(args[1])
    if (args.length === 2) return inGo(layout, text, zone ?? UTC)
    const name = asText(args[2])
    return inGo(layout, text, zoneNamed(name) ?? panic(`unknown time zone ${name}`))
  }
  for (const layout of layouts) {
    try {
      return parseTime(layout, text, zone ?? UTC)
    } catch (cause) {
      if (!(cause instanceof LayoutError)) throw cause
    }
  }
  return panic(`invalid date ${text}`)
}

/** Parsed, or Go's error as a panic. */
export function inGo(layout: string, text: string, zone: Zone): GoTime {
  try {
    return parseTime(layout, text, zone)
  } catch (cause) {
    if (cause instanceof LayoutError) return panic(cause.message)
    throw cause
  }
}
