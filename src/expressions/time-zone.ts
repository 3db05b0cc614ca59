/** Local time in IANA zones, by the data that comes with the JavaScript engine. */

const formats = new Map<string, Intl.DateTimeFormat>()

/** Go knows zones by their exact names; the engine takes any case and bare offsets, which Go does not. */
export function isKnownZone(zone: string): boolean {
  if (zone === '' || zone === 'UTC' || zone === 'Local') return true
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(zone)) return false
  return formatOf(zone) !== null
}

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone)
  if (known !== undefined) return known
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    })
    formats.set(zone, format)
    return format
  } catch {
    return null
  }
}

/** Milliseconds to add to UTC for the zone's clock at that instant; 0 for UTC, the empty name, `Local` and unknown ones. */
export function zoneOffsetMs(zone: string, atMs: number): number {
  const format = zone === '' || zone === 'UTC' || zone === 'Local' ? null : formatOf(zone)
  if (format === null) return 0
  const part: Record<string, number> = {}
  let before = false
  for (const { type, value } of format.formatToParts(atMs)) {
    if (type === 'era') before = value.startsWith('B')
    else part[type] = Number(value)
  }
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  const local = new Date(0)
  local.setUTCFullYear(before ? 1 - year : year, month - 1, day)
  local.setUTCHours(hour, minute, second)
  return local.getTime() - Math.floor(atMs / 1000) * 1000
}

/** The instant of a local time, which a change of clocks may have doubled or skipped: then as Go chooses. */
export function zonedInstantMs(zone: string, localMs: number): number {
  const first = zoneOffsetMs(zone, localMs)
  return first === 0 ? localMs : localMs - zoneOffsetMs(zone, localMs - first)
}
