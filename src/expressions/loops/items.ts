/** What a loop makes of one item: the name of its node and the variables its step can use. */

/** `name(index:description)`, with every parenthesis taken out of the description. */
export function expandItem(baseName: string, index: number, item: unknown): string {
  const description =
    typeof item === 'string' && plainText.test(item) ? item : itemDescription(item).replace(/[()]/g, '')
  return `${baseName}(${String(index)}:${description})`
}

/** Shows as it is. */
const plainText = /^[\w.-]*$/

/** How an item shows in its node's name: texts as their JSON without quotes, maps as sorted `key:value`, lists in Go's style. */
export function itemDescription(item: unknown): string {
  if (item === null || item === undefined) return '[]'
  if (Array.isArray(item)) return `[${item.map(rawText).join(' ')}]`
  if (typeof item !== 'object') return rawText(item)
  return Object.entries(item)
    .map(([key, value]) => `${key}:${rawText(value)}`)
    .sort()
    .join(',')
}

/**
 * Flat names and values: `item`, and `item.<key>` for a map. Texts as they are; numbers, booleans, lists and maps as
 * JSON; inside a map also texts as JSON, without the outer quotes (so `\n` stays two characters).
 */
export function itemVariables(item: unknown): Readonly<Record<string, string>> {
  if (typeof item === 'string') return { item }
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return { item: escapeHtml(sortedJson(item)) }
  const variables: Record<string, string> = { item: escapeHtml(sortedJson(item)) }
  for (const [key, value] of Object.entries(item)) variables[`item.${key}`] = rawText(value)
  return variables
}

/** JSON, without the outer quotes of a text. */
function rawText(value: unknown): string {
  const json = sortedJson(value)
  return json.startsWith('"') ? json.slice(1, -1) : json
}

/** Compact JSON with sorted keys. */
function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${sortedJson(inner)}`).join(',')}}`
}

/** Go's encoder writes these three as escapes, so that JSON may stand in a web page. */
const escapeHtml = (json: string): string =>
  json.replace(/[<>&]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
