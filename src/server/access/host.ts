/** Host names: which are this machine's own. */

/** `127.0.0.0/8`, `::1`, `localhost` and names below it; brackets and a trailing dot do not matter. */
export function isLoopback(host: string): boolean {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1' || name === '::ffff:127.0.0.1') return true
  const parts = name.split('.')
  return parts.length === 4 && parts[0] === '127' && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)
}

/** The name in a Host header, without its port; `null` where it is no host. */
export function hostName(header: string | undefined): string | null {
  if (header === undefined || !/^[^\s/?#@\\]+$/.test(header)) return null
  try {
    return new URL(`http://${header}`).hostname
  } catch {
    return null
  }
}
