/** Times between two moments as people read them: one unit, cut down. */

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const

/** `12s`, `3m`, `5h`, `2d` */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  for (const [unit, size] of units) if (seconds >= size) return `${Math.floor(seconds / size)}${unit}`
  return `${seconds}s`
}

const words = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** `1 minute 3 seconds`: the two largest units. */
export function longDuration(ms: number): string {
  let seconds = Math.max(0, Math.floor(ms / 1000))
  const parts: string[] = []
  for (const [word, size] of words) {
    const count = Math.floor(seconds / size)
    seconds -= count * size
    if (count > 0 || (word === 'second' && parts.length === 0)) parts.push(`${count} ${word}${count === 1 ? '' : 's'}`)
  }
  return parts.slice(0, 2).join(' ')
}

/** Milliseconds between two RFC 3339 times; until `nowMs` where the second is missing; `null` where the first is. */
export function betweenMs(
  from: string | null | undefined,
  to: string | null | undefined,
  nowMs: number,
): number | null {
  if (!from) return null
  return (to ? Date.parse(to) : nowMs) - Date.parse(from)
}

/** `Sat Jan 02 03:04:05 +0000 (3 minutes ago)` */
export function timestamp(text: string, nowMs: number): string {
  const at = new Date(text)
  const utc = at.toUTCString() // Fri, 02 Jan 2026 03:04:05 GMT
  const agoMs = nowMs - at.getTime()
  const ago = agoMs < 1000 ? 'now' : `${longDuration(agoMs)} ago`
  return `${utc.slice(0, 3)} ${utc.slice(8, 11)} ${utc.slice(5, 7)} ${utc.slice(17, 25)} +0000 (${ago})`
}
