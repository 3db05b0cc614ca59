/** Local time in IANA zones, in milliseconds. */
import { zoneNamed } from './expr/time/zones.ts'

/** Go knows zones by their exact names; the engine takes any case. */
export function isKnownZone(zone: string): boolean {
  if (zone === '' || zone === 'UTC' || zone === 'Local') return true
  return /^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(zone) && zoneNamed(zone) !== null
}

/** Milliseconds to add to UTC for the zone's clock at that instant; 0 for UTC, the empty name, `Local` and unknown ones. */
export const zoneOffsetMs = (zone: string, atMs: number): number =>
  (zoneNamed(zone)?.offsetAt(Math.floor(atMs / 1000)) ?? 0) * 1000

/** As the tz database has it: `CEST`, and the offset (`-03`) where it has no letters. */
export const zoneAbbreviation = (zone: string, at: Date): string =>
  zoneNamed(zone)?.abbreviationAt(Math.floor(at.getTime() / 1000)) ?? 'UTC'

/** The instant of a local time, which a change of clocks may have doubled or skipped: then as Go chooses. */
export function zonedInstantMs(zone: string, localMs: number): number {
  const first = zoneOffsetMs(zone, localMs)
  return first === 0 ? localMs : localMs - zoneOffsetMs(zone, localMs - first)
}
