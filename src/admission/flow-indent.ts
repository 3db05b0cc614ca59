/**
 * Makes flow collections and quoted texts readable whose later lines are not indented. Argo's reader does not ask for
 * that indentation, the reader used here does; the lines it stumbles over are indented and the text is read again.
 */
import { type Document, type YAMLParseError, isCollection, parseAllDocuments } from 'yaml'

export type ReadYaml = {
  /** The first document of the text; absent where there is none. */
  readonly document: Document.Parsed | undefined
  readonly errors: readonly YAMLParseError[]
  /** The text as it was read. */
  readonly text: string
  /** Blanks put in front of lines, by line from 0. */
  readonly shifts: ReadonlyMap<number, number>
}

const shiftColumns = 256
/** Lines that may be indented before the text counts as broken. */
const maxShifts = 400
/** Characters that may be read in all these attempts. */
const maxWork = 64 * 1024 * 1024

export function readYaml(text: string): ReadYaml {
  const first = readOnce(text)
  if (first.errors.length === 0) return { ...first, text, shifts: new Map() }
  const lines = text.split('\n')
  const shifts = new Map<number, number>()
  let current = { ...first, text }
  for (let work = text.length; shifts.size < maxShifts && work < maxWork; work += current.text.length) {
    const line = lineToShift(current.errors, current.text)
    if (line === null || shifts.has(line)) break
    lines[line] = ' '.repeat(shiftColumns) + (lines[line] ?? '')
    shifts.set(line, shiftColumns)
    const shifted = lines.join('\n')
    current = { ...readOnce(shifted), text: shifted }
    if (current.errors.length === 0) return { ...current, shifts }
  }
  return { ...first, text, shifts: new Map() }
}

function readOnce(text: string): { document: Document.Parsed | undefined; errors: readonly YAMLParseError[] } {
  const options = { version: '1.1', schema: 'failsafe', merge: false, uniqueKeys: false, prettyErrors: false } as const
  const documents = parseAllDocuments(text, { ...options, logLevel: 'silent' })
  const document = Array.isArray(documents) ? documents[0] : undefined
  const errors =
    document?.errors ?? (Array.isArray(documents) ? [] : (documents as { errors: YAMLParseError[] }).errors)
  const end = endOfFlow(document)
  return {
    document,
    errors: end === undefined ? errors : errors.filter((error) => error.pos[0] < end || isUnclosed(error)),
  }
}

/** What follows a flow collection at the top is never read by Argo. */
const endOfFlow = (document: Document.Parsed | undefined): number | undefined =>
  document && isCollection(document.contents) && document.contents.flow ? document.contents.range[1] : undefined

/** The collection itself has no end. */
const isUnclosed = ({ code, message }: YAMLParseError): boolean =>
  code === 'MISSING_CHAR' && /^Flow \w+ must end with/.test(message)

/** The line that is not indented enough, from 0; `null` where the first error is another one. */
function lineToShift(errors: readonly YAMLParseError[], text: string): number | null {
  const [error] = errors
  if (!error) return null
  if (error.code === 'BAD_INDENT' && error.message.startsWith('Flow ')) return lineAt(text, error.pos[0])
  if (error.code === 'MISSING_CHAR' && error.message.includes('quote')) return nextFilledLine(text, error.pos[1])
  return null
}

function nextFilledLine(text: string, offset: number): number | null {
  const rest = text.slice(offset)
  const filled = rest.search(/[^\s]/)
  return filled === -1 ? null : lineAt(text, offset + filled)
}

const lineAt = (text: string, offset: number): number => {
  let line = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}
