// Go's time.Time: an instant to the nanosecond, seen from a zone.

import { civilOf, secondsOf } from './civil.ts'
import type { Civil } from './civil.ts'
import { UTC } from './zones.ts'
import type { Zone } from './zones.ts'

export class GoTime {
  /** Seconds since 1970, UTC, rounded down. */
  readonly seconds: number
  /** 0 to 999,999,999. */
  readonly nanos: number
  readonly zone: Zone

  constructor(seconds: number, nanos: number, zone: Zone) {
    this.seconds = seconds
    this.nanos = nanos
    this.zone = zone
  }

  get offset(): number {
    return this.zone.offsetAt(this.seconds)
  }

  get civil(): Civil {
    return civilOf(this.seconds + this.offset)
  }

  in(zone: Zone): GoTime {
    return new GoTime(this.seconds, this.nanos, zone)
  }

  /** Nanoseconds since 1970. */
  get unixNanos(): bigint {
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanos)
  }

  plus(ns: bigint): GoTime {
    return timeOfNanos(this.unixNanos + ns, this.zone)
  }
}

export function timeOfNanos(ns: bigint, zone: Zone): GoTime {
  const nanos = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return new GoTime(Number((ns - nanos) / 1_000_000_000n), Number(nanos), zone)
}

/** The year 1, Go's zero time. */
export const ZERO_TIME = new GoTime(-62_135_596_800, 0, UTC)

/** The instant of a local date and time. Where clocks jump, the same choice as Go: the offset before the jump, or the first of two. */
export function timeOfCivil(civil: Civil, nanos: number, zone: Zone): GoTime {
  const local = secondsOf(civil)
  const guess = zone.offsetAt(local)
  if (guess === 0) return new GoTime(local, nanos, zone)
  const offset = zone.offsetAt(local - guess)
  return new GoTime(local - (offset === guess ? guess : offset), nanos, zone)
}

export function compareTimes(a: GoTime, b: GoTime): number {
  return a.seconds === b.seconds ? a.nanos - b.nanos : a.seconds - b.seconds
}
