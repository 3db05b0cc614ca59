/** The items of `withSequence`. */
import { type Parsed, parseInteger, parsed, unparsed } from '../go-text.ts'
import { sprintfInteger } from './printf.ts'

export type SequenceSpec = {
  readonly start?: string | number
  readonly end?: string | number
  readonly count?: string | number
  readonly format?: string
}

/** More items than this are refused, so that a slip of the pen does not take the memory of the daemon. */
export const sequenceItemsMax = 10_000_000

/** From `start` to `end`, downwards too, or `count` of them, as texts. A negative count counts down. */
export function expandSequence(spec: SequenceSpec): Parsed<readonly string[]> {
  const start = readWhole(spec.start ?? 0)
  if (!start.ok) return start
  const last = readEnd(spec, start.value)
  if (!last.ok) return last
  if (last.value === null) return parsed([])
  const end = last.value
  const down = start.value > end
  const length = down ? start.value - end : end - start.value
  if (length >= BigInt(sequenceItemsMax)) {
    return unparsed(`withSequence has more than ${String(sequenceItemsMax)} items`)
  }
  const items: string[] = []
  const format = spec.format === undefined || spec.format === '' ? '%d' : spec.format
  for (let value = start.value; down ? value >= end : value <= end; value += down ? -1n : 1n) {
    const item = format === '%d' ? parsed(String(value)) : asJsonText(sprintfInteger(format, value))
    if (!item.ok) return item
    items.push(item.value)
  }
  return parsed(items)
}

const readWhole = (value: string | number): Parsed<bigint> => parseInteger(String(value))

/** `null` for a count of 0. */
function readEnd({ end, count }: SequenceSpec, start: bigint): Parsed<bigint | null> {
  if (end !== undefined) return readWhole(end)
  if (count === undefined) return unparsed('neither end nor count was specified in withSequence')
  const length = readWhole(count)
  if (!length.ok) return length
  if (length.value === 0n) return parsed(null)
  return parsed(start + length.value - 1n)
}

/** The formatted text is put between quotes and read as JSON, so its backslashes escape and a quote ends it. */
function asJsonText(text: string): Parsed<string> {
  try {
    return parsed(JSON.parse(`"${text}"`) as string)
  } catch {
    return unparsed(jsonFault(text))
  }
}

function jsonFault(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '"') {
      const after = text.slice(i + 1).trimStart()
      return `invalid character '${after === '' ? '"' : after.charAt(0)}' after top-level value`
    }
    if (char < ' ') return `invalid character ${JSON.stringify(char).replaceAll('"', "'")} in string literal`
    if (char !== '\\') continue
    const escape = text.charAt(++i)
    if (escape === '') break
    if (escape !== 'u') {
      if (!'"\\/bfnrt'.includes(escape)) return `invalid character '${escape}' in string escape code`
      continue
    }
    const wrong = /[^0-9a-fA-F]/.exec(text.slice(i + 1, i + 5).padEnd(4, '"'))?.[0]
    if (wrong !== undefined) return `invalid character '${wrong}' in \\u hexadecimal character escape`
    i += 4
  }
  return 'unexpected end of JSON input'
}
